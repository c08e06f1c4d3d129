"""A run whose codes are discrete, on the Explore page: an image on its way through the codebook."""

import streamlit as st

from vae.analysis.codebook import codebook_image
from vae.analysis.map_display import parse_index
from vae.errors import UserError
from vae.locale import _
from vae.runs import Run
from vae.ui.shared import loaders, obtain
from vae.ui.shared.component import Component
from vae.ui.shared.controls import read_address
from vae.ui.shared.errors import show_error
from vae.ui.shared.latent_map import send_run
from vae.ui.shared.originals import originals
from vae.ui.shared.shell import begin_answer

_view = Component("codebook", "codebook/main.js", ("image",))

INSTEAD = ("reconstructions", "generate")
"""Pages that say more of a run whose codes are discrete."""


@st.fragment
def _strip(run: Run, version: str, index: int) -> None:
    """Show how an image becomes entries of a codebook, and these a picture."""
    begin_answer()
    key = f"codebook-{run.name}"
    asked = (st.session_state.get(key) or {}).get("image")
    index = index if asked is None else int(asked)
    found = originals(run)
    missing = _("{problem}: x is the decode of test image {index}'s entries.").format(
        problem=found.problem.rstrip("."), index=index
    )
    try:
        image = codebook_image(loaders.test_codes(run, version), index, found.data, missing)
    except UserError as error:
        show_error(error)
        return
    _view(key=key, data={"run": version, "image": image})
    st.query_params["image"] = str(image["index"])


def show_discrete(run: Run, version: str) -> None:
    """Show a run whose codes are discrete: there is no map, as no place is between two codes."""
    payload = loaders.payload(run, version)
    st.markdown(
        _(
            "The codes of this {family} are discrete: each image is a grid of entries of "
            "a codebook, each of them the nearest to a vector of the encoder."
        ).format(family=run.config.model.family)
    )
    numbers = range(len(loaders.test_codes(run, version).labels))
    index = read_address("image", lambda text: parse_index(text, numbers, "image"))
    _strip(run, version, index or 0)
    for name in INSTEAD:
        label = _("See this run in {page}").format(page=_(name.capitalize()))
        st.page_link(f"pages/{name}.py", label=label, query_params={"run": run.name})
    obtain.offer(run.config.data.dataset)
    send_run(f"carrier-{run.name}", payload)
    loaders.prepare_images(run.config.data.dataset)
