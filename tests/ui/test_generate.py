"""The Generate page without a browser: every family, every view, and what is missing or wrong."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from driver import fill, html, rerun, words
from driver import open_page as open_any
from family_runs import make_family_run
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.analysis.generate import VIEWS, why_not
from vae.models import FAMILIES

open_page = partial(open_any, "generate")

NAMES = list(FAMILIES)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Iterator[Path]:
    """A folder with a small run of each family, and one for d = 1, 2 and 30."""
    folder = tmp_path_factory.mktemp("runs")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    for family in NAMES:
        make_family_run(family, folder, family, 3)
    for d in (1, 2, 30):
        make_family_run("vae", folder, f"vae-{d}d", d)
    yield folder
    torch.set_num_threads(before)


@pytest.fixture
def here(root, monkeypatch) -> Path:
    monkeypatch.setenv("VAE_RUNS_DIR", str(root))
    return root


def pictures(app: AppTest) -> int:
    return html(app).count("<img ") + len(app.get("image"))


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("family", NAMES)
def test_each_view_of_each_family_shows_pictures_or_says_why_not(family, view, here):
    app = open_page(run=family, view=view)
    assert not app.error
    assert not app.warning
    assert app.query_params.get("view") == (None if view == "samples" else view)
    reason = why_not(view, family)
    if reason is None:
        assert pictures(app) > 0
    else:
        assert reason in words(app)
        assert pictures(app) == 0
    if view in ("samples", "manifold") and not FAMILIES[family].model.has_prior:
        assert "no prior" in words(app).lower()
    if view == "traversals" and reason is None:
        assert ("KL " in html(app)) == FAMILIES[family].model.has_prior


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("d", [1, 2, 30])
def test_any_latent_size(d, view, here):
    app = open_page(run=f"vae-{d}d", view=view)
    assert not app.error
    if view == "traversals":
        shown = html(app).count('data-testid="gen-row"')
        assert shown == min(d, 20)
        if d > 20:
            next(t for t in app.toggle if "30" in t.label).set_value(True)
            assert html(rerun(app)).count('data-testid="gen-row"') == 30
            assert app.query_params["all"] == "1"


def test_what_was_chosen_is_in_the_address_and_a_link_gives_it_again(here):
    app = open_page(run="cvae")
    fill(app, "generate-", n=12, temperature=0.5, label="4")
    assert html(app).count("<img ") == 12
    assert "all of class 4" in words(app)
    assert dict(app.query_params) == {"run": "cvae", "n": "12", "temperature": "0.5", "label": "4"}
    again = open_page(**{key: str(value) for key, value in app.query_params.items()})
    assert not again.warning
    assert html(again) == html(app)


def test_a_view_is_found_again_as_it_was_left(here):
    app = open_page(run="vae-2d", view="samples", n="7")
    views = next(group for group in app.get("button_group") if group.key == "generate-view")
    views.set_value("manifold")
    rerun(app)
    assert "n" not in app.query_params
    assert app.query_params["view"] == "manifold"
    views = next(group for group in app.get("button_group") if group.key == "generate-view")
    views.set_value("samples")
    rerun(app)
    assert app.slider(key="generate-n").value == 7
    assert app.query_params["n"] == "7"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"view": "nonsense"}, "one of samples, manifold"),
        ({"n": "0"}, "a whole number from 1 to 400"),
        ({"n": "1e9"}, "a whole number from 1 to 400"),
        ({"temperature": "nan"}, "a number from 0.1 to 2"),
        ({"seed": "-4"}, "a whole number from 0 to 2147483647"),
        ({"view": "manifold", "x": "z99"}, "one of z"),
        ({"view": "manifold", "from": "image", "image": "360"}, "a whole number from 0 to 359"),
        ({"view": "interpolation", "path": "<script>"}, "one of linear, spherical"),
        ({"view": "traversals", "all": "yes"}, "0 or 1"),
    ],
)
def test_an_address_that_does_not_fit_is_a_sentence(query, says, here):
    app = open_page(run="vae-30d", **query)
    assert [says in warning.value for warning in app.warning] == [True]
    assert pictures(app) > 0
    bad = list(query)[-1]
    assert bad not in app.query_params
    assert not rerun(app).warning


@pytest.mark.parametrize("typed", ["", "1", "1,2,3", "a,b", "nan,0", "1e9,0"])
def test_a_typed_z_that_cannot_be_read_is_a_sentence(typed, here):
    app = open_page(run="vae-2d", view="interpolation", ends="z")
    assert not app.error
    assert pictures(app) > 0
    fill(app, "generate-", za=typed)
    assert "takes 2 numbers between commas" in app.error[0].value
    app.text_input(key="generate-za").set_value("1, -0.5")
    assert not rerun(app).error
    assert "z = (1, -0.5)" in words(app)


def test_a_typed_z_is_forgotten_with_its_run(here):
    app = open_page(run="vae-2d", view="interpolation", ends="z", za="1,1")
    fill(app, "picked-", run="vae")
    assert not app.error
    assert "za" not in app.query_params
    assert app.text_input(key="generate-za").value == "-2.000,-2.000,-2.000"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"ends": "images", "image": "5", "image2": "5"}, "Both ends are the same place"),
        ({"ends": "z", "za": "0,0", "zb": "1,1", "path": "spherical"}, "There is no arc"),
        ({"ends": "z", "za": "1,1", "zb": "-1,-1", "path": "spherical"}, "half-way |z| = 1.41"),
    ],
)
def test_paths_that_are_not_plain_are_shown_and_explained(query, says, here):
    app = open_page(run="vae-2d", view="interpolation", **query)
    assert not app.error
    assert says in words(app)
    assert 'data-testid="animation"' in html(app)


def test_a_test_image_is_drawn_of_a_class(here):
    app = open_page(run="vae-2d", view="arithmetic")
    app.selectbox(key="generate-image-class").select(6)
    rerun(app)
    assert "class 6" in html(app)
    for _ in range(3):
        app.button(key="generate-image-random").click()
        rerun(app)
        assert f"test {app.number_input(key='generate-image').value}, class 6" in html(app)
    app.slider(key="generate-scale").set_value(-1.5)
    assert "+ −1.5 × (" in html(rerun(app))


def test_the_decoder_is_told_the_class_of_the_image_or_another(here):
    app = open_page(run="cvae", view="traversals", **{"from": "image", "image": "3"})
    own = words(app)
    assert "told class" in own
    app.selectbox(key="generate-label").select("8")
    assert "told class 8" in words(rerun(app))


def test_traversals_start_at_an_image_unless_the_middle_is_asked_for(here):
    assert "all others stay at the code of" in words(open_page(run="vae", view="traversals"))
    app = open_page(run="vae", view="traversals", **{"from": "middle"})
    assert "all others stay at the origin" in words(app)


def test_one_z_under_every_class(here):
    app = open_page(run="cvae", view="classes", rows="2")
    assert html(app).count("<img ") == 20
    app = open_page(run="cvae", view="classes", source="image", image="4")
    assert html(app).count("<img ") == 11  # the original is there too
    assert html(app).count('class="end"') == 1


def test_the_same_two_dimensions_are_refused_in_words(here):
    app = open_page(run="vae", view="manifold", x="z1", y="z1")
    assert "two different dimensions" in words(app)
    app = open_page(run="vae", view="dataset", x="z1", y="z1")
    assert "two different dimensions" in words(app)


def test_views_need_no_images_but_those_of_discrete_codes(without_data):
    for view in ("manifold", "traversals", "interpolation", "arithmetic"):
        app = open_page(run="mnist-vae-2d", view=view, **{"from": "image", "image": "3"})
        assert not app.error
        assert pictures(app) > 0
        assert "Original of" not in html(app)
        assert any("Get MNIST" in button.label for button in app.button)


def test_discrete_codes_without_the_images_are_a_sentence(here, monkeypatch):
    from vae.ui.generate import codebook
    from vae.ui.shared.originals import Originals

    monkeypatch.setattr(codebook, "originals", lambda run: Originals(None, "gone"))
    app = open_page(run="vq-vae", view="codebook")
    assert "not on this machine" in words(app)
    assert pictures(app) == 0


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("family", ["vae", "cvae"])
def test_without_codes_the_other_views_still_work(family, view, root, tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    shutil.copytree(root / family, folder / family)
    (folder / family / "codes.safetensors").write_bytes(b"not safetensors")
    monkeypatch.setenv("VAE_RUNS_DIR", str(folder))
    app = open_page(run=family, view=view)
    assert not app.error
    assert "damaged" in words(app)
    if view in ("samples", "manifold", "dataset"):
        assert pictures(app) > 0
    elif why_not(view, family) is None and view != "classes":
        assert "starts from the codes of test images" in words(app)


def test_the_codebook_says_how_many_codes_are_used(here):
    app = open_page(run="vq-vae", view="codebook", image="2")
    assert 'data-testid="code-grid"' in html(app)
    assert "perplexity" in words(app)
    size = runs.open_run("vq-vae", here).config.model.codebook
    assert html(app).count('title="code ') == size
