"""Scores as a detector: counts at a threshold, and the ROC curve of all thresholds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

USUAL_PASS = 0.95
"""Share of the known images that the threshold lets pass unless another one is chosen."""


class Roc(NamedTuple):
    """True positive rate against false positive rate; a positive is an image taken for unknown."""

    false_positive_rate: Floats
    """``(T,)``, rising from 0 to 1 as the threshold falls."""
    true_positive_rate: Floats
    """``(T,)``."""
    auc: float
    """Area under the curve: how often an unknown image scores above a known one, ties by half."""


def roc(values: Floats, known: Flags) -> Roc:
    """Return the curve of all thresholds on scores ``(n,)``.

    References
    ----------
    Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.
    """
    order = np.argsort(values, kind="stable")[::-1]
    above, unknown = values[order], ~known[order]
    # Images of one score lie on the same side of every threshold.
    ends = np.append(np.flatnonzero(np.diff(above)), len(above) - 1)
    true, every = np.append(0, np.cumsum(unknown)[ends]), np.append(0, ends + 1)
    false = every - true
    # Of the points on a straight line its ends are enough.
    bends = (np.diff(true, 2) != 0) | (np.diff(false, 2) != 0)
    kept = np.concatenate([[True], bends, [True]])
    rates = false[kept] / (~unknown).sum(), true[kept] / unknown.sum()
    return Roc(*rates, float(np.trapezoid(rates[1], rates[0])))


def usual_threshold(values: Floats, known: Flags) -> float:
    """Return the threshold that lets :data:`USUAL_PASS` of the known images pass."""
    return float(np.quantile(values[known], USUAL_PASS))


class Outcome(NamedTuple):
    """Images on each side of a threshold: a score above it is a positive."""

    true_positives: int
    """Unknown images above it."""
    false_negatives: int
    false_positives: int
    true_negatives: int

    @property
    def true_positive_rate(self) -> float:
        """Share of the unknown images that lie above."""
        return self.true_positives / (self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self) -> float:
        """Share of the known images that lie above."""
        return self.false_positives / (self.false_positives + self.true_negatives)


def outcome(values: Floats, known: Flags, threshold: float) -> Outcome:
    """Count what a threshold does."""
    above = values > threshold
    sides = (above & ~known, ~above & ~known, above & known, ~above & known)
    return Outcome(*(int(side.sum()) for side in sides))


def examples(values: Floats, known: Flags, threshold: float, count: int) -> dict[str, list[int]]:
    """Return telling images, up to ``count`` of each kind, the worst first.

    ``false_negatives``: unknown ones with the lowest scores; ``false_positives``: known ones with
    the highest; ``highest``: the highest scores of all.
    """
    above, order = values > threshold, np.argsort(values, kind="stable")
    downwards = order[::-1]
    return {
        "false_negatives": [int(i) for i in order if not known[i] and not above[i]][:count],
        "false_positives": [int(i) for i in downwards if known[i] and above[i]][:count],
        "highest": downwards[:count].tolist(),
    }
