"""How far a run is, and how pages and command lines say it."""

from collections.abc import Mapping, Sequence
from typing import Any

from vae.locale import _
from vae.locale.numbers import number


def epochs_done(epoch: int, step: int | None, steps_per_epoch: int) -> float:
    """Return how many epochs are done after a step of ``epoch``, counted from 1.

    None stands for the epoch's end.
    """
    return epoch - 1 + (1.0 if step is None else step / steps_per_epoch)


def epochs_at(line: Mapping[str, Any]) -> float:
    """Return how many epochs were done when a line of ``metrics.jsonl`` was written."""
    step = line["step"] if line["kind"] == "step" else None
    return epochs_done(line["epoch"], step, line["steps_per_epoch"])


def step_points(lines: Sequence[Mapping[str, Any]], most: int = 400) -> list[Mapping[str, Any]]:
    """Return the reports within the epochs of a run, for a curve: ``most`` of them, evenly spread.

    The first and the last stay. Each is the mean of the steps since the report before it.
    """
    steps = [line for line in lines if line["kind"] == "step"]
    if len(steps) <= most:
        return steps
    return [steps[k * (len(steps) - 1) // (most - 1)] for k in range(most)]


def time_left(seconds: float) -> str:
    """Say how long something still takes."""
    if seconds < 90:
        return _("about {n} s left").format(n=max(1, round(seconds)))
    if seconds < 5400:
        return _("about {n} min left").format(n=round(seconds / 60))
    return _("about {n} h left").format(n=number(seconds / 3600, 2))
