"""Bringing a part of the page into sight on a screen that is too narrow for columns."""

import time

from vae.ui.shared.component import Component

_scroller = Component("scroll", "lib/scroll.js")


def scroll_to(key: str) -> None:
    """Scroll to the container with this key, once; on a wide screen nothing moves.

    It shows nothing but takes a row of the page: call it last.
    """
    data = {"selector": f".st-key-{key}", "turn": time.time_ns() // 1_000_000}
    _scroller(key=f"scroll-to-{key}", data=data)
