"""What a study keeps of a run: settings, the report of each epoch, figures and small pictures.

A record outlives its run, so that a result folder can be checked and drawn again by itself.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from vae.config import RunConfig
from vae.errors import RunError, UserError
from vae.runs import EVALUATION_FILE, Run
from vae.runs.checkpoint import MODEL_FILE
from vae.storage.files import write_atomic

if TYPE_CHECKING:
    from vae.measures import Subject

FOLDER = "runs"
"""Of a result folder: one JSON file a run, and its pictures."""
_DIGITS = 6

Strips = Mapping[str, NDArray[np.uint8]]
"""Pictures by name: each ``(n, C, H, W)``, a row of them."""


class Record(BaseModel):
    """A run that has been measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    """Its name."""
    config: RunConfig
    weights: str
    """Tells the weights apart that the figures are of."""
    epochs: list[dict[str, Any]]
    """One report an epoch, oldest first: epoch, seconds, train and test terms, hidden sizes."""
    standard: dict[str, Any]
    """The figures of :func:`vae.training.metrics.evaluate`."""
    figures: dict[str, Any]
    """What the study measures beside them."""

    def curve(self, term: str = "loss", split: str = "test") -> tuple[list[int], list[float]]:
        """Return epochs, and a term of the objective after each."""
        return (
            [line["epoch"] for line in self.epochs],
            [float(line[split][term]) for line in self.epochs],
        )

    def last(self, term: str = "loss", split: str = "test") -> float | None:
        """Return a term after the last epoch; None where it does not apply."""
        found = self.epochs[-1][split].get(term) if self.epochs else None
        return None if found is None else float(found)

    def number(self, name: str) -> float | None:
        """Return a figure, the study's own or a standard one; None where it has no value."""
        found = self.figures.get(name, self.standard.get(name))
        return float(found) if isinstance(found, int | float) else None

    @property
    def neg_elbo(self) -> float | None:
        """-ELBO of the test images, nats an image, grey pixels."""
        elbo = self.number("elbo")
        return None if elbo is None else -elbo

    def picture(self, folder: Path, what: str) -> Path:
        """Return where a picture of the run is, if there is one."""
        return folder / FOLDER / f"{self.run}-{what}.png"


def path_of(folder: Path, name: str) -> Path:
    """Return where the record of a run is."""
    return folder / FOLDER / f"{name}.json"


def read(folder: Path, name: str) -> Record | None:
    """Return the record of a run, or None if there is none that can be read."""
    try:
        return Record.model_validate_json(path_of(folder, name).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def write(folder: Path, record: Record) -> None:
    """Put a record on disk, a line an epoch so that it can be read and compared.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    path = path_of(folder, record.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = record.model_dump(mode="json")
    lines = ",\n".join(json.dumps(_rounded(line)) for line in parts.pop("epochs"))
    # The config as it is: rounded settings would be other ones.
    whole = json.dumps(parts, indent=1)
    write_atomic(path, f'{whole[:-2]},\n "epochs": [\n{lines}\n]\n}}\n'.encode())


def _rounded(value: Any) -> Any:
    """Shorten numbers, as what lies beyond is rounding; None where one is not finite."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return value


def weights_mark(run: Run) -> str:
    """Return what changes with a run's weights.

    Raises
    ------
    RunError
        If there are none.
    """
    try:
        content = (run.directory / MODEL_FILE).read_bytes()
    except OSError as error:
        raise RunError(
            f"{run.directory} has no weights ({error.strerror}): delete it, and start the study "
            "again."
        ) from None
    return hashlib.sha256(content).hexdigest()[:16]


def epoch_lines(run: Run) -> list[dict[str, Any]]:
    """Return the reports of a run's epochs as a record keeps them.

    Raises
    ------
    RunError
        If there is none.
    """
    kept = ("epoch", "seconds", "train", "test", "hidden")
    lines = [{key: line[key] for key in kept if key in line} for line in run.epochs()]
    if not lines:
        raise RunError(
            f"{run.directory} has no report of an epoch: delete it, and start the study again."
        )
    return [dict(_rounded(line)) for line in lines]


def activity(run: Run) -> dict[str, Any]:
    """Return how many latent dimensions were active after each epoch whose codes are kept.

    Empty where none are. Of the test images that a run follows, by
    :func:`vae.training.metrics.active_dims`.
    """
    try:
        arrays = run.codes()
    except UserError:
        return {}
    history = arrays.get("history")
    if history is None:
        return {}
    from torch import from_numpy

    from vae.training.metrics import active_dims

    mus = np.asarray(history, dtype=np.float32)
    counts = [int(active_dims(from_numpy(mu)).sum()) for mu in mus]
    return {"active_by_epoch": {"epoch": arrays["epochs"].tolist(), "active": counts}}


def measure(
    run: Run,
    more: Callable[[Subject, RunConfig], dict[str, Any]],
    pictures: Callable[[Subject, RunConfig], Strips] | None,
    folder: Path,
) -> Record:
    """Measure a finished run, and keep what was found; what is kept of the same weights stays.

    Raises
    ------
    UserError
        If its weights or images are not there.
    OSError
        If the folder cannot be written.
    """
    mark, config = weights_mark(run), run.config
    kept = read(folder, run.name)
    if kept is not None and kept.weights == mark:
        return kept
    from vae.data import load_for
    from vae.measures import Subject
    from vae.runs.checkpoint import load_model
    from vae.storage.pictures import png_bytes, sheet

    subject = Subject(load_model(run.directory).eval(), load_for(config.data))
    found = run.evaluation()
    if found is None:
        found = subject.standard
        if not config.shipped:
            write_atomic(run.directory / EVALUATION_FILE, json.dumps(found, indent=2).encode())
    record = Record(
        run=run.name,
        config=config,
        weights=mark,
        epochs=epoch_lines(run),
        standard=_rounded(found),
        figures=_rounded({**more(subject, config), **activity(run)}),
    )
    if pictures is not None:
        for what, images in pictures(subject, config).items():
            path = record.picture(folder, what)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, png_bytes(sheet(images, len(images))))
    write(folder, record)
    return record
