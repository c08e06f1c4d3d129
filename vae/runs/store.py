"""Runs on disk: create, list, read, watch, rename, delete.

A run is a directory ``<root>/<name>``; ``docs/architecture.md`` says what each file holds.
"""

import contextlib
import hashlib
import itertools
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vae.config import RunConfig, check_name
from vae.errors import BusyError, ConfigError, RunError
from vae.locale import N_, _
from vae.people import note_owner, refuse_others
from vae.runs import workers
from vae.runs.checks import check_codes, check_pictures, is_evaluation
from vae.runs.files import (
    CLASSIFIERS_FOLDER,
    CODES_FILE,
    CONFIG_FILE,
    EVALUATION_FILE,
    LOCK_FILE,
    METRICS_FILE,
    MODEL_FILE,
    PICTURES_FILE,
    RESUME_FILE,
    STATUS_FILE,
    STOP_FILE,
    STUDIES_FOLDER,
    Status,
    read_config,
)
from vae.runs.live import Live, read_live
from vae.runs.processes import identify
from vae.runs.quota import check_quota
from vae.runs.reports import read_reports
from vae.storage import folders, locks
from vae.storage.files import Arrays, read_arrays, read_bytes, read_json, write_atomic

DEFAULT_ROOT = Path("checkpoints")

_RESERVED = (STUDIES_FOLDER, CLASSIFIERS_FOLDER)


def library_versions() -> dict[str, str]:
    """Return the versions that a run was made with."""
    found = {"python": platform.python_version()}
    for name in ("torch", "numpy", "safetensors"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


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


def create(config: RunConfig, root: Path = DEFAULT_ROOT, *, numbered: bool = False) -> Run:
    """Make a run's directory with its config, queued.

    With ``numbered`` a number is added to a name that is taken.

    Raises RunError if the name is taken or the folder cannot be written.
    """
    config = config.model_copy(update={"versions": library_versions()})
    with building(config, root, numbered=numbered) as (half, settle):
        half.write_status(Status(epochs=config.train.epochs))
        return settle()


@contextlib.contextmanager
def building(
    config: RunConfig, root: Path, *, numbered: bool = False
) -> Iterator[tuple[Run, Callable[[], Run]]]:
    """Give a folder to fill with a run's files, and what then moves it to its place.

    Who is killed on the way blocks no name; a folder that is not moved goes with the block. For
    ``numbered`` and what is raised see :func:`create`.
    """
    if not numbered:
        _refuse_reserved(config.name)
    check_quota(config, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        folders.clear(root)
        half = folders.make_half(root)
        try:
            note_owner(half)
            yield Run(half), lambda: _settle(half, config, root, numbered=numbered)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except FileExistsError:
        if not root.is_dir():
            raise RunError(
                _("{root} is a file: give the folder of the runs.").format(root=root)
            ) from None
        raise RunError(
            _(
                "there is already a {config} in {root}: give another name, or delete that one."
            ).format(config=config.name, root=root)
        ) from None
    except OSError as error:
        raise RunError(
            _("cannot make {config}: {reason}.").format(
                config=root / config.name, reason=error.strerror
            )
        ) from None


def _refuse_reserved(name: str) -> None:
    # Some file systems do not tell upper case from lower case.
    if name.lower() in _RESERVED:
        raise RunError(
            _(
                "no run can be called {name}: the folder of that name is for {name_2}. "
                "Choose another name."
            ).format(name=name, name_2=name.lower())
        )


def _settle(half: Path, config: RunConfig, root: Path, *, numbered: bool) -> Run:
    for number in itertools.count(1):
        place = root / (config.name if number == 1 else f"{config.name[:58]}-{number}")
        if folders.is_free(place) and place.name.lower() not in _RESERVED:
            text = config.model_copy(update={"name": place.name}).to_json()
            write_atomic(half / CONFIG_FILE, text.encode())
            if folders.settle(half, place):
                return Run(place)
        if not numbered:
            raise FileExistsError
    raise AssertionError(_("numbers do not end"))


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


def refuse_shipped(run: Run, what: str) -> None:
    """Refuse, in words, that a run which came with the program is changed."""
    if run.config.shipped:
        raise RunError(
            _(
                "{run} came with the program and is read-only: it cannot be {what}. "
                "Train a run of your own with the same settings instead."
            ).format(run=run.name, what=_(what))
        )


def refuse_change(run: Run, what: str) -> None:
    """Refuse, in words, to change a run that is shipped or somebody else's."""
    refuse_shipped(run, what)
    refuse_others(run.directory, what)


def _refuse_if_kept(run: Run, what: str) -> None:
    refuse_change(run, what)
    status = run.status()
    if status.state == "running":
        raise RunError(
            _("{run} is running (process {pid}): stop it before it can be {what}.").format(
                run=run.name, pid=status.pid, what=_(what)
            )
        )


@contextlib.contextmanager
def queue_lock(root: Path) -> Iterator[None]:
    """Hold, for the body, the right to say which runs under ``root`` run; waits its turn.

    Raises BusyError if somebody else keeps it for longer than :data:`vae.storage.locks.patience_s`;
    OSError if the folder cannot be written.
    """
    with locks.hold(root / LOCK_FILE, locks.patience_s) as mine:
        if not mine:
            raise BusyError(
                _("the queue in {root} is busy: try again in a moment.").format(root=root)
            )
        yield


def claim(run: Run, until: int | None = None) -> None:
    """Mark a run as running in this process; of several that try at once, one succeeds.

    Raises RunError if it is shipped, or running in another process that is alive.

    ``until`` is the epoch after which it pauses, if the queue has not said so.
    """
    pid = os.getpid()
    with queue_lock(run.directory.parent):
        status = run.status()
        # On Windows the interpreter of a virtual environment is a child of the process started.
        started_for_it = (
            status.state == "running"
            and status.queued_at is not None
            and status.pid in (pid, os.getppid())
        )
        if not started_for_it:
            _refuse_if_kept(run, N_("resumed"))
            (run.directory / STOP_FILE).unlink(missing_ok=True)
            status = Status(epoch=status.epoch, until=until)
        run.write_status(
            status.model_copy(
                update={
                    "state": "running",
                    **identify(pid).model_dump(),
                    "epochs": run.config.train.epochs,
                    "error": None,
                    "queued_at": None,
                }
            )
        )


def delete(run: Run) -> None:
    """Remove a run for good.

    Raises RunError if it is shipped or running, or a file cannot be removed.
    """
    try:
        # Locked, so that no worker claims it in between; moved, so that none meets half of it.
        with queue_lock(run.directory.parent):
            _refuse_if_kept(run, N_("deleted"))
            half = folders.hide(run.directory)
        shutil.rmtree(half)
    except OSError as error:
        raise RunError(
            _("cannot delete {directory}: {reason}.").format(
                directory=run.directory, reason=error.strerror
            )
        ) from None


def rename(run: Run, name: str) -> Run:
    """Give a run another name, in its config and on disk.

    Raises RunError if it is shipped or running, or the name is taken; ConfigError if the name is
    none that a run can have.
    """
    check_name(name)
    _refuse_reserved(name)
    target = run.directory.with_name(name)
    try:
        with queue_lock(run.directory.parent):
            _refuse_if_kept(run, N_("renamed"))
            if not folders.is_free(target):
                raise RunError(
                    _("there is already a {name} beside it: choose another name.").format(name=name)
                )
            config = run.config.model_copy(update={"name": name})
            run.directory.rename(target)
            write_atomic(target / CONFIG_FILE, config.to_json().encode())
    except OSError as error:
        raise RunError(
            _("cannot rename {directory}: {reason}.").format(
                directory=run.directory, reason=error.strerror
            )
        ) from None
    return Run(target)
