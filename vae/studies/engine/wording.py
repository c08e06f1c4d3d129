"""Figures and comparisons in words: decided by the medians and the spread of the seeds.

A figure that no run of a setting has is a ValueError.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vae.locale import N_, _, ngettext
from vae.locale.numbers import formatted
from vae.studies.engine.base import Arm, Result, Spread

WITHIN = N_("within the seeds' spread")
BEYOND = N_("beyond the seeds' spread")
ONE_SEED = N_(
    "There is one run of each setting: how much of a difference is chance, more seeds would show."
)


def several(words: Sequence[str]) -> str:
    """Return words as ``a``, ``a and b`` or ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return _("{words} and {last}").format(words=", ".join(words[:-1]), last=words[-1])


def amount(spread: Spread, digits: int = 2, *, signed: bool = False) -> str:
    """Return a figure as ``1.50 (1.20 to 1.90)``: the median, and from the least to the greatest.

    Where all are the same when rounded, that one number.
    """
    kind = f"{'+' if signed else ''},.{digits}f"
    # Adding 0 makes -0 a 0, which is what it is.
    median, low, high = (formatted(round(value, digits) + 0.0, kind) for value in spread)
    return (
        median
        if low == high
        else _("{median} ({low} to {high})").format(median=median, low=low, high=high)
    )


def overlap(one: Spread, other: Spread) -> bool:
    """Whether the seeds of two settings reach into one another's range."""
    return one.low <= other.high and other.low <= one.high


def sign(difference: Spread) -> int:
    """Return 1 or -1 where each seed's difference is above or below 0, and 0 where they disagree.

    With one seed it is that seed's own.
    """
    return (difference.low > 0) - (difference.high < 0)


def against(
    one: Spread, other: Spread, than: str, *, seeds: int, unit: str = "nats", digits: int = 2
) -> str:
    """Say how the median of one setting differs: ``0.31 nats more than the plain one (…)``.

    In the brackets is whether that is within the seeds' spread, which it is where the ranges
    overlap; with one seed there are none.
    """
    gap = round(one.median - other.median, digits)
    if not gap:
        return _("as much as {than}").format(than=than)
    size = f"{formatted(abs(gap), f',.{digits}f')} {_(unit)}".rstrip()
    words = _("{size} more than {than}") if gap > 0 else _("{size} less than {than}")
    words = words.format(size=size, than=than)
    return words if seeds == 1 else f"{words} ({_(WITHIN if overlap(one, other) else BEYOND)})"


# ---- columns of the table ------------------------------------------------------------------------


def _with_unit(result: Result, column: str, value: float) -> str:
    shown = result.study.columns[column]
    return f"{formatted(value, f',.{shown.digits}f')} {_(shown.unit)}".strip()


def value(result: Result, arm: Arm, column: str) -> str:
    """Return the median of a setting's seeds with its unit."""
    return _with_unit(result, column, result.median(arm, column))


def difference(result: Result, arm: Arm, other: Arm, column: str) -> str:
    """Compare a setting's median with another's: ``0.52 nats lower than with d = 2``.

    A difference that the seeds do not bear out is said to be within their spread.
    """
    mine, theirs = (result.spread_of(each, column) for each in (arm, other))
    apart = mine.median - theirs.median
    text = _with_unit(result, column, abs(apart))
    if text == _with_unit(result, column, 0.0):
        return _("the same as with {other}").format(other=other.label)
    words = (
        _("{size} lower than with {other}") if apart < 0 else _("{size} higher than with {other}")
    )
    text = words.format(size=text, other=other.label)
    repeated = result.settings.seeds > 1
    return f"{text} ({_(WITHIN)})" if repeated and overlap(mine, theirs) else text


class Leader(NamedTuple):
    """The setting with the least or greatest median, and those whose seeds overlap with its own."""

    arm: Arm
    rivals: Sequence[Arm]


def leader(result: Result, arms: Sequence[Arm], column: str, *, greatest: bool = False) -> Leader:
    """Return which setting comes first by a column, and which others its seeds overlap with."""
    spreads = [(arm, result.spread_of(arm, column)) for arm in arms]
    factor = -1 if greatest else 1
    first, its = min(spreads, key=lambda pair: factor * pair[1].median)
    return Leader(
        first, [arm for arm, found in spreads if arm is not first and overlap(found, its)]
    )


def leader_words(
    result: Result, arms: Sequence[Arm], column: str, *, greatest: bool = False
) -> str:
    """Name that setting with its figure: ``d = 20 (102.90 nats; within … are d = 32 and …)``."""
    found = leader(result, arms, column, greatest=greatest)
    text = value(result, found.arm, column)
    rivals = several([arm.label for arm in found.rivals])
    if rivals and result.settings.seeds > 1:
        lie = ngettext("{rivals} lies {within}", "{rivals} lie {within}", len(found.rivals))
        text += "; " + lie.format(rivals=rivals, within=_(WITHIN))
    elif rivals:
        text += _(", as with {rivals}").format(rivals=rivals)
    return f"{found.arm.label} ({text})"


def paragraphs(result: Result, parts: Iterable[str]) -> str:
    """Join the paragraphs of a finding; with one seed, add that chance was not looked at."""
    kept = [part.strip() for part in parts if part.strip()]
    if result.settings.seeds == 1:
        kept.append(_(ONE_SEED))
    return "\n\n".join(kept)
