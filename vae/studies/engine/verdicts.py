"""Which setting comes first by a column, and by how much: decided by medians and seeds' spread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vae.studies.engine.base import Arm, Result
from vae.studies.engine.wording import overlap, several, spread_of

WITHIN = "within the seeds' spread"
ONE_SEED = (
    "There is one run of each setting: how much of a difference is chance, more seeds would tell."
)


def amount(result: Result, column: str, value: float) -> str:
    """Return a figure with its unit, to the digits of its column."""
    shown = result.study.columns[column]
    return f"{value:,.{shown.digits}f} {shown.unit}".strip()


def value(result: Result, arm: Arm, column: str) -> str:
    """Return the median of a setting's seeds with its unit.

    Raises
    ------
    ValueError
        If no run has the figure.
    """
    return amount(result, column, spread_of(result, arm, column).median)


def difference(
    result: Result,
    arm: Arm,
    other: Arm,
    column: str,
    *,
    below: str = "lower",
    above: str = "higher",
) -> str:
    """Compare a setting's median with another's: ``0.52 nats lower than with d = 2``.

    A difference that the seeds do not bear out is said to be within their spread.

    Raises
    ------
    ValueError
        If one of them has no run with the figure.
    """
    mine, theirs = (spread_of(result, each, column) for each in (arm, other))
    apart = mine.median - theirs.median
    nothing = amount(result, column, 0.0)
    text = amount(result, column, abs(apart))
    if text == nothing:
        return f"the same as with {other.label}"
    text = f"{text} {below if apart < 0 else above} than with {other.label}"
    repeated = result.settings.seeds > 1
    return f"{text} ({WITHIN})" if repeated and overlap(mine, theirs) else text


class Leader(NamedTuple):
    """The setting with the least or greatest median, and those that cannot be told from it."""

    arm: Arm
    rivals: Sequence[Arm]


def leader(result: Result, arms: Sequence[Arm], column: str, *, greatest: bool = False) -> Leader:
    """Return which setting comes first by a column, and which others its seeds overlap with.

    Raises
    ------
    ValueError
        If a setting has no run with the figure.
    """
    spreads = [(arm, spread_of(result, arm, column)) for arm in arms]
    sign = -1 if greatest else 1
    first, its = min(spreads, key=lambda pair: sign * pair[1].median)
    return Leader(
        first, [arm for arm, found in spreads if arm is not first and overlap(found, its)]
    )


def leader_words(
    result: Result, arms: Sequence[Arm], column: str, *, greatest: bool = False
) -> str:
    """Name that setting with its figure: ``d = 20 (102.90 nats; within … are d = 32 and …)``.

    Raises
    ------
    ValueError
        If a setting has no run with the figure.
    """
    found = leader(result, arms, column, greatest=greatest)
    text = value(result, found.arm, column)
    if found.rivals and result.settings.seeds > 1:
        rivals = several([arm.label for arm in found.rivals])
        text += f"; {rivals} {'lies' if len(found.rivals) == 1 else 'lie'} {WITHIN}"
    elif found.rivals:
        text += f", as with {several([arm.label for arm in found.rivals])}"
    return f"{found.arm.label} ({text})"


def paragraphs(result: Result, parts: Iterable[str]) -> str:
    """Join the paragraphs of a finding; with one seed, add that chance was not looked at."""
    kept = [part.strip() for part in parts if part.strip()]
    if result.settings.seeds == 1:
        kept.append(ONE_SEED)
    return "\n\n".join(kept)
