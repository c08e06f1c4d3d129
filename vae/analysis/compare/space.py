"""Latent spaces side by side: how many random codes fall where no test code is near."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.analysis.explore import TestCodes
from vae.analysis.generate import CodeGaussian, code_gaussian
from vae.locale import _
from vae.models import LatentModel

Floats = NDArray[np.floating[Any]]

DRAWS = 2_000
DRAW_SEED = 11
RINGS = (1.0, 2.0)
"""Standard deviations of the draws that the map shows: 39 % and 86 % of them lie inside."""

_REACH = 2.5


def draws_in_holes(model: LatentModel, codes: TestCodes, count: int = DRAWS) -> float:
    """Return the share of random codes of a model that fall where no test code is near.

    They come from the prior, or from the Gaussian fitted to the training codes where there is
    none; always the same ones.
    """
    z = model.draw_codes(count, Generator().manual_seed(DRAW_SEED))
    return float((~codes.density().is_near(z)).double().mean())


class HoleMap(NamedTuple):
    """How far places are from the codes, over a map of one or two dimensions."""

    across: Floats
    up: Floats
    remoteness: Floats
    """``(len(up), len(across))``: above 1 is a hole, see :mod:`vae.latent.density`."""
    rings: list[tuple[Floats, Floats]]
    """Circles at :data:`RINGS` standard deviations of the draws."""


def hole_map(model: LatentModel, codes: TestCodes, size: int = 64) -> HoleMap:
    """Measure the holes over all that the map shows and random draws reach.

    Raises ValueError if the space has more than two dimensions: then a map would show one plane of
    it alone.
    """
    gaussian = code_gaussian(model)
    d = len(gaussian.mean)
    if d > 2:
        raise ValueError(_("a map of holes is of 1 or 2 dimensions, not {d}").format(d=d))
    axes = [_axis(codes, gaussian, dim, size) for dim in range(d)]
    across, up = axes[0], axes[1] if d == 2 else torch.zeros(1)
    grid = torch.cartesian_prod(up, across).flip(1) if d == 2 else across[:, None]
    remoteness = codes.density().remoteness(grid).reshape(len(up), len(across))
    return HoleMap(across.numpy(), up.numpy(), remoteness.numpy(), _rings(gaussian))


def _axis(codes: TestCodes, gaussian: CodeGaussian, dim: int, size: int) -> Tensor:
    mean, reach = float(gaussian.mean[dim]), _REACH * float(gaussian.std[dim])
    low = min(codes.extent.low[dim], mean - reach)
    high = max(codes.extent.high[dim], mean + reach)
    return torch.linspace(low, high, size)


def _rings(gaussian: CodeGaussian) -> list[tuple[Floats, Floats]]:
    if len(gaussian.mean) == 1:
        return []
    angle = np.linspace(0, 2 * np.pi, 121)
    (x, y), (wide, tall) = gaussian.mean.tolist(), gaussian.std.tolist()
    return [(x + r * wide * np.cos(angle), y + r * tall * np.sin(angle)) for r in RINGS]


class Group(NamedTuple):
    """Runs that one cursor can move through, and why the others cannot be among them."""

    members: list[int]
    """Places of the runs; fewer than two where there is nothing to share."""
    reasons: list[str]


def sharing(
    names: Sequence[str], sizes: Sequence[int], continuous: Sequence[bool], titles: Sequence[str]
) -> Group:
    """Return the runs that share a latent size: the most there are, among equals the first.

    Of each run: its name, its latent size, whether every z decodes, what its family is called.
    """
    reasons = [
        _("{name} is a {title}: its codes are discrete, so there is no z to drag.").format(
            name=name, title=title
        )
        for name, title, is_continuous in zip(names, titles, continuous, strict=True)
        if not is_continuous
    ]
    able = [place for place, is_continuous in enumerate(continuous) if is_continuous]
    counts = {sizes[p]: sum(sizes[q] == sizes[p] for q in able) for p in able}
    if not counts:
        return Group([], reasons)
    chosen = max(counts, key=lambda size: counts[size])
    members = [place for place in able if sizes[place] == chosen]
    alone = counts[chosen] < 2
    reasons += [
        (
            _("{run} has {d} latent dimensions.")
            if alone
            else _("{run} has {d} latent dimensions, the others {others}.")
        ).format(run=names[place], d=sizes[place], others=chosen)
        for place in able
        if alone or place not in members
    ]
    return Group([] if alone else members, reasons)
