"""How noisy the gradient of the objective is: by drawing z, and by choosing images."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.func import functional_call

from vae.models import LatentModel
from vae.models.base import Output


class GradientNoise(NamedTuple):
    """How much the gradient of a batch's mean objective varies, summed over all weights."""

    noise: float
    """Variance over draws of z, mean over batches."""
    squared_norm: float
    """Of the mean gradient of a batch, mean over batches; free of the noise's own share."""
    between: float | None
    """Variance of the batches' mean gradients; None where there is one batch."""


def _gradient(
    model: LatentModel, x: Tensor, labels: Tensor, num_samples: int, generator: Generator
) -> Tensor:
    # Twins of the weights: a model that is shared does not track gradients, nor should it begin to.
    twins = {name: part.detach().requires_grad_() for name, part in model.named_parameters()}
    output: Output = functional_call(model, twins, (x, labels, num_samples, generator))
    parts = torch.autograd.grad(output.terms.loss.mean(), list(twins.values()))
    return torch.cat([part.detach().flatten() for part in parts]).double()


def gradient_noise(
    model: LatentModel,
    batches: Sequence[tuple[Tensor, Tensor]],
    num_samples: int,
    draws: int,
    generator: Generator,
) -> GradientNoise:
    """Measure how noisy the gradient is with L samples of z; the model is not changed.

    All three are unbiased: of ``draws`` gradients ``g`` of a batch the variance is
    ``(sum |g|^2 - draws |mean|^2) / (draws - 1)``, and what is left of it in their mean is taken
    off the squared norm and off the variance between batches.

    Batches are images ``(B, C, H, W)`` in [0, 1] and labels ``(B,)`` on the model's device;
    ``draws`` is at least 2.
    """
    noises, norms = [], []
    total = torch.zeros((), dtype=torch.float64)
    for x, labels in batches:
        mean, squares = torch.zeros((), dtype=torch.float64, device=x.device), 0.0
        for _ in range(draws):
            gradient = _gradient(model, x, labels, num_samples, generator)
            mean = mean + gradient / draws
            squares += float(gradient.square().sum())
        norm = float(mean.square().sum())
        noises.append((squares - draws * norm) / (draws - 1))
        norms.append(norm)
        total = total.to(mean.device) + mean
    count = len(batches)
    noise = statistics.fmean(noises)
    between = None
    if count > 1:
        whole = float((total / count).square().sum())
        between = (sum(norms) - count * whole) / (count - 1) - noise / draws
    return GradientNoise(noise, statistics.fmean(norms) - noise / draws, between)
