"""The device that a training runs on."""

import pytest

from vae.errors import TrainingError
from vae.runs.devices import describe_device, pick_device

pytestmark = pytest.mark.usefixtures("one_thread")


def test_devices(monkeypatch):
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert pick_device("auto").type == "cpu"
    assert describe_device().startswith("CPU")
    with pytest.raises(TrainingError, match=r"no cuda.*cpu"):
        pick_device("cuda")
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    assert pick_device("auto").type == "mps"
    assert "MPS" in describe_device()
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "Big One")
    assert pick_device("auto").type == "cuda"
    assert describe_device() == "GPU: Big One"
