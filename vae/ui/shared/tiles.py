"""The Generate page's pictures as HTML: strips, labelled rows, sums, grids of codes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.analysis.explore import SMALL
from vae.analysis.generate import Levels
from vae.storage.pictures import png_bytes, sheet, whole_factor

SHEET_PX = 1160
"""Sheets are enlarged by whole pixels to at most about this width."""
_OUTLINE = "1px solid rgb(128 128 128 / 0.55)"
_GOLDEN_ANGLE = 137.508
_NARROW_PX = 56
_LIGHTNESS = (42, 56, 70, 84)

STYLE = f"""<style>
.gen {{ container-type: inline-size; font-size: 0.9rem; line-height: 1.35; }}
.gen img {{ display: block; max-width: 100%; height: auto; border-radius: 0;
  image-rendering: pixelated; }}
.gen figure {{ margin: 0; min-width: 0; }}
.gen figure > img, .gen-codes {{ outline: {_OUTLINE}; }}
.gen figcaption {{ margin-top: 0.3rem; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }}
.gen-strip {{ display: flex; flex-wrap: wrap; gap: 0.7rem 6px; }}
.gen-strip figure {{ width: var(--side); }}
.gen figure.end > img {{ outline: 3px solid var(--st-primary-color, #1b6338); }}
.gen-wall img {{ outline: {_OUTLINE}; }}
.gen-wall {{ display: grid; gap: 3px; grid-template-columns: var(--wide); }}
.gen-sum {{ display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0.8rem 0.9rem; }}
.gen-sum figure {{ width: max(var(--side), 7.5rem); }}
.gen-sum figure > img {{ width: var(--side); }}
.gen-sum .sign {{ font-size: 1.5rem; min-height: var(--side); display: flex;
  align-items: center; white-space: nowrap; }}
.gen-rows {{ display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 6px 0.9rem;
  align-items: center; }}
.gen-rows p {{ margin: 0; }}
.gen-rows b {{ font-weight: 600; }}
.gen-rows span {{ display: block; font-variant-numeric: tabular-nums; }}
.gen-codes {{ display: grid; width: min(100%, var(--width)); aspect-ratio: var(--ratio);
  grid-template-columns: repeat(var(--columns), 1fr); }}
.gen-codes i {{ display: grid; place-items: center; font-style: normal; min-width: 0;
  overflow: hidden; font-variant-numeric: tabular-nums; font-size: var(--font); }}
.gen-bars {{ display: flex; align-items: flex-end; gap: 1px; height: 9rem;
  border-bottom: {_OUTLINE}; }}
.gen-bars i {{ flex: 1 1 0; min-width: 0; height: var(--share); background: var(--colour); }}
.gen .still {{ display: none; margin: 0; }}
@media (prefers-reduced-motion: reduce) {{
  .gen .motion {{ display: none; }}
  .gen .still {{ display: block; }}
}}
@media (pointer: coarse) {{
  [data-testid="stMain"] [data-testid="stButtonGroup"] button {{ min-height: 2.6rem; }}
}}
@container (max-width: 639.98px) {{
  .gen-rows {{ grid-template-columns: minmax(0, 1fr); gap: 0.15rem; }}
  .gen-rows p {{ margin-top: 0.4rem; }}
  .gen-rows span {{ display: inline; margin-left: 0.6em; }}
  .gen-wall {{ grid-template-columns: var(--narrow); }}
  .gen-strip figure {{ width: min(var(--side), calc((100cqw - 18px) / 4)); }}
  .gen-sum .sign {{ min-height: 0; width: 100%; font-size: 1.2rem; }}
  .gen-sum figure {{ width: calc(50% - 0.5rem); }}
}}
</style>"""


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


def data_uri(content: bytes, kind: str = "png") -> str:
    """Return a picture as an address that holds all of it."""
    return f"data:image/{kind};base64," + b64encode(content).decode()


def _figure(tile: Tile, factor: int) -> str:
    height, width = tile.levels.shape[-2:]
    caption = f"<figcaption>{escape(tile.caption)}</figcaption>" if tile.caption else ""
    kind = ' class="end"' if tile.is_end else ""
    return (
        f'<figure{kind}><img src="{data_uri(png_bytes(tile.levels))}" alt="{escape(tile.alt)}" '
        f'width="{width * factor}" height="{height * factor}">{caption}</figure>'
    )


def _factor(levels: Levels, side: int) -> int:
    return whole_factor(levels.shape[-1], side)


def _side(levels: Levels, factor: int) -> str:
    return f"--side: {levels.shape[-1] * factor}px"


def strip(tiles: Sequence[Tile], side: int = 84) -> str:
    """Return pictures side by side, each about ``side`` pixels wide; they wrap where they must."""
    factor = _factor(tiles[0].levels, side)
    figures = "".join(_figure(tile, factor) for tile in tiles)
    size = _side(tiles[0].levels, factor)
    return f'<div class="gen"><div class="gen-strip" style="{size}">{figures}</div></div>'


def wall(images: Levels, alt: str, *, columns: int | None = None, side: int = 84) -> str:
    """Return many pictures ``(n, C, H, W)`` as one, as many in a row as there is room for.

    With ``columns`` there are so many in each row, and they shrink where there is less room.
    """
    pixels = images.shape[-1]
    wide, narrow = (pixels * whole_factor(pixels, aim) for aim in (side, _NARROW_PX))
    cells = (
        "repeat(auto-fill, {0}px)" if columns is None else f"repeat({columns}, minmax(0, {{0}}px))"
    )
    style = f"--wide: {cells.format(wide)}; --narrow: {cells.format(narrow)}"
    inner = "".join(
        f'<img src="{data_uri(png_bytes(image))}" alt="" width="{wide}" height="{wide}">'
        for image in images
    )
    return (
        f'<div class="gen" role="img" aria-label="{escape(alt)}"><div class="gen-wall" '
        f'data-testid="gen-wall" style="{style}">{inner}</div></div>'
    )


def moving(animation: bytes, alt: str) -> str:
    """Return an animated GIF; words instead for whoever has asked the system for less motion."""
    return (
        '<div class="gen"><figure class="motion"><img data-testid="animation" '
        f'alt="{escape(alt)}" src="{data_uri(animation, "gif")}"></figure>'
        '<p class="still" data-testid="no-animation">This system asks for less motion, so the '
        "animation does not play here. It can be downloaded.</p></div>"
    )


class Cells(str):
    """The HTML of a grid of codes, from :func:`code_cells`."""

    __slots__ = ()


def equation(parts: Sequence[Tile | str], side: int = 140) -> str:
    """Return pictures with what stands between them: signs, or pieces of HTML of this module."""
    first = next(part for part in parts if isinstance(part, Tile))
    factor = _factor(first.levels, side)
    inner = "".join(
        _figure(part, factor)
        if isinstance(part, Tile)
        else part
        if isinstance(part, Cells)
        else f'<span class="sign">{escape(part)}</span>'
        for part in parts
    )
    size = _side(first.levels, factor)
    return f'<div class="gen"><div class="gen-sum" style="{size}">{inner}</div></div>'


class Row(NamedTuple):
    """A row of pictures with its name."""

    images: Levels
    """``(n, C, H, W)``."""
    name: str
    words: str
    alt: str


def rows(found: Sequence[Row], side: int = 56) -> str:
    """Return rows of pictures, one under the other, each with its name at the left."""
    factor = _factor(found[0].images, side)
    parts = []
    for row in found:
        joined = sheet(row.images, len(row.images), factor=factor, gap=2)
        height, width = joined.shape[-2:]
        parts.append(
            f'<p data-testid="gen-row"><b>{escape(row.name)}</b><span>{escape(row.words)}</span>'
            f'</p><img src="{data_uri(png_bytes(joined))}" alt="{escape(row.alt)}" '
            f'width="{width}" height="{height}">'
        )
    return f'<div class="gen"><div class="gen-rows">{"".join(parts)}</div></div>'


def strips(found: Sequence[tuple[str, Sequence[Tile]]], side: int = 84) -> str:
    """Return strips of pictures, one under the other, each with its name at the left."""
    factor = _factor(found[0][1][0].levels, side)
    parts = "".join(
        f'<p data-testid="gen-row"><b>{escape(name)}</b></p><div class="gen-strip" '
        f'style="{_side(tiles[0].levels, factor)}">'
        f"{''.join(_figure(tile, factor) for tile in tiles)}</div>"
        for name, tiles in found
    )
    return f'<div class="gen"><div class="gen-rows">{parts}</div></div>'


def code_colour(index: int) -> tuple[str, str]:
    """Return the colour of an entry of a codebook, always the same, and one to write on it."""
    lightness = _LIGHTNESS[index % len(_LIGHTNESS)]
    hue = round(index * _GOLDEN_ANGLE % 360, 1)
    return f"hsl({hue} 45% {lightness}%)", "#000" if lightness > 50 else "#fff"


def code_cells(indices: NDArray[np.int64], width: int) -> Cells:
    """Return a grid of codes ``(h, w)`` as coloured cells with their numbers."""
    height, columns = indices.shape
    cells = []
    for index in indices.flatten().tolist():
        ground, ink = code_colour(index)
        cells.append(f'<i style="background: {ground}; color: {ink}">{index}</i>')
    style = (
        f"--columns: {columns}; --ratio: {columns} / {height}; --width: {width}px; "
        f"--font: {min(0.85, 4.6 / columns + 0.1):.2f}rem"
    )
    numbers = "; ".join(" ".join(map(str, row)) for row in indices.tolist())
    return Cells(
        f'<figure><div class="gen-codes" data-testid="code-grid" role="img" style="{style}" '
        f'aria-label="Code numbers, row by row: {numbers}">{"".join(cells)}</div>'
        f"<figcaption>{height} × {columns} codes</figcaption></figure>"
    )


def usage_bars(counts: NDArray[np.int64], alt: str) -> str:
    """Return how often each code is used as a bar of its colour, in the order of the numbers."""
    most = max(1, int(counts.max()))
    bars = "".join(
        f'<i style="--share: {100 * count / most:.2f}%; --colour: {code_colour(index)[0]}" '
        f'title="code {index}: {count} times"></i>'
        for index, count in enumerate(counts.tolist())
    )
    return (
        f'<div class="gen"><div class="gen-bars" data-testid="code-usage" role="img" '
        f'aria-label="{escape(alt)}">{bars}</div></div>'
    )
