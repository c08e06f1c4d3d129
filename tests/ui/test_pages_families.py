"""Every page opens on a run of every family: no exception, and the run is the one shown."""

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
    ]
    # Studies keep what they need of their runs: their page opens none.
    of_none = page in ("home", "sheet", "studies")
    assert of_none or any(name in words for words in shown), shown
