"""One look at the files for all who watch them, and a word to each when there is something new.

A page that looked by itself would be made anew each second for each of its viewers. Here a thread
of the server looks, four times a second while somebody watches, at the times of files; it also sees
that the queue goes on where a worker was killed. Who watches is told at most once a second, and all
together so often that pages leave the machine to the trainings.
"""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from vae.errors import UserError
from vae.people.classroom import CLASS_FILE
from vae.runs import queue, tasks, workers
from vae.runs.files import (
    METRICS_FILE,
    PICTURES_FILE,
    STATUS_FILE,
    STOP_FILE,
    STUDIES_FOLDER,
)
from vae.runs.live import LIVE_FILE
from vae.runs.processes import ProcessId
from vae.runs.threads import begin
from vae.storage.files import read_bytes

LOOK_S = 0.25
SOONEST_S = 1.0
"""Between two words to the same one who watches."""
QUICK_S, QUICK_FOR_S = 0.25, 15.0
"""The same for somebody who has just begun to: what they wait for is the first figure."""
A_SECOND = 8.0
"""Words a second to all together: each makes a page anew."""
TEND_S = 2.0
MOST_TOPICS = 8

_RUN_FILES = (METRICS_FILE, LIVE_FILE, PICTURES_FILE)


def digest(root: Path, topics: Sequence[str]) -> str:
    """Return what changes whenever something about one of the topics does.

    Topics are ``run:NAME``, ``study:NAME``, ``queue`` (the state of each run), ``work`` and
    ``class``; of others nothing ever changes.
    """
    marks = repr([_mark(root, topic) for topic in topics]).encode()
    return hashlib.blake2s(marks, digest_size=8).hexdigest()


def _mark(root: Path, topic: str) -> object:
    kind, _colon, name = topic.partition(":")
    if name and (os.sep in name or name.startswith(".") or "\0" in name):
        return None
    if kind == "run":
        files = [_stamp(root / name / file) for file in _RUN_FILES]
        return _state(root / name, STATUS_FILE), files
    if kind == "study":
        folder = root / STUDIES_FOLDER / name
        return _state(folder, "study.json"), _stamp(folder / "records.jsonl")
    if kind == "queue":
        return [
            (each, _state(root / each, STATUS_FILE, with_epochs=False)) for each in _names(root)
        ]
    if kind == "work":
        folder = tasks.folder_of(root)
        return [(each, _stamp(folder / each)) for each in _names(folder)]
    return _stamp(root / CLASS_FILE) if kind == "class" else None


class _Worker(ProcessId):
    state: str = ""
    queued_at: float | None = None
    started_at: float | None = None


@lru_cache(maxsize=4096)
def _worker(path: Path, _modified: int, _size: int) -> _Worker:
    try:
        return _Worker.model_validate_json(read_bytes(path))
    except (OSError, ValueError):
        return _Worker()


def _state(folder: Path, file: str, *, with_epochs: bool = True) -> object:
    """Return what changes with a status, with the death of its process, and with a Stop.

    Unless ``with_epochs``, not with what is written at the end of an epoch.
    """
    stamp, stop = _stamp(folder / file), _stamp(folder / STOP_FILE)
    worker = _worker(folder / file, *stamp)
    if not with_epochs and worker.state:
        stamp = hash(worker), 0
    if worker.state != "running":
        return stamp, stop
    asked = queue.stop_asked(folder)
    patience = None if asked is None else asked > queue.STOP_PATIENCE_S
    return stamp, stop, workers.backend.is_alive(worker), patience


def _stamp(path: Path) -> tuple[int, int]:
    try:
        about = path.stat()
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


def _names(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(os.listdir(folder))
    return []


@dataclass(eq=False)
class _Watch:
    root: Path
    topics: tuple[str, ...]
    tell: Callable[[], None]
    known: str = ""
    since: float = field(default_factory=time.monotonic)
    told_at: float = 0.0

    def is_due(self, now: float) -> bool:
        is_new = now - self.since < QUICK_FOR_S
        return now - self.told_at >= (QUICK_S if is_new else SOONEST_S)


class Watcher:
    """All who watch, and the thread that looks for them; it ends with the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: list[_Watch] = []
        self._is_looking = False
        self._budget = A_SECOND
        self._filled_at = self._tended_at = 0.0

    def __len__(self) -> int:
        return len(self._watches)

    def watch(
        self, root: Path, topics: Sequence[str], tell: Callable[[], None], known: str = ""
    ) -> Callable[[], None]:
        """Call ``tell``, in a thread, when something about the topics changes; return its end.

        ``known`` is the :func:`digest` of what who watches has seen; now, if not given.
        """
        one = _Watch(root, tuple(topics[:MOST_TOPICS]), tell)
        one.known = known or digest(root, one.topics)
        with self._lock:
            self._watches.append(one)
            if not self._is_looking:
                begin(self._look, "watch")
                self._is_looking = True

        def end() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._watches.remove(one)

        return end

    def _look(self) -> None:
        while True:
            with self._lock:
                watches = list(self._watches)
                if not watches:
                    self._is_looking = False
                    return
            self.look_once(watches, time.monotonic())
            time.sleep(LOOK_S)

    def look_once(self, watches: list[_Watch], now: float) -> None:
        """Look once, and tell those for whom there is something new and whose turn it is."""
        passed = now - self._filled_at
        self._budget = min(2 * A_SECOND, self._budget + A_SECOND * passed)
        self._filled_at = now
        seen: dict[tuple[Path, tuple[str, ...]], str] = {}
        # Who was told longest ago comes first.
        for one in sorted(watches, key=lambda each: each.told_at):
            if not one.is_due(now) or self._budget < 1:
                continue
            about = one.root, one.topics
            found = seen.get(about) or digest(*about)
            seen[about] = found
            if found != one.known:
                one.known, one.told_at = found, now
                self._budget -= 1
                one.tell()
        if now - self._tended_at >= TEND_S:
            self._tended_at = now
            for root in {one.root for one in watches}:
                with contextlib.suppress(UserError):
                    queue.start_next(root)
                    tasks.start_next(root)


watcher = Watcher()
"""That of this server."""
