"""What the first visitor would wait for, made ready in the background when the server starts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib import import_module

import streamlit as st

from vae.runs import threads

_LOG = logging.getLogger(__name__)


def _import_and_load() -> None:
    """Import the heavy modules and read the default model, as the pages that show it will.

    What every page needs comes first, since a first visitor's page may wait for it already.
    """
    import_module("streamlit.emojis")
    from vae.training.recipes import DEFAULT_RUN
    from vae.ui.shared import loaders, shell

    shell.warm_up()
    for run in loaders.shown_runs():
        if run.name == DEFAULT_RUN:
            loaders.payload(run, run.version)
            loaders.manifold(run, run.version)
    import_module("sklearn.decomposition")
    import_module("vae.studies")


def _warm() -> None:
    # A page that needs what cannot be read says so itself, in a sentence.
    try:
        _import_and_load()
    except Exception:
        _LOG.exception("The default model could not be read in advance")


@contextlib.asynccontextmanager
async def warmed(app: st.App) -> AsyncIterator[None]:
    """Begin to warm up with the server; the server answers meanwhile."""
    del app
    # At once, not beside the pages: Plotly takes a pandas that is half imported for a whole one.
    import_module("pandas")
    # Streamlit's own start, which follows at once, is not to wait for the imports' lock.
    asyncio.get_running_loop().call_later(0.1, threads.begin, _warm, "warm-up")
    yield
