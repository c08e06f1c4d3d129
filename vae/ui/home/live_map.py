"""The latent map of the default model, to be dragged on Home."""

import streamlit as st

from vae.errors import UserError
from vae.runs import Run
from vae.ui.shared import loaders
from vae.ui.shared.errors import show_error
from vae.ui.shared.latent_map import latent_map, send_run
from vae.ui.shared.shell import begin_answer

_KEY = "home-map"


@st.fragment
def _map(run: Run, version: str, z: list[float]) -> None:
    begin_answer()
    state = latent_map(version, z=z, revision=version, is_compact=True, key=_KEY)
    if state.z:  # Explore goes on where the hand has stopped.
        st.session_state[f"z-{run.name}"] = list(state.z)


def show_map(run: Run) -> None:
    """Show a run's map."""
    try:
        version = run.version
        payload = loaders.payload(run, version)
        extent = loaders.test_codes(run, version).extent
    except UserError as error:
        show_error(error)
        return
    _map(run, version, st.session_state.get(f"z-{run.name}") or list(extent.centre))
    send_run(f"carrier-{run.name}", payload)
