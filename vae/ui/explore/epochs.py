"""The codes by epoch of the run on the map, and those of a training as they come."""

import streamlit as st

from vae.runs import Run
from vae.ui.shared import loaders
from vae.ui.shared.latent_map import send_run
from vae.ui.shared.watch import watch


def send_epochs(run: Run) -> None:
    """Bring the codes of a run's kept epochs into the page; while it trains, each new one too."""
    if run.status().state == "running":
        st.fragment(_send_while_training)(run)
    else:
        _send(run)


def _send_while_training(run: Run) -> None:
    watch(f"run:{run.name}", key="epochs")
    _send(run)
    if run.status().state != "running":
        st.rerun()  # The map takes the last weights.


def _send(run: Run) -> None:
    payload = loaders.codes_by_epoch(run, run.version)
    if payload is not None:
        send_run(f"epochs-{run.name}", payload)
