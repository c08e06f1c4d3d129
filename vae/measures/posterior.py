"""Information in the codes: KL per dimension, active units, and the aggregated posterior.

The aggregated posterior is the mean of q(z|x) over images, q(z). The mean KL of the codes is the
sum of two parts: ``mean_x KL(q(z|x) || p(z)) = I(x; z) + KL(q(z) || p(z))``.

References
----------
Hoffman and Johnson, "ELBO surgery: yet another way to carve up the variational evidence lower
bound", NIPS workshop on approximate inference, 2016; Burda et al. 2016 (arXiv:1509.00519),
section 5.1 (active units).
"""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from vae.measures.base import MeasureValue, Subject, evenly_spaced
from vae.models.losses import gaussian_kl, gaussian_log_densities
from vae.training.metrics import EVAL_SEED, kl_per_dim

MOST_CODES = 10_000
"""Codes that are compared with one another, at most."""
_CHUNK = 500


class Surgery(NamedTuple):
    """The two parts of the mean KL, in nats per image."""

    mutual_information: float
    marginal_kl: float
    standard_error: float
    """Of both, since their sum is exact."""
    num_codes: int


def kl_by_dimension(subject: Subject) -> MeasureValue:
    """Return the mean KL of each latent dimension over the test images: d numbers, nats."""
    found = kl_per_dim(subject.test_codes)
    values = [] if found is None else found.tolist()
    return MeasureValue(values, {"total": sum(values)})


def active_units(subject: Subject) -> MeasureValue:
    """Return how many dimensions are active, of how many."""
    return MeasureValue(
        subject.standard["active_units"], {"latent_dim": subject.model.config.latent_dim}
    )


def surgery(mu: Tensor, logvar: Tensor, generator: Generator) -> Surgery:
    """Split the mean KL of codes ``(N, d)`` into mutual information and marginal KL.

    With one z drawn from each q(z|x_i), the mutual information is the mean of ``log q(z_i|x_i) -
    log q(z_i)``, q(z) being the mean of these N posteriors and no other; so it cannot exceed log N.
    The marginal KL is what is left of the KL, which is in closed form.
    """
    mu, logvar = mu.double(), logvar.double()
    count = len(mu)
    eps = torch.randn(mu.shape, generator=generator, dtype=torch.float64)
    z = mu + torch.exp(0.5 * logvar) * eps
    own = -0.5 * (eps.square() + logvar + math.log(2 * math.pi)).sum(1)
    ratios = []
    for start in range(0, count, _CHUNK):
        densities = gaussian_log_densities(z[start : start + _CHUNK], mu, logvar)
        # Products of matrices cancel badly where a posterior is very narrow; its own term is known.
        mine = own[start : start + _CHUNK]
        rows = torch.arange(len(mine))
        densities[rows, start + rows] = mine
        ratios.append(mine - torch.logsumexp(densities, dim=1))
    found = torch.cat(ratios) + math.log(count)
    information = float(found.mean())
    error = float(found.std() / math.sqrt(count)) if count > 1 else math.nan
    return Surgery(information, float(gaussian_kl(mu, logvar).mean()) - information, error, count)


def _surgery(subject: Subject) -> Surgery:
    def split() -> Surgery:
        mu, logvar = subject.test_codes
        if logvar is None:
            raise ValueError("these codes have no posterior")
        chosen = evenly_spaced(len(mu), MOST_CODES)
        return surgery(mu[chosen], logvar[chosen], Generator().manual_seed(EVAL_SEED))

    return subject.keep("surgery", split)


def mutual_information(subject: Subject) -> MeasureValue:
    """Return the mutual information of image and z, in nats: at most log N."""
    found = _surgery(subject)
    details = {
        "standard_error": found.standard_error,
        "num_codes": found.num_codes,
        "at_most": math.log(found.num_codes),
    }
    return MeasureValue(found.mutual_information, details)


def marginal_kl(subject: Subject) -> MeasureValue:
    """Return how far all codes together are from the prior, in nats."""
    found = _surgery(subject)
    details = {"standard_error": found.standard_error, "num_codes": found.num_codes}
    return MeasureValue(found.marginal_kl, details)
