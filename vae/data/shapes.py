"""A data set that is drawn here: one coloured shape an image, by factors that are known.

Such sets show whether a latent dimension has come to mean one thing, since what each image was
made of is known (dSprites: Matthey et al. 2017; 3D Shapes: Burgess and Kim 2018).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vae.data.idx import IdxFile
from vae.data.images import Split
from vae.locale import N_

Floats = NDArray[np.float32]

SIDE = 64
SHAPE = (3, SIDE, SIDE)
TRAIN_SIZE, TEST_SIZE = 8_000, 2_000

FACTORS: dict[str, Floats] = {
    "x": np.linspace(0.25, 0.75, 16, dtype=np.float32),
    "y": np.linspace(0.25, 0.75, 16, dtype=np.float32),
    N_("size"): np.linspace(0.11, 0.23, 6, dtype=np.float32),
    N_("hue"): np.linspace(0, 1, 12, endpoint=False, dtype=np.float32),
    N_("rotation"): np.linspace(0, 90, 10, endpoint=False, dtype=np.float32),
}
"""The values of each factor: place of the centre (shares of the side, y downwards), distance from
it to the farthest corner (share of the side), hue (share of the colour circle) and rotation
(degrees, clockwise). A quarter turn brings the square back to itself, so nothing turns farther."""

FACTOR_NAMES = tuple(FACTORS)
_SEED = 0
_CHUNK = 500
_ROOT_HALF = np.float32(np.sqrt(0.5))

# Each takes places u (rightwards) and v (upwards), with the farthest corner at distance 1 from the
# origin, and returns the distance to the shape's edge, negative inside; exact close to the edge.


def _polygon(corners: int) -> Callable[[Floats, Floats], Floats]:
    # A regular polygon with an edge below: the largest of the distances to its sides.
    inner = np.cos(np.pi / corners)
    angles = np.pi * (2 * np.arange(corners) / corners - 0.5)

    def distance(u: Floats, v: Floats) -> Floats:
        found = np.full_like(u, -np.inf)
        for angle in angles:
            side = u * np.float32(np.cos(angle)) + v * np.float32(np.sin(angle))
            np.maximum(found, side, out=found)
        return found - np.float32(inner)

    return distance


def _ellipse(u: Floats, v: Floats) -> Floats:
    # Half axes 1 and 1/2. The first-order distance: the implicit function over its slope.
    level = np.sqrt(u * u + 4 * v * v)
    slope = np.sqrt(u * u + 16 * v * v)
    return np.asarray(level * (level - 1) / np.maximum(slope, 1e-6), dtype=np.float32)


def _heart(u: Floats, v: Floats) -> Floats:
    # A square on its tip with a half circle on each upper side (Quilez, "2D distance functions",
    # https://iquilezles.org/articles/distfunctions2d/), brought to the radius of the others.
    scale = middle = np.float32(0.631)  # its tip is then as far away as its lobes
    x, y = np.abs(u) * scale, v * scale + middle
    quarter = np.float32(0.25)
    lobe = np.sqrt((x - quarter) ** 2 + (y - 3 * quarter) ** 2) - _ROOT_HALF / 2
    along = np.maximum(x + y, 0) / 2
    edge = np.minimum(x**2 + (y - 1) ** 2, (x - along) ** 2 + (y - along) ** 2)
    body = np.sqrt(edge) * np.sign(x - y)
    return np.asarray(np.where(x + y > 1, lobe, body) / scale, dtype=np.float32)


_KINDS: dict[str, Callable[[Floats, Floats], Floats]] = {
    N_("square"): _polygon(4),
    N_("ellipse"): _ellipse,
    N_("heart"): _heart,
    N_("triangle"): _polygon(3),
}

CLASS_NAMES = tuple(_KINDS)


def hue_to_rgb(hue: Floats) -> Floats:
    """Return pure colours, ``(n,)`` to ``(n, 3)`` in [0, 1] (HSV with saturation and value 1)."""
    offset = np.array([0, 4, 2], dtype=np.float32)
    wheel: Floats = np.mod(hue[:, None] * 6 + offset, 6)
    return np.asarray(np.clip(np.abs(wheel - 3) - 1, 0, 1), dtype=np.float32)


def render(labels: NDArray[np.int64], factors: Floats) -> NDArray[np.uint8]:
    """Draw images, with the edge of a shape spread over a pixel so that it has no steps.

    ``labels``: ``(n,)``: which of :data:`CLASS_NAMES`; ``factors``: ``(n, 5)`` in the order of
    :data:`FACTOR_NAMES`.

    Returns ``(n, 3, 64, 64)``, uint8: a shape in a pure colour on black.
    """
    images = np.empty((len(labels), *SHAPE), np.uint8)
    for kind, distance in enumerate(_KINDS.values()):
        chosen = np.flatnonzero(labels == kind)
        for start in range(0, len(chosen), _CHUNK):
            part = chosen[start : start + _CHUNK]
            images[part] = _draw(distance, factors[part])
    return images


def _draw(distance: Callable[[Floats, Floats], Floats], factors: Floats) -> NDArray[np.uint8]:
    x, y, size, hue, rotation = factors.T[:, :, None, None]
    middles = (np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) / SIDE
    right, down = middles[None, None, :] - x, middles[None, :, None] - y
    cos, sin = np.cos(np.deg2rad(rotation)), np.sin(np.deg2rad(rotation))
    u = (cos * right + sin * down) / size
    v = (sin * right - cos * down) / size
    covered = np.clip(0.5 - distance(u, v) * size * SIDE, 0, 1)  # (n, 64, 64), in pixels
    levels = hue_to_rgb(hue[:, 0, 0])[:, :, None, None] * covered[:, None]
    return np.asarray(np.round(levels * 255), dtype=np.uint8)


def draw_factors() -> tuple[NDArray[np.int64], Floats]:
    """Return classes and factors of all images: no two alike, the same every time."""
    sizes = (len(CLASS_NAMES), *(len(values) for values in FACTORS.values()))
    # The numbers of this generator are the same in every version of numpy.
    numbers = np.random.RandomState(_SEED).permutation(int(np.prod(sizes)))
    labels, *places = np.unravel_index(numbers[: TRAIN_SIZE + TEST_SIZE], sizes)
    pairs = zip(FACTORS.values(), places, strict=True)
    factors = np.stack([values[place] for values, place in pairs], axis=1)
    return labels.astype(np.int64), factors


@lru_cache(maxsize=1)
def _splits() -> tuple[Split, Split]:
    labels, factors = draw_factors()
    whole = Split(
        torch.from_numpy(render(labels, factors)),
        torch.from_numpy(labels),
        torch.from_numpy(factors),
    )
    return whole[:TRAIN_SIZE], whole[TRAIN_SIZE:]


def read(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Return the training and the test split, drawn at the first call and kept."""
    return _splits()
