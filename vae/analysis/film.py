"""A path drawn across the latent map, as a film strip and as an animation."""

from typing import NamedTuple

import torch

from vae.analysis.generate import images_at
from vae.models import LatentModel
from vae.storage.pictures import gif_bytes, png_bytes, sheet, whole_factor

MOST_PLACES = 24
COLUMNS = 12
_SIDE_PX = 168
_STRIP_SIDE_PX = 84
_FRAME_MS = 80


class Film(NamedTuple):
    """What a path decodes to."""

    strip: bytes
    """PNG: its pictures in rows of :data:`COLUMNS`."""
    animation: bytes
    """GIF: along the path and back."""


def path_of(sent: object, latent_dim: int, limit: float) -> list[tuple[float, ...]]:
    """Return the places ``(n, latent_dim)`` that a browser sent; none where they are no path.

    Parameters
    ----------
    limit
        No coordinate lies farther than this from 0.
    """
    if not isinstance(sent, list) or not 2 <= len(sent) <= MOST_PLACES:
        return []
    places: list[tuple[float, ...]] = []
    for place in sent:
        if not isinstance(place, list) or len(place) != latent_dim:
            return []
        if not all(isinstance(value, int | float) and abs(value) <= limit for value in place):
            return []
        places.append(tuple(map(float, place)))
    return places


def film(model: LatentModel, places: list[tuple[float, ...]], label: int | None) -> Film:
    """Decode the places of a path, under a label where the decoder is told one."""
    images = images_at(model, torch.tensor(places), label)
    side = images.shape[-1]
    strip = sheet(images, COLUMNS, factor=whole_factor(side, _STRIP_SIDE_PX), gap=2)
    factor = whole_factor(side, _SIDE_PX)
    return Film(
        png_bytes(strip),
        gif_bytes(images, frame_ms=_FRAME_MS, factor=factor, there_and_back=True),
    )
