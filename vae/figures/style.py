"""What the figures share. They name no template: the page's theme gives the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.figures.palette import PALETTE

Floats = NDArray[np.floating[Any]]

TRAIN_COLOUR, TEST_COLOUR = PALETTE[0], PALETTE[6]
RUN_COLOURS = tuple(PALETTE[place] for place in (0, 6, 4, 8))
"""One for each of the runs that are compared: at least 3:1 against both of the app's themes."""
OUTLINE = "rgba(128, 128, 128, 0.7)"
MARGIN = {"l": 8, "r": 8, "t": 24, "b": 8}
