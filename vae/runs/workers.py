"""Processes that work behind the pages: started, known, stopped, reaped, and their last words.

Two policies: a process outlives the server that started it (trainings, studies), or ends with it
(an embedding, a measurement). All callers go through :data:`backend`, so that another engine, such
as a cluster's queue, is one more class with the calls of :class:`Backend`.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psutil

from vae.errors import RunError
from vae.locale import _
from vae.runs import processes, threads, warm
from vae.runs.processes import ProcessId
from vae.runs.spawn import SERVER, Command, spawn

_WATCH_S = 0.5
_KILL_WAIT_S = 5.0
_LOG_TAIL = 4096
_LAST_WORDS = 200
_STARTED = "# started "


class Backend(Protocol):
    """Where processes run."""

    def start(self, command: Command) -> ProcessId:
        """Start a process of low priority.

        Raises OSError if it cannot be started, or its log not be written.
        """

    def is_alive(self, process: ProcessId) -> bool:
        """Whether this very process still runs."""

    def stop(self, process: ProcessId, grace_s: float = 0.0) -> None:
        """End a process and those that it has started; one that is gone is left alone.

        It is asked to first, and ended by force ``grace_s`` seconds later.

        Raises RunError if it cannot be ended.
        """

    def last_words(self, log: Path) -> str:
        """Return the last line, 200 characters at most, of the process that was started last."""

    def reap(self) -> None:
        """Let go of processes that have ended."""


class ThisMachine:
    """Processes of this machine."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def start(self, command: Command) -> ProcessId:
        self.reap()
        with command.log.open("ab" if command.appends else "wb") as log:
            if command.appends:
                log.write(_head())
                log.flush()
            child = warm.spare.take(command) or spawn(command, subprocess.DEVNULL, log)
        with self._lock:
            self.children.append(child)
        return processes.identify(child.pid)

    def is_alive(self, process: ProcessId) -> bool:
        return processes.is_alive(process)

    def stop(self, process: ProcessId, grace_s: float = 0.0) -> None:
        if process.pid is None or not self.is_alive(process):
            return
        try:
            one = psutil.Process(process.pid)
            if grace_s:
                one.terminate()
                if self._has_ended(process, grace_s):
                    return
            # Itself first: it would take the end of a child for a reason to start another.
            for each in [one, *one.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
        except psutil.NoSuchProcess:
            pass
        except psutil.Error:
            raise RunError(
                _(
                    "process {pid} cannot be ended from here: it is another user's. Ask "
                    "whoever runs this machine to end it."
                ).format(pid=process.pid)
            ) from None
        if not self._has_ended(process, _KILL_WAIT_S):
            raise RunError(
                _("process {pid} does not end: the system is busy with it. Try again.").format(
                    pid=process.pid
                )
            )

    def _has_ended(self, process: ProcessId, wait_s: float) -> bool:
        until = time.monotonic() + wait_s
        while self.is_alive(process):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        self.reap()
        return True

    def last_words(self, log: Path) -> str:
        try:
            with log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines or lines[-1].startswith(_STARTED):
            return ""
        plain = "".join(letter if letter.isprintable() else " " for letter in lines[-1])
        return plain if len(plain) <= _LAST_WORDS else plain[: _LAST_WORDS - 2] + " …"

    def reap(self) -> None:
        # One that has ended stays a zombie until it is asked after.
        with self._lock:
            self.children = [child for child in self.children if child.poll() is None]


def _head() -> bytes:
    """Return a line that keeps earlier last words from being taken for those of what follows."""
    return f"{_STARTED}{time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode()


def print_to(log: Path) -> None:
    """Let this process print to another log from now on."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(file, _head())
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)


backend: Backend = ThisMachine()
"""Where this program's processes run."""


def end_with_server(tidy: Callable[[], None]) -> None:
    """End this process, having called ``tidy``, when the server that it belongs to is gone."""
    try:
        server = processes.identify(int(os.environ[SERVER]))
    except (KeyError, ValueError):
        return  # Started by hand.

    def end() -> None:
        tidy()
        os._exit(1)

    threads.watch(lambda: not processes.is_alive(server), end, _WATCH_S, "end-with-server")
