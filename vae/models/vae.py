"""The variational autoencoder, its pixels Bernoulli or Gaussian."""

from typing import ClassVar

import torch
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.models.base import LossTerms, Output
from vae.models.losses import gaussian_kl
from vae.models.nets import autoencoder_nets
from vae.models.pixels import LikelihoodModel


class VAE(LikelihoodModel):
    """Variational autoencoder: Gaussian q(z|x), N(0, I) prior.

    The objective for each image is ``recon_loss + beta * kl``: with beta = 1 the negative ELBO.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", 2014 (arXiv:1312.6114), equation 10.
    """

    options: ClassVar[tuple[str, ...]] = ("beta", "likelihood", "variance", "sigma")

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.make_nets()

    def make_nets(self) -> None:
        # One head gives mu and logvar side by side: one matrix product instead of two.
        self.encoder, self.decoder = autoencoder_nets(self.config, 2 * self.config.latent_dim)

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        return mu, logvar

    def forward(
        self,
        x: Tensor,
        labels: Tensor | None = None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Output:
        """Return ``recon_loss + beta * kl``; the reconstruction is averaged over L samples.

        All L samples of all B images go through the decoder as one batch of ``L * B``.
        """
        mu, logvar = (part.float() for part in self.encode(x, labels))
        z = self.reparameterize(mu, logvar, num_samples, generator)
        logits = self.decode(z, labels).float()
        recon_loss = self.recon_loss(logits, x).mean(0)  # (L, B) -> (B,)
        kl = gaussian_kl(mu, logvar)
        loss = torch.add(recon_loss, kl, alpha=self.config.beta * self.kl_scale)
        return Output(LossTerms(loss, recon_loss, kl), logits, mu, logvar)
