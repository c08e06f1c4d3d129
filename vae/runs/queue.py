"""Runs in processes of their own, one after the other: queue, start, cancel, end.

The files are all there is: no process keeps the queue. Whoever calls :func:`tend` — a page's
timer, a worker that has finished — starts the oldest queued run if none runs. So the queue goes
on without a page, and a page or a server may come and go.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from vae import runs
from vae.errors import BusyError, RunError
from vae.runs import (
    LOG_FILE,
    STOP_FILE,
    Run,
    Status,
    processes,
)
from vae.runs.processes import cores, spawn_apart

STOP_PATIENCE_S = 20.0
"""How long a process that was asked to stop has for it, before it may be ended by force."""
_KILL_WAIT_S = 5.0
_LOG_TAIL = 4096
_LAST_WORDS = 200
_BEGUN = "# started "
_children: list[subprocess.Popen[bytes]] = []
_children_lock = threading.Lock()


def submit(run: Run) -> None:
    """Put a run in the queue, and start it if nothing else runs.

    A run that waits already keeps its place.

    Raises
    ------
    RunError
        If it is shipped, running or done, or its folder cannot be written.
    """
    if run.config.shipped:
        raise RunError(
            f"{run.name} came with the program and is read-only: it cannot be trained. "
            "Train a run of your own with the same settings instead."
        )
    root = run.directory.parent
    with _writable(root), runs.queue_lock(root):
        status = run.status()
        if status.state == "running":
            raise RunError(f"{run.name} is running already (process {status.pid}).")
        if status.state == "done":
            raise RunError(
                f"{run.name} is done: train a run of another name with the same settings instead."
            )
        if status.state != "queued" or status.queued_at is None:
            (run.directory / STOP_FILE).unlink(missing_ok=True)
            run.write_status(
                Status(epoch=status.epoch, epochs=run.config.train.epochs, queued_at=time.time())
            )
    tend(root)


def tend(root: Path) -> None:
    """Start the oldest queued run under ``root`` if none runs; to be called often.

    Raises
    ------
    RunError
        If ``root`` cannot be read, or not be written although a run waits there.
    """
    _reap()
    if _next(root) is None:
        return
    # Whoever has the lock now, the next call sees to what waits.
    with contextlib.suppress(BusyError), _writable(root), runs.queue_lock(root):
        # Somebody else may have started it in between.
        run = _next(root)
        while run is not None and not _start(run):
            run = _next(root)


def cancel(run: Run) -> None:
    """Take a run out of the queue, or ask its process to stop; any other is left as it is.

    The process stops at its next report, several times an epoch, and keeps the last whole epoch.

    Raises
    ------
    RunError
        If its folder cannot be written.
    """
    root = run.directory.parent
    with _writable(root), runs.queue_lock(root):
        status = run.status()
        if status.state == "queued":
            run.write_status(
                status.model_copy(update={"state": "cancelled", "queued_at": None, "pid": None})
            )
        elif status.state == "running" and stop_asked(run) is None:
            (run.directory / STOP_FILE).touch()


def stop_asked(run: Run) -> float | None:
    """Return how many seconds ago a run was asked to stop, or None where nobody has."""
    try:
        return max(0.0, time.time() - (run.directory / STOP_FILE).stat().st_mtime)
    except OSError:
        return None


def force_stop(run: Run) -> None:
    """End the process of a run that does not react to :func:`cancel`; the queue goes on.

    The run becomes interrupted and keeps its last whole epoch. Only the process that its status
    names is ended, and only if that one started when the status says: the system gives the number
    of a process that is gone to another one. Where none is alive, nothing is ended.

    Raises
    ------
    RunError
        If the process cannot be ended, or the run's folder cannot be written.
    """
    status = run.status()
    if status.state == "running" and status.pid is not None and status.pid_started is not None:
        _end(status.pid, status.pid_started)
    root = run.directory.parent
    with _writable(root), runs.queue_lock(root):
        # It may have come to its end by itself in this instant.
        status = run.status()
        if status.state == "interrupted":
            error = "it did not react to Stop, so its process was ended."
            run.write_status(status.model_copy(update={"error": error, "queued_at": None}))
            (run.directory / STOP_FILE).unlink(missing_ok=True)
    tend(root)


def _end(pid: int, started: float) -> None:
    """Kill a process and those it has started, and wait until they are gone."""
    try:
        process = psutil.Process(pid)
        if not processes.is_alive(pid, started):
            return
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    except psutil.NoSuchProcess:
        return
    except psutil.Error:
        raise RunError(
            f"process {pid} cannot be ended from here: it is another user's. Ask whoever runs "
            "this machine to end it."
        ) from None
    until = time.monotonic() + _KILL_WAIT_S
    while processes.is_alive(pid, started):
        if time.monotonic() > until:
            raise RunError(f"process {pid} does not end: the system is busy with it. Try again.")
        time.sleep(0.02)
    _reap()


def last_words(run: Run) -> str:
    """Return the last line that a run's process has printed, 200 characters of it at most.

    Empty where the process that was started last has printed nothing.
    """
    try:
        with (run.directory / LOG_FILE).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[-1].startswith(_BEGUN):
        return ""
    plain = "".join(letter if letter.isprintable() else " " for letter in lines[-1])
    return plain if len(plain) <= _LAST_WORDS else plain[: _LAST_WORDS - 2] + " …"


@contextlib.contextmanager
def _writable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {error.filename or root}: {error.strerror}.") from None


def _next(root: Path) -> Run | None:
    """Return the run that has waited longest, or None if one runs or none waits."""
    waiting: list[tuple[float, str, Run]] = []
    for run in runs.list_runs(root):
        try:
            status = run.status()
        except RunError:
            continue  # Deleted since it was listed.
        if status.state == "running":
            return None
        if status.state == "queued" and status.queued_at is not None:
            waiting.append((status.queued_at, run.name, run))
    return min(waiting)[2] if waiting else None


def _start(run: Run, threads: int | None = None) -> bool:
    """Start a run's process and note it, the lock being held; False if it cannot be started."""
    status = run.status()
    (run.directory / STOP_FILE).unlink(missing_ok=True)
    try:
        child = _spawn(run.directory.resolve(), threads)
    except OSError as error:
        # It leaves the queue, which would stand still at it otherwise.
        message = f"cannot start a process for {run.name}: {error.strerror or error}."
        with contextlib.suppress(FileNotFoundError):  # Deleted in this instant.
            run.write_status(
                status.model_copy(update={"state": "failed", "error": message, "queued_at": None})
            )
        return False
    with _children_lock:
        _children.append(child)
    # `queued_at` stays until the process claims the run: so it knows that it was started for it.
    run.write_status(
        status.model_copy(
            update={
                "state": "running",
                "queued_at": status.queued_at or time.time(),
                "pid": child.pid,
                "pid_started": processes.process_started(child.pid),
            }
        )
    )
    return True


def start(run: Run, threads: int) -> bool:
    """Start a run's process beside the queue; False where it is running, done or shipped.

    Raises
    ------
    RunError
        If its folder cannot be written.
    """
    root = run.directory.parent
    with _writable(root), runs.queue_lock(root):
        if run.config.shipped or run.status().state in ("running", "done"):
            return False
        return _start(run, threads)


def _spawn(directory: Path, threads: int | None) -> subprocess.Popen[bytes]:
    with (directory / LOG_FILE).open("ab") as log:
        # What follows is this process's: an earlier one's last words are not taken for its own.
        log.write(f"{_BEGUN}{time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
        log.flush()
        # One core is left to the pages.
        return spawn_apart(["resume", str(directory)], log, threads or max(1, cores() - 1))


def _reap() -> None:
    """Ask after the processes started from here: one that has ended stays a zombie until then."""
    with _children_lock:
        _children[:] = [child for child in _children if child.poll() is None]
