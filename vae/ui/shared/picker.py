"""Which run a page shows: kept in the session and in the address."""

from __future__ import annotations

import streamlit as st

from vae.runs import Run
from vae.training.recipes import DEFAULT_RUN
from vae.ui.shared import loaders

_KEPT = "run"
_WIDGET = "picked-run"


def describe(run: Run) -> str:
    """Name a run with what matters of it."""
    config = run.config
    return f"{run.name} · {config.data.dataset} · d = {config.model.latent_dim}"


def say_no_runs() -> None:
    """Say what to do where there is no trained model."""
    st.info(
        "There is no trained model here yet. Train one with "
        "`python -m vae train --dataset digits`, or make the shipped ones again with "
        "`make pretrained`; then reload this page.",
        icon=":material/info:",
    )


def pick_run() -> Run | None:
    """Let the user choose a run; return it, or None (and say what to do) where there is none.

    The address comes first, then what was chosen on another page, then the default.
    """
    runs = {run.name: run for run in loaders.shown_runs()}
    if not runs:
        say_no_runs()
        return None
    asked = st.query_params.get("run")
    if asked is not None and asked not in runs:
        st.warning(
            f"There is no trained run called “{asked[:64]}” here, so another one is shown. "
            "Choose a run from the list.",
            icon=":material/warning:",
        )
        asked = None
    fallback = DEFAULT_RUN if DEFAULT_RUN in runs else next(iter(runs))
    kept = st.session_state.get(_KEPT)
    moved = asked is not None and asked != kept  # a link, or the browser's way back
    held = st.session_state.get(_WIDGET)
    if moved or held not in runs:
        held = asked or (kept if kept in runs else fallback)
    # Set anew each time: on another page a widget of this name would begin at its first option.
    st.session_state[_WIDGET] = held
    chosen: str = st.selectbox(
        "Run",
        list(runs),
        format_func=lambda name: describe(runs[name]),
        help="A trained model: the data it saw and its latent size d.",
        label_visibility="collapsed",
        key=_WIDGET,
    )
    if chosen != asked:
        if asked is not None:
            # Another model has another latent space: the old place means nothing in it.
            st.query_params.pop("z", None)
            st.query_params.pop("label", None)
        st.query_params["run"] = chosen
    st.session_state[_KEPT] = chosen
    return runs[chosen]
