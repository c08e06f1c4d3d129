"""The conditional variational autoencoder."""

import torch
from torch import Tensor
from torch.nn import functional as F

from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.locale import _
from vae.models.nets import autoencoder_nets
from vae.models.vae import VAE


class ConditionalVAE(VAE):
    """Variational autoencoder given the label: q(z|x,y) and p(x|z,y), prior N(0, I).

    What the label says need not stand in z, so z holds what differs within a class: one z under
    all labels gives the same hand, and any class can be asked for. The label enters one-hot: beside
    the pixels of a dense encoder, as constant planes beside the channels of a convolutional one,
    and beside z in the decoder.

    References
    ----------
    Sohn, Lee and Yan, "Learning Structured Output Representation using Deep Conditional Generative
    Models", NeurIPS 2015; Kingma et al., "Semi-supervised Learning with Deep Generative Models",
    NeurIPS 2014 (arXiv:1406.5298), model M2 with every label seen.
    """

    is_conditional = True

    def __init__(self, config: ModelConfig) -> None:
        if config.num_classes < 1:
            raise ConfigError(
                _("a conditional model must know how many classes there are (num_classes).")
            )
        super().__init__(config)

    def make_nets(self) -> None:
        config = self.config
        channels, height, width = config.image_shape
        seen = (
            (channels + config.num_classes, height, width)
            if config.arch == "conv"
            else (1, 1, channels * height * width + config.num_classes)
        )
        self.encoder, self.decoder = autoencoder_nets(
            config, 2 * config.latent_dim, seen=seen, known=config.num_classes
        )

    def _one_hot(self, labels: Tensor | None, like: Tensor) -> Tensor:
        if labels is None:
            raise ValueError("a conditional model needs a label for each image or code")
        return F.one_hot(labels, self.config.num_classes).to(like)

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        label = self._one_hot(labels, x)
        if self.config.arch == "conv":
            seen = torch.cat([x, label[:, :, None, None].expand(-1, -1, *x.shape[-2:])], dim=1)
        else:
            seen = torch.cat([x.flatten(1), label], dim=1)
        mu, logvar = self.encoder(seen).chunk(2, dim=-1)
        return mu, logvar

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        label = self._one_hot(labels, z).expand(*z.shape[:-1], -1)
        return super().decode(torch.cat([z, label], dim=-1))
