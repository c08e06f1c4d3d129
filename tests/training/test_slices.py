"""A long run that trains in slices learns what one in a single piece learns."""

import numpy as np
import pytest

from vae import runs
from vae.runs import queue, turns
from vae.storage.files import read_arrays
from vae.training.trainer import train_run


@pytest.mark.slow
def test_a_long_run_in_slices_is_the_same_run(tmp_path, make_config, monkeypatch):
    settings = {"dataset": "digits", "image_shape": (1, 8, 8), "epochs": 3, "batch_size": 256}
    whole = runs.create(make_config("whole", **settings), tmp_path)
    train_run(whole)
    sliced = runs.create(make_config("sliced", **settings), tmp_path)
    monkeypatch.setattr(turns, "makes_room", lambda run, status: True)
    monkeypatch.setattr(queue, "start_next", lambda root: None)
    for epoch in (1, 2, 3):
        train_run(sliced)
        status = sliced.status()
        assert status.epoch == epoch
        assert status.waits == (epoch < 3), "it is at the end of the queue"
    assert sliced.status().state == "done"
    one, other = (read_arrays(run.directory / "model.safetensors")[0] for run in (whole, sliced))
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
    assert [line["epoch"] for line in sliced.epochs()] == [1, 2, 3]
