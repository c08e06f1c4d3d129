"""Changes of runs on disk: create, claim, rename, delete."""

import contextlib
import itertools
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vae.config import RunConfig, check_name
from vae.errors import BusyError, RunError
from vae.locale import N_, _
from vae.people import note_owner, refuse_others
from vae.runs.files import (
    CLASSIFIERS_FOLDER,
    CONFIG_FILE,
    LOCK_FILE,
    STOP_FILE,
    STUDIES_FOLDER,
    Status,
)
from vae.runs.processes import identify
from vae.runs.quota import check_quota
from vae.runs.store import DEFAULT_ROOT, Run
from vae.storage import folders, locks
from vae.storage.files import write_atomic

_RESERVED = (STUDIES_FOLDER, CLASSIFIERS_FOLDER)


def library_versions() -> dict[str, str]:
    """Return the versions that a run was made with."""
    found = {"python": platform.python_version()}
    for name in ("torch", "numpy", "safetensors"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


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
