"""A drawing as an image of a data set.

No Streamlit here: the Draw page shows what these functions return, and what
:mod:`vae.analysis.draw_reading` says of the image.
"""

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vae.config import DataConfig
from vae.data import Placing, Split, known_spec
from vae.data.views import black_and_white
from vae.errors import DataError
from vae.locale import _
from vae.runs import Run
from vae.runs.titles import title

Levels = NDArray[np.uint8]

RASTER_SIDE = 140
"""Pixels of the square raster that the browser sends: five for each of a 28 x 28 image."""
MOST_POINTS = 8000
"""A drawing holds no more places of the pen than this."""
TYPICAL_FILL = 0.65
"""Share of the pad's side that a drawing usually takes: it makes the pen as wide as it must be
for lines of the data's width."""

_DIGITS = 6
"""Decimals that decide a rounding: the browser, which does the same, adds in another order."""


@dataclass(frozen=True)
class Drawing:
    """What a browser sends of a drawing.

    Parameters
    ----------
    id
        Changes with every change of the drawing; an answer names the drawing it is about.
    strokes
        For each its width, then x, y, x, y …, in thousandths of the pad's side.
    raster
        ``RASTER_SIDE`` rows of as many bytes, 255 is ink, in base64; empty where nothing is drawn.
    """

    id: str
    strokes: list[list[int]]
    raster: str


def parse_drawing(value: Any) -> Drawing | None:
    """Return what a browser sent as a drawing, or None if it is none."""
    try:
        name, raster = value["id"], value["raster"]
        strokes = [[int(number) for number in stroke] for stroke in value["strokes"]]
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
    if not isinstance(name, str) or not isinstance(raster, str):
        return None
    if (
        sum(map(len, strokes)) > 3 * MOST_POINTS
        or len(name) > 64
        or len(raster) > 2 * RASTER_SIDE**2
    ):
        return None
    return Drawing(name, strokes, raster)


def read_raster(text: str) -> Levels:
    """Return the raster ``(RASTER_SIDE, RASTER_SIDE)`` that base64 stands for.

    Raises
    ------
    DataError
        If it has another length or is no base64.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != RASTER_SIDE**2:
        raise DataError(_("The drawing did not arrive whole: draw another stroke, or clear it."))
    return np.frombuffer(raw, np.uint8).reshape(RASTER_SIDE, RASTER_SIDE)


def pen_width(shape: tuple[int, int, int], placing: Placing) -> float:
    """Return how wide a pen, as a share of the pad's side, gives lines as wide as the data's."""
    return placing.stroke / box_side(shape, placing) * TYPICAL_FILL


def box_side(shape: tuple[int, int, int], placing: Placing) -> int:
    """Return how many pixels the longer side of a drawing has in its image."""
    return min(placing.box or max(shape), shape[1], shape[2])


def _averaging(size: int, new: int) -> NDArray[np.float64]:
    """Return the matrix ``(new, size)`` that averages ``size`` pixels over ``new`` equal parts."""
    edges = np.linspace(0, size, new + 1)
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.asarray(overlap.clip(0) * (new / size), dtype=np.float64)


def _corner(small: NDArray[np.float64], axis: int, size: int, centre: str) -> int:
    """Return where along an axis of ``size`` pixels a fitted drawing begins."""
    length: int = small.shape[axis]
    if centre == "box":
        return (size - length + 1) // 2
    profile = small.sum(1 - axis)
    mass = float((profile * (np.arange(length) + 0.5)).sum() / profile.sum())
    mass = round(mass, _DIGITS)
    # The middle of pixel (14, 14) of 28 x 28, as measured on MNIST.
    corner = math.floor(size // 2 + 0.5 - mass + 0.5)
    return min(max(corner, 0), size - length)


def prepare(raster: Levels, shape: tuple[int, int, int], placing: Placing) -> Levels | None:
    """Fit a drawing into an image as the makers of a data set did.

    The drawn part is cut out, averaged down (or up) so that its longer side has ``placing.box``
    pixels, and moved by whole pixels until its centre of mass, or the middle of its box, is at the
    image's centre. So neither place nor size of a drawing matters. ``draw/prepare.js`` does the
    same in the page; a test holds them together.

    Parameters
    ----------
    raster
        ``(h, w)`` grey levels, 255 is ink.
    shape
        ``(1, H, W)`` of the image.
    placing
        The data set's way.

    Returns
    -------
    numpy.ndarray or None
        ``(1, H, W)`` grey levels, or None where nothing is drawn.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    1998, section III.A.
    """
    # Any ink counts: so images of MNIST, enlarged, come back as they were.
    drawn = raster > 0
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    if not len(rows):
        return None
    part = raster[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    scale = box_side(shape, placing) / max(part.shape)
    height, width = (max(1, round(side * scale)) for side in part.shape)
    small = _averaging(part.shape[0], height) @ part @ _averaging(part.shape[1], width).T
    small = small.round(_DIGITS)
    top, left = (_corner(small, axis, shape[1 + axis], placing.centre) for axis in (0, 1))
    image = np.zeros(shape, np.uint8)
    image[0, top : top + height, left : left + width] = small.round().clip(0, 255)
    return image


def why_not(run: Run) -> str:
    """Say why nothing can be drawn for a run; "" where it can."""
    if run.config.model.image_shape[0] == 1:
        return ""
    return _(
        "{name} was trained on colour images, and the pen here is white: choose a run of grey "
        "images from the list."
    ).format(name=title(run))


def sees_black_and_white(config: DataConfig) -> bool:
    """Whether a run sees each pixel as black or white."""
    spec = known_spec(config.dataset)
    return config.binarise != "none" or (spec is not None and spec.default_binarise != "none")


def as_seen(image: Levels, config: DataConfig) -> Levels:
    """Return a prepared drawing ``(1, H, W)`` as a run sees its test images."""
    if not sees_black_and_white(config):
        return image
    alone = Split(torch.from_numpy(image)[None], torch.zeros(1, dtype=torch.int64))
    return np.asarray(black_and_white(alone).images[0].numpy(), dtype=np.uint8)
