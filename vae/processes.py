"""What processes that work beside the pages share: few threads, and a low priority."""

from __future__ import annotations

import contextlib
import os

import psutil

_NICE = 19


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(psutil.Process().cpu_affinity())
    except (AttributeError, psutil.Error):
        return os.cpu_count() or 1


def be_nice(pid: int) -> None:
    """Let a process wait for others."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if os.name == "nt":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(_NICE, process.nice()))
