"""The beta-VAE."""

from collections.abc import Mapping
from typing import Any, ClassVar

from vae.models.vae import VAE


class BetaVAE(VAE):
    """Variational autoencoder whose KL counts ``beta`` times, 4 unless asked otherwise.

    A larger beta buys a simpler code, its dimensions more independent, with a worse
    reconstruction. The objective is then not the negative ELBO; both are reported.

    References
    ----------
    Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational
    Framework", ICLR 2017, equation 4.
    """

    defaults: ClassVar[Mapping[str, Any]] = {"beta": 4.0}
