"""Images that a model generates at chosen places of its latent space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.data import pixels
from vae.latent.places import PATHS, lerp, plane, quantile_axis, traversals
from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.models import FAMILIES, LatentModel, check_family
from vae.models.vq import VQVAE
from vae.storage.pictures import to_uint8
from vae.training.metrics import Codes, kl_per_dim

Levels = NDArray[np.uint8]

BATCH = 500
"""Codes that are decoded at once: enough to be quick, few enough for memory."""

_DISCRETE = N_(
    "The codes of this {title} are discrete: an image is a grid of entries of a codebook. {why} "
    "Samples and Codebook show what it can do."
)


@dataclass(frozen=True)
class View:
    """A kind of picture of latent space: how it is called, and why it may not apply."""

    title: str
    why_not_discrete: str = ""
    """Why it needs codes that vary without steps; empty where it does not."""


VIEWS: dict[str, View] = {
    "samples": View(N_("Samples")),
    "manifold": View(N_("Manifold"), N_("So there is no plane of codes to lay a grid over.")),
    "traversals": View(N_("Traversals"), N_("So no dimension runs from low to high.")),
    "interpolation": View(N_("Interpolation"), N_("So there is no place between two codes.")),
    "arithmetic": View(
        N_("Arithmetic"), N_("So codes cannot be added: a sum of entries is no entry.")
    ),
    "classes": View(N_("Classes")),
    "codebook": View(N_("Codebook")),
    "dataset": View(N_("Data set")),
}
"""The views of the page, in their order."""


def _titles(chosen: Callable[[type[LatentModel]], bool]) -> str:
    return _(" or ").join(_(kind.title) for kind in FAMILIES.values() if chosen(kind.model))


def why_not(view: str, family: str) -> str | None:
    """Return the sentence that says why a view does not apply to a family; None where it does."""
    kind = check_family(family)
    model, reason = kind.model, VIEWS[view].why_not_discrete
    if reason and not model.is_continuous:
        return _(_DISCRETE).format(title=_(kind.title), why=_(reason))
    if view == "classes" and not model.is_conditional:
        return _(
            "This {title} is not conditional, so one z gives one picture. Choose a run of a "
            "{others} to see one z under every class."
        ).format(title=_(kind.title), others=_titles(lambda other: other.is_conditional))
    if view == "codebook" and model.is_continuous:
        others = _titles(lambda other: not other.is_continuous)
        words = _(
            "A code of this {title} is a vector of numbers, each of any value: it has no codebook."
        ).format(title=_(kind.title))
        if others:
            words += " " + _("Choose a run of a {others} to see one.").format(others=others)
        return words
    return None


class CodeGaussian(NamedTuple):
    """Mean and standard deviation of the codes that a model draws, each ``(d,)``."""

    mean: Tensor
    std: Tensor


def code_gaussian(model: LatentModel) -> CodeGaussian:
    """Return the prior N(0, I); for a model without one, the Gaussian fitted to training codes."""
    if model.has_prior:
        d = model.config.latent_dim
        return CodeGaussian(torch.zeros(d), torch.ones(d))
    return CodeGaussian(model.get_buffer("code_mean"), model.get_buffer("code_std"))


class Ranking(NamedTuple):
    """Latent dimensions, the most informative first."""

    order: list[int]
    figures: list[float]
    """Of each dimension, by its number."""
    name: str
    unit: str

    def words(self, dim: int) -> str:
        """Return the figure of a dimension."""
        return f"{_(self.name)} {formatted(self.figures[dim], '.2f')}{self.unit}"


def rank_dims(codes: Codes) -> Ranking:
    """Rank dimensions by their mean KL; where codes are points, by how far those spread."""
    kl = kl_per_dim(codes)
    if kl is not None:
        figures, name, unit = kl, "KL", " nats"
    else:
        spread = codes.mu.std(0) if len(codes.mu) > 1 else torch.zeros(codes.mu.shape[1])
        figures, name, unit = spread, N_("spread"), ""
    figures = figures.nan_to_num()
    order = figures.argsort(descending=True, stable=True).tolist()
    return Ranking(order, figures.tolist(), name, unit)


@torch.inference_mode()
def images_at(model: LatentModel, z: Tensor, labels: Tensor | int | None = None) -> Levels:
    """Return the mean images at codes ``z`` as grey levels: ``(..., d)`` to ``(..., C, H, W)``.

    ``labels`` is one label for all, or one for each code; families that are not conditional do
    without.
    """
    flat = z.reshape(-1, z.shape[-1])
    given = None
    if labels is not None:
        given = torch.as_tensor(labels).expand(z.shape[:-1]).reshape(-1)
    parts = [
        to_uint8(model.generate(part, None if given is None else given[start : start + BATCH]))
        for start, part in zip(range(0, len(flat), BATCH), flat.split(BATCH), strict=True)
    ]
    return np.concatenate(parts).reshape(*z.shape[:-1], *model.config.image_shape)


@torch.inference_mode()
def samples(
    model: LatentModel,
    count: int,
    seed: int,
    temperature: float = 1.0,
    labels: Sequence[int] = (),
) -> Levels:
    """Draw ``count`` images from the model: ``(n, C, H, W)``, in turn of each of ``labels``."""
    generator = Generator().manual_seed(seed)
    return to_uint8(model.sample(count, generator, in_turn(labels, count), temperature))


def in_turn(labels: Sequence[int], count: int) -> Tensor | None:
    """Return ``count`` labels, each of ``labels`` in turn; None where there are none."""
    if not labels:
        return None
    return torch.tensor(labels)[torch.arange(count) % len(labels)]


def axes(
    gaussian: CodeGaussian,
    dims: Sequence[int],
    steps: int,
    *,
    coverage: float = 0.95,
    even: bool = False,
) -> Tensor:
    """Return the values that each of ``dims`` takes from low to high: ``(len(dims), steps)``.

    ``coverage`` is the Gaussian's mass between the first and the last value; ``even`` takes equal
    steps of z between those two, instead of equal steps of probability.
    """
    axis = quantile_axis(steps, coverage)
    if even and steps > 1:
        axis = torch.linspace(float(axis[0]), float(axis[-1]), steps)
    chosen = list(dims)
    return gaussian.mean[chosen, None] + gaussian.std[chosen, None] * axis


def manifold(
    model: LatentModel,
    size: int,
    *,
    at: Tensor | None = None,
    dims: tuple[int, int] = (0, 1),
    coverage: float = 0.95,
    even: bool = False,
) -> Tensor:
    """Return the codes of a picture of the manifold: ``(size, size, d)``, for d = 1 one row.

    The two dimensions take equal quantiles of the prior (Kingma and Welling 2014, figure 4), or of
    the Gaussian of the training codes where there is no prior; the others stay at ``at``, in the
    middle of it if not given.
    """
    gaussian = code_gaussian(model)
    centre = gaussian.mean if at is None else at
    if len(centre) == 1:
        (across,) = axes(gaussian, (0,), size, coverage=coverage, even=even)
        return plane(across, across[:1], centre, (0, 0))
    across, up = axes(gaussian, dims, size, coverage=coverage, even=even)
    return plane(across, up, centre, dims)


def dimension_lines(
    model: LatentModel,
    dims: Sequence[int],
    steps: int,
    *,
    at: Tensor | None = None,
    reach: float | None = None,
) -> Tensor:
    """Return the codes along each of ``dims``: ``(len(dims), steps, d)``.

    They take quantiles of the prior or, with ``reach``, even steps within so many of its standard
    deviations.
    """
    gaussian = code_gaussian(model)
    if reach is None:
        values = axes(gaussian, dims, steps)
    else:
        chosen = list(dims)
        line = lerp(-torch.tensor([reach]), torch.tensor([reach]), steps)[:, 0]
        values = gaussian.mean[chosen, None] + gaussian.std[chosen, None] * line
    return traversals(gaussian.mean if at is None else at, dims, values)


def path(kind: str, start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Return the codes of a path of :data:`vae.latent.places.PATHS`: ``(steps, d)``."""
    return PATHS[kind](start, end, steps)


def codebook_of(model: LatentModel) -> VQVAE:
    """Return a model with discrete codes as one."""
    return cast(VQVAE, model)


@torch.inference_mode()
def images_of_grids(model: LatentModel, grids: Tensor) -> Levels:
    """Return the mean images of grids of codes: ``(n, h, w)`` to ``(n, C, H, W)``."""
    book = codebook_of(model)
    parts = [torch.sigmoid(book.decode_indices(part).float()) for part in grids.split(BATCH)]
    return np.concatenate([to_uint8(part) for part in parts])


class CodeGrid(NamedTuple):
    """An image as a grid of entries of a codebook."""

    original: Levels
    """``(C, H, W)``."""
    indices: NDArray[np.int64]
    """``(h, w)``."""
    reconstruction: Levels
    """``(C, H, W)``."""


@torch.inference_mode()
def code_grid(model: LatentModel, image: Tensor) -> CodeGrid:
    """Return the codes of one image, uint8 ``(C, H, W)``, and what they decode to."""
    grids = codebook_of(model).indices(pixels(image[None]))
    return CodeGrid(image.numpy(), grids[0].numpy(), images_of_grids(model, grids)[0])


@torch.inference_mode()
def code_counts(model: LatentModel, images: Tensor) -> NDArray[np.int64]:
    """Return how often each entry of the codebook stands for a part of uint8 images: ``(K,)``."""
    book, size = codebook_of(model), model.config.codebook
    counts = torch.zeros(size, dtype=torch.int64)
    for batch in images.split(BATCH):
        counts += torch.bincount(book.indices(pixels(batch)).flatten(), minlength=size)
    return counts.numpy()
