"""Every page opens on a run of every family: no exception, and the run is the one shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from family_runs import make_family_run
from streamlit.testing.v1 import AppTest

from vae.models import FAMILIES

ENTRY = Path(__file__).parents[2] / "streamlit_app.py"
PAGES = sorted(f"pages/{path.name}" for path in ENTRY.with_name("pages").glob("*.py"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("families")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_RUNS_DIR", str(folder))
        patch.setenv("VAE_DATA_DIR", str(folder / "data"))
        for family in FAMILIES:
            make_family_run(family, folder)
        yield folder


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_on_a_run_of_the_family(page: str, family: str, root: Path) -> None:
    name = f"small-{family}"
    app = AppTest.from_file(ENTRY, default_timeout=60)
    app.run()
    app.switch_page(page)
    app.query_params["run"] = name
    app.query_params["runs"] = f"{name},small-vae" if family != "vae" else f"{name},small-ae"
    app.run()
    assert not app.exception
    assert not app.error
    shown = [
        *(element.value for element in (*app.subheader, *app.caption)),
        *(str(box.value) for box in (*app.selectbox, *app.multiselect)),
        *(link.proto.label for link in app.get("page_link")),
    ]
    # Studies keep what they need of their runs: their page opens none.
    of_none = page in ("pages/home.py", "pages/studies.py")
    assert of_none or any(name in words for words in shown), shown
