"""Short work behind the pages, such as an embedding: in processes that end with the server.

The files of ``<runs>/.cache/work`` are all there is, so that a reload of the page, or a second
session or server, sees the same work: while a task waits or goes on, or after it has failed,
``<key>.json`` (:class:`Task`), ``<key>.input.safetensors``, ``<key>.progress`` and ``<key>.log``.

Tasks never wait for a training. Of each kind one goes on at a time, and one at a time for each
subject, as two would write the same files. Whoever looks after a task calls :func:`start_next`, and
so does each process that ends.
"""

import contextlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from vae.errors import BusyError, NotYoursError, UserError
from vae.locale import N_, _, retold
from vae.people import acting
from vae.runs import workers
from vae.runs.changes import queue_lock
from vae.runs.processes import ProcessId, cores
from vae.runs.queue import writable
from vae.runs.spawn import Command
from vae.runs.threads import Progress, sentence
from vae.storage.files import Arrays, read_arrays, write_arrays, write_atomic

Kind = Literal["embedding", "measure", "evaluation"]
_MODULES: Mapping[str, str] = {
    "embedding": "vae.analysis.embeddings.worker",
    "measure": "vae.measures.worker",
    "evaluation": "vae.measures.worker",
}
"""What each kind runs, which calls :func:`work_on`."""
_ENDINGS = (".input.safetensors", ".progress", ".log", ".json")
_GRACE_S = 3.0
_CLAIM_S = 20.0
_REPORT_S = 0.2
_FORGET_S = 24 * 3600.0
"""A failure is shown for so long."""

Report = Callable[[str, float | None], None]
"""Called with what is being done, and the share of all work that is done, 0 to 1."""
Work = Callable[["Task", Arrays, Report], None]
"""Does a task, given the arrays that it was asked for with."""


class Task(ProcessId):
    """A piece of work that was asked for and has not succeeded yet."""

    kind: Kind
    state: Literal["queued", "running", "failed"] = "queued"
    subject: str
    """What it is about: the folder of a run."""
    inputs: dict[str, Any] = Field(default_factory=dict)
    """What its process is given beside the subject."""
    advice: str
    """What to do where its process dies or the memory is not enough: the end of a sentence."""
    asked_at: float = Field(default_factory=time.time)
    started_at: float | None = None
    error: str = ""
    owner: str = ""


def folder_of(root: Path) -> Path:
    """Return where the work on the runs under ``root`` is kept."""
    return root / ".cache" / "work"


def read(folder: Path, key: str) -> Task | None:
    """Return a task, or None if nobody has asked for it or it has succeeded."""
    try:
        return Task.model_validate_json((folder / f"{key}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _write(folder: Path, key: str, task: Task) -> None:
    write_atomic(folder / f"{key}.json", task.model_dump_json().encode(), flush=False)


def _forget(folder: Path, key: str, endings: Sequence[str] = _ENDINGS) -> None:
    """Remove files of a task; the last one says that there is work: it goes last."""
    half = list(folder.glob(f".{key}*.tmp"))
    for path in half + [folder / f"{key}{ending}" for ending in endings]:
        with contextlib.suppress(OSError):
            path.unlink()


def all_tasks(folder: Path) -> dict[str, Task]:
    """Return the tasks by key, those asked for first at the head."""
    found = {path.stem: read(folder, path.stem) for path in folder.glob("*.json")}
    tasks = {key: task for key, task in found.items() if task is not None}
    return dict(sorted(tasks.items(), key=lambda item: (item[1].asked_at, item[0])))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with queue_lock(folder):
            yield


def submit(root: Path, key: str, task: Task, arrays: Arrays | None = None) -> None:
    """Ask for a task unless it waits or goes on; it begins when it is due.

    Raises RunError if the folder of the runs cannot be written.

    ``arrays``: what the process is to read beside the task's own inputs.
    """
    folder = folder_of(root)
    with _locked(folder):
        if look(root, key).is_live:
            return
        _forget(folder, key)
        if arrays:
            write_arrays(folder / f"{key}.input.safetensors", arrays)
        _write(folder, key, task.model_copy(update={"owner": acting().owner}))
    start_next(root)


def start_next(root: Path) -> None:
    """Start the tasks that are due; to be called often.

    Raises RunError if the folder of the runs cannot be written.
    """
    workers.backend.reap()
    folder = folder_of(root)
    if _next(folder) is None:
        return
    with contextlib.suppress(BusyError), _locked(folder):
        while (key := _next(folder)) is not None:  # Somebody else may have started it in between.
            _start(folder, key)


def _next(folder: Path) -> str | None:
    """Return the task that is due, or None if none is."""
    tasks = all_tasks(folder)
    at_work = [task for task in tasks.values() if _is_at_work(task)]
    for key, task in tasks.items():
        if task.state == "queued" and not any(
            other.kind == task.kind or other.subject == task.subject for other in at_work
        ):
            return key
    return None


def _is_at_work(task: Task) -> bool:
    return task.state == "running" and workers.backend.is_alive(task)


def _start(folder: Path, key: str) -> None:
    task = read(folder, key)
    if task is None:
        return
    arguments = (_MODULES[task.kind], str(folder.resolve()), key)
    try:
        process = workers.backend.start(
            # One core is left to the page.
            Command(arguments, folder / f"{key}.log", max(1, cores() - 1), outlives=False)
        )
    except OSError as error:
        message = N_("no process could be started for it: {reason}.").format(
            reason=error.strerror or error
        )
        _write(folder, key, task.model_copy(update={"state": "failed", "error": message}))
        return
    running = {"state": "running", "started_at": time.time(), **process.model_dump()}
    _write(folder, key, task.model_copy(update=running))


def look(root: Path, key: str) -> Progress:
    """Return how a task stands; "none" also where it is done."""
    folder = folder_of(root)
    task = read(folder, key)
    since = 0.0 if task is None else max(0.0, time.time() - (task.started_at or task.asked_at))
    if task is None or (task.state == "failed" and since > _FORGET_S):
        return Progress("none")
    if task.state == "failed":
        return Progress("failed", error=retold(task.error))
    if task.state == "queued":
        return Progress("queued", seconds=since)
    if not workers.backend.is_alive(task):
        if read(folder, key) != task:
            return look(root, key)  # It came to its end between the two looks.
        return Progress(
            "failed",
            error=_("its process ended before it was done: {advice}").format(
                advice=retold(task.advice)
            ),
        )
    try:
        doing, share = json.loads((folder / f"{key}.progress").read_bytes())
        return Progress(
            "running", None if share is None else float(share), since, doing=retold(str(doing))
        )
    except (OSError, ValueError, TypeError):
        return Progress("running", seconds=since)


def stop(root: Path, key: str) -> None:
    """End a task, or take it from the queue; nothing of it stays.

    Raises RunError if its process cannot be ended, or the folder not be written.
    """
    folder = folder_of(root)
    if not folder.is_dir():
        return
    with _locked(folder):
        task = read(folder, key)
        if task is not None and not (acting().is_teacher or acting().has(task.owner)):
            raise NotYoursError(_("somebody else has asked for this: only they can stop it."))
        if task is not None and _is_at_work(task):
            workers.backend.stop(task, _GRACE_S)
        _forget(folder, key)
    start_next(root)


# ---- in the process of a task --------------------------------------------------------------------


def work_on(work: Work) -> int:
    """Do the task that the arguments ``FOLDER KEY`` name; return the exit code."""
    try:
        folder, key = Path(sys.argv[1]), sys.argv[2]
    except IndexError:
        print(_("give the folder of the work and the key of a task."), file=sys.stderr)
        return 2
    workers.end_with_server(lambda: _forget(folder, key))
    task = _claimed(folder, key)
    if task is None:
        print(
            _("there is no task {key} in {folder}.").format(key=key, folder=folder), file=sys.stderr
        )
        return 2
    path, error = folder / f"{key}.input.safetensors", ""
    try:
        work(task, read_arrays(path)[0] if path.exists() else {}, _reporter(folder, key))
    except Exception as found:
        if not isinstance(found, UserError):
            traceback.print_exc()
        error = sentence(found, task.advice)
    if error:
        # First: whoever looks in between would take it for done.
        failed = {"state": "failed", "error": error, "pid": None}
        _write(folder, key, task.model_copy(update=failed))
    _forget(folder, key, _ENDINGS[:-1] if error else _ENDINGS)
    with contextlib.suppress(OSError, UserError):  # Whoever looks next tries again.
        start_next(folder.parent.parent)
    return 2 if error else 0


def _claimed(folder: Path, key: str) -> Task | None:
    """Wait until the server has noted this process: it writes the note, so it must come first."""
    until = time.monotonic() + _CLAIM_S
    while (task := read(folder, key)) is not None and time.monotonic() < until:
        if task.state == "running":
            return task
        time.sleep(0.01)
    return None


def _reporter(folder: Path, key: str) -> Report:
    last_at, last = 0.0, ""

    def report(doing: str, share: float | None) -> None:
        nonlocal last_at, last
        if doing != last or time.monotonic() - last_at > _REPORT_S:
            last_at, last = time.monotonic(), doing
            text = json.dumps([doing, share]).encode()
            write_atomic(folder / f"{key}.progress", text, flush=False)

    return report
