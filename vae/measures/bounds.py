"""Log-likelihood, bits per dimension, and how much the ELBO's estimate varies with its samples."""

import math

import torch
from torch import Generator, Tensor

from vae.data import pixels
from vae.measures.base import MeasureValue, Subject, evenly
from vae.measures.likelihood import batch_size, draws, posterior
from vae.models.losses import gaussian_kl
from vae.training.metrics import EVAL_SEED, VIEWS, model_device

SAMPLE_COUNTS = (1, 2, 5, 10, 20, 50, 100)
"""The numbers L of samples of z for which the ELBO's standard deviation is measured."""
STD_IMAGES = 100
STD_DRAWS = 1_000
"""Draws of z for each image: at L = 100 there are ten estimates to compare."""


def log_likelihood(subject: Subject) -> MeasureValue:
    """Return the importance-weighted estimate of log p(x), nats per image, and what it rests on."""
    found = subject.log_likelihood
    return MeasureValue(
        found.mean,
        {
            "standard_error": found.standard_error,
            "num_samples": found.num_samples,
            "num_images": min(subject.num_images, len(subject.data.test)),
            "pixels": subject.pixels,
            "elbo": found.elbo,
            "gap": found.gap,
        },
    )


def bits_per_dim(subject: Subject) -> MeasureValue:
    """Return the same in bits: ``-log p(x) / (pixels * ln 2)``, all channels counted."""
    found = subject.log_likelihood
    scale = math.prod(subject.data.shape) * math.log(2)
    return MeasureValue(-found.mean / scale, {"standard_error": found.standard_error / scale})


def std_by_samples(costs: Tensor, counts: tuple[int, ...] = SAMPLE_COUNTS) -> dict[int, float]:
    """Return the standard deviation of means of L draws, one for each L, from ``(draws, B)``.

    The draws of an image are dealt into as many groups of L as there are; the variance of the
    groups' means is averaged over images. An L with fewer than two groups is left out.
    """
    found = {}
    for size in counts:
        groups = len(costs) // size
        if groups > 1:
            means = costs[: groups * size].unflatten(0, (groups, size)).mean(1)
            found[size] = math.sqrt(float(means.var(0).mean()))
    return found


@torch.inference_mode()
def elbo_std_by_samples(subject: Subject) -> MeasureValue:
    """Return the standard deviation, in nats, of an image's ELBO from L samples of z, for each L.

    ``std_between_images`` is how much the ELBO differs from image to image: with that at L it
    makes the standard deviation of a batch's mean, ``sqrt((between^2 + std_L^2) / batch size)``.
    """
    model, view = subject.model, VIEWS[subject.pixels]
    device = model_device(model)
    generator = Generator(device).manual_seed(EVAL_SEED)
    chosen = evenly(subject.data.test, STD_IMAGES)
    parts, kls = [], []
    for batch in chosen.batches(batch_size(subject.data.shape)):
        on = batch.to(device)
        x = view(pixels(on.images))
        codes = posterior(model, x, on.labels)
        # The KL is in closed form and the same for every draw: only the cost -log p(x|z) varies.
        found = draws(model, x, on.labels, codes, STD_DRAWS, generator)
        parts.append(torch.cat([cost.double().cpu() for _, cost in found]))
        kls.append(gaussian_kl(*codes).double().cpu())
    costs = torch.cat(parts, dim=1)
    elbos = -costs.mean(0) - torch.cat(kls)
    return MeasureValue(
        {str(size): std for size, std in std_by_samples(costs).items()},
        {
            "num_images": len(chosen),
            "num_draws": STD_DRAWS,
            "pixels": subject.pixels,
            "std_between_images": float(elbos.std()) if len(elbos) > 1 else None,
        },
    )
