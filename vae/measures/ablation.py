"""The effect of each neuron of an encoder: how much worse images become without it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from vae.data import Split, pixels
from vae.errors import ConfigError
from vae.locale import _
from vae.models import LatentModel
from vae.models.losses import gaussian_kl
from vae.models.vae import VAE
from vae.training.metrics import EVAL_BATCH, EVAL_SEED, View, grey, model_device

MAX_DECODED = 2_000
"""Images decoded at once, and"""
MAX_HELD = 1_000_000
"""numbers held for a batch, for its neurons or its noise: what bounds the memory."""


class Ablation(NamedTuple):
    """The effect of the n neurons of a layer on N images, on the CPU."""

    change: Tensor
    """``(n,)``: mean change of -ELBO without the neuron, nats per image; above 0 it was of use."""
    error: Tensor
    """``(n,)``: standard error of that mean, over images; NaN for a single one."""
    active: Tensor
    """``(n,)``: share of the images for which the neuron is on: the only ones that can change."""
    worst: Tensor
    """``(n, k)``: numbers of the images that become worst without it, the worst first."""
    worst_change: Tensor
    """``(n, k)``: by how much; 0 or less where fewer than k images become worse."""
    baseline: float
    """-ELBO of the whole model, nats per image."""


class _Cut(NamedTuple):
    """A model in two at a hidden layer."""

    model: VAE
    relu: nn.Module
    """Its output is the layer's activations."""
    rest: nn.Sequential
    """The rest of the encoder."""
    neurons: int


def _cut(model: LatentModel, layer: int) -> _Cut:
    if not isinstance(model, VAE):
        raise ConfigError(
            _("a {family} has no ELBO that could change: choose a run of a VAE.").format(
                family=model.config.family
            )
        )
    parts = list(model.encoder)
    dense = [(place, part) for place, part in enumerate(parts) if isinstance(part, nn.Linear)]
    if not 0 <= layer < len(dense) - 1:
        raise ConfigError(
            _(
                "there is no hidden dense layer {layer}: choose one of {n_dense}, counted from 0."
            ).format(layer=layer, n_dense=len(dense) - 1)
        )
    place, part = dense[layer]
    rest = nn.Sequential(*parts[place + 2 :])
    return _Cut(model, parts[place + 1], rest, part.out_features)


class _Batch(NamedTuple):
    """Images ``x`` of a batch, their labels, the layer's activations, and their noise."""

    x: Tensor
    labels: Tensor
    activations: Tensor
    """``(B, n)``."""
    eps: Tensor
    """``(L, B, d)``."""

    def rows(self, which: Tensor) -> _Batch:
        """Return the images of those numbers, ``(R,)``, again and again where they repeat."""
        return _Batch(
            self.x[which], self.labels[which], self.activations[which], self.eps[:, which]
        )


def _cost(cut: _Cut, batch: _Batch) -> Tensor:
    """Return -ELBO of each image given the layer's activations: ``(B,)``, in nats."""
    mu, logvar = cut.rest(batch.activations).float().chunk(2, dim=-1)
    z = mu + torch.exp(0.5 * logvar) * batch.eps
    logits = cut.model.decode(z, batch.labels).float()
    return cut.model.recon_loss(logits, batch.x).mean(0) + gaussian_kl(mu, logvar)


def _costs(cut: _Cut, batch: _Batch) -> tuple[Tensor, Tensor]:
    """Return -ELBO of each image, ``(B,)``, and its change without each neuron, ``(n, B)``."""
    at_once = max(1, MAX_DECODED // len(batch.eps))
    every = torch.arange(len(batch.x), device=batch.x.device)
    whole = torch.cat([_cost(cut, batch.rows(which)) for which in every.split(at_once)])
    change = torch.zeros_like(batch.activations).T.contiguous()
    # Where a neuron is off nothing has to be computed.
    for pairs in batch.activations.nonzero().split(at_once):
        image, neuron = pairs.unbind(1)
        rows = batch.rows(image)
        rows.activations[torch.arange(len(image), device=image.device), neuron] = 0
        change[neuron, image] = _cost(cut, rows) - whole[image]
    return whole, change


@torch.inference_mode()
def ablate(
    model: LatentModel,
    layer: int,
    split: Split,
    *,
    worst: int = 10,
    num_samples: int = 1,
    view: View = grey,
) -> Ablation:
    """Set each neuron of a hidden dense layer of the encoder to zero in turn, and measure -ELBO.

    The noise is fixed and the same with and without the
    neuron, so the difference is the neuron's alone. Memory is bounded whatever the sizes; time is
    that of decoding each image once for each neuron that is on for it.

    Layers are counted from 0 at the image; ``worst`` is how many images to name for each neuron,
    and ``num_samples`` the L of z that -ELBO is averaged over.

    Raises ConfigError if the family has no ELBO, there is no such layer, or ``worst`` or
    ``num_samples`` is below 1.
    """
    cut = _cut(model, layer)
    if worst < 1 or num_samples < 1:
        raise ConfigError(_("an ablation names at least one image and takes at least one sample."))
    if not len(split):
        raise ConfigError(_("there are no images to see the effect of a neuron on."))
    device = model_device(model)
    generator = Generator(device).manual_seed(EVAL_SEED)
    noise = (num_samples, model.config.latent_dim)
    size = max(1, min(EVAL_BATCH, MAX_HELD // max(cut.neurons, math.prod(noise))))
    activations: list[Tensor] = []
    hook = cut.relu.register_forward_hook(lambda module, args, out: activations.append(out))
    baseline = 0.0
    total, squares, active = torch.zeros(3, cut.neurons, dtype=torch.float64)
    best, numbers = torch.zeros(cut.neurons, 0), torch.zeros(cut.neurons, 0, dtype=torch.int64)
    try:
        for number, part in enumerate(split.batches(size)):
            on = part.to(device)
            x = view(pixels(on.images))
            model.encode(x, on.labels)
            eps = torch.randn(
                (num_samples, len(x), model.config.latent_dim), device=device, generator=generator
            )
            batch = _Batch(x, on.labels, activations.pop().float(), eps)
            whole, change = (found.cpu() for found in _costs(cut, batch))
            baseline += float(whole.double().sum())
            total += change.double().sum(1)
            squares += change.double().square().sum(1)
            active += (batch.activations > 0).sum(0).cpu()
            here = torch.arange(len(x)).expand(cut.neurons, -1) + number * size
            together = torch.cat([best, change], 1)
            ranked = torch.sort(together, dim=1, descending=True, stable=True)
            best, order = ranked.values[:, :worst], ranked.indices[:, :worst]
            numbers = torch.cat([numbers, here], 1).gather(1, order)
    finally:
        hook.remove()
    count = len(split)
    variance = (squares - total.square() / count).clamp(min=0) / (count - 1)
    return Ablation(
        change=(total / count).float(),
        error=(variance / count).sqrt().float(),
        active=(active / count).float(),
        worst=numbers,
        worst_change=best,
        baseline=baseline / count,
    )
