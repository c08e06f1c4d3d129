"""Whatever an address says, a page shows itself and makes no link or picture of it."""

import random
import re

import pytest
from driver import open_page
from soak import times

from vae.analysis.embeddings.settings import TITLES
from vae.analysis.generate import VIEWS
from vae.config import CORRUPTIONS
from vae.ui.shared.errors import quoted

TEXTS = (
    *("", " ", "0", "-1", "7", "1e999", "nan", "99999999999999999999", "٣", "true", "all", "mu"),
    *("1,2", "a,b", ",", "../../etc", "x" * 5000, "\x00", "`", "``a``", "$x$", ":material/home:"),
    *("<b>b</b>", "![p](http://a.test/p.png)", "[l](http://a.test)", "http://a.test", "**b**"),
)
OF_GENERATE = (
    *("n", "temperature", "label", "seed", "size", "coverage", "x", "y", "from", "image", "steps"),
    *("range", "all", "ends", "path", "image2", "a", "b", "za", "zb", "play", "plus", "minus"),
    *("scale", "source", "rows", "of", "count", "side", "spacing"),
)
NAMES = {
    "explore": ("run", "z", "label"),
    "draw": ("run",),
    "evaluate": ("run",),
    "train": ("run",),
    "grow": ("run",),
    "studies": ("study", "result"),
    "compare": (
        *("runs", "z", "scale", "label"),
        *("compare_seed", "compare_count", "compare_term", "compare_differing"),
    ),
    "reconstructions": ("run", "split", "class", "order", "count", "seed", "decode", "L", "all"),
    "embeddings": (
        *("run", "method", "colour", "across", "up"),
        *("points", "perplexity", "n_neighbors", "min_dist", "seed"),
    ),
    "generate": ("run", "view", *OF_GENERATE),
    "denoise": ("run", "denoise_kind", "denoise_seed", "denoise_count", "denoise_passes"),
    "detect": ("run", "detect_against", "detect_score"),
}
DENOISE = tuple(f"denoise_{kind}" for kind in CORRUPTIONS)
PLACES: list[tuple[str, dict[str, str]]] = [
    *((page, {}) for page in NAMES),
    *(("generate", {"view": view}) for view in VIEWS),
    *(("embeddings", {"method": method}) for method in TITLES),
    *(("denoise", {"denoise_kind": kind}) for kind in CORRUPTIONS),
]
TRIES = times(2, 30)
"""Of each page and view: about 1,000 under `make soak`."""


def shown_as_text(markdown: str) -> str:
    """Return what is left of a message when its code is taken out."""
    return re.sub(r"`[^`]*`", "", markdown)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_any_address_shows_the_page(place, made):
    page, fixed = place
    source = random.Random(str(place))
    names = NAMES[page] + (DENOISE if page == "denoise" else ())
    for _ in range(TRIES):
        query = {name: source.choice(TEXTS) for name in names}
        # One that is there, so that the other texts reach its controls.
        if "run" in query and source.random() < 0.8:
            query["run"] = made[source.choice(sorted(made))].name
        if page == "compare" and source.random() < 0.8:
            query["runs"] = ",".join(run.name for run in source.sample(list(made.values()), 3))
        app = open_page(page, **(query | fixed))
        for group in (app.warning, app.error, app.info):
            for message in group:
                text = shown_as_text(message.value)
                assert "a.test" not in text
                assert "**b**" not in text


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("embeddings", "method=nonsense"),
        ("embeddings", "method=tsne&perplexity=x&points=-4&seed=1e99"),
        ("embeddings", "across=77&up=nan&colour=blue"),
        ("denoise", "denoise_kind=fog&denoise_gaussian=99&denoise_seed=x"),
    ],
)
def test_what_does_not_fit_gives_way_to_the_default_without_an_error(page, query, made):
    asked = dict(part.split("=") for part in query.split("&"))
    app = open_page(page, run=made["vae"].name, **asked)
    assert not app.error
    assert app.warning


@pytest.mark.parametrize("name", ["split", "order", "count", "decode", "class"])
def test_an_empty_control_of_the_address_gives_way_to_the_default(name, made):
    app = open_page("reconstructions", run=made["vae"].name, **{name: ""})
    assert any(f"asks for {name} “”" in warning.value for warning in app.warning)
    assert name not in app.query_params


def test_titles_and_switches_of_older_addresses_are_understood(made):
    runs = f"{made['vae'].name},{made['ae'].name}"
    app = open_page("compare", runs=runs, compare_term="Reconstruction", compare_differing="true")
    assert not app.warning
    assert app.segmented_control(key="compare_term").value == "recon_loss"
    assert app.toggle(key="compare_differing").value


@pytest.mark.parametrize("text", ["a`b", "![p](http://a.test)", "x" * 500, "a\nb"])
def test_text_from_outside_is_code(text):
    found = quoted(text)
    assert re.fullmatch(r"“`[^`\n]+`”", found)
    assert len(found) < 100
    assert quoted("") == "“”"
