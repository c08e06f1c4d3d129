"""Places in latent space: grids at the prior's quantiles, paths, differences of mean codes."""

from collections.abc import Sequence

import torch
from torch import Tensor


def quantile_axis(count: int, coverage: float = 0.95) -> Tensor:
    """Return ``count`` values at equally spaced quantiles of N(0, 1), ``coverage`` of its mass.

    Equal steps of probability show each part of the prior as often as it is drawn
    (Kingma and Welling 2014, figure 4).
    """
    if count == 1:
        return torch.zeros(1)
    tail = (1 - coverage) / 2
    quantiles = torch.linspace(tail, 1 - tail, count, dtype=torch.float64)
    axis: Tensor = torch.special.ndtri(quantiles).float()
    return axis


def manifold_grid(
    count: int, latent_dim: int, dims: tuple[int, int] = (0, 1), at: Tensor | None = None
) -> Tensor:
    """Return the codes of a ``count x count`` picture of the manifold: ``(count, count, d)``.

    Rows go from the greatest value of the second dimension down, as on a map; the other
    dimensions stay at ``at`` (the origin if not given). With one latent dimension every row
    holds the same line.
    """
    axis = quantile_axis(count)
    return plane(axis, axis, torch.zeros(latent_dim) if at is None else at, dims)


def plane(across: Tensor, up: Tensor, at: Tensor, dims: tuple[int, int] = (0, 1)) -> Tensor:
    """Return the codes of a plane through ``at``: ``(len(up), len(across), d)``.

    Parameters
    ----------
    across
        Values of dimension ``dims[0]``, from left to right.
    up
        Values of dimension ``dims[1]``, from the bottom row upwards, as on a map; with one latent
        dimension there is no second one, and every row is the same.
    at
        ``(d,)``: where the other dimensions stay.
    """
    grid = at.repeat(len(up), len(across), 1)
    grid[:, :, dims[0]] = across
    if len(at) > 1:
        grid[:, :, dims[1]] = up.flip(0)[:, None]
    return grid


def traversals(at: Tensor, dims: Sequence[int], axes: Tensor) -> Tensor:
    """Return a line of codes for each dimension, through ``at``: ``(len(dims), steps, d)``.

    Parameters
    ----------
    at
        ``(d,)``: where all the other dimensions stay.
    dims
        The dimension that each line moves along.
    axes
        ``(len(dims), steps)``: the values that it takes.
    """
    lines = at.repeat(len(dims), axes.shape[1], 1)
    index = torch.as_tensor(list(dims), device=at.device)[:, None, None]
    return lines.scatter_(2, index.expand(-1, axes.shape[1], 1), axes[:, :, None].to(lines))


def lerp(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Return a straight path of codes with both ends, ``(steps, d)``; of one step, its middle."""
    t = _shares(steps)[:, None].to(start)
    return torch.where(t < 0.5, start + t * (end - start), end - (1 - t) * (end - start))


def has_arc(start: Tensor, end: Tensor) -> bool:
    """Return whether there is an arc around the origin between two codes: see :func:`slerp`."""
    a, b = start.double(), end.double()
    if len(a) < 2 or min(a.norm(), b.norm()) < _TINY:
        return False
    return bool((a / a.norm() - b / b.norm()).norm() >= _TINY)


def slerp(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Return a path of codes along an arc around the origin, with both ends: ``(steps, d)``.

    The direction turns by equal angles (Shoemake 1985); the length goes in a straight line from
    that of one end to that of the other. Between codes of equal length that is the formula of
    White (2016), who takes it to stay where a Gaussian of many dimensions has its mass: far from
    the origin, which a straight path cuts across.

    Where there is no arc, the path is straight: an end at the origin has no direction, in one
    dimension nothing can turn, and equal directions leave nothing to turn by. Opposite directions
    have no shortest arc; then it turns through the axis that lies farthest from them.

    References
    ----------
    Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985, section 3.3; White,
    "Sampling Generative Networks", 2016 (arXiv:1609.04468), section 2.1.
    """
    if not has_arc(start, end):
        return lerp(start, end, steps)
    a, b = start.double(), end.double()
    lengths = a.norm(), b.norm()
    one, two = a / lengths[0], b / lengths[1]
    # The part of `two` across `one` spans the arc with it; this keeps its accuracy at any angle.
    across = two - (two @ one) * one
    angle = torch.atan2(across.norm(), two @ one)
    if across.norm() < _TINY:  # opposite directions
        across = torch.zeros_like(one)
        across[one.abs().argmin()] = 1.0
        across = across - (across @ one) * one
    t = _shares(steps)[:, None]
    turned = torch.cos(t * angle) * one + torch.sin(t * angle) * across / across.norm()
    path: Tensor = (turned * (lengths[0] + t * (lengths[1] - lengths[0]))).to(start)
    if steps > 1:
        path[0], path[-1] = start, end
    return path


PATHS = {"linear": lerp, "spherical": slerp}
"""Ways from one code to another: name -> the codes of ``steps`` places on it."""

_TINY = 1e-9


def _shares(steps: int) -> Tensor:
    return torch.linspace(0, 1, steps, dtype=torch.float64) if steps > 1 else torch.tensor([0.5])


def class_mean(codes: Tensor, labels: Tensor, label: int) -> Tensor | None:
    """Return the mean ``(d,)`` of a class's codes ``(n, d)``; None where it has none."""
    members = codes[labels == label]
    return members.mean(0) if len(members) else None


def prior_samples(count: int, latent_dim: int, seed: int = 7) -> Tensor:
    """Return ``count`` draws from N(0, I), ``(count, d)``, the same for the same seed."""
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))
