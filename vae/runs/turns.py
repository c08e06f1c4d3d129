"""Whose turn it is: which run trains next, when one makes room for others, how long each waits.

On a device one run of a person trains at a time. Short runs come before long ones, then whoever has
waited longest since their last start, each with one run before anybody's second. A long one trains
in slices while others wait: at the end of an epoch it goes to the end of the queue, and goes on
later as it was.
"""

import contextlib
import math
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vae import runs
from vae.errors import RunError
from vae.people.owners import owner_of
from vae.runs.files import Status
from vae.runs.progress import epochs_at
from vae.runs.store import Run

LONG_S = 60.0
"""A run that takes longer than this is a long one."""
PATIENCE_S = 600.0
"""A long run that has waited for so long is treated as a short one."""
SLICE_S = 60.0
"""How long a run trains before it makes room for those who wait."""
OVERHEAD_S = 1.0
"""Between two runs."""
_TIMED_RUNS = 5


class Entry(NamedTuple):
    """A run that trains or waits."""

    run: Run
    status: Status
    device: str


class Wait(NamedTuple):
    """How long a run waits: its place, 0 for one that trains, and the seconds until it is done.

    None where nobody can tell, as for a run that was estimated nowhere.
    """

    place: int
    seconds: float | None


def _all(root: Path) -> list[tuple[Run, Status]]:
    found = []
    for run in runs.list_runs(root):
        with contextlib.suppress(RunError):  # Deleted since it was listed.
            found.append((run, run.status()))
    return found


def _live(found: Sequence[tuple[Run, Status]]) -> list[Entry]:
    """Return those that train or wait; nothing where none waits."""
    if not any(status.waits for _run, status in found):
        return []
    return [
        Entry(run, status, _device(run.config.train.device))
        for run, status in found
        if status.waits or status.state == "running"
    ]


def _device(wanted: str) -> str:
    """Return the kind of device that a run trains on, which for "auto" is the machine's affair."""
    if wanted != "auto":
        return wanted
    from vae.runs.devices import pick_device  # With torch, which a queue without runs can spare.

    return pick_device().type


def next_run(root: Path) -> Run | None:
    """Return the run that is due, or None if none waits or all places are taken."""
    found = _all(root)
    entries, due = _live(found), []
    last_start: dict[str, float] = {}
    for _run, status in found:
        last = last_start.get(status.study, 0.0)
        last_start[status.study] = max(last, status.started_at or 0.0)
    for place, entry in enumerate(in_order(entries, found)):
        status = entry.status
        rivals = [other.status for other in entries if other.device == entry.device]
        at_work = [other for other in rivals if other.state == "running"]
        places = max(other.places for other in rivals)
        is_second = not status.study and any(not other.study for other in at_work)
        if len(at_work) < places and not is_second:
            turn = last_start[status.study] if places == 1 else float(bool(status.study))
            due.append((turn, place, entry.run))
    return min(due, key=lambda one: one[:2])[2] if due else None


def in_order(entries: Sequence[Entry], known: Sequence[tuple[Run, Status]]) -> list[Entry]:
    """Return those that wait in the order of their turns, were all of them persons'.

    ``known`` are all runs, which tell who has had a turn when.
    """
    now, seen, last = time.time(), Counter[str](), dict[str, float]()
    for run, status in known:
        whose = _whose(run, status)
        seen[whose] += status.state == "running"
        last[whose] = max(last.get(whose, 0.0), status.started_at or 0.0)
    found = []
    waiting = [entry for entry in entries if entry.status.waits]
    for entry in sorted(waiting, key=lambda one: (one.status.queued_at or 0.0, one.run.name)):
        asked = entry.status.queued_at or 0.0
        is_long = entry.status.estimate > LONG_S and now - asked < PATIENCE_S
        whose = _whose(entry.run, entry.status)
        found.append((is_long, seen[whose], last[whose], asked, entry.run.name, entry))
        seen[whose] += 1
    return [one[-1] for one in sorted(found, key=lambda one: one[:-1])]


def _whose(run: Run, status: Status) -> str:
    """Return the owner of a run, or the study that has asked for it."""
    return status.study or owner_of(run.directory) or ""


def makes_room(run: Run, status: Status) -> bool:
    """Whether a run that has trained for a slice lets another one train, at an epoch's end."""
    started = status.started_at
    if status.study or started is None or 0 <= time.time() - started < SLICE_S:
        return False
    entries = _live(_all(run.directory.parent))
    mine = next((entry.device for entry in entries if entry.run.name == run.name), None)
    return any(entry.status.waits and entry.device == mine for entry in entries)


def waits(root: Path) -> dict[str, Wait]:
    """Return, where runs wait, for each of them and those that train how long it still takes."""
    known = _all(root)
    entries, scale = _live(known), _scale(known)
    found: dict[str, Wait] = {}
    ends: dict[str, float] = {}
    for entry in entries:
        if entry.status.state == "running":
            seconds = _left(entry, scale)
            ends[entry.device] = max(seconds, ends.get(entry.device, 0.0))
            found[entry.run.name] = _wait(0, seconds)
    places = Counter[str]()
    for entry in in_order(entries, known):
        places[entry.device] += 1
        ends[entry.device] = ends.get(entry.device, 0.0) + OVERHEAD_S + _left(entry, scale)
        found[entry.run.name] = _wait(places[entry.device], ends[entry.device])
    return found


def _wait(place: int, seconds: float) -> Wait:
    return Wait(place, None if math.isnan(seconds) else seconds)


def _left(entry: Entry, scale: float) -> float:
    """Return about how many seconds of training a run has before it; NaN where nobody can tell."""
    status = entry.status
    lines = entry.run.metrics() if status.epoch or status.state == "running" else []
    done = epochs_at(lines[-1]) if lines else 0.0
    rest = max(0.0, 1 - done / max(1, status.epochs))
    if done and lines[-1]["seconds"]:
        return float(lines[-1]["seconds"]) / done * rest * max(1, status.epochs)
    return scale * status.estimate * rest if status.estimate else math.nan


def _scale(known: Sequence[tuple[Run, Status]]) -> float:
    """Return how long this machine takes for what is estimated to take a second."""
    found: list[float] = []
    for run, status in known:
        if len(found) == _TIMED_RUNS:
            break
        lines = run.epochs() if status.state == "done" and status.estimate else []
        if lines:
            found.append(float(lines[-1]["seconds"]) / status.estimate)
    return statistics.median(found) if found else 1.0
