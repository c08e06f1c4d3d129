"""Pictures as HTML: strips, labelled rows, sums, grids of codes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from vae.analysis.explore import SMALL
from vae.analysis.generate import Levels
from vae.storage.pictures import png_bytes, sheet, whole_factor
from vae.ui.shared.html import render

SHEET_PX = 1160
"""Sheets are enlarged by whole pixels to at most about this width."""
_GOLDEN_ANGLE = 137.508
_NARROW_PX = 56
_LIGHTNESS = (42, 56, 70, 84)


def sheet_bytes(images: Levels, columns: int, *, most: int = 84, close: bool = False) -> bytes:
    """Return images ``(n, C, H, W)`` as a PNG, a picture of at most about ``most`` pixels wide.

    With ``close`` they touch, unless they are so small that they would run together.
    """
    side = images.shape[-1]
    factor = whole_factor(side, min(most, SHEET_PX // columns))
    gap = 0 if close and side >= SMALL else 2 if factor > 1 else 1
    return png_bytes(sheet(images, columns, factor=factor, gap=gap))


class Tile(NamedTuple):
    """A picture with what stands beneath it."""

    levels: Levels
    """``(C, H, W)``."""
    alt: str
    caption: str = ""
    is_end: bool = False
    """Whether it stands out, as the end of a path."""


class Row(NamedTuple):
    """A row of pictures with its name."""

    images: Levels
    """``(n, C, H, W)``."""
    name: str
    words: str
    alt: str


def _factor(levels: Levels, side: int) -> int:
    return whole_factor(levels.shape[-1], side)


def strip(tiles: Sequence[Tile], side: int = 84) -> Markup:
    """Return pictures side by side, each about ``side`` pixels wide; they wrap where they must."""
    return render("tiles", "strip", tiles, _factor(tiles[0].levels, side))


def strips(found: Sequence[tuple[str, Sequence[Tile]]], side: int = 84) -> Markup:
    """Return strips of pictures, one under the other, each with its name at the left."""
    return render("tiles", "strips", found, _factor(found[0][1][0].levels, side))


def rows(found: Sequence[Row], side: int = 56) -> Markup:
    """Return rows of pictures, one under the other, each with its name at the left."""
    factor = _factor(found[0].images, side)
    joined = [(row, sheet(row.images, len(row.images), factor=factor, gap=2)) for row in found]
    return render("tiles", "rows", joined)


def wall(images: Levels, alt: str, *, columns: int | None = None, side: int = 84) -> Markup:
    """Return many pictures ``(n, C, H, W)`` as one, as many in a row as there is room for.

    With ``columns`` there are so many in each row, and they shrink where there is less room.
    """
    pixels = images.shape[-1]
    wide, narrow = (pixels * whole_factor(pixels, aim) for aim in (side, _NARROW_PX))
    return render("tiles", "wall", images, alt, wide, narrow, columns)


def moving(animation: bytes, alt: str) -> Markup:
    """Return an animated GIF; words instead for whoever has asked the system for less motion."""
    return render("tiles", "animation", animation, alt)


def equation(parts: Sequence[Tile | str], side: int = 140) -> Markup:
    """Return pictures with what stands between them: signs as text, or :func:`code_cells`."""
    first = next(part for part in parts if isinstance(part, Tile)).levels
    factor = _factor(first, side)
    return render("tiles", "equation", parts, factor, first.shape[-1] * factor)


def code_colour(index: int) -> tuple[str, str]:
    """Return the colour of an entry of a codebook, always the same, and one to write on it."""
    lightness = _LIGHTNESS[index % len(_LIGHTNESS)]
    hue = round(index * _GOLDEN_ANGLE % 360, 1)
    return f"hsl({hue} 45% {lightness}%)", "#000" if lightness > 50 else "#fff"


def code_cells(indices: NDArray[np.int64], width: int) -> Markup:
    """Return a grid of codes ``(h, w)`` as coloured cells with their numbers."""
    colours = {index: code_colour(index) for index in indices.flatten().tolist()}
    font = f"{min(0.85, 4.6 / indices.shape[1] + 0.1):.2f}"
    return render("tiles", "code_cells", indices.tolist(), colours, width, font)


def usage_bars(counts: NDArray[np.int64], alt: str) -> Markup:
    """Return how often each code is used as a bar of its colour, in the order of the numbers."""
    most = max(1, int(counts.max()))
    bars = [
        (count, f"{100 * count / most:.2f}", code_colour(index)[0])
        for index, count in enumerate(counts.tolist())
    ]
    return render("tiles", "usage_bars", bars, alt)
