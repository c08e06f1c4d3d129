"""What every page stands in: the navigation, and a collector that stays out of the way."""

from __future__ import annotations

import gc
import runpy

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.runs.pauses import mark_page_active
from vae.storage import locks
from vae.ui.shared.loaders import runs_root


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import what is heavy, then freeze it; keep pages from waiting for locks: once a server.

    Streamlit collects garbage after every rerun, and a full collection walks through all of
    torch's objects (about 100 ms). Frozen objects are left out. The option
    ``runner.postScriptGC`` in ``.streamlit/config.toml`` does the same where it is honoured.
    """
    import vae.analysis.explore
    import vae.figures.common  # noqa: F401

    locks.patience_s = locks.PAGE_PATIENCE_S
    gc.collect()
    gc.freeze()


# The map is the largest thing on the page and must fit a laptop's screen with its picture:
# Streamlit's own margins would push its lower half out of sight.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.25rem 2.5rem 2rem; max-width: 90rem; }
[data-testid="stImage"] img { image-rendering: pixelated; }
.st-key-train-view { scroll-margin-top: 4rem; }
.st-key-train-examples { min-height: 2.25rem; }
#new-run { scroll-margin-top: 4.5rem; }
@media (min-width: 641px) {
  [data-testid="stElementContainer"]:has(.narrow-only) { display: none; }
}
@media (max-width: 640px) {
  [data-testid="stColumn"]:has(.st-key-train-view) { order: -1; }
  a.narrow-only { display: inline-block; padding: 0.6rem 0.25rem; color: inherit; }
  [data-testid="stMainBlockContainer"] { padding: 3.75rem 1rem 2rem; }
  [data-testid="stMainBlockContainer"] h1 { font-size: 1.6rem; padding: 0.25rem 0; }
}
</style>"""


def begin_answer() -> None:
    """Let trainings wait for what follows: fragments that answer a person call this first."""
    mark_page_active(runs_root())


def begin_page() -> None:
    """Begin a page: every page calls this first."""
    begin_answer()
    _ensure_navigation()
    st.html(_STYLE)


def _ensure_navigation() -> None:
    """Show the whole app where a page's file was run alone.

    A server that has not run ``streamlit_app.py`` yet takes the folder ``pages/`` for the old
    convention and answers a deep link with the bare page. Then the entry point is run in its
    place: it sets the navigation and calls the page again.
    """
    context = get_script_run_ctx()
    if context is not None and PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        runpy.run_path(context.pages_manager.main_script_path, run_name="__main__")
        st.stop()
