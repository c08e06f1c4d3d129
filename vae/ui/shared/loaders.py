"""What sessions share: runs, models, codes and data, loaded once a server and never changed.

Every cache is keyed by the run's version (path, time and size of its files), so a model that was
trained again is loaded again, and bounded in entries.
"""

import contextlib
import os
from pathlib import Path
from typing import Any

import streamlit as st

from vae.analysis.explore import TestCodes, explorer_payload, manifold_png
from vae.analysis.models import Headline, headline
from vae.config import DataConfig
from vae.data import ImageData, load, load_for, spec_of, version_of
from vae.errors import UserError
from vae.latent.epochs import epochs_payload
from vae.measures.report import path_of as measures_path
from vae.models import LatentModel
from vae.people.owners import is_mine
from vae.runs import DEFAULT_ROOT, EVALUATION_FILE, METRICS_FILE, Run, list_runs, threads
from vae.runs.checkpoint import load_model
from vae.training.recipes import RECIPES

KEPT = "run"
"""The chosen run's name in the session and in the address, the same for all pages."""


def runs_root() -> Path:
    """Return the folder of the runs: ``VAE_RUNS_DIR``, or ``checkpoints``."""
    return Path(os.environ.get("VAE_RUNS_DIR", DEFAULT_ROOT))


def shown_runs() -> list[Run]:
    """Return the runs that can be decoded: one's own, others', then the shipped, as recipes do."""
    places = {name: place for place, name in enumerate(RECIPES)}

    def place(run: Run) -> int:
        if run.config.shipped:
            return places.get(run.name, -1)
        return -3 if is_mine(run.directory) else -2

    return sorted((run for run in list_runs(runs_root()) if run.has_model), key=place)


@st.cache_resource(max_entries=8, show_spinner=False)
def payload(_run: Run, version: str) -> bytes:
    """Return what the browser is sent of a run."""
    return explorer_payload(_run, test_codes(_run, version), version)


def headline_of(run: Run, version: str) -> Headline:
    """Return the first figures of a run, read once until it is measured or trained again."""
    files = (measures_path(run), run.directory / EVALUATION_FILE, run.directory / METRICS_FILE)
    return _headline(run, "|".join([version, *map(stamp, files)]))


@st.cache_resource(max_entries=512, show_spinner=False)
def _headline(_run: Run, mark: str) -> Headline:
    return headline(_run)


@st.cache_resource(max_entries=8, show_spinner=False)
def codes_by_epoch(_run: Run, version: str) -> bytes | None:
    """Return what the browser is sent of a run's kept epochs; None where it has kept none."""
    return epochs_payload(_run.name, _run.codes())


@st.cache_resource(max_entries=8, show_spinner=False)
def model(_run: Run, version: str) -> LatentModel:
    """Return a run's model on the CPU."""
    return load_model(_run.directory)


@st.cache_resource(max_entries=8, show_spinner=False)
def test_codes(_run: Run, version: str) -> TestCodes:
    """Return a run's test codes, ready to be asked about places."""
    return TestCodes(_run)


def stamp(path: Path) -> str:
    """Return what changes with a file; "" where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{path.resolve()}-{found.st_mtime_ns}-{found.st_size}"


# A page's timer asks every second, whether or not there is anything new; sessions share the answer.
@st.cache_resource(max_entries=64, show_spinner=False)
def _metrics(_run: Run, stamp: str) -> list[dict[str, Any]]:
    return _run.metrics()


def metrics(run: Run) -> list[dict[str, Any]]:
    """Return a run's reports, read once for each version of their file."""
    found = stamp(run.directory / METRICS_FILE)
    return _metrics(run, found) if found else []


@st.cache_resource(max_entries=64, show_spinner=False)
def manifold(_run: Run, version: str) -> bytes:
    """Return a run's small picture as PNG."""
    return manifold_png(_run)


@st.cache_resource(max_entries=4, show_spinner=False)
def _dataset(name: str, version: str) -> ImageData:
    return load(name)


def dataset(name: str) -> ImageData:
    """Return a data set's images.

    Raises DataError if it is not there; that is not kept, so that a later try can succeed.
    """
    return _dataset(name, version_of(name))


@st.cache_resource(max_entries=4, show_spinner=False)
def _data_of(config: str, version: str) -> ImageData:
    return load_for(DataConfig.model_validate_json(config))


def data_version(run: Run) -> str:
    """Return the version of a run's images: a key of every cache of what is made of them."""
    return version_of(run.config.data.dataset)


def data_of(run: Run) -> ImageData:
    """Return the images as the run sees them: its classes, its pixels, in its order.

    Image ``i`` of the test split is that of the run's test code ``i``. Raises DataError if the data
    set is not there.
    """
    config = run.config.data
    spec = spec_of(config.dataset)
    if config.classes is None and config.binarise == spec.default_binarise == "none":
        return dataset(config.dataset)  # the very same, and so not twice in memory
    return _data_of(config.model_dump_json(), data_version(run))


@st.cache_resource(show_spinner=False)
def prepare_images(name: str) -> None:
    """Have the images of a data set ready for the first click on a code, beside the page.

    The map does not need them, so the page does not wait for them.
    """

    def read() -> None:
        with contextlib.suppress(UserError):
            dataset(name)

    threads.begin(read, f"read-{name}")
