"""Places in latent space: grids at the prior's quantiles."""

from __future__ import annotations

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
    grid = (torch.zeros(latent_dim) if at is None else at).repeat(count, count, 1)
    grid[:, :, dims[0]] = axis
    if latent_dim > 1:
        grid[:, :, dims[1]] = axis.flip(0)[:, None]
    return grid


def prior_samples(count: int, latent_dim: int, seed: int = 7) -> Tensor:
    """Return ``count`` draws from N(0, I), ``(count, d)``, the same for the same seed."""
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))
