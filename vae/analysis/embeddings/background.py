"""t-SNE and UMAP in processes of their own, one after the other: ask, watch, stop.

The files of :mod:`vae.analysis.embeddings.cache` are all there is, so that a reload of the page, or
a second session, sees the same work; whoever looks at it calls :func:`tend`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import psutil
from numpy.typing import NDArray

import vae
from vae import runs
from vae.analysis.embeddings import cache
from vae.analysis.embeddings.cache import Work
from vae.analysis.embeddings.methods import spread_evenly
from vae.analysis.embeddings.settings import (
    TITLES,
    Settings,
    cache_key,
    check,
    engine,
)
from vae.errors import BusyError, ConfigError, RunError
from vae.runs import Run, processes
from vae.runs.processes import be_nice, cores, is_alive

_END_WAIT_S = 3.0
_children: list[subprocess.Popen[bytes]] = []
_children_lock = threading.Lock()


class Progress(NamedTuple):
    """How the work on an embedding stands."""

    state: Literal["none", "queued", "running", "failed"]
    share: float | None = None
    """What is done of it, 0 to 1; None where the method does not tell."""
    seconds: float = 0.0
    """Since it was started, or asked for if it waits."""
    error: str | None = None


def key_of(run: Run, settings: Settings) -> str:
    """Return the name of a run's embedding."""
    return cache_key(run.version, settings, engine(settings.method))


def find(run: Run, settings: Settings) -> NDArray[np.float32] | None:
    """Return the places ``(points, 2)`` of a run's embedding if it has been computed."""
    folder = cache.folder(run.directory.parent)
    return cache.read_result(folder, key_of(run, settings), settings.points)


def start(run: Run, settings: Settings, mu: NDArray[np.floating[Any]]) -> None:
    """Ask for the embedding of a run's codes ``(n, d)``; it begins when those before it are done.

    Raises
    ------
    ConfigError
        If the settings do not fit the codes, or the method is not installed.
    RunError
        If the folder of the runs cannot be written.
    """
    check(settings, len(mu))
    if engine(settings.method) is None:
        raise ConfigError(f"{TITLES[settings.method]} is not installed here.")
    folder, key = cache.folder(run.directory.parent), key_of(run, settings)
    chosen = np.asarray(mu, dtype=np.float32)[spread_evenly(len(mu), settings.points)]
    with _locked(folder):
        if look(folder, key).state in ("queued", "running"):
            return
        cache.write_codes(folder, key, chosen)
        cache.write_work(folder, key, Work(settings=settings, run=run.name, asked_at=time.time()))
    tend(folder)


def tend(folder: Path) -> None:
    """Start the work that has waited longest if none goes on; to be called often.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    _reap()
    if _next(folder) is None:
        return
    with contextlib.suppress(BusyError), _locked(folder):
        key = _next(folder)  # Somebody else may have started it in between.
        if key is not None:
            _start(folder, key)


def look(folder: Path, key: str) -> Progress:
    """Return how the work on an embedding stands; "none" also where it is done."""
    work = cache.read_work(folder, key)
    if work is None:
        return Progress("none")
    if work.state == "failed":
        return Progress("failed", error=work.error)
    seconds = max(0.0, time.time() - (work.started_at or work.asked_at))
    if work.state == "queued":
        return Progress("queued", seconds=seconds)
    if not is_alive(work.pid, work.pid_started):
        if cache.read_work(folder, key) is None:
            return Progress("none")  # It came to its end between the two looks.
        return Progress(
            "failed",
            error="its process ended before it was done: start it again, with fewer points if "
            "this machine is short of memory.",
        )
    return Progress("running", cache.read_progress(folder, key), seconds)


def stop(folder: Path, key: str) -> None:
    """End the work on an embedding, or take it from the queue; nothing of it stays.

    Raises
    ------
    RunError
        If the folder cannot be written.
    """
    if not folder.is_dir():
        return
    with _locked(folder):
        work = cache.read_work(folder, key)
        if work is not None and is_alive(work.pid, work.pid_started):
            _end(work)
        cache.forget_work(folder, key)
    tend(folder)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with runs.queue_lock(folder):
            yield
    except OSError as error:
        raise RunError(
            f"cannot write {error.filename or folder} ({error.strerror}): embeddings are computed "
            "in a folder beside the runs, which must be writable."
        ) from None


def _next(folder: Path) -> str | None:
    """Return what has waited longest, or None if something is worked on or nothing waits."""
    works = cache.all_work(folder)
    if any(
        work.state == "running" and is_alive(work.pid, work.pid_started) for work in works.values()
    ):
        return None
    return next((key for key, work in works.items() if work.state == "queued"), None)


def _start(folder: Path, key: str) -> None:
    work = cache.read_work(folder, key)
    if work is None:
        return
    try:
        child = _spawn(folder, key)
    except OSError as error:
        message = f"no process could be started for it: {error.strerror or error}."
        cache.write_work(folder, key, work.model_copy(update={"state": "failed", "error": message}))
        return
    with _children_lock:
        _children.append(child)
    running = {
        "state": "running",
        "started_at": time.time(),
        "pid": child.pid,
        "pid_started": processes.process_started(child.pid),
    }
    cache.write_work(folder, key, work.model_copy(update=running))


def _spawn(folder: Path, key: str) -> subprocess.Popen[bytes]:
    threads = str(max(1, cores() - 1))  # One is left to the page.
    with (folder / f"{key}.log").open("wb") as log:
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "vae.analysis.embeddings.worker",
                str(folder.resolve()),
                key,
                str(os.getpid()),
            ],
            cwd=Path(vae.__file__).resolve().parents[1],
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    be_nice(child.pid)
    return child


def _end(work: Work) -> None:
    if work.pid is None:
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(work.pid)
        process.terminate()
        # One that was started from here stays a zombie until it is asked after.
        until = time.monotonic() + _END_WAIT_S
        while is_alive(work.pid, work.pid_started):
            _reap()
            if time.monotonic() > until:
                process.kill()
            time.sleep(0.02)
    _reap()


def _reap() -> None:
    with _children_lock:
        _children[:] = [child for child in _children if child.poll() is None]
