"""What a score of images tells: alarms above a threshold, and the curve of all thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

USUAL_PASS = 0.95
"""Share of the known images that the threshold lets pass unless another one is chosen."""


class Roc(NamedTuple):
    """Share of unknown images caught against the share of known ones taken for unknown."""

    false_alarms: Floats
    """``(T,)``, rising from 0 to 1 as the threshold falls."""
    caught: Floats
    """``(T,)``."""
    auc: float
    """Area under the curve: how often an unknown image scores above a known one, ties by half."""


def roc(values: Floats, known: Flags) -> Roc:
    """Return the curve of all thresholds on scores ``(n,)``.

    References
    ----------
    Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.
    """
    from sklearn.metrics import roc_auc_score, roc_curve  # imported here: it costs over a second

    false_alarms, caught, _ = roc_curve(~known, values)
    return Roc(false_alarms, caught, float(roc_auc_score(~known, values)))


def usual_threshold(values: Floats, known: Flags) -> float:
    """Return the threshold that lets :data:`USUAL_PASS` of the known images pass."""
    return float(np.quantile(values[known], USUAL_PASS))


class Outcome(NamedTuple):
    """Images on each side of a threshold; a score above it is an alarm."""

    caught: int
    missed: int
    false_alarms: int
    passed: int

    @property
    def caught_share(self) -> float:
        """Share of the unknown images that raise an alarm."""
        return self.caught / (self.caught + self.missed)

    @property
    def false_alarm_share(self) -> float:
        """Share of the known images that raise an alarm."""
        return self.false_alarms / (self.false_alarms + self.passed)


def outcome(values: Floats, known: Flags, threshold: float) -> Outcome:
    """Count what a threshold does."""
    alarm = values > threshold
    return Outcome(
        caught=int((alarm & ~known).sum()),
        missed=int((~alarm & ~known).sum()),
        false_alarms=int((alarm & known).sum()),
        passed=int((~alarm & known).sum()),
    )


def examples(values: Floats, known: Flags, threshold: float, count: int) -> dict[str, list[int]]:
    """Return images that tell most, up to ``count`` of each kind, the worst first.

    ``missed``: unknown ones with the lowest scores; ``false_alarms``: known ones with the highest;
    ``highest``: the highest scores of all.
    """
    alarm, order = values > threshold, np.argsort(values, kind="stable")
    downwards = order[::-1]
    return {
        "missed": [int(i) for i in order if not known[i] and not alarm[i]][:count],
        "false_alarms": [int(i) for i in downwards if known[i] and alarm[i]][:count],
        "highest": downwards[:count].tolist(),
    }
