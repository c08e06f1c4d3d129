"""Small runs, and a folder of runs whose workers end with the test."""

import psutil
import pytest
from queued_runs import training
from waiting import wait

from vae import runs
from vae.runs import queue, workers


@pytest.fixture
def run(make_config, tmp_path):
    """A run that is not trained."""
    return runs.create(make_config(), tmp_path)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    yield folder
    # First what waits, so that the end of one is not the start of the next.
    for run in runs.list_runs(folder):
        if run.status().state == "queued":
            queue.cancel(run)
    for pid in training(folder):
        psutil.Process(pid).kill()
    wait(lambda: not training(folder))
    workers.backend.reap()


@pytest.fixture
def make(root, make_config):
    """Make a run on scikit-learn's digits."""

    def create(name, **values):
        settings = {"dataset": "digits", "image_shape": (1, 8, 8), "batch_size": 256} | values
        return runs.create(make_config(name, **settings), root)

    return create
