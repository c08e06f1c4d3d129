"""Where runs are: their states in words, and a page that follows them."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from vae import runs
from vae.errors import UserError
from vae.locale import N_
from vae.people.owners import is_mine
from vae.runs import Run, Status, queue, turns
from vae.runs.turns import Wait
from vae.runs.watch import digest
from vae.ui.shared.watch import watch

RunPhase = tuple[str, str]
"""A run's state and how far a Stop has come: what the page is laid out by."""

LIVE = ("queued", "running")

STATE_WORDS: dict[str, tuple[str, str]] = {
    "new": (N_("not started"), ":material/circle:"),
    "queued": (N_("waiting"), ":material/schedule:"),
    "running": (N_("training"), ":material/directions_run:"),
    "paused": (N_("paused"), ":material/pause_circle:"),
    "done": (N_("finished"), ":material/check:"),
    "failed": (N_("failed"), ":material/error:"),
    "cancelled": (N_("stopped"), ":material/stop_circle:"),
    "interrupted": (N_("interrupted"), ":material/power_off:"),
}


def run_states(root: Path) -> dict[str, Status]:
    """Return the status of each run: own ones, others', shipped ones; the newest at their head."""
    found = _states(root, digest(root, ["queue"]))
    ordered = sorted(found, key=lambda one: (one[0].config.shipped, not is_mine(one[0].directory)))
    return {run.name: status for run, status in ordered}


@st.cache_resource(max_entries=4, show_spinner=False)
def _states(root: Path, mark: str) -> list[tuple[Run, Status]]:
    """Read them once for all who look, until one of them changes."""
    found = []
    for run in runs.list_runs(root):
        with contextlib.suppress(UserError):  # Deleted since it was listed.
            found.append((run, run.status()))
    return found


def waits(root: Path) -> Mapping[str, Wait]:
    """Return how long each run still takes that trains or waits, where one waits."""
    return _waits(root, digest(root, ["queue"]), int(time.time()))


@st.cache_resource(max_entries=4, show_spinner=False)
def _waits(root: Path, mark: str, second: int) -> Mapping[str, Wait]:
    return turns.waits(root)


def shown_state(status: Status) -> str:
    """Return a run's state, or "new" where it is only a config that nobody has put in the queue."""
    waits = status.queued_at is not None
    return "new" if status.state == "queued" and not waits else status.state


def stop_phase(folder: Path, patience_s: float = queue.STOP_PATIENCE_S) -> str:
    """Return "asked" where what runs was asked to stop, "overdue" if it does not, or ""."""
    asked = queue.stop_asked(folder)
    if asked is None:
        return ""
    return "overdue" if asked >= patience_s else "asked"


def phases(root: Path, found: Mapping[str, Status]) -> dict[str, RunPhase]:
    """Return for each run what the page is laid out by."""
    return {
        name: (shown_state(status), stop_phase(root / name) if status.state == "running" else "")
        for name, status in found.items()
    }


def follow(root: Path, before: Mapping[str, RunPhase]) -> None:
    """See to the queue, and show the whole page anew where a run's phase has changed.

    Run as a fragment: it is called again when one has.
    """
    watch("queue", key="queue")
    see_to(root, before)


def see_to(root: Path, before: Mapping[str, RunPhase], *looked_at: str) -> None:
    """Do so once: of own runs and of those ``looked_at``, as a class trains all the time."""
    try:
        queue.start_next(root)
        now = phases(root, run_states(root))
    except UserError:
        return
    changed = {name for name in {*now, *before} if now.get(name) != before.get(name)}
    if any(name in looked_at or is_mine(root / name) for name in changed):
        st.rerun()
