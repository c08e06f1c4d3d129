"""Files of a path that was drawn on the map."""

import streamlit as st

from vae.analysis.film import Film, film, path_of
from vae.locale import _
from vae.runs import Run
from vae.ui.shared import loaders
from vae.ui.shared.show import offer_download

Places = list[tuple[float, ...]]


@st.cache_resource(max_entries=16, show_spinner=False)
def _film(_run: Run, version: str, places: Places, label: int | None) -> Film:
    return film(loaders.model(_run, version), places, label)


def offer_film(run: Run, sent: object, label: int | None, limit: float) -> None:
    """Offer the path that a browser sent as a strip and as an animation; nothing without one."""
    places = path_of(sent, run.config.model.latent_dim, limit)
    if not places:
        return

    def made() -> Film:
        return _film(run, run.version, places, label)

    with st.container(horizontal=True):
        strip, animation = f"{run.name}-path.png", f"{run.name}-path.gif"
        offer_download(_("Film strip (PNG)"), lambda: made().strip, strip, key="film-strip")
        offer_download(_("Animation (GIF)"), lambda: made().animation, animation, key="film-gif")
