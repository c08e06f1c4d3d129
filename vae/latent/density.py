"""Whether a place of latent space is near data: one rule for every page and command.

Where codes are distributions, a place z is near the data if the aggregated posterior of the n test
images, ``q(z) = 1/n sum_i N(z; mu_i, diag(sigma_i^2))``, is at least as dense there as at all but
1 % of the codes themselves: of draws from each ``q(z|x_j)``, under the posteriors of the other
images. Where codes are points, z is near if its nearest code is no farther than 99 % of the codes
are from the nearest other one.

References
----------
Hoffman and Johnson, "ELBO surgery: yet another way to carve up the variational evidence lower
bound", NIPS workshop on approximate inference, 2016 (the aggregated posterior).
"""

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np
import torch
from torch import Generator, Tensor

from vae.models.losses import gaussian_log_densities, gaussian_nll
from vae.training.metrics import Codes

OUTSIDE = 0.01
"""Share of the codes themselves that count as far from the others."""
MOST_REFERENCES = 1_000
"""Codes, evenly spaced among all, that the border is found from."""
_SEED = 23
_VALUES_AT_ONCE = 4_000_000
_VALUES_OF_A_THREAD = 32_000
"""Torch splits larger operations into threads, which wait for one another on a busy machine."""
_LEAST_DISTANCE = 1e-12


class CodeDensity:
    """How near places of latent space are to the codes of images.

    Parameters
    ----------
    codes
        mu and logvar of q(z|x), ``(n, d)``; logvar is None where codes are points.
    """

    def __init__(self, codes: Codes) -> None:
        self._mu = codes.mu.double()
        self._logvar = None if codes.logvar is None else codes.logvar.double()

    def log_density(self, z: Tensor) -> Tensor:
        """Return log q(z) of places ``(m, d)``: float64 ``(m,)``, in nats.

        Raises
        ------
        ValueError
            If codes are points: they have no density.
        """
        logvar = self._need_logvar()
        if len(z) == 1:
            return self._log_density_at(z.detach().cpu().double())
        parts = [
            torch.logsumexp(gaussian_log_densities(part, self._mu, logvar), 1)
            for part in self._split(z)
        ]
        return torch.cat(parts) - math.log(len(self._mu))

    def _log_density_at(self, z: Tensor) -> Tensor:
        """Return log q(z) of one place ``(1, d)`` without a second thread: a page waits for it."""
        rows = max(1, _VALUES_OF_A_THREAD // self._mu.shape[1])
        place = z[..., None, None]  # as an image of one pixel and d channels
        logvars = self._need_logvar().clamp(-30, 30)[..., None, None].split(rows)
        mus = self._mu[..., None, None].split(rows)
        parts = [-gaussian_nll(mu, place, logvar) for mu, logvar in zip(mus, logvars, strict=True)]
        return torch.logsumexp(torch.cat(parts), 0, keepdim=True) - math.log(len(self._mu))

    def distance(self, z: Tensor) -> Tensor:
        """Return how far places ``(m, d)`` are from the nearest code: float64 ``(m,)``."""
        return torch.cat([torch.cdist(part, self._mu).amin(1) for part in self._split(z)])

    @cached_property
    def threshold(self) -> float:
        """Log density, in nats, below which a place is not near; NaN with fewer than 2 codes."""
        densities = self._own_densities
        return float(torch.quantile(densities, OUTSIDE)) if len(densities) else math.nan

    @cached_property
    def nn_distance_q99(self) -> float:
        """Distance that 99 % of codes keep from the nearest other; NaN with fewer than 2 codes."""
        own = self._own_distances
        if not len(own):
            return math.nan
        return max(float(torch.quantile(own, 1 - OUTSIDE)), _LEAST_DISTANCE)

    def remoteness(self, z: Tensor) -> Tensor:
        """Return how far places ``(m, d)`` are from the codes: float64 ``(m,)``, 1 at the border.

        Where codes are points: the distance to the nearest in units of :attr:`nn_distance_q99`.
        Else ``sqrt((top - log q(z)) / (top - threshold))``, where ``top`` is the greatest density
        at a code: for a Gaussian that is proportional to the distance from its mean. NaN with
        fewer than 2 codes.
        """
        if self._logvar is None:
            return self.distance(z) / self.nn_distance_q99
        threshold = self.threshold
        top = float(self._own_densities.max()) if len(self._own_densities) else math.nan
        depth = (top - self.log_density(z)) / max(top - threshold, _LEAST_DISTANCE)
        return depth.clamp_min(0).sqrt()

    def is_near(self, z: Tensor) -> Tensor:
        """Return which of the places ``(m, d)`` are near: bool ``(m,)``; none with one code."""
        if self._logvar is None:
            return self.distance(z) <= self.nn_distance_q99
        return self.log_density(z) >= self.threshold

    @cached_property
    def quantiles(self) -> list[float]:
        """Scores of the codes themselves at 0, 1, ..., 100 %, ascending; none with one code.

        A score is a log density in nats or, where codes are points, minus a distance. The second
        number is the border: a place is near if its score is no lower.
        """
        if self._logvar is None:
            own, border = -self._own_distances, -self.nn_distance_q99
        else:
            own, border = self._own_densities, self.threshold
        if not len(own):
            return []
        found: list[float] = torch.quantile(own, torch.linspace(0, 1, 101).double()).tolist()
        found[1] = border
        return found

    def typicality(self, z: Tensor) -> Tensor:
        """Return the share of the codes that lie in less dense places than ``z``, ``(m, d)``.

        float64 ``(m,)``, 0 to 1, read off :attr:`quantiles`; 0 with fewer than 2 codes.
        """
        score = -self.distance(z) if self._logvar is None else self.log_density(z)
        if not self.quantiles:
            return torch.zeros_like(score)
        shares = np.interp(score.numpy(), self.quantiles, np.linspace(0, 1, len(self.quantiles)))
        return torch.from_numpy(np.asarray(shares))

    def _need_logvar(self) -> Tensor:
        if self._logvar is None:
            raise ValueError("codes that are points have no density")
        return self._logvar

    @property
    def _rows(self) -> int:
        """How many places are compared with all codes at once."""
        return max(1, _VALUES_AT_ONCE // max(1, len(self._mu)))

    def _split(self, z: Tensor) -> list[Tensor]:
        return list(z.detach().cpu().double().split(self._rows))

    @property
    def _references(self) -> Tensor:
        count = len(self._mu)
        if count < 2:
            return torch.empty(0, dtype=torch.int64)
        return torch.linspace(0, count - 1, min(count, MOST_REFERENCES)).round().long()

    @cached_property
    def _own_distances(self) -> Tensor:
        """Distances of codes from the nearest other one."""
        chosen = self._references
        if not len(chosen):
            return torch.empty(0, dtype=torch.float64)
        found = []
        for part in chosen.split(self._rows):
            distances = torch.cdist(self._mu[part], self._mu)
            distances[torch.arange(len(part)), part] = math.inf
            found.append(distances.amin(1))
        return torch.cat(found)

    @cached_property
    def _own_densities(self) -> Tensor:
        """Log densities of draws from each q(z|x_j) under the posteriors of the others."""
        logvar = self._need_logvar()
        chosen = self._references
        if not len(chosen):
            return torch.empty(0, dtype=torch.float64)
        found = []
        shape = (len(chosen), self._mu.shape[1])
        noise = torch.randn(shape, generator=Generator().manual_seed(_SEED), dtype=torch.float64)
        drawn = self._mu[chosen] + torch.exp(0.5 * logvar[chosen]) * noise
        for part, z in zip(chosen.split(self._rows), drawn.split(self._rows), strict=True):
            densities = gaussian_log_densities(z, self._mu, logvar)
            densities[torch.arange(len(part)), part] = -math.inf
            found.append(torch.logsumexp(densities, 1) - math.log(len(self._mu) - 1))
        return torch.cat(found)


def score_quantiles(
    codes: Codes, label: Tensor | None = None, labels: Iterable[int] = ()
) -> dict[str, list[float]]:
    """Return :attr:`CodeDensity.quantiles` of all codes, and of those of some classes.

    Parameters
    ----------
    label
        ``(n,)``: the class of each code; needed where there are ``labels``.

    Returns
    -------
    dict
        "" for all codes, a class's number for its own.
    """
    found = {"": CodeDensity(codes).quantiles}
    if label is not None:
        for one in labels:
            found[str(one)] = CodeDensity(members(codes, label, one)).quantiles
    return found


def members(codes: Codes, labels: Tensor, label: int) -> Codes:
    """Return the codes of one class."""
    mask = labels == label
    return Codes(codes.mu[mask], None if codes.logvar is None else codes.logvar[mask])
