"""The grid of originals and reconstructions: one piece of HTML, its pictures as data URIs.

Wide screens get the images side by side, each a column of pictures, with the rows named at the
left; phones get one image after the other, each a row of pictures with their names beneath.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vae.analysis.explore import Z_LIMIT, format_z
from vae.analysis.reconstructions import Reconstruction, sample_kind
from vae.config import ModelConfig
from vae.figures.common import ERROR_SCALE, error_colours
from vae.models import check_family
from vae.storage.pictures import png_bytes, to_uint8

Levels = NDArray[np.uint8]

_WIDE_PX, _NARROW_PX = 112, 84
"""Pictures are enlarged by whole pixels to about these widths, on a wide screen and on a phone."""
_MOST_DIMS_OF_A_LINK = 64

# Ten a row, or five, or one: every number of images that can be chosen fills its rows. The first
# of each row carries the rows' names, in the margin at the left.
STYLE = """<style>
.recon { container-type: inline-size; }
.recon ul { display: grid; gap: 1rem 6px; margin: 0; padding: 0 0 0 6.2rem; list-style: none; }
.recon li { margin: 0; padding: 0; min-width: 0; }
.recon .pictures { display: grid; gap: 6px; }
.recon figure { margin: 0; position: relative; }
.recon img { display: block; width: var(--wide); max-width: 100%; height: auto; border-radius: 0;
  image-rendering: pixelated; outline: 1px solid rgb(128 128 128 / 0.55); }
.recon figcaption { position: absolute; clip-path: inset(50%); right: calc(100% + 0.7rem);
  top: 0; bottom: 0; width: 5.6rem; display: flex; align-items: center; line-height: 1.25;
  font-size: 0.85rem; }
.recon .words { margin: 0.35rem 0 0; font-size: 0.85rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.recon .words span { display: block; }
.recon .words a { color: inherit; }
.recon b { font-weight: 600; }
.recon-scale { display: flex; flex-wrap: wrap; align-items: center; gap: 0.2rem 0.6rem;
  margin: 0.6rem 0 0; font-size: 0.85rem; }
.recon-scale i { display: inline-block; width: 9rem; height: 0.8rem;
  outline: 1px solid rgb(128 128 128 / 0.55); }
@container (min-width: 1240px) {
  .recon ul { grid-template-columns: repeat(10, minmax(0, 1fr)); }
  .recon li:nth-child(10n + 1) figcaption { clip-path: none; }
}
@container (min-width: 1000px) and (max-width: 1239.98px) {
  .recon ul { grid-template-columns: repeat(10, minmax(0, 1fr)); }
  .recon img { width: var(--narrow); }
  .recon li:nth-child(10n + 1) figcaption { clip-path: none; }
}
@container (min-width: 640px) and (max-width: 999.98px) {
  .recon ul { grid-template-columns: repeat(5, minmax(0, 1fr)); }
  .recon li:nth-child(5n + 1) figcaption { clip-path: none; }
}
@container (max-width: 639.98px) {
  .recon ul { padding: 0; gap: 1.1rem; }
  .recon .pictures { grid-template-columns: repeat(var(--pictures), minmax(0, max-content)); }
  .recon img { width: var(--narrow); }
  .recon figcaption { position: static; clip-path: none; width: auto; font-size: 0.75rem; }
  .recon .words { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1em; }
}
.st-key-recon-head { flex-wrap: wrap; }
@media (max-width: 640px) {
  .st-key-recon-head > :has(> .st-key-recon-picker) { flex: 1 0 100%; }
}
@media (pointer: coarse) {
  .recon .words a { display: inline-block; padding: 0.7rem 0; }
  [data-testid="stButtonGroup"] button { min-height: 40px; }
}
</style>"""


@dataclass(frozen=True)
class Shown:
    """Images that are shown, and what is known of them."""

    split: str
    """How the split is called in a sentence."""
    indices: Sequence[int]
    """Where they stand in their split, n of them."""
    class_names: Sequence[str]
    """The class of each."""
    found: Reconstruction
    originals: Levels | None
    """``(n, C, H, W)``, or None where the data set is not here."""
    run: str
    """Its name, for the links to the map."""
    model: ModelConfig
    """What made them: it says what the figures are, and whether there is a map."""


def _uri(levels: Levels) -> str:
    return "data:image/png;base64," + b64encode(png_bytes(levels)).decode()


def _width(pixels: int, aim: int) -> int:
    return pixels * max(1, aim // pixels)


def _rows(shown: Shown) -> list[tuple[str, str, Levels]]:
    """Return name, description and pictures ``(n, C or 3, H, W)`` of each row."""
    found = shown.found
    rows = [] if shown.originals is None else [("original", "Original of", shown.originals)]
    rows += [
        ("reconstruction", "Reconstruction of", to_uint8(found.mean)),
    ]
    if found.sample is not None:
        words = f"{sample_kind(shown.model)} sample of the reconstruction of"
        rows.append(("sample", words, to_uint8(found.sample)))
    if found.error is not None:
        rows.append(("error", "Absolute error of", error_colours(found.error.numpy())))
    return rows


def _figure(values: Tensor | None, place: int) -> str:
    if values is None:
        return "n/a"
    value = float(values[place])
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.4f}"


def _link(shown: Shown, place: int, text: str) -> str:
    """Link to the place of an image's code on the map, where an address can hold it."""
    z = shown.found.mu[place]
    is_place = check_family(shown.model.family).model.is_continuous
    if not is_place or len(z) > _MOST_DIMS_OF_A_LINK or not bool((z.abs() <= Z_LIMIT).all()):
        return escape(text)
    address = "explore?" + urlencode({"run": shown.run, "z": format_z(z.tolist())})
    return (
        f'<a href="{escape(address)}" title="Explore the place of its code mu">{escape(text)}</a>'
    )


def grid_html(shown: Shown) -> str:
    """Return the grid as HTML; everything from outside is escaped."""
    rows = _rows(shown)
    height, width = rows[0][2].shape[-2:]
    cards = []
    for place, index in enumerate(shown.indices):
        name = shown.class_names[place]
        subject = f"{shown.split} image {index}, class {name}"
        pictures = "".join(
            f'<figure><img src="{_uri(levels[place])}" alt="{escape(f"{words} {subject}")}" '
            f'width="{width}" height="{height}"><figcaption>{escape(title)}</figcaption></figure>'
            for title, words, levels in rows
        )
        loss, kl = (_figure(values, place) for values in (shown.found.recon_loss, shown.found.kl))
        cards.append(
            f'<li data-testid="recon-image" data-index="{index}">'
            f'<div class="pictures">{pictures}</div><p class="words">'
            f"<span>{_link(shown, place, f'{shown.split} {index}')}</span>"
            f"<span>class {escape(name)}</span>"
            f"<span>loss <b>{loss}</b></span><span>KL <b>{kl}</b></span></p></li>"
        )
    sizes = (
        f"--wide: {_width(width, _WIDE_PX)}px; --narrow: {_width(width, _NARROW_PX)}px; "
        f"--pictures: {len(rows)}"
    )
    scale = "" if shown.found.error is None else _scale()
    return (
        f'<div class="recon" data-testid="recon-grid" style="{sizes}"><ul>{"".join(cards)}</ul>'
        f"{scale}</div>"
    )


def _scale() -> str:
    return (
        '<p class="recon-scale" data-testid="error-scale"><span>Error |x − x̂|:</span>'
        "<span>0, black: drawn as it is</span>"
        f'<i style="background: linear-gradient(to right, {", ".join(ERROR_SCALE)})"></i>'
        "<span>1, pale yellow: black for white or white for black</span></p>"
    )
