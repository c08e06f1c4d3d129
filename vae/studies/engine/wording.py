"""How findings put numbers into words: figures with the seeds' spread, and what a difference is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from vae.studies.engine.base import Arm, Result, Spread


def spread_of(result: Result, arm: Arm, column: str) -> Spread:
    """Return a column of the table over the seeds.

    Raises
    ------
    ValueError
        If no run of the setting has it.
    """
    found = result.spread(arm, column)
    if found is None:
        raise ValueError(f"no run of {arm.label} has {column}")
    return found


def over(values: Sequence[float]) -> Spread:
    """Return median, least and greatest of some numbers, one a seed.

    Raises
    ------
    ValueError
        If there are none.
    """
    return Spread(statistics.median(values), min(values), max(values))


def amount(spread: Spread, digits: int = 2, *, signed: bool = False) -> str:
    """Return a figure as ``1.50 (1.20 to 1.90)``: the median, and from the least to the greatest.

    Where all are the same when rounded, that one number.
    """
    kind = f"{'+' if signed else ''},.{digits}f"
    # Adding 0 makes -0 a 0, which is what it is.
    median, low, high = (format(round(value, digits) + 0.0, kind) for value in spread)
    return median if low == high else f"{median} ({low} to {high})"


def overlap(one: Spread, other: Spread) -> bool:
    """Whether the seeds of two settings reach into one another's range."""
    return one.low <= other.high and other.low <= one.high


def against(
    one: Spread, other: Spread, than: str, *, seeds: int, unit: str = "nats", digits: int = 2
) -> str:
    """Say how the median of one setting differs: ``0.31 nats more than the plain one (…)``.

    In the brackets is whether that is within the seeds' spread, which it is where the ranges
    overlap; with one seed there are none.
    """
    gap = round(one.median - other.median, digits)
    if not gap:
        return f"as much as {than}"
    size = f"{abs(gap):,.{digits}f} {unit}".rstrip()
    words = f"{size} {'more' if gap > 0 else 'less'} than {than}"
    if seeds == 1:
        return words
    return f"{words} ({'within' if overlap(one, other) else 'beyond'} the seeds' spread)"


def sign(difference: Spread) -> int:
    """Return 1 or -1 where each seed's difference is above or below 0, and 0 where they disagree.

    With one seed it is that seed's own.
    """
    return (difference.low > 0) - (difference.high < 0)


def several(words: Sequence[str]) -> str:
    """Return words as ``a``, ``a and b`` or ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
