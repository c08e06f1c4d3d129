"""What a pixel is drawn from: the likelihood that several families share."""

import math

import torch
from torch import Tensor, nn

from vae.config import ModelConfig
from vae.models.base import LatentModel
from vae.models.losses import bernoulli_nll, gaussian_nll


class LikelihoodModel(LatentModel):
    """A model whose decoder gives a distribution of the pixels.

    Pixels are Bernoulli on logits, or Gaussian around the sigmoid of them; their variance is
    fixed, or one number learned for all pixels (Rybkin et al. 2021).

    References
    ----------
    Rybkin, Daniilidis and Levine, "Simple and Effective VAE Training with Calibrated Decoders",
    2021 (arXiv:2006.13202), section 3.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        if config.likelihood == "gaussian" and config.variance == "learned":
            self.pixel_logvar = nn.Parameter(torch.full((), 2 * math.log(config.sigma)))

    def recon_loss(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return ``-log p(x|z)`` in nats: ``(..., C, H, W)`` to ``(...)``."""
        if self.config.likelihood == "bernoulli":
            return bernoulli_nll(logits, x)
        fixed = 2 * math.log(self.config.sigma)
        return gaussian_nll(torch.sigmoid(logits), x, getattr(self, "pixel_logvar", fixed))


def pixel_sigma(model: LatentModel) -> float:
    """Return the standard deviation of a model's Gaussian pixels, as fixed or learned."""
    logvar = getattr(model, "pixel_logvar", None)
    return model.config.sigma if logvar is None else math.exp(0.5 * logvar.item())
