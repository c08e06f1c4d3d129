"""Trainings in processes of their own: who is next, start, pause, cancel, end.

The files are all there is: no process keeps the queue. Whoever calls :func:`start_next` (a page's
timer, a worker that has finished, a study) starts what is due. So the queue goes on without a page,
and a page or a server may come and go.

Of runs that people start, one at a time trains on a device, in the order of :mod:`vae.runs.turns`.
A study puts its runs into the same queue, several at once: while it is there, its share of places
counts for all. One of them is then a person's if somebody waits for it, and where there is only
one, people and the study take turns.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from vae import runs
from vae.config import TrainConfig, make
from vae.errors import BusyError, RunError, UserError
from vae.locale import N_, _
from vae.people import refuse_others
from vae.runs import turns, warm, workers
from vae.runs.changes import refuse_change
from vae.runs.files import CONFIG_FILE, LOG_FILE, PAUSE, RESUME_FILE, STOP_FILE, Status
from vae.runs.processes import cores, identify
from vae.runs.spawn import Command
from vae.runs.store import Run
from vae.storage.files import read_bytes, write_atomic

STOP_PATIENCE_S = 20.0
"""How long a process that was asked to stop has for it, before it may be ended by force."""


def submit(run: Run, study: str = "", places: int = 1) -> None:
    """Put a run in the queue, and start it if it is due.

    A run that waits already keeps its place; one that was paused goes on at the very step.

    Raises RunError if it is shipped, running or done, or its folder cannot be written.

    ``study`` is the result folder of the study that asks for it, in its process (when that is gone,
    the run is not started any more), or empty for a person; ``places`` is how many of the study's
    runs may train at the same time.
    """
    refuse_change(run, N_("trained"))
    root = run.directory.parent
    with writable(root), runs.queue_lock(root):
        status = run.status()
        if status.state == "running":
            raise RunError(
                _("{run} is running already (process {pid}).").format(run=run.name, pid=status.pid)
            )
        if status.state == "done":
            raise RunError(
                _(
                    "{run} is done: train a run of another name with the same settings instead."
                ).format(run=run.name)
            )
        if not status.waits:
            estimate = 0.0 if study else _estimate(run)
            ahead = Status(epoch=status.epoch, study=study, places=places, estimate=estimate)
            _enqueue(run, ahead)
    start_next(root)


def _estimate(run: Run) -> float:
    """Return about how many seconds a run's training takes on a usual laptop."""
    from vae.data import spec_of  # With torch.
    from vae.models.architecture import estimate

    config = run.config
    with contextlib.suppress(UserError):
        return estimate(config.model, config.train, spec_of(config.data.dataset).train_size)
    return 0.0


def _enqueue(run: Run, status: Status) -> None:
    (run.directory / STOP_FILE).unlink(missing_ok=True)
    more = {
        "epochs": run.config.train.epochs,
        "queued_at": time.time(),
        "study_process": identify(os.getpid()) if status.study else None,
    }
    run.write_status(status.model_copy(update=more))


def one_more(run: Run) -> None:
    """Train a run that does not train now to the end of its next epoch, where it pauses.

    One that has reached its last epoch is given one more.

    Raises RunError if it is shipped, trains or waits already, or what it needs to go on is gone.
    """
    until = make_room(run)
    root = run.directory.parent
    with writable(root), runs.queue_lock(root):
        status = run.status()
        if status.state != "running" and not status.waits:
            _enqueue(run, Status(epoch=status.epoch, until=until, estimate=status.estimate))
    start_next(root)


def make_room(run: Run) -> int:
    """Return the epoch that a run trains next, its settings having room for it.

    Raises as :func:`one_more` does.
    """
    refuse_change(run, N_("trained"))
    root = run.directory.parent
    with writable(root), runs.queue_lock(root):
        status, config = run.status(), run.config
        if status.state == "running" or status.waits:
            raise RunError(_("{run} trains already: pause it first.").format(run=run.name))
        if status.epoch and not (run.directory / RESUME_FILE).exists():
            raise RunError(
                _(
                    "{run} has not kept what it takes to go on: train a run with the same settings "
                    "and {n} epochs instead."
                ).format(run=run.name, n=status.epoch + 1)
            )
        if status.epoch >= config.train.epochs:
            longer = {**config.train.model_dump(), "epochs": status.epoch + 1}
            update = {"train": make(TrainConfig, **longer)}
            text = config.model_copy(update=update).to_json()
            write_atomic(run.directory / CONFIG_FILE, text.encode())
            # It is not done any more.
            run.write_status(
                status.model_copy(update={"state": "paused", "epochs": update["train"].epochs})
            )
    return status.epoch + 1


def start_next(root: Path) -> None:
    """Start the runs under ``root`` that are due; to be called often.

    Raises RunError if ``root`` cannot be read, or not be written although a run waits there.
    """
    workers.backend.reap()
    if turns.next_run(root) is None:
        return
    # Whoever has the lock now, the next call sees to what waits.
    with contextlib.suppress(BusyError), writable(root), runs.queue_lock(root):
        # Somebody else may have started it in between.
        while (run := turns.next_run(root)) is not None:
            _start(run)


def take_next(root: Path) -> Run | None:
    """Give this process, which has trained a person's run, the next one; None if there is none.

    What a new process would cost, imports above all, is saved.

    Raises as :func:`start_next` does.
    """
    with writable(root), runs.queue_lock(root):
        run = turns.next_run(root)
        if run is None or run.status().study:
            return None
        (run.directory / STOP_FILE).unlink(missing_ok=True)
        running = {"state": "running", "started_at": time.time()}
        running |= identify(os.getpid()).model_dump()
        run.write_status(run.status().model_copy(update=running))
        return run


def cancel(run: Run) -> None:
    """Take a run out of the queue, or ask its process to stop; one that is over is left as it is.

    The process stops within a step or so, and loses none.

    Raises RunError if its folder cannot be written.
    """
    _end(run, "cancelled")


def pause(run: Run) -> None:
    """Pause a run that trains or waits: it goes on where it was when it is put in the queue again.

    It gives its place to others, and loses no step. Any other run is left as it is.

    Raises RunError if its folder cannot be written.
    """
    _end(run, "paused")


def _end(run: Run, state: Literal["cancelled", "paused"]) -> None:
    refuse_others(run.directory, N_("stopped"))
    root = run.directory.parent
    with writable(root), runs.queue_lock(root):
        status, is_stop = run.status(), state == "cancelled"
        if status.state == "queued" or (status.state == "paused" and is_stop):
            ended = {"state": state, "queued_at": None, "pid": None}
            # What only is a config has nothing to pause.
            if is_stop or status.waits:
                run.write_status(status.model_copy(update=ended))
        elif status.state == "running":
            before = asked(run.directory)
            # Whoever presses Stop after Pause wants it stopped.
            if not before or (is_stop and before == "pause"):
                write_atomic(run.directory / STOP_FILE, b"" if is_stop else PAUSE)


def asked(directory: Path) -> Literal["", "stop", "pause"]:
    """Return what a run or study was asked for: to stop, to pause, or nothing."""
    try:
        found = read_bytes(directory / STOP_FILE)
    except FileNotFoundError:
        return ""
    except OSError:
        return "stop"
    return "pause" if found == PAUSE else "stop"


def stop_asked(directory: Path) -> float | None:
    """Return how many seconds ago a run or study was asked to stop, or None where nobody has."""
    try:
        return max(0.0, time.time() - (directory / STOP_FILE).stat().st_mtime)
    except OSError:
        return None


def force_stop(run: Run) -> None:
    """End the process of a run that does not react to :func:`cancel`; the queue goes on.

    The run becomes interrupted and keeps its last whole epoch. Only the very process that its
    status names is ended. Where none is alive, nothing is ended.

    Raises RunError if the process cannot be ended, or the run's folder cannot be written.
    """
    refuse_others(run.directory, N_("stopped"))
    status = run.status()
    if status.state == "running":
        workers.backend.stop(status)
    root = run.directory.parent
    with writable(root), runs.queue_lock(root):
        # It may have come to its end by itself in this instant.
        status = run.status()
        if status.state == "interrupted":
            error = N_("it did not react to Stop, so its process was ended.")
            run.write_status(status.model_copy(update={"error": error, "queued_at": None}))
            (run.directory / STOP_FILE).unlink(missing_ok=True)
    start_next(root)


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Say in a sentence that a folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise RunError(
            _("cannot write {filename} ({reason}): make it writable.").format(
                filename=error.filename or folder, reason=error.strerror
            )
        ) from None


def _start(run: Run) -> None:
    """Start a run's process and note it, the lock being held; it leaves the queue at a failure."""
    status = run.status()
    (run.directory / STOP_FILE).unlink(missing_ok=True)
    directory = run.directory.resolve()
    # One core is left to the pages.
    count = max(1, cores() // status.places) if status.study else warm.threads(cores())
    try:
        process = workers.backend.start(
            Command(
                ("vae", "work", str(directory)),
                directory / LOG_FILE,
                count,
                outlives=True,
                appends=True,
                may_be_warm=not status.study,
            )
        )
    except OSError as error:
        message = N_("cannot start a process for {run}: {reason}.").format(
            run=run.name, reason=error.strerror or error
        )
        failed = {"state": "failed", "error": message, "queued_at": None}
        with contextlib.suppress(FileNotFoundError):  # Deleted in this instant.
            run.write_status(status.model_copy(update=failed))
        return
    # `queued_at` stays until the process claims the run: so it knows that it was started for it.
    running = {"state": "running", "started_at": time.time(), **process.model_dump()}
    run.write_status(status.model_copy(update=running))
