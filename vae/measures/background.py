"""Measuring runs beside the pages: one after the other, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any, Literal, NamedTuple

import vae
from vae.data import data_dir
from vae.runs import Run
from vae.runs.processes import be_nice, cores


class Progress(NamedTuple):
    """How the measuring of a run stands."""

    state: Literal["none", "queued", "running", "failed"]
    """ "none" also where it has come to its end."""
    doing: str = ""
    share: float = 0.0
    """What is done of it, 0 to 1."""
    error: str = ""


class Measurer:
    """The runs that wait to be measured, or are being, and what has gone wrong.

    All methods may be called from any thread. The processes end with this one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Run, int]] = deque()
        self._now: Run | None = None
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._progress: dict[Path, Progress] = {}

    def submit(self, run: Run, num_samples: int) -> None:
        """Put a run in the queue, to be measured with K samples, unless it is there."""
        with self._lock:
            if self._state(run).state in ("queued", "running"):
                return
            self._progress[run.directory] = Progress("queued")
            self._waiting.append((run, num_samples))
            if self._now is None:
                self._next()

    def look(self, run: Run) -> Progress:
        """Return how the measuring of a run stands."""
        with self._lock:
            return self._state(run)

    def stop(self, run: Run) -> None:
        """Take a run from the queue, or end its process; nothing of it stays."""
        with self._lock:
            self._waiting = deque(item for item in self._waiting if item[0] != run)
            if self._now != run:
                self._progress.pop(run.directory, None)
                return
            self._stopped = True
            if self._process is not None:
                self._process.terminate()

    def _state(self, run: Run) -> Progress:
        return self._progress.get(run.directory, Progress("none"))

    def _next(self) -> None:
        """Begin with the run that has waited longest, the lock being held."""
        self._now, self._process, self._stopped = None, None, False
        if self._waiting:
            self._now, samples = self._waiting.popleft()
            self._progress[self._now.directory] = Progress("running")
            threading.Thread(
                target=self._work, args=(self._now, samples), name="measure-run", daemon=True
            ).start()

    def _work(self, run: Run, num_samples: int) -> None:
        problem = self._measure(run, num_samples)
        with self._lock:
            if problem and not self._stopped:
                self._progress[run.directory] = Progress("failed", error=problem)
            else:
                self._progress.pop(run.directory, None)
            self._next()

    def _measure(self, run: Run, num_samples: int) -> str:
        """Measure a run; return the sentence that says why that failed, empty where it did not."""
        try:
            process = _spawn(run, num_samples)
        except OSError as error:
            return f"no process could be started to measure it: {error.strerror or error}."
        with self._lock:
            self._process = process
            if self._stopped:
                process.terminate()
        said: list[str] = []
        with process:
            # Read beside the other pipe: a full one would hold the process up.
            listener = threading.Thread(
                target=lambda: said.extend(process.stderr or ()), name="measure-errors", daemon=True
            )
            listener.start()
            for line in process.stdout or ():
                with contextlib.suppress(ValueError, TypeError):
                    doing, share = json.loads(line)
                    with self._lock:
                        self._progress[run.directory] = Progress(
                            "running", str(doing), float(share)
                        )
            listener.join()
        code = process.returncode
        lines = [line.strip() for line in said if line.strip()]
        if code == 0:
            return ""
        if code == 2 and lines:
            return lines[-1]
        return (
            f"it broke off: `python -m vae evaluate {run.name} --full` in a terminal says more. "
            "If this machine is short of memory, end other programs first."
        )


def _spawn(run: Run, num_samples: int) -> subprocess.Popen[str]:
    threads = str(max(1, cores() - 1))  # One is left to the pages.
    directory = str(run.directory.resolve())
    more: dict[str, Any] = {}
    if os.name == "nt":
        more["creationflags"] = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    process = subprocess.Popen(
        [sys.executable, "-m", "vae.measures.worker", directory, str(num_samples)],
        cwd=Path(vae.__file__).resolve().parents[1],
        # A relative folder of the data would be another one from there.
        env=os.environ
        | {
            "OMP_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            "VAE_DATA_DIR": str(data_dir().resolve()),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        **more,
    )
    be_nice(process.pid)
    return process
