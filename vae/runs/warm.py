"""A process that has imported everything before anybody presses Start, and takes the next run.

It belongs to the server that started it: what it is to do comes by a pipe, and the pipe's end, as
the server's death brings it, is its own. Once it has a run it is a worker like any other, and
another takes its place. Nobody's process waits for long after the last look at the page Train.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import psutil

from vae.runs import processes
from vae.runs.spawn import Command, spawn
from vae.runs.threads import begin

MINUTES = "VAE_WARM_MINUTES"
"""Variable: how long a process waits after it was last wanted; 0 where none ever shall."""
_MINUTES = 10.0
_MODULE = "vae.cli.warm"
_LOOK_S = 0.5
_SETTLE_S = 3.0
"""A run that has just begun, or a server, has the machine to itself for so long."""
_AGAIN_S = 30.0
"""One that ends by itself is not started again at once."""
_NEEDED_BYTES = 1_500_000_000
"""Memory that must be free: less, and what waits would be in the way of what works."""


def threads(cores: int) -> int:
    """Return how many threads a person's training has: one core is left to the pages."""
    return max(1, cores - 1)


def keep() -> None:
    """Have a process ready for the next run, in a moment; to be called whenever one may come."""
    spare.keep()


class Spare:
    """The process that waits, or none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._threads = 1
        self._is_kept = False
        self._wanted_at = self._due = 0.0

    def keep(self) -> None:
        with self._lock:
            self._wanted_at = time.monotonic()
            if self._is_kept or _minutes() <= 0:
                return
            self._due = max(self._due, self._wanted_at + _SETTLE_S)
            begin(self._look_after, "keep-warm")
            self._is_kept = True

    def pid(self) -> int | None:
        """Return the number of the process that waits."""
        with self._lock:
            return self._child.pid if self._is_there() and self._child else None

    def take(self, command: Command) -> "subprocess.Popen[bytes] | None":
        """Hand a command to the process that waits; None where none is there that could do it."""
        if not command.may_be_warm:
            return None
        with self._lock:
            child = self._child
            if child is None or not self._is_there() or self._threads != command.threads:
                return None
            self._child, self._due = None, time.monotonic() + _SETTLE_S
        work = {"arguments": command.arguments, "log": str(command.log)}
        try:
            # It closes the pipe: what has work outlives the server.
            with child.stdin or open(os.devnull, "wb") as pipe:
                pipe.write(f"{json.dumps(work)}\n".encode())
        except OSError:
            child.kill()
            child.wait()
            return None
        return child

    def _is_there(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _look_after(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                if now - self._wanted_at > 60 * _minutes():
                    self._is_kept, self._due = False, 0.0
                    self._let_go()
                    return
                if now >= self._due and not self._is_there():
                    self._due = now + _AGAIN_S
                    self._begin()
            time.sleep(_LOOK_S)

    def _begin(self) -> None:
        if psutil.virtual_memory().available < _NEEDED_BYTES:
            return
        self._threads = threads(processes.cores())
        command = Command((_MODULE,), Path(os.devnull), self._threads, outlives=True)
        try:
            self._child = spawn(command, subprocess.PIPE, subprocess.DEVNULL)
        except OSError:  # Then each run starts a process of its own.
            self._child = None

    def _let_go(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            if child.stdin:
                child.stdin.close()
            child.kill()
            child.wait()


spare = Spare()


def _minutes() -> float:
    try:
        return float(os.environ[MINUTES])
    except (KeyError, ValueError):
        return _MINUTES


# ---- in the process that waits -------------------------------------------------------------------


def listen() -> tuple[Callable[[], bool], Callable[[], list[str]]]:
    """Listen for work, and end this process if the server goes before there is any.

    Returns
    -------
    is_there
        Whether the work has come.
    wait
        Waits for it, and returns the arguments of the command, the first being "vae".
    """
    found: SimpleQueue[list[str]] = SimpleQueue()

    def read() -> None:
        line = sys.stdin.buffer.readline()
        if not line.endswith(b"\n"):
            os._exit(0)
        work = json.loads(line)
        log = os.open(work["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        found.put(work["arguments"])

    begin(read, "wait-for-work")
    return lambda: not found.empty(), found.get
