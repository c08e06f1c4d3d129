"""What processes that work beside the pages share: few threads, and a low priority."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import psutil

import vae
from vae.data import data_dir

_NICE = 19


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(psutil.Process().cpu_affinity())
    except (AttributeError, psutil.Error):
        return os.cpu_count() or 1


def process_started(pid: int) -> float | None:
    """Return when a process started (seconds since 1970), or None if there is no such process."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def is_alive(pid: int | None, started: float | None) -> bool:
    """Whether the process with this number that started then (seconds since 1970) still runs."""
    # The number alone is not enough: the system gives it to another process later on.
    if pid is None or started is None:
        return False
    found = process_started(pid)
    return found is not None and abs(found - started) < 1.0


def be_nice(pid: int) -> None:
    """Let a process wait for others."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if os.name == "nt":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(_NICE, process.nice()))


def spawn_apart(arguments: Sequence[str], log: IO[bytes], threads: int) -> subprocess.Popen[bytes]:
    """Start ``python -m vae ARGUMENTS``, niced, in a process that outlives this one.

    Raises
    ------
    OSError
        If it cannot be started.
    """
    # A session of its own: neither Ctrl-C on the server nor its end reaches it.
    apart: dict[str, Any] = (
        {
            "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0)
        }
        if os.name == "nt"
        else {"start_new_session": True}
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "vae", *arguments],
        cwd=Path(vae.__file__).resolve().parents[1],
        # A relative folder of the data would be another one from there.
        env=os.environ
        | {
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "VAE_DATA_DIR": str(data_dir().resolve()),
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        **apart,
    )
    be_nice(child.pid)
    return child
