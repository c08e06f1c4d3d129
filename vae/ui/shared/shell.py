"""What every page stands in: the navigation, and a collector that stays out of the way."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from vae.runs.pauses import mark_page_active
from vae.storage import locks
from vae.ui.shared.html import STYLE
from vae.ui.shared.loaders import runs_root

T = TypeVar("T")


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import what is heavy, then freeze it; keep pages from waiting for locks: once a server.

    Streamlit collects garbage after every rerun, and a full collection walks through all of
    torch's objects (about 100 ms). Frozen objects are left out. The option
    ``runner.postScriptGC`` in ``.streamlit/config.toml`` does the same where it is honoured.
    """
    import vae.analysis.explore
    import vae.figures.compare  # noqa: F401

    locks.patience_s = locks.PAGE_PATIENCE_S
    gc.collect()
    gc.freeze()


def begin_answer() -> None:
    """Let trainings wait for what follows: fragments that answer a person call this first."""
    mark_page_active(runs_root())


def begin_page() -> None:
    """Begin a page: every page calls this first."""
    begin_answer()
    _ensure_navigation()
    st.html(STYLE)


def page_head(title: str, pick: Callable[[], T], widths: Sequence[int] = (1, 3)) -> T:
    """Show a page's title beside the choice of what it shows; return that choice."""
    left, right = st.columns(widths, vertical_alignment="center")
    left.title(title, anchor=False)
    with right:
        return pick()


def _ensure_navigation() -> None:
    """Show the whole app where a page's file was run alone.

    A server that has not run ``streamlit_app.py`` yet takes the folder ``pages/`` for the old
    convention and answers a deep link with the bare page: then the page is run again, as the entry
    point runs it. Running the entry point from here would do too, but a page that ends in
    ``st.stop`` loses what was pressed meanwhile.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
