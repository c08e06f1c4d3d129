"""How the makers of a data set put a drawing into an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Placing:
    """Size and place of a drawing in its image.

    Parameters
    ----------
    box
        The drawing's longer side, in pixels; the image's shorter side if None.
    centre
        What comes to the middle: the drawing's centre of mass, or that of its bounding box.
    stroke
        Usual width of a line, in pixels.
    """

    box: int | None = None
    centre: Literal["mass", "box"] = "box"
    stroke: float = 2.5


FILLING = Placing()
"""As large as the image, in its middle: where nothing is known of the makers' way."""
