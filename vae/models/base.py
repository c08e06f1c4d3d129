"""The contract that every family keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from vae.config import ModelConfig


class LossTerms(NamedTuple):
    """What a family's objective is made of: one value per example, shape ``(B,)``, in nats."""

    loss: Tensor
    recon_loss: Tensor
    kl: Tensor


class LatentModel(nn.Module, ABC):
    """A model with an encoder to codes and a decoder back to images.

    ``x`` is ``(B, C, H, W)`` in [0, 1]; ``z`` is ``(..., latent_dim)``; logits are
    ``(..., C, H, W)``, and ``sigmoid`` of them is the mean of each pixel.
    """

    decoder: nn.Sequential

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of q(z|x), each ``(B, latent_dim)``."""

    @abstractmethod
    def loss(
        self, x: Tensor, num_samples: int = 1, generator: Generator | None = None
    ) -> LossTerms:
        """Return the objective and its terms for each image of ``x``."""

    def reparameterize(
        self,
        mu: Tensor,
        logvar: Tensor,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Tensor:
        """Draw ``z = mu + sigma * eps`` with eps from N(0, I): ``(B, d)`` to ``(L, B, d)``.

        The noise does not depend on mu and logvar, so gradients flow to both
        (Kingma and Welling 2014, section 2.4).
        """
        eps = torch.randn(
            (num_samples, *mu.shape), device=mu.device, dtype=mu.dtype, generator=generator
        )
        return mu + torch.exp(0.5 * logvar) * eps

    def decode(self, z: Tensor) -> Tensor:
        """Return the logits of the images at ``z``: ``(..., d)`` to ``(..., C, H, W)``."""
        logits: Tensor = self.decoder(z.reshape(-1, z.shape[-1]))
        return logits.reshape(*z.shape[:-1], *self.config.image_shape)

    def generate(self, z: Tensor) -> Tensor:
        """Return the mean images at ``z``, in [0, 1]: ``(..., d)`` to ``(..., C, H, W)``."""
        return torch.sigmoid(self.decode(z).float())
