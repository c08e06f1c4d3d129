"""Small untrained models of any family, and what two trainings are compared by."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vae.config import RunConfig
from vae.data import ImageData
from vae.models import LatentModel, build, configure
from vae.runs import Run
from vae.storage.files import read_arrays, write_arrays
from vae.training.loop import EpochReport, Report, TrainState, fit

SHAPE = (1, 8, 8)


def untrained(family: str, **given: Any) -> LatentModel:
    """Return a model in evaluation, the same at each call."""
    torch.manual_seed(3)
    sizes = {"hidden": (12,), "latent_dim": 3, "image_shape": SHAPE, "num_classes": 10}
    return build(configure(family, **{**sizes, **given})).eval()


def trained_once(family: str, latent_dim: int = 3, shape: tuple[int, ...] = SHAPE) -> LatentModel:
    """Return a model after a pass: codebooks and statistics of codes have their first values."""
    model = untrained(family, hidden=(6,), latent_dim=latent_dim, image_shape=shape)
    with torch.no_grad():
        model.train()
        model(torch.rand(32, *shape), torch.arange(32) % 10)
    return model.eval()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def curve(reports: Any) -> list[Any]:
    """What must not change between two runs: all but the seconds."""
    return [(r.epoch, getattr(r, "step", None), r.train, getattr(r, "test", None)) for r in reports]


def lines_of(run: Run, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the reports of a run, of a kind, but for their seconds."""
    return [
        {key: value for key, value in line.items() if key != "seconds"}
        for line in run.metrics()
        if kind in (None, line["kind"])
    ]


def same_but_for_time(run: Run, other: Run) -> None:
    assert lines_of(run) == lines_of(other)
    # Not byte by byte: safetensors keeps no order among its metadata.
    for file in ("model.safetensors", "codes.safetensors", "pictures.safetensors"):
        (ours, notes), (theirs, their_notes) = (
            read_arrays(each.directory / file) for each in (run, other)
        )
        assert notes == their_notes
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            assert np.array_equal(array, theirs[name]), name


def states_equal(one: TrainState, other: TrainState) -> bool:
    """Whether weights, optimisers and places are the same to the last bit."""
    ours, theirs = one.tensors(), other.tensors()
    return ours.keys() == theirs.keys() and all(
        torch.equal(value, theirs[name]) for name, value in ours.items() if name != "seconds"
    )


def stopped_and_resumed(
    config: RunConfig, data: ImageData, folder: Path, epoch: int
) -> tuple[list[Report], TrainState]:
    """Train with a stop in the midst of the epoch after ``epoch``, and from a file to the end."""
    stopped, kept = TrainState(config), []
    for report in fit(config, data, stopped):
        if report.epoch > epoch:
            break  # What it has changed since is lost.
        kept.append(report)
        if isinstance(report, EpochReport):
            saved = {name: tensor.numpy().copy() for name, tensor in stopped.tensors().items()}
    write_arrays(folder / "resume", saved)
    again = _restored(config, folder / "resume")
    assert (again.epoch, again.seconds) == (epoch, kept[-1].seconds)
    return [*kept, *fit(config, data, again)], again


def _restored(config: RunConfig, path: Path) -> TrainState:
    arrays, _ = read_arrays(path)
    again = TrainState(config)
    again.restore({name: torch.from_numpy(array) for name, array in arrays.items()})
    return again


def paused_and_resumed(
    config: RunConfig, data: ImageData, folder: Path, steps: int
) -> tuple[list[Report], TrainState]:
    """Train for so many steps, put the state into a file, and go on from there."""
    paused, kept = TrainState(config), []
    left = itertools.count(steps, -1)

    def before_step() -> None:
        if next(left) == 0:
            raise Stop

    try:
        kept.extend(fit(config, data, paused, before_step))
    except Stop:
        write_arrays(
            folder / "paused", {name: value.numpy() for name, value in paused.tensors().items()}
        )
    again = _restored(config, folder / "paused")
    return [*kept, *fit(config, data, again)], again


class Stop(BaseException):
    """Stands for a kill: nothing catches it."""


def die_at(epoch: int, kind: type) -> Any:
    def on_report(report: Report) -> None:
        if report.epoch == epoch and isinstance(report, kind):
            raise Stop

    return on_report


def as_if_dead(run: Run) -> None:
    """The process that ran it is no more: its id has another start time now."""
    status = run.status()
    run.write_status(status.model_copy(update={"pid_started": 1.0, "pid_mark": None}))
