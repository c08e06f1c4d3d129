"""What test images cost a run, measured in a thread, once for each version of it and its images."""

from dataclasses import dataclass

import streamlit as st

from vae.analysis.draw_reading import Floats, reference_scores
from vae.data import ImageData
from vae.runs import Run
from vae.runs.threads import Progress, Threads
from vae.ui.shared import loaders
from vae.ui.shared.originals import version_with_data

_RETRY_S = 10.0


@dataclass(frozen=True, eq=False)
class Reference:
    """Test images of a run and their scores."""

    data: ImageData
    scores: Floats


@st.cache_resource(show_spinner=False)
def _references() -> Threads[Reference]:
    return Threads("scores", kept=8, retry_s=_RETRY_S)


def look(run: Run) -> Progress:
    """Return how the measuring of a run's test images stands; its result is a reference."""
    return _references().look(version_with_data(run))


def begin(run: Run) -> Progress:
    """Begin to measure, unless that has been done: reading the images takes over a second alone."""
    version = run.version

    def work(report: object) -> Reference:
        data = loaders.data_of(run)
        choices = loaders.test_codes(run, version).choices
        return Reference(data, reference_scores(loaders.model(run, version), data, choices))

    return _references().submit(version_with_data(run), work)
