"""Showing an error that a user can cause: one sentence, the same look on every page."""

from __future__ import annotations

import streamlit as st

from vae.errors import UserError

_LONGEST = 64


def show_error(error: UserError | str) -> None:
    """Show an error as a sentence."""
    st.error(str(error), icon=":material/error:")


def sentence(error: UserError) -> str:
    """Return an error as a sentence that begins with a capital."""
    text = str(error)
    return text[:1].upper() + text[1:]


def quoted(text: str) -> str:
    """Return text from outside as code, so that no link, picture or formula is made of it."""
    shown = " ".join(text[:_LONGEST].replace("`", "'").split())
    return f"“`{shown}`”" if shown else "“”"
