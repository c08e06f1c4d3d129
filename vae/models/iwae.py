"""The importance-weighted autoencoder."""

import math

import torch
from torch import Generator, Tensor

from vae.models.base import LossTerms, Output
from vae.models.losses import gaussian_kl
from vae.models.vae import VAE


class IWAE(VAE):
    """Variational autoencoder trained on the importance-weighted bound with K samples.

    The loss is ``-(logsumexp_k(log p(x|z_k) + log p(z_k) - log q(z_k|x)) - log K)`` with z_k from
    q(z|x); K is the number of samples asked for. At K = 1 it is the VAE's objective, its KL
    estimated from the sample; the larger K, the nearer the bound to log p(x).
    ``recon_loss`` and ``kl`` are those of the ELBO and do not add up to the loss.

    References
    ----------
    Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016
    (arXiv:1509.00519), equations 8 and 9.
    """

    options = ("likelihood", "variance", "sigma")
    default_samples = 5
    bound_needs_samples = True

    def forward(
        self,
        x: Tensor,
        labels: Tensor | None = None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Output:
        mu, logvar = (part.float() for part in self.encode(x, labels))
        z = self.reparameterize(mu, logvar, num_samples, generator)  # (K, B, d)
        logits = self.decode(z, labels).float()
        recon_loss = self.recon_loss(logits, x)  # (K, B)
        loss = math.log(num_samples) - torch.logsumexp(
            log_prior_ratio(z, mu, logvar) - recon_loss, dim=0
        )
        terms = LossTerms(loss, recon_loss.mean(0), gaussian_kl(mu, logvar))
        return Output(terms, logits, mu, logvar)


def log_prior_ratio(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return ``log p(z) - log q(z|x)``: ``(..., d)`` to ``(...)``, q = N(mu, exp(logvar)).

    p is N(0, I). The constants of the two densities cancel.
    """
    from_q = (z - mu).square() * torch.exp(-logvar) + logvar
    return 0.5 * (from_q - z.square()).sum(-1)
