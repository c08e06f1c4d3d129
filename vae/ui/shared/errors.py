"""Showing an error that a user can cause: one sentence, the same look on every page."""

from __future__ import annotations

import streamlit as st

from vae.errors import UserError


def show_error(error: UserError | str) -> None:
    """Show an error as a sentence."""
    st.error(str(error), icon=":material/error:")
