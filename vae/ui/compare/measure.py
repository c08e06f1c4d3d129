"""Measuring runs beside the pages: one after the other, each in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import psutil
import streamlit as st

import vae
from vae.data import data_dir
from vae.runs import Run

_NICE = 10
_UNSAID = "it could not be measured: `python -m vae evaluate` with its name says more."


class Measurer:
    """The runs that wait to be measured, or are being, and what has gone wrong.

    ``python -m vae evaluate`` does it and writes the run's figures, so that no session waits for
    torch, and a session that leaves loses nothing. All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._now: Run | None = None
        self._errors: dict[str, str] = {}

    def submit(self, run: Run) -> None:
        """Put a run in the queue unless it is there."""
        with self._lock:
            self._errors.pop(run.version, None)
            if self._now == run or run in self._waiting:
                return
            self._waiting.append(run)
            if self._now is None:
                self._now = self._waiting.popleft()
                threading.Thread(target=self._work, name="measure-runs", daemon=True).start()

    def is_busy(self, run: Run) -> bool:
        """Return whether a run waits or is being measured."""
        with self._lock:
            return self._now == run or run in self._waiting

    def error(self, run: Run) -> str:
        """Return why a run could not be measured last time; empty if it could, or was not tried."""
        with self._lock:
            return self._errors.get(run.version, "")

    def _work(self) -> None:
        while (run := self._now) is not None:
            problem = _evaluate(run)
            with self._lock:
                if problem:
                    self._errors[run.version] = problem
                self._now = self._waiting.popleft() if self._waiting else None


def _evaluate(run: Run) -> str:
    """Measure a run in a process of its own; return the sentence that says why it failed, if so."""
    command = [sys.executable, "-m", "vae", "evaluate", str(run.directory.resolve())]
    try:
        process = subprocess.Popen(
            command,
            cwd=Path(vae.__file__).resolve().parents[1],
            # A relative folder of the data would be another one from there.
            env=os.environ | {"VAE_DATA_DIR": str(data_dir().resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return f"no process could be started to measure it: {error.strerror}."
    if os.name != "nt":
        with contextlib.suppress(psutil.Error):
            psutil.Process(process.pid).nice(_NICE)
    _, said = process.communicate()
    lines = said.strip().splitlines()
    if process.returncode == 0:
        return ""
    # The command line says what is wrong in one sentence; anything else is for the terminal.
    return lines[0] if process.returncode == 2 and len(lines) == 1 else _UNSAID


@st.cache_resource(show_spinner=False)
def measurer() -> Measurer:
    """Return the one of this server."""
    return Measurer()
