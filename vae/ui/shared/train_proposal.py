"""A way from other pages to the Train page, with settings that it begins with."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from vae.locale import _

_KEY = "train-proposal"


class Proposal(NamedTuple):
    """Settings that the Train page begins with: what they leave open is the preset's."""

    preset: str
    dataset: str
    settings: Mapping[str, Any]
    """By the names of the fields that widgets of the Train page hold."""


def lead_to_training(label: str, proposal: Proposal) -> None:
    """Show a button that opens the Train page with settings."""
    if st.button(label, icon=":material/model_training:"):
        st.session_state[_KEY] = proposal
        # Named, if empty: Streamlit refuses to clear an address that widgets are bound to.
        st.switch_page("pages/train.py", query_params={})


def offer_training(label: str, command: str, proposal: Proposal) -> None:
    """Show a button that opens the Train page with settings, and the command that does the same."""
    lead_to_training(label, proposal)
    st.caption(_("Or in a terminal:"))
    st.code(command, language="bash", wrap_lines=True)


def take_proposal() -> Proposal | None:
    """Return what another page has proposed, once."""
    found: Proposal | None = st.session_state.pop(_KEY, None)
    return found
