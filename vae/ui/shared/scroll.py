"""Bringing a part of the page into sight on a screen that is too narrow for columns."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from vae.ui.shared.bundle import bundle

_scroller = st.components.v2.component(
    "vae_scroll_to",
    js=bundle(Path(__file__).parents[1] / "component" / "lib" / "scroll.js"),
)


def scroll_to(key: str) -> None:
    """Scroll to the container with this key, once; on a wide screen nothing moves.

    It shows nothing but takes a row of the page: call it last.
    """
    data = {"selector": f".st-key-{key}", "turn": time.time_ns() // 1_000_000}
    _scroller(key=f"scroll-to-{key}", data=data)
