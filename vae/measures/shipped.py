"""Making the models that come with the program again, from their recipes."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vae import runs
from vae.errors import RunError
from vae.locale import _
from vae.measures import DEFAULT_SAMPLES, report
from vae.runs import CODES_FILE, EVALUATION_FILE, METRICS_FILE, PICTURES_FILE, STATUS_FILE, Run
from vae.runs.checkpoint import load_model, save_model
from vae.runs.files import CONFIG_FILE, RESUME_FILE
from vae.runs.processes import ProcessId
from vae.storage.files import write_arrays, write_atomic
from vae.training.loop import Report
from vae.training.recipes import RECIPES
from vae.training.trainer import train_run

KEPT_FILES = (
    CONFIG_FILE,
    STATUS_FILE,
    METRICS_FILE,
    EVALUATION_FILE,
    report.FILE,
    CODES_FILE,
    PICTURES_FILE,
    "model.safetensors",
)


KEPT_EPOCHS = 12
"""Epochs whose pictures and codes a shipped model keeps: more of the first ones, where most is
learnt."""


def _refuse_own(run: runs.Run) -> None:
    """Keep what is not a shipped model from being replaced by one."""
    if run.directory.exists() and not run.config.shipped:
        raise RunError(
            _(
                "{directory} is a run of your own: rename or delete it before the "
                "shipped model of that name is made again."
            ).format(directory=run.directory)
        )


def halve_codes(run: runs.Run) -> None:
    """Store a run's codes as float16, half the size; no map shows the difference."""
    arrays = run.codes()
    halves = {name: arrays[name].astype(np.float16) for name in ("mu", "logvar") if name in arrays}
    write_arrays(run.directory / CODES_FILE, arrays | halves)


def spread_epochs(epochs: Sequence[int], count: int = KEPT_EPOCHS) -> list[int]:
    """Return which of ``epochs`` (rising) to keep: the first, the last, ever wider steps between.

    All where there are no more than ``count``.
    """
    if len(epochs) <= count:
        return list(epochs)
    places = np.geomspace(1, len(epochs), count)
    # Where rounding makes two of them one, the next free place is taken.
    chosen: list[int] = []
    for place in places:
        chosen.append(max(round(place), chosen[-1] + 1 if chosen else 1))
    return [epochs[min(place, len(epochs)) - 1] for place in chosen]


def thin_history(run: runs.Run) -> None:
    """Keep the pictures and codes of a few epochs only (:func:`spread_epochs`)."""
    for name, arrays, by_epoch in (
        (PICTURES_FILE, run.pictures(), None),
        (CODES_FILE, run.codes(), ("epochs", "history")),
    ):
        kept = spread_epochs([int(epoch) for epoch in arrays["epochs"]])
        rows = np.isin(arrays["epochs"], kept)
        thinned = {
            key: array[rows] if by_epoch is None or key in by_epoch else array
            for key, array in arrays.items()
        }
        write_arrays(run.directory / name, thinned)


def measure_shipped(run: Run) -> dict[str, Any]:
    """Measure a shipped run in full, and put its figures in its own directory.

    Returns what :func:`vae.training.metrics.evaluate` measures.
    """
    measured = report.measure_run(run, DEFAULT_SAMPLES)
    report.write(run.directory / report.FILE, measured)
    report.write_standard(run, measured.standard)
    return measured.standard


def make_shipped(
    name: str, root: Path = runs.DEFAULT_ROOT, on_report: Callable[[Report], None] | None = None
) -> dict[str, Any]:
    """Train a shipped model from its recipe, measure it, and put it in its place.

    Its weights and codes are stored as float16, and measured as stored. The one that was there
    stays until the new one is whole.

    Raises RunError if there is no recipe of that name, or a run of the user's own has it.

    Returns what :func:`vae.training.metrics.evaluate` measured.
    """
    if name not in RECIPES:
        raise RunError(
            _("no shipped model is called {name!r}: there are {recipes}.").format(
                name=name, recipes=", ".join(RECIPES)
            )
        )
    _refuse_own(runs.Run(root / name))
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".making-") as folder:
        run = runs.create(RECIPES[name], Path(folder))
        train_run(run, on_report)
        halve_codes(run)
        thin_history(run)
        config = run.config.model_copy(update={"shipped": True})
        save_model(run.directory, load_model(run.directory), config, config.train.epochs, half=True)
        write_atomic(run.directory / CONFIG_FILE, config.to_json().encode())
        figures = measure_shipped(run)
        # No process of this machine has a meaning on another one.
        done = run.status().model_copy(update=ProcessId().model_dump() | {"started_at": None})
        run.write_status(done)
        for path in run.directory.iterdir():
            if path.name not in KEPT_FILES or path.name == RESUME_FILE:
                path.unlink()
        shutil.rmtree(root / name, ignore_errors=True)
        run.directory.rename(root / name)
    return figures
