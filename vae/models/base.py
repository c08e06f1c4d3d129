"""The contract that every family keeps."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from vae.config import ModelConfig


class LossTerms(NamedTuple):
    """What a family's objective is made of: one value per example, shape ``(B,)``.

    In nats, unless the family's docstring says otherwise. None where a term does not apply.
    """

    loss: Tensor
    recon_loss: Tensor
    kl: Tensor | None
    penalty: Tensor | None = None
    """Anything else in the objective, weighted as it stands there."""


class Output(NamedTuple):
    """One pass of a batch of images through a model."""

    terms: LossTerms
    logits: Tensor
    """``(L, B, C, H, W)``: reconstructions from L samples of z; ``sigmoid`` gives means."""
    mu: Tensor
    """``(B, latent_dim)``: the codes."""
    logvar: Tensor | None
    """``(B, latent_dim)``, or None where a code is a point."""


class LatentModel(nn.Module, ABC):
    """A model with an encoder to codes and a decoder back to images.

    ``x`` is ``(B, C, H, W)`` in [0, 1]; ``labels`` are ``(B,)``, int64; ``z`` is
    ``(..., latent_dim)``; logits are ``(..., C, H, W)``, and ``sigmoid`` of them is the mean of
    each pixel. Labels are read by conditional families alone.
    """

    options: ClassVar[tuple[str, ...]] = ()
    """Fields of :class:`ModelConfig` that this family reads beyond those that all do."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Values of such fields that differ from the config's own defaults."""
    has_prior: ClassVar[bool] = True
    """Whether codes have a prior: then there are a KL and an ELBO."""
    is_conditional: ClassVar[bool] = False
    """Whether encoder and decoder take the label beside the image or z."""
    is_continuous: ClassVar[bool] = True
    """Whether every z decodes: then the map, the sliders and the browser's decoder apply."""
    takes_samples: ClassVar[bool] = True
    """Whether the objective averages over samples of z."""
    default_samples: ClassVar[int] = 1
    """How many, unless asked otherwise."""
    bound_needs_samples: ClassVar[bool] = False
    """Whether the objective is another one for another number of samples."""
    corrupts: ClassVar[bool] = False
    """Whether the objective corrupts its input first."""
    grows: ClassVar[bool] = False
    """Whether its encoder may change size between epochs, as ``ModelConfig.growth`` says."""
    not_applicable: ClassVar[Mapping[str, str]] = {}
    """Figures that have no meaning for this family: name -> the reason, one sentence."""

    decoder: nn.Sequential

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.kl_scale = 1.0
        """Share of the KL's weight that counts now: the training loop raises it in a warm-up."""

    def before_epoch(self, epoch: int, seed: int, optimizer: Optimizer) -> None:
        """Change the structure before an epoch, counted from 1; most families change nothing.

        ``seed`` is the epoch's own, so that a resumed run changes as the unbroken one does.
        """

    def hidden_now(self) -> tuple[int, ...] | None:
        """Return the encoder's hidden sizes as they are, or None where they never change."""
        return None

    def prepare_load(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Take the structure that saved weights have: name -> shape, as in the state's dict.

        Weights lose their meaning: those that were saved come next.
        """

    @abstractmethod
    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return mean and log-variance of q(z|x), each ``(B, latent_dim)``.

        The second is None where the code is a point.
        """

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        labels: Tensor | None = None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Output:
        """Encode, draw ``num_samples`` z, decode, and weigh what each image costs."""

    def loss(
        self,
        x: Tensor,
        num_samples: int = 1,
        generator: Generator | None = None,
        labels: Tensor | None = None,
    ) -> LossTerms:
        """Return the objective and its terms for each image of ``x``."""
        output: Output = self(x, labels, num_samples, generator)
        return output.terms

    @abstractmethod
    def recon_loss(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return what each reconstruction costs: ``(..., C, H, W)`` to ``(...)``."""

    def indices(self, x: Tensor) -> Tensor | None:
        """Return which codes of a codebook stand for images: ``(B, h, w)``, int64.

        None where there is no codebook.
        """
        return None

    def figures(self, mu: Tensor, images: Iterable[Tensor]) -> dict[str, float | int]:
        """Return what else there is to say of the test images.

        ``mu`` are their codes ``(n, d)``; ``images`` yields them, a batch ``(B, C, H, W)`` in
        [0, 1] at a time, on the model's device.
        """
        return {}

    def reparameterize(
        self,
        mu: Tensor,
        logvar: Tensor | None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Tensor:
        """Draw ``z = mu + sigma * eps`` with eps from N(0, I): ``(B, d)`` to ``(L, B, d)``.

        The noise does not depend on mu and logvar, so gradients flow to both
        (Kingma and Welling 2014, section 2.4). Without a logvar every z is mu.
        """
        if logvar is None:
            return mu.expand(num_samples, *mu.shape)
        eps = torch.randn(
            (num_samples, *mu.shape), device=mu.device, dtype=mu.dtype, generator=generator
        )
        return mu + torch.exp(0.5 * logvar) * eps

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the logits of the images at ``z``: ``(..., d)`` to ``(..., C, H, W)``.

        ``labels`` has the shape of ``z`` without its last dimension, or broadcasts to it.
        """
        logits: Tensor = self.decoder(z.reshape(-1, z.shape[-1]))
        return logits.reshape(*z.shape[:-1], *self.config.image_shape)

    def generate(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the mean images at ``z``, in [0, 1]: ``(..., d)`` to ``(..., C, H, W)``."""
        return torch.sigmoid(self.decode(z, labels).float())

    def reconstruct(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the mean images at the codes of ``x``: ``(B, C, H, W)`` in [0, 1]."""
        return self.generate(self.encode(x, labels)[0], labels)

    def draw_codes(self, count: int, generator: Generator, temperature: float = 1.0) -> Tensor:
        """Draw codes from the prior N(0, I), its deviation times ``temperature``: ``(n, d)``.

        ``generator`` is the CPU's, so that every device draws the same.
        """
        z = torch.randn(count, self.config.latent_dim, generator=generator) * temperature
        return z.to(next(self.parameters()).device)

    def sample(
        self,
        count: int,
        generator: Generator,
        labels: Tensor | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        """Return mean images at codes of :meth:`draw_codes`: ``(n, C, H, W)`` in [0, 1].

        A conditional family is asked for the classes in turn where ``labels`` are not given.
        """
        z = self.draw_codes(count, generator, temperature)
        if labels is None and self.is_conditional:
            labels = torch.arange(count, device=z.device) % self.config.num_classes
        return self.generate(z, labels)
