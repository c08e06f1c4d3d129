"""What a study keeps of a run: settings, the report of each epoch, figures and small pictures.

A record outlives its run, so that a result folder can be checked and drawn again by itself. The
folder has one file of them, a line a run; where that cannot be opened, there is a RunError.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vae.config import RunConfig
from vae.errors import RunError, UserError
from vae.locale import _
from vae.runs import Run
from vae.runs.files import MODEL_FILE
from vae.storage.files import write_atomic

if TYPE_CHECKING:
    from vae.measures import Subject

FILE = "records.jsonl"
OLD_FOLDER = "runs"
"""Of a result folder of an earlier version: a JSON file a run, and its pictures."""
_DIGITS = 6

Strips = Mapping[str, NDArray[np.uint8]]
"""Pictures by name: each ``(n, C, H, W)``, a row of them."""


class Record(BaseModel):
    """A run that has been measured."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    run: str
    """Its name."""
    config: RunConfig
    weights: str
    """Digest of the weights that the figures are of."""
    epochs: list[dict[str, Any]]
    """One report an epoch, oldest first: epoch, seconds, train and test terms, hidden sizes."""
    standard: dict[str, Any]
    """The figures of :func:`vae.training.metrics.evaluate`."""
    figures: dict[str, Any]
    """What the study measures in addition."""
    pictures: dict[str, bytes] = Field(default_factory=dict)
    """PNG by what it shows: a row of pictures at their own size."""

    def curve(self, term: str = "loss", split: str = "test") -> dict[int, float]:
        """Return a term of the objective after each epoch."""
        return {line["epoch"]: float(line[split][term]) for line in self.epochs}

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
        """-ELBO of the test images, nats per image, grey pixels."""
        elbo = self.number("elbo")
        return None if elbo is None else -elbo


class Kept(NamedTuple):
    """The records of a result folder."""

    by_run: dict[str, Record]
    damaged: list[str]
    """Where there is one that cannot be read: ``records.jsonl, line 3``."""


def read_all(folder: Path) -> Kept:
    """Return the records of a result folder, also those of the old layout, by the run's name."""
    found: dict[str, Record] = {}
    damaged = []
    for where, line in _lines(folder):
        try:
            record = Record.model_validate_json(line)
        except ValidationError:
            damaged.append(where)
        else:
            found[record.run] = record
    for name, path, pictures in _old(folder):
        if name in found:
            continue
        try:
            record = Record.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            damaged.append(f"{OLD_FOLDER}/{path.name}")
        else:
            found[name] = record.model_copy(update={"pictures": pictures})
    return Kept(found, damaged)


def read(folder: Path, name: str) -> Record | None:
    """Return the record of a run, or None if there is none that can be read."""
    return read_all(folder).by_run.get(name)


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield where each line of the file stands, and the line."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(
            _("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line:
            yield _("{file}, line {number}").format(file=FILE, number=number), line


def _old_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / OLD_FOLDER).glob("[!.]*") if path.is_file())


def _old(folder: Path) -> Iterator[tuple[str, Path, dict[str, bytes]]]:
    """Yield name, JSON file and pictures of the runs of which there is a file in a folder."""
    paths = _old_files(folder)
    names = sorted((path.stem for path in paths if path.suffix == ".json"), key=len, reverse=True)
    pictures: dict[str, dict[str, bytes]] = {name: {} for name in names}
    for path in paths:
        # The longest name first: the name of one run may begin with another's.
        name = next((name for name in names if path.stem.startswith(f"{name}-")), None)
        if path.suffix == ".png" and name is not None:
            with contextlib.suppress(OSError):
                pictures[name][path.stem.removeprefix(f"{name}-")] = path.read_bytes()
    for name in names:
        yield name, folder / OLD_FOLDER / f"{name}.json", pictures[name]


def write(folder: Path, record: Record) -> None:
    """Add a record to the file, in the place of one of the same run.

    Lines that are no JSON are dropped.

    Raises OSError if the folder cannot be written.
    """
    others = [line for _, line in _lines(folder) if _run_of(line) not in (None, record.run)]
    folder.mkdir(parents=True, exist_ok=True)
    lines = [*others, record.model_dump_json()]
    write_atomic(folder / FILE, "".join(f"{line}\n" for line in lines).encode())


def _run_of(line: str) -> str | None:
    with contextlib.suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return str(found.get("run"))
    return None


def digest(folder: Path) -> str:
    """Return what changes with any character of the file; empty where there is none."""
    lines = [line for _, line in _lines(folder)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def version(folder: Path) -> str:
    """Return what changes when a record is written: the key of caches."""
    marks = []
    for path in (folder / FILE, *_old_files(folder)):
        with contextlib.suppress(OSError):
            stat = path.stat()
            marks.append((path.name, stat.st_mtime_ns, stat.st_size))
    return hashlib.sha256(repr(marks).encode()).hexdigest()[:16]


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

    Raises RunError if there are none.
    """
    try:
        content = (run.directory / MODEL_FILE).read_bytes()
    except OSError as error:
        raise RunError(
            _(
                "{directory} has no weights ({reason}): delete it, and start the study again."
            ).format(directory=run.directory, reason=error.strerror)
        ) from None
    return hashlib.sha256(content).hexdigest()[:16]


def epoch_lines(run: Run) -> list[dict[str, Any]]:
    """Return the reports of a run's epochs as a record keeps them.

    Raises RunError if there is none.
    """
    kept = ("epoch", "seconds", "train", "test", "hidden")
    lines = [{key: line[key] for key in kept if key in line} for line in run.epochs()]
    if not lines:
        raise RunError(
            _(
                "{directory} has no report of an epoch: delete it, and start the study again."
            ).format(directory=run.directory)
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

    trained = np.flatnonzero(arrays["epochs"])
    mus = np.asarray(history, dtype=np.float32)[trained]
    counts = [int(active_dims(from_numpy(mu)).sum()) for mu in mus]
    return {"active_by_epoch": {"epoch": arrays["epochs"][trained].tolist(), "active": counts}}


def measure(
    run: Run,
    more: Callable[[Subject, RunConfig], dict[str, Any]],
    pictures: Callable[[Subject, RunConfig], Strips] | None,
    folder: Path,
) -> Record:
    """Measure a finished run, and keep what was found; what is kept of the same weights stays.

    Raises UserError if its weights or images are not there; OSError if the folder cannot be
    written.
    """
    mark, config = weights_mark(run), run.config
    kept = read(folder, run.name)
    if kept is not None and kept.weights == mark:
        return kept
    from vae.data import load_for
    from vae.measures import Subject
    from vae.measures.report import write_standard
    from vae.runs.checkpoint import load_model
    from vae.storage.pictures import png_bytes, sheet

    subject = Subject(load_model(run.directory).eval(), load_for(config.data))
    found = run.evaluation()
    if found is None:
        found = subject.standard
        if not config.shipped:
            write_standard(run, found)
    strips = pictures(subject, config) if pictures is not None else {}
    record = Record(
        run=run.name,
        config=config,
        weights=mark,
        epochs=epoch_lines(run),
        standard=_rounded(found),
        figures=_rounded({**more(subject, config), **activity(run)}),
        pictures={what: png_bytes(sheet(images, len(images))) for what, images in strips.items()},
    )
    write(folder, record)
    return record
