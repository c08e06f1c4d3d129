"""Images and their reconstructions: the loss of each, which ones to show, and the decodes.

Losses are taken at ``z = mu`` unless samples of z are asked for. On grey pixels ``-log p(x|z)`` is
a binary cross-entropy: it orders images, but its least value is above 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.data import pixels
from vae.locale import _
from vae.models import LatentModel, check_family
from vae.models.losses import gaussian_kl
from vae.models.pixels import pixel_sigma
from vae.training.costs import cost_at_code
from vae.training.metrics import EVAL_BATCH, View, grey, model_device

Order = Literal["drawn", "worst", "best"]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


class ImageTerms(NamedTuple):
    """What each of n images costs at its code: ``z = mu`` where a code is not a point."""

    recon_loss: Floats
    """``-log p(x|z)``, ``(n,)`` nats; for an autoencoder its own loss."""
    kl: Floats | None
    """KL of q(z|x) from the prior, ``(n,)``; None for a model without a prior."""


@torch.inference_mode()
def _batch_terms(
    model: LatentModel, images: Tensor, view: View, labels: Tensor | None
) -> ImageTerms:
    device = model_device(model)
    x = view(pixels(images.to(device)))
    loss, kl = cost_at_code(model, x, None if labels is None else labels.to(device))
    return ImageTerms(loss.cpu().numpy(), None if kl is None else kl.cpu().numpy())


def per_image_terms(
    model: LatentModel, images: Tensor, view: View = grey, labels: Tensor | None = None
) -> ImageTerms:
    """Return what each of the uint8 images ``(n, C, H, W)`` costs at its code.

    ``labels`` ``(n,)`` are read by conditional families alone.
    """
    return Measurement(model, view).terms(images, labels=labels)


class Measurement:
    """The terms of a split's images, each measured once however often they are asked for.

    Threads may share it: each measures a batch while the others wait, so all see it go on, and
    what one that gives up has measured stays.
    """

    def __init__(self, model: LatentModel, view: View = grey) -> None:
        self._model, self._view = model, view
        self._parts: list[ImageTerms] = []
        self._lock = Lock()
        self._done = 0

    def terms(
        self,
        images: Tensor,
        count: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        labels: Tensor | None = None,
    ) -> ImageTerms:
        """Return the terms of the first ``count`` images (all if None).

        ``images`` is the split, uint8 ``(N, C, H, W)``, the same at each call, and ``labels``
        ``(N,)`` are read by conditional families alone. ``on_progress`` is called with the images
        done and those asked for, after each batch that it waits for.
        """
        wanted = len(images) if count is None else min(count, len(images))
        while True:
            with self._lock:
                if self._done >= wanted:
                    parts = list(self._parts)
                    break
                part = slice(self._done, self._done + EVAL_BATCH)
                batch, batch_labels = images[part], None if labels is None else labels[part]
                self._parts.append(_batch_terms(self._model, batch, self._view, batch_labels))
                self._done += len(batch)
                done = min(self._done, wanted)
            if on_progress:
                on_progress(done, wanted)
        empty = np.empty(0, dtype=np.float32)
        losses = np.concatenate([empty, *(part.recon_loss for part in parts)])[:wanted]
        kls = [part.kl for part in parts if part.kl is not None]
        kl = np.concatenate([empty, *kls])[:wanted] if len(kls) == len(parts) else None
        return ImageTerms(losses, kl)


def choose(
    labels: NDArray[np.integer[Any]],
    recon_loss: NDArray[np.floating[Any]] | None = None,
    *,
    label: int | None = None,
    order: Order = "drawn",
    count: int = 10,
    seed: int = 0,
) -> Indices:
    """Return the indices of at most ``count`` images of a class, without repetition.

    ``labels`` ``(n,)`` are the classes, ``recon_loss`` the losses of the first ``m <= n`` images,
    among which "worst" and "best" choose: the greatest or least loss first; a loss that is not a
    number counts as the worst, and equal ones keep their order. "drawn" is at random by ``seed``.

    Raises ValueError if "worst" or "best" is asked for without losses.
    """
    candidates = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    if order == "drawn":
        return np.random.default_rng(seed).permutation(candidates)[:count]
    if recon_loss is None:
        raise ValueError(_("the order {order!r} needs the losses").format(order=order))
    candidates = candidates[candidates < len(recon_loss)]
    losses = np.nan_to_num(recon_loss[candidates].astype(np.float64), nan=np.inf)
    return candidates[np.argsort(-losses if order == "worst" else losses, kind="stable")][:count]


class ClassLosses(NamedTuple):
    """Reconstruction loss by class, for the classes that have images."""

    label: Indices
    mean: NDArray[np.float64]
    """Nats per image."""
    spread: NDArray[np.float64]
    """Standard deviation between the images of a class, nats."""
    size: Indices
    """Images in each class."""


def by_class(
    labels: NDArray[np.integer[Any]], recon_loss: NDArray[np.floating[Any]]
) -> ClassLosses:
    """Return mean, standard deviation and number of the losses ``(n,)`` of each class."""
    found = np.unique(labels[: len(recon_loss)]).astype(np.int64)
    groups = [recon_loss[labels[: len(recon_loss)] == label].astype(np.float64) for label in found]
    return ClassLosses(
        found,
        np.array([group.mean() for group in groups]),
        np.array([group.std() for group in groups]),
        np.array([len(group) for group in groups], dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What n images become. What needs the original is None where that is not known."""

    mu: Tensor
    """Mean of q(z|x), ``(n, d)``."""
    mean: Tensor
    """Mean of p(x|z), ``(n, C, H, W)`` in [0, 1]; over L samples of z: the mean of L means."""
    sample: Tensor | None
    """A draw from p(x|z) at the mean, each pixel on its own, in [0, 1]: ``(n, C, H, W)``; None for
    a model whose decoder gives no distribution."""
    error: Tensor | None
    """``|x - mean|``, ``(n, C, H, W)`` in [0, 1]."""
    recon_loss: Tensor | None
    """``-log p(x|z)``, ``(n,)`` nats (for an autoencoder its own loss); over L samples of z: the
    mean of L losses."""
    kl: Tensor | None
    """KL of q(z|x) from the prior, ``(n,)`` nats; None for a model without a prior."""


@torch.inference_mode()
def from_codes(
    model: LatentModel,
    mu: Tensor,
    logvar: Tensor | None,
    x: Tensor | None = None,
    *,
    samples: int | None = None,
    seed: int = 0,
    labels: Tensor | None = None,
) -> Reconstruction:
    """Decode codes ``(n, d)`` at mu, or at ``samples`` draws of z for each.

    With L samples the loss is the Monte Carlo estimate ``-1/L sum_l log p(x|z_l)`` of the
    reconstruction term (Kingma and Welling 2014, equation 7): never less than the loss of the
    mean of the L decoded means (Jensen's inequality).

    ``x`` are the originals ``(n, C, H, W)`` in [0, 1], if they are known. The seed is that of the
    noise of z and of the sample of p(x|z), the same for each L. Conditional families alone read
    ``labels`` ``(n,)``.
    """
    device = model_device(model)
    mu = mu.to(device)
    labels = None if labels is None else labels.to(device)
    if samples is None or logvar is None:
        z = mu[None]
    else:
        noise = Generator(device).manual_seed(seed)
        z = model.reparameterize(mu, logvar.to(device), samples, noise)
    total = torch.zeros(len(mu), *model.config.image_shape, device=device)
    losses = torch.zeros(len(mu), device=device)
    # Not all L samples at once: for large images they would fill the memory.
    for part in z.split(max(1, EVAL_BATCH // max(1, len(mu)))):
        logits = model.decode(part, labels).float()  # (l, n, C, H, W)
        total += torch.sigmoid(logits).sum(0)
        if x is not None:
            losses += model.recon_loss(logits, x).sum(0)
    kl = None if logvar is None else gaussian_kl(mu, logvar.to(device))
    loss = None if x is None else losses / len(z)
    return _gather(model, mu, total / len(z), x, (loss, kl), seed)


def _gather(
    model: LatentModel,
    mu: Tensor,
    mean: Tensor,
    x: Tensor | None,
    terms: tuple[Tensor | None, Tensor | None],
    seed: int,
) -> Reconstruction:
    loss, kl = terms
    return Reconstruction(
        mu.cpu(),
        mean.cpu(),
        pixel_sample(model, mean.cpu(), seed),
        None if x is None else (x - mean).abs().cpu(),
        None if loss is None else loss.cpu(),
        None if kl is None else kl.cpu(),
    )


def sample_kind(config: ModelConfig) -> str | None:
    """Return what a pixel is drawn from, as a word; None where the decoder gives a point."""
    takes = "likelihood" in check_family(config.family).model.options
    return config.likelihood.capitalize() if takes else None


def pixel_sample(model: LatentModel, mean: Tensor, seed: int) -> Tensor | None:
    """Draw each pixel from p(x|z) with these means, cut to [0, 1]; None where there is no such."""
    kind = sample_kind(model.config)
    if kind is None:
        return None
    generator = Generator().manual_seed(seed)
    if kind == "Bernoulli":
        return (torch.rand(mean.shape, generator=generator) < mean).float()
    noise = torch.randn(mean.shape, generator=generator)
    return (mean + pixel_sigma(model) * noise).clamp(0, 1)


@torch.inference_mode()
def reconstruct(
    model: LatentModel,
    images: Tensor,
    *,
    samples: int | None = None,
    seed: int = 0,
    view: View = grey,
    labels: Tensor | None = None,
) -> Reconstruction:
    """Encode uint8 images ``(n, C, H, W)`` and decode them: see :func:`from_codes`.

    Discrete codes are decoded as they are; ``mu`` is then the summary that ``encode`` gives.
    """
    device = model_device(model)
    x = view(pixels(images.to(device)))
    labels = None if labels is None else labels.to(device)
    mu, logvar = model.encode(x, labels)
    if not model.is_continuous:
        costs = cost_at_code(model, x, labels)
        return _gather(model, mu.float(), model.reconstruct(x, labels), x, costs, seed)
    logvar = None if logvar is None else logvar.float()
    return from_codes(model, mu.float(), logvar, x, samples=samples, seed=seed, labels=labels)
