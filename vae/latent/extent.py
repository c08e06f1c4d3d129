"""Where the codes of a run lie: what the map and the sliders of a latent space show of it."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHARE = 0.995
"""Part of the codes that lies inside, in each dimension."""

LIMIT = 100.0
"""A place may be asked for so far from 0, in every space."""

DECIMALS = 3
"""Decimals of z that are shown and decoded, in a space of ordinary width."""

_MARGIN = 0.05
_LEAST_SHARE = 0.05


class Extent(NamedTuple):
    """What is shown of a latent space: one number a dimension, but for the last two."""

    low: list[float]
    high: list[float]
    centre: list[float]
    """Where a reader begins: the origin, or the mean code where there is no prior."""
    decimals: int
    """Decimals that a z is rounded to: more where the whole space is small."""
    limit: float
    """No place is asked for farther than this from 0, in any dimension."""


def z_range(mu: NDArray[np.floating[Any]], least: float = 3.0, share: float = SHARE) -> float:
    """Half width of a square map of latent codes, to the next half.

    Parameters
    ----------
    mu
        ``(n, d)``; n may be 0.
    least
        The map reaches at least so far: three standard deviations of the prior.
    share
        Part of the codes that lie inside, in the dimension that spreads most.
    """
    reach = float(np.quantile(np.abs(mu), share, axis=0).max()) if mu.size else 0.0
    if not np.isfinite(reach):
        reach = 0.0
    # The tolerance keeps 3.0 from becoming 3.5 by a rounding error.
    return float(max(least, np.ceil(2 * reach - 1e-6) / 2))


def extent_of(mu: NDArray[np.floating[Any]], *, has_prior: bool) -> Extent:
    """Return what to show of a latent space with the codes ``mu``, ``(n, d)``; n may be 0.

    A prior N(0, I) asks for the same scale in every dimension around the origin. Codes without one
    lie anywhere, so each dimension reaches from its lowest codes to its highest.
    """
    d = mu.shape[1]
    codes = np.nan_to_num(mu.astype(np.float64), posinf=0.0, neginf=0.0)
    limit = max(LIMIT, 2 * float(np.abs(codes).max(initial=0.0)))
    if has_prior or not len(codes):
        half = z_range(mu)
        return Extent([-half] * d, [half] * d, [0.0] * d, DECIMALS, limit)
    low, high = np.quantile(codes, [(1 - SHARE) / 2, (1 + SHARE) / 2], axis=0)
    # A unit that hardly moves keeps a slider that can be moved.
    least = max(float((high - low).max()) * _LEAST_SHARE, 1e-6) if np.any(high > low) else 1.0
    short = np.maximum(0.0, least - (high - low)) / 2
    width = high - low + 2 * short
    low, high = low - short - _MARGIN * width, high + short + _MARGIN * width
    step = 10.0 ** (np.floor(np.log10(width)) - 1)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step
    decimals = min(9, DECIMALS + max(0, math.ceil(-math.log10(float(width.max())))))
    return Extent(
        [round(value, 12) for value in low.tolist()],
        [round(value, 12) for value in high.tolist()],
        [round(value, decimals) for value in codes.mean(0).tolist()],
        decimals,
        limit,
    )


def principal_axes(mu: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the first two principal components of codes ``(n, d)``, d > 1: ``(2, d)``.

    The largest part of each is positive, so that the same codes give the same map.
    """
    codes = np.nan_to_num(mu.astype(np.float64), posinf=0.0, neginf=0.0)
    centred = codes - (codes.mean(0) if len(codes) else 0.0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors.T[:-3:-1]
    largest = np.abs(axes).argmax(1)
    signs = np.sign(axes[[0, 1], largest])
    return np.ascontiguousarray(axes * signs[:, None], dtype=np.float32)
