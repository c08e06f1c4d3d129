"""Runs on disk: list, read, watch.

A run is a directory ``<root>/<name>``; ``docs/architecture.md`` says what each file holds.
"""

import contextlib
import hashlib
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vae.config import RunConfig
from vae.errors import ConfigError, RunError
from vae.locale import _
from vae.runs import workers
from vae.runs.checks import check_codes, check_pictures, is_evaluation
from vae.runs.files import (
    CODES_FILE,
    CONFIG_FILE,
    EVALUATION_FILE,
    METRICS_FILE,
    MODEL_FILE,
    PICTURES_FILE,
    RESUME_FILE,
    STATUS_FILE,
    Status,
    read_config,
)
from vae.runs.live import Live, read_live
from vae.runs.reports import read_reports
from vae.storage import folders
from vae.storage.files import Arrays, read_arrays, read_bytes, read_json, write_atomic

DEFAULT_ROOT = Path("checkpoints")


@dataclass(frozen=True)
class Run:
    """A run's directory, with readers for what is in it."""

    directory: Path

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def config(self) -> RunConfig:
        """The run's settings, read once for each version of the file."""
        return self._config_and_time()[0]

    def _config_and_time(self) -> tuple[RunConfig, float]:
        """Return the settings, and when they were written, in seconds."""
        try:
            about = (self.directory / CONFIG_FILE).stat()
        except OSError:
            return read_config(self.directory), time.time()
        return _config_cached(self.directory, about.st_mtime_ns, about.st_size), about.st_mtime

    @property
    def has_model(self) -> bool:
        return (self.directory / MODEL_FILE).exists()

    @property
    def version(self) -> str:
        """Changes whenever the weights or codes do: the key of every cache of this run."""
        marks = [str(self.directory.resolve())]
        for name in (CONFIG_FILE, MODEL_FILE, CODES_FILE):
            with contextlib.suppress(OSError):
                stat = (self.directory / name).stat()
                marks.append(f"{stat.st_mtime_ns}-{stat.st_size}")
        return hashlib.sha1("|".join(marks).encode(), usedforsecurity=False).hexdigest()[:16]

    def status(self) -> Status:
        """Return where the run is; one whose process died reads as interrupted.

        One that waits for a study whose process died reads as taken out of the queue.
        """
        try:
            status = Status.model_validate_json(read_bytes(self.directory / STATUS_FILE))
        except (OSError, ValueError):
            return self._status_by_evidence()
        if status.state == "running" and not workers.backend.is_alive(status):
            return status.model_copy(update={"state": "interrupted"})
        if status.waits and status.is_abandoned:
            state = "interrupted" if status.epoch else "queued"
            return status.model_copy(update={"state": state, "queued_at": None})
        return status

    def _status_by_evidence(self) -> Status:
        """Return where a run without a readable status is, as its other files have it."""
        epochs = self.config.train.epochs
        reached = max((line["epoch"] for line in self.epochs()), default=0)
        unfinished = self._is_unfinished(epochs)
        if self.has_model and reached >= epochs and not unfinished:
            return Status(state="done", epoch=reached, epochs=epochs)
        path = self.directory / STATUS_FILE
        if not (self.has_model or reached or unfinished or path.exists()):
            return Status(epochs=epochs)
        return Status(
            state="interrupted",
            epoch=reached,
            epochs=epochs,
            error=_("{path} cannot be read.").format(path=path),
        )

    def _is_unfinished(self, epochs: int) -> bool:
        """Whether it has kept where it goes on, before its last epoch."""
        path = self.directory / RESUME_FILE
        if not path.exists():
            return False
        try:
            return int(read_arrays(path)[0]["epoch"]) < epochs
        except (RunError, KeyError, TypeError):
            return True

    def write_status(self, status: Status) -> None:
        write_atomic(self.directory / STATUS_FILE, status.model_dump_json(indent=2).encode())

    def metrics(self) -> list[dict[str, Any]]:
        """Return the reports so far, oldest first; a line has ``kind`` "step" or "epoch".

        Not to be changed: who reads them again gets the same ones.
        """
        return read_reports(self.directory / METRICS_FILE)

    def epochs(self) -> list[dict[str, Any]]:
        return [line for line in self.metrics() if line["kind"] == "epoch"]

    def evaluation(self) -> dict[str, Any] | None:
        """Return what ``evaluate`` measured last, if it did since the weights were written."""
        path = self.directory / EVALUATION_FILE
        try:
            if path.stat().st_mtime < (self.directory / MODEL_FILE).stat().st_mtime and (
                not self.config.shipped
            ):
                return None
            found = read_json(path)
        except (OSError, RunError):
            return None
        return found if is_evaluation(found) else None

    def codes(self) -> Arrays:
        """Return ``mu``, ``logvar``, ``label`` of test images and, by epoch, ``history``.

        Raises RunError if the file is missing or damaged.
        """
        path = self.directory / CODES_FILE
        arrays, _ = read_arrays(path)
        check_codes(path, arrays, self.config.model.latent_dim)
        return arrays

    def live(self) -> Live | None:
        """Return what it shows of itself within an epoch; None where it neither trains nor rests.

        While it trains, the files of its epochs are a second newer at most.
        """
        if self.status().state not in ("running", "paused"):
            return None
        model = self.config.model
        return read_live(self.directory, model.latent_dim, model.image_shape)

    def pictures(self) -> Arrays:
        """Return ``epochs`` and, for each, ``train_recon``, ``test_recon`` and ``samples``.

        Raises RunError if the file is missing or damaged.
        """
        path = self.directory / PICTURES_FILE
        arrays, _ = read_arrays(path)
        check_pictures(path, arrays, self.config.model.image_shape)
        return arrays


@lru_cache(maxsize=10_000)
def _config_cached(directory: Path, _modified: int, _size: int) -> RunConfig:
    return read_config(directory)


def open_run(reference: str, root: Path = DEFAULT_ROOT) -> Run:
    """Return the run with this name under ``root``, or at this path.

    Raises RunError if there is none, with the names that there are.
    """
    for directory in (root / reference, Path(reference)):
        # A name too long, or a folder that may not be read, is no run either.
        with contextlib.suppress(OSError, ValueError):
            if reference and (directory / CONFIG_FILE).is_file():
                return Run(directory)
    names = ", ".join(run.name for run in list_runs(root)) or _("none yet")
    raise RunError(
        _("there is no run {reference!r} in {root}: the runs there are {names}.").format(
            reference=reference, root=root, names=names
        )
    )


def list_runs(root: Path = DEFAULT_ROOT) -> list[Run]:
    """Return the readable runs under ``root``: the shipped ones first, then the newest."""
    found: list[tuple[tuple[bool, float, str], Run]] = []
    try:
        names = os.listdir(root)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(
            _("cannot read {root}: {reason}.").format(root=root, reason=error.strerror)
        ) from None
    for directory in (root / name for name in names):
        if not folders.is_half(directory):
            run = Run(directory)
            with contextlib.suppress(RunError, ConfigError):
                config, written = run._config_and_time()
                order = (False, 0.0) if config.shipped else (True, -written)
                found.append(((*order, run.name), run))
    return [run for _order, run in sorted(found, key=lambda entry: entry[0])]
