"""What each image costs a model: its reconstruction loss and its KL, one value an image."""

from typing import NamedTuple

from torch import Generator, Tensor

from vae.models import LatentModel
from vae.models.losses import gaussian_kl


class ImageCosts(NamedTuple):
    """What n images cost, ``(n,)`` each, summed over pixels and dimensions."""

    recon_loss: Tensor
    """``-log p(x|z)`` in nats; for an autoencoder its own loss."""
    kl: Tensor | None
    """KL of q(z|x) from the prior, in nats; None without a prior."""

    @property
    def elbo(self) -> Tensor | None:
        """``-recon_loss - kl``: of beta = 1, whatever the model was trained with."""
        return None if self.kl is None else -self.recon_loss - self.kl


def cost_of_codes(
    model: LatentModel, mu: Tensor, logvar: Tensor | None, x: Tensor, labels: Tensor | None
) -> ImageCosts:
    """Return what images ``x`` ``(n, C, H, W)`` cost at ``z = mu``; mu and logvar ``(n, d)``."""
    logits = model.decode(mu.float(), labels).float()
    kl = None if logvar is None else gaussian_kl(mu.float(), logvar.float())
    return ImageCosts(model.recon_loss(logits, x), kl)


def cost_at_code(model: LatentModel, x: Tensor, labels: Tensor | None = None) -> ImageCosts:
    """Return what images ``(n, C, H, W)`` in [0, 1] cost at their codes, without noise.

    A code is mu, or the grid of a model with a codebook. ``labels`` ``(n,)`` are read by
    conditional families alone.
    """
    if not model.is_continuous:
        terms = model.loss(x, 1, None, labels)
        return ImageCosts(terms.recon_loss, terms.kl)
    return cost_of_codes(model, *model.encode(x, labels), x, labels)


def cost_over_samples(
    model: LatentModel,
    x: Tensor,
    samples: int,
    generator: Generator,
    labels: Tensor | None = None,
) -> ImageCosts:
    """Return what images cost, the reconstruction loss averaged over ``samples`` draws of z.

    With the KL, which has no noise, that estimates the ELBO (Kingma and Welling 2014, equation
    10). A model without a prior, or with a codebook, draws nothing: see :func:`cost_at_code`.
    """
    if not model.has_prior or not model.is_continuous:
        return cost_at_code(model, x, labels)
    terms = model.loss(x, samples, generator, labels)
    return ImageCosts(terms.recon_loss, terms.kl)
