"""Losses as pure functions: one value per example, in nats, summed over pixels or dimensions.

References
----------
Kingma and Welling, "Auto-Encoding Variational Bayes", 2014 (arXiv:1312.6114), appendices B and C.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Negative log-likelihood of pixels ``x`` under ``Bernoulli(sigmoid(logits))``.

    For grey pixels in (0, 1) this is the binary cross-entropy, which is no log-likelihood.

    Both are ``(..., C, H, W)`` and broadcast, x in [0, 1]; to ``(...)``, in nats an image.
    """
    # softplus(l) - x * l is the cross-entropy written so that it neither overflows nor divides.
    return (F.softplus(logits) - x * logits).flatten(-3).sum(-1)


def gaussian_nll(mean: Tensor, x: Tensor, logvar: Tensor | float) -> Tensor:
    """Negative log-likelihood of pixels ``x`` under ``N(mean, exp(logvar))``.

    A density, so it may be negative. With variance 1/2 it is the squared error plus a constant.

    All are ``(..., C, H, W)`` or broadcast to it; to ``(...)``, in nats an image.
    """
    spread = torch.as_tensor(logvar, dtype=mean.dtype, device=mean.device)
    cost = 0.5 * ((mean - x).square() * torch.exp(-spread) + spread + math.log(2 * math.pi))
    return cost.flatten(-3).sum(-1)


def gaussian_kl_per_dim(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL of ``N(mu, exp(logvar))`` from ``N(0, 1)`` for each latent dimension.

    In nats, ``-1/2 (1 + logvar - mu^2 - exp(logvar))`` (Kingma and Welling, appendix B, whose bound
    subtracts it); of the shape of ``mu``.
    """
    return -0.5 * (1 + logvar - mu.square() - logvar.exp())


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL of ``N(mu, diag(exp(logvar)))`` from ``N(0, I)``: ``(..., d)`` to ``(...)``, in nats."""
    return gaussian_kl_per_dim(mu, logvar).sum(-1)


def gaussian_log_densities(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log density of each of m places under each of n Gaussians ``N(mu, diag(exp(logvar)))``.

    ``(m, d)`` and ``(n, d)`` to ``(m, n)``, in nats. All are float64: the squares are expanded,
    which cancels too much in float32. A log-variance counts as at least -30 and at most 30.
    """
    logvar = logvar.clamp(-30, 30)
    precision = torch.exp(-logvar)
    # As products of matrices: an array (m, n, d) would be too large.
    squares = z.square() @ precision.T - 2 * z @ (mu * precision).T
    squares += (mu.square() * precision).sum(1)
    constant = logvar.sum(1) + mu.shape[1] * math.log(2 * math.pi)
    return squares.clamp_min_(0).add_(constant).mul_(-0.5)


def bernoulli_kl(p: Tensor, q: Tensor) -> Tensor:
    """KL of ``Bernoulli(p)`` from ``Bernoulli(q)``, element by element, in nats.

    ``q`` is kept off 0 and 1, where it has no end.
    """
    q = q.clamp(1e-6, 1 - 1e-6)
    return torch.xlogy(p, p / q) + torch.xlogy(1 - p, (1 - p) / (1 - q))


def squared_error(mean: Tensor, x: Tensor) -> Tensor:
    """Squared error of each image, averaged over its pixels: ``(..., C, H, W)`` to ``(...)``."""
    return (mean - x).square().flatten(-3).mean(-1)


def binarise(x: Tensor) -> Tensor:
    """Static binarisation: 1 where a grey pixel of ``x`` in [0, 1] is above 0.5, else 0."""
    return (x > 0.5).to(torch.get_default_dtype())
