"""What sessions share: runs, models, codes and data, loaded once a server and never changed.

Every cache is keyed by the run's version (path, time and size of its files), so a model that was
trained again is loaded again, and bounded in entries.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import streamlit as st

from vae.checkpoint import load_model
from vae.data import ImageData, load
from vae.errors import UserError
from vae.explore import Surroundings, manifold_png, run_payload
from vae.models import LatentModel
from vae.runs import DEFAULT_ROOT, Run, list_runs
from vae.shipped import RECIPES


def runs_root() -> Path:
    """Return the folder of the runs: ``VAE_RUNS_DIR``, or ``checkpoints``."""
    return Path(os.environ.get("VAE_RUNS_DIR", DEFAULT_ROOT))


def shown_runs() -> list[Run]:
    """Return the runs that can be decoded: the shipped ones as their recipes stand, then others."""
    places = {name: place for place, name in enumerate(RECIPES)}
    found = [run for run in list_runs(runs_root()) if run.has_model]
    return sorted(
        found,
        key=lambda run: places.get(run.name, len(places)) if run.config.shipped else len(places),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def payload(_run: Run, version: str) -> bytes:
    """Return what the browser is sent of a run."""
    return run_payload(_run)


@st.cache_resource(max_entries=8, show_spinner=False)
def model(_run: Run, version: str) -> LatentModel:
    """Return a run's model on the CPU."""
    return load_model(_run.directory)


@st.cache_resource(max_entries=8, show_spinner=False)
def surroundings(_run: Run, version: str) -> Surroundings:
    """Return a run's test codes, ready to be asked about places."""
    return Surroundings(_run)


@st.cache_resource(max_entries=64, show_spinner=False)
def manifold(_run: Run, version: str) -> bytes:
    """Return a run's small picture as PNG."""
    return manifold_png(_run)


@st.cache_resource(max_entries=4, show_spinner=False)
def dataset(name: str) -> ImageData:
    """Return a data set's images; an error is not kept, so that a later try can succeed."""
    return load(name)


@st.cache_resource(show_spinner=False)
def prepare_images(name: str) -> None:
    """Make the first click on a code quick: import what reads images, beside the page.

    The map does not need the images, so the page does not wait for them.
    """

    def read() -> None:
        with contextlib.suppress(UserError):
            load(name)

    threading.Thread(target=read, name=f"read-{name}", daemon=True).start()
