"""The runs of a study: trained in processes of their own, as many at once as the machine bears."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from vae import runs
from vae.config import RunConfig
from vae.errors import RunError, UserError
from vae.locale import _
from vae.people.owners import may_change
from vae.runs import Run, queue
from vae.runs.devices import pick_device
from vae.runs.processes import cores
from vae.runs.progress import epochs_at
from vae.studies.engine.base import Arm
from vae.studies.engine.sharing import by_fingerprint, fingerprint
from vae.studies.engine.stopping import Stopped

_BYTES_EACH = 1_500_000_000
"""What a training takes of the memory, about: torch alone is a third of it."""
_MOST_ON_GPU = 4
_TRIES = 2
_POLL_S = 0.5
_STOP_WAIT_S = 30.0
OVERHEAD_S = 6.0
"""What a run takes in addition to its epochs, about: Python and torch start, and it is measured."""


class Headway(NamedTuple):
    """How far the runs of a study are."""

    runs: int
    runs_done: int
    epochs: int
    epochs_done: float
    seconds_left: float | None
    """None until an epoch has been timed."""


@dataclass
class Task:
    """A run to be trained."""

    arm: Arm
    seed: int
    config: RunConfig
    run: Run
    tries: int = 0
    problem: str = ""
    """Why it cannot be trained, in a sentence."""
    seconds: float | None = None
    """An epoch takes so long."""
    epochs_done: float = 0.0
    state: str = "waiting"
    asked_by: str = ""
    """The result folder of the study that has put the run in the queue; empty for a person."""


def at_once() -> int:
    """Return how many runs this machine bears at the same time."""
    by_memory = int(psutil.virtual_memory().available // _BYTES_EACH)
    device = pick_device("auto").type
    most = cores() if device == "cpu" else min(_MOST_ON_GPU, cores())
    return max(1, min(most, by_memory))


def prepare(wanted: Iterable[tuple[Arm, int, RunConfig]], root: Path) -> list[Task]:
    """Find or make the run of each setting; one that was trained elsewhere serves as well.

    Raises RunError if the folder of the runs cannot be read or written.
    """
    known = by_fingerprint(runs.list_runs(root))
    tasks = []
    for arm, seed, config in wanted:
        key = fingerprint(config)
        there = known.get(key)
        # What is somebody else's serves once it is done: it cannot be started for them.
        if there is None or not (there.status().state == "done" or may_change(there.directory)):
            known[key] = runs.create(config, root, numbered=True)
        tasks.append(Task(arm, seed, config, known[key]))
    return tasks


def _look(task: Task) -> None:
    """Bring a task up to date with its run's files."""
    try:
        status = task.run.status()
    except UserError as error:
        task.state, task.problem = "failed", str(error)
        return
    is_new = status.state == "queued" and not status.waits
    task.state, task.asked_by = "waiting" if is_new else status.state, status.study
    task.epochs_done = float(status.epoch)
    if status.state == "done":
        task.epochs_done = float(task.config.train.epochs)
    elif status.state == "running":
        lines = task.run.metrics()
        if lines:
            last = lines[-1]
            task.epochs_done = epochs_at(last)
            task.seconds = last["seconds"] / max(task.epochs_done, 1e-9)
    elif status.state == "failed":
        task.problem = status.error or _("it failed")
    if status.state == "done" and task.seconds is None:
        reports = task.run.epochs()
        if reports:
            task.seconds = reports[-1]["seconds"] / max(1, reports[-1]["epoch"])


def time_left(seconds: Sequence[float], count: int) -> float:
    """Return how long runs take that last so many seconds each, ``count`` of them at once."""
    return max(sum(seconds) / count, max(seconds, default=0.0))


def headway(tasks: Iterable[Task], count: int) -> Headway:
    """Return how far the tasks are, ``count`` of them being trained at the same time."""
    tasks = list(tasks)
    timed = [task.seconds for task in tasks if task.seconds is not None]
    typical = statistics.median(timed) if timed else None
    by_arm = {task.arm.label: task.seconds for task in tasks if task.seconds is not None}
    left = None
    if typical is not None:
        rests = []
        for task in tasks:
            if not task.problem and task.state != "done":
                pace = task.seconds or by_arm.get(task.arm.label, typical)
                rests.append((task.config.train.epochs - task.epochs_done) * pace + OVERHEAD_S)
        left = time_left(rests, count)
    return Headway(
        len(tasks),
        sum(task.state == "done" for task in tasks),
        sum(task.config.train.epochs for task in tasks),
        sum(task.epochs_done for task in tasks),
        left,
    )


def train_all(
    tasks: list[Task],
    study: Path,
    count: int,
    on_headway: Callable[[Headway], None],
    on_done: Callable[[Task], None],
    stop_asked: Callable[[], bool],
) -> None:
    """Train what is not trained yet; a run that fails is left out, the others go on.

    The queue is given as many runs at a time as may train at once, so that others get their turn.

    ``study`` is the result folder, the owner of the runs in the queue. ``on_headway`` and
    ``stop_asked`` are called twice a second, ``on_done`` for each run that is finished, also for
    those that were before.

    Raises Stopped when asked to; runs that were started here are stopped, and can go on; RunError
    if the folder of the runs cannot be written.
    """
    asker = str(study.resolve())
    mine: list[Task] = []
    waiting = list(tasks)
    try:
        while waiting:
            if stop_asked():
                raise Stopped
            for task in list(waiting):
                _look(task)
                if task.state == "done" or task.problem:
                    waiting.remove(task)
                    if task.state == "done":
                        on_done(task)
            busy = sum(
                task.state == "running" or (task.state == "queued" and task.asked_by == asker)
                for task in waiting
            )
            for task in waiting:
                if busy >= count:
                    break
                if task.state not in ("queued", "running", "paused") and _begin(task, asker, count):
                    mine.append(task)
                    busy += 1
            for root in {task.run.directory.parent for task in waiting}:
                queue.start_next(root)
            on_headway(headway(tasks, count))
            if waiting:
                time.sleep(_POLL_S)
    except BaseException:
        _stop(mine)
        raise


def _begin(task: Task, asker: str, count: int) -> bool:
    """Put a run in the queue; False, with a problem, where it has been tried often enough."""
    if task.tries >= _TRIES or (task.tries and task.state == "cancelled"):
        stopped = task.state == "cancelled"
        task.problem = _("it was stopped") if stopped else _("its process ended again and again")
        return False
    task.tries += 1
    try:
        queue.submit(task.run, asker, count)
    except RunError:
        _look(task)
        if task.state in ("running", "done") or task.run.config.shipped:
            return False  # Another process has come first.
        raise
    task.state, task.asked_by = "queued", asker
    return True


def _stop(mine: list[Task]) -> None:
    """Stop what was started here, and wait for it a while."""
    for task in mine:
        queue.cancel(task.run)
    until = time.monotonic() + _STOP_WAIT_S
    while time.monotonic() < until:
        if not any(task.run.status().state == "running" for task in mine):
            return
        time.sleep(0.1)


def problems(tasks: Iterable[Task]) -> list[str]:
    """Return a sentence for each run that could not be trained."""
    return [f"{task.run.name}: {task.problem}" for task in tasks if task.problem]
