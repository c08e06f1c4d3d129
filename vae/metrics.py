"""Measures of a trained model on the test split, in nats an image unless said otherwise.

On grey pixels the reconstruction is a binary cross-entropy and the "ELBO" no bound on a
likelihood; on binarised pixels (static, threshold 0.5) it is one. Both are reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.data import ImageData, pixels
from vae.errors import DataError
from vae.losses import bernoulli_nll, binarise, gaussian_kl, gaussian_kl_per_dim, squared_error
from vae.models import LatentModel

EVAL_BATCH = 1000
EVAL_SEED = 20_131_220
"""Seed of the noise in every evaluation: the same weights give the same figures."""

ACTIVE_VARIANCE = 0.01
"""A latent dimension is active when Var_x(E_q[z_d]) is above this (Burda et al. 2015)."""

View = Callable[[Tensor], Tensor]


def grey(x: Tensor) -> Tensor:
    """Leave grey pixels as they are."""
    return x


VIEWS: dict[str, View] = {"grey": grey, "binary": binarise}


class Codes(NamedTuple):
    """Mean and log-variance of q(z|x), each ``(n, d)`` on the CPU."""

    mu: Tensor
    logvar: Tensor


class Terms(NamedTuple):
    """Means over images of the objective and its terms."""

    loss: float
    recon_loss: float
    kl: float


def model_device(model: LatentModel) -> torch.device:
    """Return where the model's weights are."""
    return next(model.parameters()).device


def check_images(config: ModelConfig, data: ImageData) -> None:
    """Refuse images of another shape than the model's.

    Raises
    ------
    DataError
        If the shapes differ.
    """
    for split in (data.train, data.test):
        shape = tuple(split.images.shape[1:])
        if shape != config.image_shape:
            theirs, ours = (" x ".join(map(str, s)) for s in (shape, config.image_shape))
            raise DataError(
                f"{data.name} has images of {theirs}, but the model is for {ours}: "
                "they do not belong together."
            )


@torch.inference_mode()
def encode_all(model: LatentModel, images: Tensor, view: View = grey) -> Codes:
    """Return the codes of uint8 images ``(n, C, H, W)``."""
    device = model_device(model)
    parts = [model.encode(view(pixels(batch.to(device)))) for batch in images.split(EVAL_BATCH)]
    mu, logvar = (torch.cat(part).float().cpu() for part in zip(*parts, strict=True))
    return Codes(mu, logvar)


@torch.inference_mode()
def split_terms(
    model: LatentModel, images: Tensor, keep_codes: int = 0, view: View = grey
) -> tuple[Terms, float, Codes]:
    """Return the mean terms with one sample of z, the pixel error, and the first codes.

    The terms are those of the negative ELBO (beta = 1 in ``loss`` only where the model's is);
    the pixel error is the mean squared error of the mean reconstruction from that z.
    """
    device = model_device(model)
    generator = Generator(device).manual_seed(EVAL_SEED)
    sums = torch.zeros(3, dtype=torch.float64)
    mus, logvars = [], []
    kept = 0
    for batch in images.split(EVAL_BATCH):
        x = view(pixels(batch.to(device)))
        mu, logvar = (part.float() for part in model.encode(x))
        logits = model.decode(model.reparameterize(mu, logvar, 1, generator)[0]).float()
        parts = (
            bernoulli_nll(logits, x),
            gaussian_kl(mu, logvar),
            squared_error(torch.sigmoid(logits), x),
        )
        sums += torch.stack([part.sum() for part in parts]).cpu().double()
        if kept < keep_codes:
            mus.append(mu[: keep_codes - kept].cpu())
            logvars.append(logvar[: keep_codes - kept].cpu())
            kept += len(mus[-1])
    recon_loss, kl, mse = (sums / len(images)).tolist()
    terms = Terms(recon_loss + model.config.beta * kl, recon_loss, kl)
    codes = Codes(torch.cat(mus), torch.cat(logvars)) if kept else Codes(mu[:0], logvar[:0])
    return terms, mse, codes


def kl_per_dim(codes: Codes) -> Tensor:
    """Return the mean KL that each latent dimension carries: ``(d,)``, in nats."""
    return gaussian_kl_per_dim(codes.mu, codes.logvar).mean(0)


def active_dims(mu: Tensor) -> Tensor:
    """Return which of d dimensions are active: ``(n, d)`` to bool ``(d,)``.

    A dimension is active when the variance over images of its posterior mean exceeds
    :data:`ACTIVE_VARIANCE` (Burda et al. 2015, section 2).
    """
    if len(mu) < 2:
        return torch.zeros(mu.shape[1], dtype=torch.bool)
    return mu.var(0) > ACTIVE_VARIANCE


def knn_accuracy(
    train_mu: Tensor, train_labels: Tensor, test_mu: Tensor, test_labels: Tensor, k: int = 10
) -> float:
    """Return the share of test codes whose ``k`` nearest training codes vote for their label."""
    from sklearn.neighbors import KNeighborsClassifier  # imported here: it costs over a second

    voters = KNeighborsClassifier(n_neighbors=min(k, len(train_mu)))
    voters.fit(train_mu.numpy(), train_labels.numpy())
    return float(np.mean(voters.predict(test_mu.numpy()) == test_labels.numpy()))


def _evaluate_view(model: LatentModel, data: ImageData, view: View) -> dict[str, float | int]:
    test = data.test
    terms, mse, codes = split_terms(model, test.images, len(test.images), view)
    train_mu = encode_all(model, data.train.images, view).mu
    return {
        "elbo": -terms.recon_loss - terms.kl,
        "recon_loss": terms.recon_loss,
        "kl": terms.kl,
        "mse": mse,
        "active_units": int(active_dims(codes.mu).sum()),
        "knn_accuracy": knn_accuracy(train_mu, data.train.labels, codes.mu, test.labels),
    }


def evaluate(model: LatentModel, data: ImageData) -> dict[str, Any]:
    """Measure a model on the whole test split: grey at the top level, static-binary beneath.

    Returns
    -------
    dict
        ``elbo``, ``recon_loss``, ``kl`` (nats an image, one sample of z with a fixed noise seed),
        ``mse`` (a pixel), ``active_units``, ``knn_accuracy`` (10 neighbours, training codes as
        reference), and the same under ``binary`` for pixels thresholded at 0.5.
    """
    check_images(model.config, data)
    model.eval()
    figures: dict[str, Any] = dict(_evaluate_view(model, data, VIEWS["grey"]))
    figures["binary"] = _evaluate_view(model, data, VIEWS["binary"])
    return figures
