"""Widgets whose values stand in the page's address, so that a link or a reload brings them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def restore(key: str, default: T, read: Callable[[str], T], fits: Callable[[T], bool]) -> None:
    """Set the widget ``key`` before it is shown, from the session, the address or the default.

    Parameters
    ----------
    read
        Reads the text of the address; may raise ValueError.
    fits
        Whether the widget can hold a value: one that it cannot gives way to the default.
    """
    held = st.session_state.get(key)
    if held is None and (text := st.query_params.get(key)) is not None:
        try:
            held = read(text)
        except (ValueError, OverflowError):
            held = None
    st.session_state[key] = held if held is not None and fits(held) else default


def keep(key: str, value: T, default: T) -> None:
    """Write the value of a widget that has been shown into the address, or nothing by default."""
    if value == default:
        if key in st.query_params:
            del st.query_params[key]
    else:
        st.query_params[key] = f"{value:g}" if isinstance(value, float) else str(value)
