"""Which run the Grow page shows: a growing one unless another is asked for."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from vae import runs
from vae.analysis.grow import grows
from vae.runs import Run, Status
from vae.ui.shared import loaders
from vae.ui.shared.picker import describe
from vae.ui.shared.run.state import LIVE, STATE_WORDS, shown_state

_KEPT = "run"  # the same as on the other pages
_WIDGET = "grow-run"


def choose(name: str | None) -> None:
    """Make a run the one that is shown, here and in the address; None for no run in particular."""
    st.session_state.pop(_WIDGET, None)
    if name is None:
        st.query_params.pop("run", None)
        st.session_state.pop(_KEPT, None)
    else:
        st.query_params["run"] = name


def pick(states: Mapping[str, Status]) -> Run | None:
    """Let the user choose a run; return it, or None where there is none.

    Growing runs come first, own ones before those shipped, and may still wait or train; others
    need weights.
    """
    root = loaders.runs_root()
    found = {name: runs.open_run(name, root) for name in states}
    growing = [name for name, run in found.items() if grows(run.config)]
    names = growing + [name for name, run in found.items() if name not in growing and run.has_model]
    if not names:
        return None
    asked = st.query_params.get("run")
    if asked is not None and asked not in names:
        st.warning(
            f"There is no run called “{asked[:64]}” here, so another one is shown. "
            "Choose a run from the list.",
            icon=":material/warning:",
        )
        asked = None
    kept = st.session_state.get(_KEPT)
    held = st.session_state.get(_WIDGET)
    if held not in names or (asked is not None and asked != st.session_state.get(_SEEN)):
        held = asked or (kept if kept in growing else _first(growing, states) or names[0])
    st.session_state[_WIDGET] = held

    def words(name: str) -> str:
        state = shown_state(states[name])
        more = f" · {STATE_WORDS[state][0]}" if state != "done" else ""
        grown = " · growing" if name in growing else ""
        return describe(found[name]) + grown + more

    chosen: str = st.selectbox(
        "Run",
        names,
        format_func=words,
        help="Growing runs first. Of any other VAE the effect of its neurons is shown.",
        label_visibility="collapsed",
        key=_WIDGET,
    )
    st.query_params["run"] = st.session_state[_SEEN] = chosen
    if chosen != kept and (kept is None or asked is not None):
        st.session_state[_KEPT] = chosen
    return found[chosen]


_SEEN = "grow-run-seen"
"""The address's run as this page wrote it: another one is a link, or the browser's way back."""


def _first(growing: list[str], states: Mapping[str, Status]) -> str | None:
    """Return the growing run that the page opens with: one that trains, or one that is there."""
    live = (name for name in growing if shown_state(states[name]) in LIVE)
    return next(live, growing[0] if growing else None)
