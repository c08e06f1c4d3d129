"""What every page stands in: the navigation, and a collector that stays out of the way."""

import gc
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.runs import Run, warm
from vae.runs.pauses import mark_page_active
from vae.storage import locks
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.following import end_page
from vae.ui.shared.html import STYLE
from vae.ui.shared.language import begin_language
from vae.ui.shared.loaders import runs_root
from vae.ui.shared.people import begin_person
from vae.ui.shared.picker import pick_run
from vae.ui.shared.toolbar import begin_projector, toolbar

T = TypeVar("T")


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import what is heavy, then freeze it; keep pages from waiting for locks: once a server.

    A process is made ready for the first training.

    Streamlit collects garbage after every rerun, and a full collection walks through all of
    torch's objects (about 100 ms). Frozen objects are left out. The option
    ``runner.postScriptGC`` in ``.streamlit/config.toml`` does the same where it is honoured.
    """
    import vae.analysis.explore
    import vae.figures.compare  # noqa: F401

    locks.patience_s = locks.PAGE_PATIENCE_S
    warm.keep()
    gc.collect()
    gc.freeze()


def begin_answer() -> None:
    """Let trainings wait for what follows: fragments that answer a person call this first."""
    mark_page_active(runs_root())


def begin_page() -> None:
    """Begin a page: every page calls this first."""
    begin_answer()
    begin_language()
    begin_person()
    begin_projector()
    _ensure_navigation()
    st.html(STYLE)
    _hide()


_PARTS = {
    "nav": '[data-testid="stHeader"] { visibility: hidden; }',
    "tools": ".st-key-toolbar-frame, .st-key-picked-run { display: none; }",
}
"""Parts of a page that a link can leave out."""


def _hide() -> None:
    """Leave out of the page what its link says: ``hide=nav,tools``."""
    names = st.query_params.get("hide", "").split(",")
    rules = "".join(rule for name, rule in _PARTS.items() if name in names)
    if rules:
        st.html(f"<style>{rules}</style>")


def page_head(title: str, pick: Callable[[], T], widths: Sequence[int] = (1, 3)) -> T:
    """Show a page's title beside the choice of what it shows; return that choice."""
    left, right = st.columns(widths, vertical_alignment="center")
    left.title(title, anchor=False)
    with right:
        return pick()


def show_page(
    title: str,
    show: Callable[[Run], None],
    pick: Callable[[], Run | None] = pick_run,
    *,
    is_low: bool = False,
) -> None:
    """Show a page about one run: its title, the choice of the run, and what ``show`` shows.

    A low title leaves the window's height to a map.
    """
    begin_page()
    with st.container(key="map-head" if is_low else None):
        chosen = page_head(title, pick)
    if chosen is not None:
        with errors_shown():
            show(chosen)


def _ensure_navigation() -> None:
    """Give a page the app's navigation where its file was run alone.

    A server that has not run ``streamlit_app.py`` yet takes the folder ``pages/`` for the old
    convention and answers a deep link with the bare page. Then the entry point is run but for the
    page itself, which goes on: of a script that is stopped or run again, Streamlit would lose what
    was pressed meanwhile.
    """
    context = get_script_run_ctx()
    if context is not None and PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        manager = context.pages_manager
        # Which the entry point shows below a page that it runs itself.
        toolbar()
        about: Any = manager.get_pages().get(context.page_script_hash, {})
        end_page(Path(about.get("script_path", "home")).stem)
        # What follows stays the page's: widgets are known by the script that they are of.
        with context.run_with_active_hash(manager.main_script_hash):
            runpy.run_path(manager.main_script_path, run_name="navigation")
