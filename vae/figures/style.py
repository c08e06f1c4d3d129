"""What the figures share. They name no template: the page's theme gives the ground."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.figures.palette import PALETTE
from vae.locale import _

Floats = NDArray[np.floating[Any]]

TRAIN_COLOUR, TEST_COLOUR = PALETTE[0], PALETTE[6]
RUN_COLOURS = tuple(PALETTE[place] for place in (0, 6, 4, 8))
"""One for each of the runs that are compared: at least 3:1 against both of the app's themes."""
OUTLINE = "rgba(128, 128, 128, 0.7)"
GREY = "rgba(128, 128, 128, 0.9)"
"""Of lines to compare with: seen on a light and on a dark ground."""
TOP_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
MARGIN = {"l": 8, "r": 8, "t": 24, "b": 8}


def one_two_five(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis: 1, 2 and 5 times powers of ten in these bounds.

    Raises ValueError if a bound is not above 0.
    """
    if low <= 0 or high <= 0:
        raise ValueError(_("a logarithmic axis has no 0"))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # Read from text: 3 times 0.1 and the like would not come out even.
    ticks = [float(f"{step}e{power}") for power in powers for step in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]
