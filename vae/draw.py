"""A drawing as an image of a data set, and what a model makes of it.

No Streamlit here: the Draw page shows what these functions return.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.data import ImageData, Placing, pixels
from vae.errors import DataError
from vae.metrics import EVAL_SEED, Codes, check_images
from vae.models import LatentModel
from vae.pictures import to_uint8

Levels = NDArray[np.uint8]

RASTER_SIDE = 140
"""Pixels of the square raster that the browser sends: five for each of a 28 x 28 image."""
MOST_POINTS = 8000
"""A drawing holds no more places of the pen than this."""
TYPICAL_FILL = 0.65
"""Share of the pad's side that a drawing usually takes: it makes the pen as wide as it must be
for lines of the data's width."""
SAMPLES = 16
"""Draws of z that the reconstruction term of an ELBO is averaged over."""
REFERENCE_IMAGES = 2000
"""Test images that a drawing's ELBO is compared with."""
UNLIKE = 0.01
"""A drawing is called unlike the data where fewer of the test images than this share lie below."""
EASY = 0.95
"""Above this share the words say that little ink is easy to describe."""
NEIGHBOURS = 5

_BATCH = 100
_BINS = 40


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
        raise DataError("The drawing did not arrive whole: draw another stroke, or clear it.")
    return np.frombuffer(raw, np.uint8).reshape(RASTER_SIDE, RASTER_SIDE)


def pen_width(shape: tuple[int, int, int], placing: Placing) -> float:
    """Return how wide a pen, as a share of the pad's side, gives lines as wide as the data's."""
    return placing.stroke / _box(shape, placing) * TYPICAL_FILL


def _box(shape: tuple[int, int, int], placing: Placing) -> int:
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
    # The middle of pixel (14, 14) of 28 x 28, as measured on MNIST.
    corner = math.floor(size // 2 + 0.5 - mass + 0.5)
    return min(max(corner, 0), size - length)


def prepare(raster: Levels, shape: tuple[int, int, int], placing: Placing) -> Levels | None:
    """Fit a drawing into an image as the makers of a data set did.

    The drawn part is cut out, averaged down (or up) so that its longer side has ``placing.box``
    pixels, and moved by whole pixels until its centre of mass, or the middle of its box, is at the
    image's centre. So neither place nor size of a drawing matters.

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
    scale = _box(shape, placing) / max(part.shape)
    height, width = (max(1, round(side * scale)) for side in part.shape)
    small = _averaging(part.shape[0], height) @ part @ _averaging(part.shape[1], width).T
    top, left = (_corner(small, axis, shape[1 + axis], placing.centre) for axis in (0, 1))
    image = np.zeros(shape, np.uint8)
    image[0, top : top + height, left : left + width] = small.round().clip(0, 255)
    return image


class Evidence(NamedTuple):
    """The ELBO's terms, ``(n,)`` each, in nats an image."""

    recon_loss: Tensor
    kl: Tensor

    @property
    def elbo(self) -> Tensor:
        """``-recon_loss - kl``: of beta = 1, whatever the model was trained with."""
        return -self.recon_loss - self.kl


@torch.inference_mode()
def evidence(model: LatentModel, images: Tensor) -> Evidence:
    """Estimate the ELBO of uint8 images ``(n, C, H, W)`` with :data:`SAMPLES` draws of z each.

    The noise has a seed of its own, so the same images give the same figures. On grey pixels the
    reconstruction loss is a cross-entropy, and the ELBO no bound on a likelihood.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, equation 10.
    """
    generator = Generator().manual_seed(EVAL_SEED)
    parts = [model.loss(pixels(batch), SAMPLES, generator) for batch in images.split(_BATCH)]
    return Evidence(
        torch.cat([part.recon_loss for part in parts]), torch.cat([part.kl for part in parts])
    )


def reference_elbos(model: LatentModel, data: ImageData) -> NDArray[np.float32]:
    """Return the ELBOs of at most :data:`REFERENCE_IMAGES` test images, in nats, sorted.

    The images are taken at even steps: the first half of MNIST's is cleaner than the second.

    Raises
    ------
    DataError
        If the images have another shape than the model's.
    """
    check_images(model.config, data)
    images = data.test.images
    step = max(1, len(images) // REFERENCE_IMAGES)
    elbos = evidence(model, images[::step][:REFERENCE_IMAGES]).elbo
    return np.sort(np.asarray(elbos.numpy(), dtype=np.float32))


def share_below(reference: NDArray[np.float32], elbo: float) -> float:
    """Return the share of ``reference`` (sorted) that lies below ``elbo``."""
    return float(np.searchsorted(reference, elbo)) / max(1, len(reference))


def say_typical(share: float, count: int) -> str:
    """Say what it means that ``share`` of ``count`` test images have a lower ELBO."""
    if share < UNLIKE:
        lower = round(share * count)
        than = f"only {lower} of {count:,}" if lower else f"none of {count:,}"
        return f"Unlike anything it was trained on: {than} test images have a lower ELBO."
    words = f"As typical as {math.floor(100 * share)} % of {count:,} test images, or more so."
    if share > EASY:
        words += " An image with little ink is easy to describe, whatever it shows."
    return words


def nearest_codes(codes: Tensor, mu: Tensor, count: int = NEIGHBOURS) -> tuple[Tensor, Tensor]:
    """Return numbers and Euclidean distances of the codes ``(n, d)`` nearest to ``mu`` ``(d,)``."""
    distances = (codes - mu).norm(dim=1)
    found = distances.topk(min(count, len(codes)), largest=False)
    return found.indices, found.values


class Histogram(TypedDict):
    """Counts of values between ``low`` and ``high`` in equal steps."""

    low: float
    high: float
    counts: list[int]


def histogram(values: NDArray[np.float32]) -> Histogram:
    """Count values for a small histogram."""
    counts, edges = np.histogram(values, bins=_BINS)
    return {"low": float(edges[0]), "high": float(edges[-1]), "counts": counts.tolist()}


class Typical(TypedDict):
    """How a drawing's ELBO compares with those of test images."""

    share: float
    words: str
    histogram: Histogram


class Neighbour(TypedDict):
    """A test code near a drawing's mu."""

    index: int
    name: str
    distance: float
    picture: str
    """uint8 pixels ``(C, H, W)`` in base64."""
    original: bool
    """Whether the picture is the test image, not the decode of its code."""


class Reading(TypedDict):
    """What a model makes of a drawing, for the browser; pictures are uint8 pixels in base64."""

    image: str
    recon: str
    mu: list[float]
    logvar: list[float]
    elbo: float
    recon_loss: float
    kl: float
    typical: Typical | None
    nearest: list[Neighbour]


def _base64(levels: Levels) -> str:
    return base64.b64encode(np.ascontiguousarray(levels).tobytes()).decode()


@torch.inference_mode()
def read_drawing(
    model: LatentModel,
    image: Levels,
    codes: Codes,
    labels: Tensor,
    class_names: Sequence[str],
    *,
    data: ImageData | None = None,
    reference: NDArray[np.float32] | None = None,
) -> Reading:
    """Encode a prepared drawing ``(1, H, W)``, decode its mu, and say where it lies.

    Parameters
    ----------
    codes, labels
        Of the test images: ``(n, d)`` and ``(n,)``.
    data
        Shows neighbours as they are; without it, as decoded.
    reference
        From :func:`reference_elbos`; without it nothing is said of how typical the drawing is.
    """
    batch = torch.from_numpy(image)[None]
    mu, logvar = (part[0].float() for part in model.encode(pixels(batch)))
    terms = evidence(model, batch)
    elbo = float(terms.elbo)
    indices, distances = nearest_codes(codes.mu, mu)
    originals = data is not None and len(data.test) >= len(codes.mu)
    pictures: Levels
    if data is not None and originals:
        pictures = np.asarray(data.test.images[indices].numpy(), dtype=np.uint8)
    else:
        pictures = to_uint8(model.generate(codes.mu[indices]))
    typical: Typical | None = None
    if reference is not None:
        share = share_below(reference, elbo)
        words = say_typical(share, len(reference))
        typical = {"share": share, "words": words, "histogram": histogram(reference)}
    found = zip(indices.tolist(), distances.tolist(), pictures, strict=True)
    return {
        "image": _base64(image),
        "recon": _base64(to_uint8(model.generate(mu[None]))[0]),
        "mu": mu.tolist(),
        "logvar": logvar.tolist(),
        "elbo": elbo,
        "recon_loss": float(terms.recon_loss),
        "kl": float(terms.kl),
        "typical": typical,
        "nearest": [
            {
                "index": index,
                "name": _class_name(int(labels[index]), class_names),
                "distance": distance,
                "picture": _base64(picture),
                "original": originals,
            }
            for index, distance, picture in found
        ],
    }


def _class_name(label: int, class_names: Sequence[str]) -> str:
    if label < 0:
        return "no label"
    return class_names[label] if label < len(class_names) else str(label)
