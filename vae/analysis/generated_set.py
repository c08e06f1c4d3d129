"""A data set that a model generates: from a grid of places or from its prior, to download."""

import io
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.analysis.generate import (
    Levels,
    codebook_of,
    images_at,
    images_of_grids,
    in_turn,
    manifold,
)
from vae.config import RunConfig
from vae.errors import ConfigError
from vae.locale import _, numbers
from vae.models import LatentModel
from vae.storage.pictures import png_bytes, sheet

MAX_IMAGES = 10_000
"""Most images of a set."""

BLOCK = 200
"""Draws are made so many at a time: then the first of many are those of few."""

Source = Literal["grid", "draws"]


@dataclass(frozen=True)
class SetPlan:
    """What a generated set is made of; fields of the other source are left alone."""

    source: Source = "grid"
    size: int = 20
    """Places of the grid along each of its sides."""
    dims: tuple[int, int] = (0, 1)
    coverage: float = 0.95
    """Share of the prior's mass between the first and the last place, in each dimension."""
    even: bool = False
    """Equal steps of z in the grid, instead of equal steps of probability."""
    count: int = 1000
    """How many images are drawn; the next four belong to draws as well."""
    seed: int = 0
    temperature: float = 1.0
    labels: tuple[int, ...] = ()
    """For a conditional model: each label for the whole grid, or for draws in turn."""


class GeneratedSet(NamedTuple):
    """Images and what they were drawn from."""

    images: Levels
    """``(n, C, H, W)``."""
    z: Tensor | None
    """``(n, d)``; None where codes are discrete."""
    labels: Tensor | None
    """``(n,)``; None where the model is not conditional."""
    codes: Tensor | None = None
    """``(n, h, w)``: the entries of the codebook; None where codes are vectors."""


def sides_of(latent_dim: int) -> int:
    """Return in how many directions a grid extends: 2, but for one latent dimension."""
    return min(2, latent_dim)


def set_size(plan: SetPlan, latent_dim: int) -> int:
    """Return how many images a set has."""
    if plan.source == "draws":
        return plan.count
    return int(plan.size ** sides_of(latent_dim)) * max(1, len(plan.labels))


def most_places(latent_dim: int, num_labels: int) -> int:
    """Return the longest side of a grid that stays within :data:`MAX_IMAGES`."""
    each = MAX_IMAGES // max(1, num_labels)
    return each if sides_of(latent_dim) == 1 else math.isqrt(each)


def make_set(model: LatentModel, plan: SetPlan) -> GeneratedSet:
    """Draw a set; the same plan gives the same set.

    Raises ConfigError if it would have more than :data:`MAX_IMAGES` images, or a grid is asked of
    discrete codes.
    """
    size = set_size(plan, model.config.latent_dim)
    if not 1 <= size <= MAX_IMAGES:
        raise ConfigError(
            _(
                "a generated set has 1 to {most} images, not {size}: take fewer places, "
                "draws or labels."
            ).format(most=numbers.count(MAX_IMAGES), size=numbers.count(size))
        )
    if not model.is_continuous:
        return _discrete_draws(model, plan)
    if plan.source == "draws":
        z = _draws(model.draw_codes, plan)
        labels = in_turn(plan.labels, plan.count)
    else:
        grid = manifold(
            model, plan.size, dims=plan.dims, coverage=plan.coverage, even=plan.even
        ).flatten(0, 1)
        z, labels = grid, None
        if plan.labels:
            z = grid.repeat(len(plan.labels), 1)
            labels = torch.tensor(plan.labels).repeat_interleave(len(grid))
    return GeneratedSet(images_at(model, z, labels), z, labels)


def _draws(draw: Callable[[int, Generator, float], Tensor], plan: SetPlan) -> Tensor:
    generator = Generator().manual_seed(plan.seed)
    counts = [min(BLOCK, plan.count - start) for start in range(0, plan.count, BLOCK)]
    return torch.cat([draw(count, generator, plan.temperature) for count in counts])


@torch.inference_mode()
def _discrete_draws(model: LatentModel, plan: SetPlan) -> GeneratedSet:
    if plan.source != "draws":
        raise ConfigError(
            _("there is no grid of places between discrete codes: take draws instead.")
        )
    grids = _draws(codebook_of(model).draw_indices, plan)
    return GeneratedSet(images_of_grids(model, grids), None, None, grids)


def preview_plan(plan: SetPlan, latent_dim: int, most: int = 225) -> SetPlan:
    """Return a plan for few of the images, quick to make.

    The first :data:`BLOCK` draws; or a coarser grid over the same range, of at most ``most``
    places, under the first label alone.
    """
    if plan.source == "draws":
        return replace(plan, count=min(plan.count, BLOCK))
    side = most if sides_of(latent_dim) == 1 else math.isqrt(most)
    return replace(plan, size=min(plan.size, side), labels=plan.labels[:1])


def columns_of(plan: SetPlan, count: int) -> int:
    """Return how many images stand side by side on the sheet of a set of ``count``."""
    if plan.source == "grid":
        return min(plan.size, 100)
    square = math.ceil(math.sqrt(count))
    classes = len(plan.labels)
    # A column is of one class where the classes come in turn.
    return square if classes < 2 else max(1, round(square / classes)) * classes


def sheet_png(found: GeneratedSet, plan: SetPlan, *, factor: int = 1, gap: int = 0) -> bytes:
    """Return all images of a set on one sheet, as PNG."""
    columns = columns_of(plan, len(found.images))
    return png_bytes(sheet(found.images, columns, factor=factor, gap=gap))


def npz_bytes(found: GeneratedSet, plan: SetPlan, config: RunConfig) -> bytes:
    """Return a set as a compressed NPZ file that ``np.load`` reads without pickle.

    It holds ``images`` (uint8, ``(n, H, W)``, or ``(n, H, W, 3)`` in colour), ``z`` (float32,
    ``(n, d)``) where codes are vectors or ``codes`` (int64, ``(n, h, w)``) where they are entries
    of a codebook, ``labels`` (int64, ``(n,)``) where the model is conditional, and two texts in
    JSON: ``config``, the run's settings, and ``plan``, those of the set.
    """
    is_grey = found.images.shape[1] == 1
    arrays: dict[str, NDArray[Any]] = {
        "images": found.images[:, 0] if is_grey else found.images.transpose(0, 2, 3, 1),
        "config": np.array(config.to_json()),
        "plan": np.array(json.dumps(asdict(plan))),
    }
    for name, tensor in (("z", found.z), ("codes", found.codes), ("labels", found.labels)):
        if tensor is not None:
            arrays[name] = tensor.cpu().numpy()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
