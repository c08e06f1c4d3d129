"""The variational autoencoder with Bernoulli pixels."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.losses import bernoulli_nll, gaussian_kl
from vae.models.base import LatentModel, LossTerms
from vae.nets import ARCHS, initialise


class VAE(LatentModel):
    """Variational autoencoder: Gaussian q(z|x), N(0, I) prior, Bernoulli p(x|z) on logits.

    The objective for each image is ``recon_loss + beta * kl``: with beta = 1 the negative ELBO,
    with another beta that of a beta-VAE.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", 2014 (arXiv:1312.6114), equation 10;
    Higgins et al., "beta-VAE", 2017, equation 4.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        make_encoder, make_decoder = ARCHS[config.arch]
        # One head gives mu and logvar side by side: one matrix product instead of two.
        self.encoder = make_encoder(config.image_shape, config.hidden, 2 * config.latent_dim)
        self.decoder = make_decoder(config.latent_dim, config.hidden, config.image_shape)
        initialise(self, config.init)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        return mu, logvar

    def loss(
        self, x: Tensor, num_samples: int = 1, generator: Generator | None = None
    ) -> LossTerms:
        """Return ``recon_loss + beta * kl``; the reconstruction is averaged over L samples.

        All L samples of all B images go through the decoder as one batch of ``L * B``.
        """
        mu, logvar = (part.float() for part in self.encode(x))
        logits = self.decode(self.reparameterize(mu, logvar, num_samples, generator)).float()
        recon_loss = bernoulli_nll(logits, x).mean(0)  # (L, B) -> (B,)
        kl = gaussian_kl(mu, logvar)
        return LossTerms(torch.add(recon_loss, kl, alpha=self.config.beta), recon_loss, kl)
