"""Corrupted images: what a denoising autoencoder is given, and what the Denoise page shows."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae.config import parse_corruption


def _gaussian(x: Tensor, amount: float, generator: Generator | None) -> Tensor:
    noise = torch.randn(x.shape, device=x.device, dtype=x.dtype, generator=generator)
    return (x + amount * noise).clamp(0, 1)


def _salt_pepper(x: Tensor, amount: float, generator: Generator | None) -> Tensor:
    draw = torch.rand(x.shape, device=x.device, dtype=x.dtype, generator=generator)
    # The lowest part of the draws is pepper, the part above it salt: half the amount each.
    corrupted = torch.where(draw < amount / 2, torch.zeros_like(x), torch.ones_like(x))
    return torch.where(draw < amount, corrupted, x)


def _mask(x: Tensor, amount: float, generator: Generator | None) -> Tensor:
    draw = torch.rand(x.shape, device=x.device, dtype=x.dtype, generator=generator)
    return torch.where(draw < amount, torch.zeros_like(x), x)


_KINDS: dict[str, Callable[[Tensor, float, Generator | None], Tensor]] = {
    "gaussian": _gaussian,
    "salt-pepper": _salt_pepper,
    "mask": _mask,
}


def corrupt(x: Tensor, corruption: str, generator: Generator | None = None) -> Tensor:
    """Return corrupted images, in [0, 1] as ``x`` is: ``(..., C, H, W)``.

    Raises ConfigError if there is no such corruption.

    ``gaussian:S`` adds noise of standard deviation S and clips to [0, 1]; ``salt-pepper:P`` makes a
    share P of the values 0 or 1, each as often; ``mask:P`` makes a share P of them 0 (Vincent et
    al., "Stacked Denoising Autoencoders", JMLR 2010, section 3.2). The generator is on the device
    of ``x``.
    """
    kind, amount = parse_corruption(corruption)
    return _KINDS[kind](x, amount, generator)
