"""The grid of originals and reconstructions: one piece of HTML, its pictures as data URIs.

Wide screens get the images side by side, each a column of pictures, with the rows named at the
left; phones get one image after the other, each a row of pictures with their names beneath.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from torch import Tensor

from vae.analysis.explore import Z_LIMIT, format_z
from vae.analysis.reconstructions import Reconstruction, sample_kind
from vae.config import ModelConfig
from vae.figures.reconstructions import ERROR_SCALE, error_colours
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models import check_family
from vae.storage.pictures import to_uint8
from vae.ui.shared.html import render
from vae.ui.shared.tiles import Tile

Levels = NDArray[np.uint8]

_WIDE_PX, _NARROW_PX = 112, 84
"""Pictures are enlarged by whole pixels to about these widths, on a wide screen and on a phone."""
_MOST_DIMS_OF_A_LINK = 64


@dataclass(frozen=True)
class Grid:
    """Images that are shown, and what is known of them."""

    split: str
    """How the split is called, as the code writes it."""
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


def _width(pixels: int, aim: int) -> int:
    return pixels * max(1, aim // pixels)


def _rows(shown: Grid) -> list[tuple[str, str, Levels]]:
    """Return name, description and pictures ``(n, C or 3, H, W)`` of each row."""
    found = shown.found
    rows = []
    if shown.originals is not None:
        rows.append((_("original"), _("Original of {image}"), shown.originals))
    rows.append((_("reconstruction"), _("Reconstruction of {image}"), to_uint8(found.mean)))
    if found.sample is not None:
        words = (
            _("Bernoulli sample of the reconstruction of {image}")
            if sample_kind(shown.model) == "Bernoulli"
            else _("Gaussian sample of the reconstruction of {image}")
        )
        rows.append((_("sample"), words, to_uint8(found.sample)))
    if found.error is not None:
        error = error_colours(found.error.numpy())
        rows.append((_("error"), _("Absolute error of {image}"), error))
    return rows


def _figure(values: Tensor | None, place: int) -> str:
    if values is None:
        return "n/a"
    value = float(values[place])
    return formatted(value, ".1f" if abs(value) >= 1 else ".4f")


def _address(shown: Grid, place: int) -> str:
    """Return where an image's code is on the map; "" where no address can hold it."""
    z = shown.found.mu[place]
    is_place = check_family(shown.model.family).model.is_continuous
    if not is_place or len(z) > _MOST_DIMS_OF_A_LINK or not bool((z.abs() <= Z_LIMIT).all()):
        return ""
    return "explore?" + urlencode({"run": shown.run, "z": format_z(z.tolist())})


def grid_html(shown: Grid) -> Markup:
    """Return the grid as HTML."""
    rows = _rows(shown)
    width = rows[0][2].shape[-1]
    cards = []
    for place, index in enumerate(shown.indices):
        name = shown.class_names[place]
        subject = _("{split} image {index}, class {name}").format(
            split=_(shown.split), index=index, name=name
        )
        cards.append(
            {
                "index": index,
                "name": name,
                "title": f"{_(shown.split)} {index}",
                "address": _address(shown, place),
                "tiles": [
                    Tile(levels[place], words.format(image=subject), t) for t, words, levels in rows
                ],
                "loss": _figure(shown.found.recon_loss, place),
                "kl": _figure(shown.found.kl, place),
            }
        )
    return render(
        "reconstructions",
        "grid",
        cards,
        _width(width, _WIDE_PX),
        _width(width, _NARROW_PX),
        len(rows),
        () if shown.found.error is None else ERROR_SCALE,
    )
