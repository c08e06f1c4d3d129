"""Every page opens on a run of every family, or says why it cannot show it."""

import json
import shutil

import pytest
from driver import open_page
from paths import PAGES

from vae.models import FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_a_run_of_the_family(page, family, made):
    name = f"small-{family}"
    other = "small-vae" if family != "vae" else "small-ae"
    app = open_page(page, run=name, runs=f"{name},{other}")
    assert not app.error
    shown = [
        *(element.value for element in (*app.subheader, *app.caption)),
        *(str(box.value) for box in (*app.selectbox, *app.multiselect)),
        *(link.proto.label for link in app.get("page_link")),
        *(warning.value for warning in app.warning if "Another model is shown" in warning.value),
    ]
    # Studies keep what they need of their runs, and these pages open none.
    of_none = page in ("home", "sheet", "studies", "teach")
    assert of_none or any(name in words for words in shown), shown


_ALL_KNOWN, _NO_ELBO, _GONE = "nothing is unknown", "no hidden dense layer", "no data set"
CANNOT = {
    "draw": {"colour": "colour images"},
    "denoise": {"gone": _GONE},
    "detect": dict.fromkeys(("colour", "small-vae", "small-ae", "small-vq-vae"), _ALL_KNOWN)
    | {"gone": _GONE},
    "grow": dict.fromkeys(("small-ae", "small-vq-vae"), _NO_ELBO),
}


@pytest.mark.parametrize(
    "page", ["explore", "generate", "embeddings", "reconstructions", *CANNOT], ids=str
)
def test_a_page_offers_only_models_that_it_can_show(page, made, only):
    root = only(*(made[name].directory for name in ("vae", "ae", "vq-vae", "two")))
    for name, part, change in (
        ("colour", "model", {"image_shape": [3, 8, 8]}),
        ("gone", "data", {"dataset": "folder:gone"}),
    ):
        shutil.copytree(root / "small-vae", root / name)
        path = root / name / "config.json"
        config = json.loads(path.read_text()) | {"name": name}
        config[part] |= change
        path.write_text(json.dumps(config))
    cannot = CANNOT.get(page, {})
    app = open_page(page)
    (box,) = (box for box in app.selectbox if box.label == "Model")
    offered = {option.split(":")[0] for option in box.options}
    assert offered == {path.parent.name for path in root.glob("*/config.json")} - set(cannot)
    for name, words in cannot.items():
        app = open_page(page, run=name)
        said = [warning.value for warning in app.warning if words in warning.value]
        assert len(said) == 1
        (box,) = (box for box in app.selectbox if box.label == "Model")
        assert box.value in offered
        assert app.query_params["run"] in (box.value, [box.value])
