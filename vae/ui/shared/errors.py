"""Showing an error that a user can cause: one sentence, the same look on every page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from vae.errors import UserError
from vae.locale import retold

_LONGEST = 64


def show_error(error: UserError | str) -> None:
    """Show an error as a sentence."""
    st.error(retold(str(error)), icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error that a user can cause in place of what is left of a block, or a function."""
    try:
        yield
    except UserError as error:
        show_error(error)


def sentence(error: UserError) -> str:
    """Return an error as a sentence that begins with a capital."""
    text = retold(str(error))
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Return text that may hold a stranger's words so that a page shows it letter by letter."""
    return re.sub(r"([\\`*_\[\]<>$#~|!])", r"\\\1", text)


def quoted(text: str) -> str:
    """Return text from outside as code, so that no link, picture or formula is made of it."""
    shown = " ".join(text[:_LONGEST].replace("`", "'").split())
    return f"“`{shown}`”" if shown else "“”"
