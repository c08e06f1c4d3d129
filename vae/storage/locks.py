"""Lock files: one holder at a time, across threads, processes and machines."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from vae.errors import DataError

_CLOCK_S = 2.0
"""How far two readings of one process's start may lie apart when the clock was set."""

_WRITING_S = 5.0
"""How long an empty lock is taken for one that is just being written."""

_SILENT_S = 60.0
"""How long a lock of another machine, whose processes cannot be seen, counts without a touch."""


@contextlib.contextmanager
def claim(path: Path, title: str) -> Iterator[None]:
    """Hold the lock file ``path`` for the download of ``title`` in the body.

    Raises
    ------
    DataError
        If somebody else is downloading ``title``.
    OSError
        If the lock cannot be written.
    """
    with hold(path) as mine:
        if not mine:
            raise DataError(
                f"{title} is being downloaded already: wait until that is done "
                f"(if nothing is, delete {path})."
            )
        yield


@contextlib.contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` for the body, which gets False where somebody else holds it.

    A lock whose process is gone is taken over. Nothing waits.

    Raises
    ------
    OSError
        If the lock cannot be written.
    """
    mine = json.dumps(
        {
            "pid": os.getpid(),
            "started": psutil.Process().create_time(),
            "host": platform.node(),
        }
    )
    for _ in range(3):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            if _held(path):
                break
            _clear(path)
        else:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(mine)
            try:
                yield True
            finally:
                with contextlib.suppress(OSError):
                    if path.read_text(encoding="utf-8") == mine:
                        path.unlink()
            return
    yield False


def _clear(path: Path) -> None:
    """Remove an abandoned lock; who finds the same one in the same instant leaves it alone."""
    guard = path.with_name(f"{path.name}.stale")
    try:
        os.close(os.open(guard, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        with contextlib.suppress(OSError):
            if time.time() - guard.stat().st_mtime > _SILENT_S:
                guard.unlink()  # Its process was killed in between.
        return
    try:
        # Somebody may have cleared it, and a third taken it, since it was looked at.
        if not _held(path, missing=True):
            path.unlink(missing_ok=True)
    finally:
        guard.unlink(missing_ok=True)


def touch(path: Path) -> None:
    """Show other machines that the download goes on."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _held(path: Path, *, missing: bool = False) -> bool:
    """Whether the process that wrote a lock still runs; ``missing`` where there is no lock."""
    try:
        text = path.read_text(encoding="utf-8")
        silent = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return missing
    try:
        lock = json.loads(text)
        pid, started, host = int(lock["pid"]), float(lock["started"]), str(lock["host"])
    except (ValueError, TypeError, KeyError):
        return silent < _WRITING_S
    if host != platform.node():
        return silent < _SILENT_S
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # The number alone is not enough: systems give it to new processes again.
        return bool(abs(process.create_time() - started) < _CLOCK_S)
    except psutil.AccessDenied:
        return True
    except (psutil.Error, ValueError, OverflowError):
        return False
