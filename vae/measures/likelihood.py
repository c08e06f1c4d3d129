"""The importance-weighted estimate of log p(x): a tighter bound than the ELBO, in bounded memory.

It is a lower bound in expectation, and rises with K towards log p(x); where q(z|x) misses part of
the true posterior it stays too low even for a large K. On grey pixels under a Bernoulli likelihood
it is no log-likelihood (:mod:`vae.training.metrics`).
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from vae.data import Split, pixels
from vae.errors import ConfigError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models import LatentModel
from vae.models.iwae import log_prior_ratio
from vae.training.metrics import EVAL_SEED, View, grey, model_device

MAX_SAMPLES = 5_000
"""The largest K that is taken: the one that Burda et al. (2016) report with."""
MAX_DECODED = 2_000
"""Images decoded at once,"""
MAX_VALUES = 1_600_000
"""and numbers in all of them together: what bounds the memory, whatever K and the image's size."""
MAX_IMAGES = 100
"""Images encoded at once."""


class LogLikelihood(NamedTuple):
    """The estimate on a set of images, in nats per image."""

    mean: float
    standard_error: float
    """Of the mean, over images."""
    num_samples: int
    """K."""
    elbo: float
    """The bound with one sample, from the same draws averaged: what K samples tighten."""

    @property
    def gap(self) -> float:
        """How far the estimate is above the ELBO, in nats per image."""
        return self.mean - self.elbo


def batch_size(image_shape: tuple[int, int, int]) -> int:
    """Return how many images to take at once, so that a draw of z for each keeps to the bounds."""
    return max(1, min(MAX_IMAGES, MAX_VALUES // math.prod(image_shape)))


def posterior(model: LatentModel, x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return mean and log-variance of q(z|x), each ``(B, d)``.

    Raises ConfigError if the family has no Gaussian q(z|x).
    """
    mu, logvar = model.encode(x, labels)
    if logvar is None:
        raise ConfigError(
            _(
                "a {family} has no q(z|x) to draw samples from, so its log-likelihood "
                "cannot be estimated this way."
            ).format(family=model.config.family)
        )
    return mu.float(), logvar.float()


def draws(
    model: LatentModel,
    x: Tensor,
    labels: Tensor | None,
    codes: tuple[Tensor, Tensor],
    num_samples: int,
    generator: Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield z from q(z|x) and ``-log p(x|z)``, a few at a time, until there are K for each image.

    ``x`` is ``(B, C, H, W)`` in [0, 1], ``codes`` what :func:`posterior` returns.

    Yields
    ------
    tuple
        ``(k, B, d)`` and ``(k, B)``, in nats; the k add up to ``num_samples``.
    """
    mu, logvar = codes
    chunk = max(1, min(MAX_DECODED // len(x), MAX_VALUES // x.numel()))
    for start in range(0, num_samples, chunk):
        z = model.reparameterize(mu, logvar, min(chunk, num_samples - start), generator)
        yield z, model.recon_loss(model.decode(z, labels).float(), x)


@torch.inference_mode()
def log_likelihood(
    model: LatentModel, x: Tensor, labels: Tensor | None, num_samples: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Estimate log p(x) of each image with K samples, and the ELBO from the same samples.

    ``logsumexp_k(log p(x|z_k) + log p(z_k) - log q(z_k|x)) - log K`` (Burda et al. 2016,
    equation 8). For a conditional model it is log p(x|y).

    ``x`` is ``(B, C, H, W)`` in [0, 1] on the model's device; both results are ``(B,)``, in nats.
    """
    codes = posterior(model, x, labels)
    total = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device)
    weights_sum = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    for z, cost in draws(model, x, labels, codes, num_samples, generator):
        weights = (log_prior_ratio(z, *codes) - cost).double()  # (k, B)
        total = torch.logaddexp(total, torch.logsumexp(weights, dim=0))
        weights_sum += weights.sum(0)
    return total - math.log(num_samples), weights_sum / num_samples


def check_samples(num_samples: int) -> None:
    """Refuse a K that is out of bounds.

    Raises ConfigError if it is below 1 or above :data:`MAX_SAMPLES`.
    """
    if num_samples < 1:
        raise ConfigError(_("the log-likelihood takes at least one sample."))
    if num_samples > MAX_SAMPLES:
        raise ConfigError(
            _(
                "the log-likelihood takes at most {max_samples} samples per image, not "
                "{num_samples}."
            ).format(
                max_samples=formatted(MAX_SAMPLES, ","), num_samples=formatted(num_samples, ",")
            )
        )


def estimate(
    model: LatentModel,
    split: Split,
    num_samples: int = 500,
    view: View = grey,
    on_progress: Callable[[int, int], None] | None = None,
) -> LogLikelihood:
    """Estimate the mean log-likelihood of a split's images; the noise is fixed.

    ``on_progress`` is called with the number of images done, and of all.

    Raises ConfigError if the family has no Gaussian q(z|x), or K is out of bounds.
    """
    check_samples(num_samples)
    device = model_device(model)
    generator = Generator(device).manual_seed(EVAL_SEED)
    found: list[tuple[Tensor, Tensor]] = []
    done = 0
    for batch in split.batches(batch_size(model.config.image_shape)):
        on = batch.to(device)
        x = view(pixels(on.images))
        found.append(log_likelihood(model, x, on.labels, num_samples, generator))
        done += len(batch)
        if on_progress:
            on_progress(done, len(split))
    values = torch.cat([pair[0] for pair in found]).cpu()
    elbos = torch.cat([pair[1] for pair in found]).cpu()
    error = float(values.std() / math.sqrt(len(values))) if len(values) > 1 else math.nan
    return LogLikelihood(float(values.mean()), error, num_samples, float(elbos.mean()))
