"""Measures of a trained model on the test split, in nats per image unless said otherwise.

On grey pixels the reconstruction is a binary cross-entropy and the "ELBO" no bound on a
likelihood; on binarised pixels (static, threshold 0.5) it is one. Both are reported.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.data import ImageData, Split, pixels
from vae.errors import DataError
from vae.locale import N_, _
from vae.models import LatentModel, LossTerms
from vae.models.losses import binarise, gaussian_kl_per_dim, squared_error

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
    """Mean and log-variance of q(z|x), each ``(n, d)`` on the CPU.

    The log-variance is None where codes are points.
    """

    mu: Tensor
    logvar: Tensor | None


class Terms(NamedTuple):
    """Means over images of the objective and its terms; None where one does not apply."""

    loss: float
    recon_loss: float
    kl: float | None
    penalty: float | None = None


def stack_terms(terms: LossTerms) -> Tensor:
    """Return the sums over images of the terms that apply: ``(T,)``."""
    return torch.stack([part.sum() for part in terms if part is not None])


def unstack_terms(means: Tensor, like: LossTerms) -> Terms:
    """Undo :func:`stack_terms`: name the means, None where ``like`` has none."""
    values = iter(means.tolist())
    named = {k: next(values) for k, part in like._asdict().items() if part is not None}
    return Terms(**{"kl": None, **named})


def model_device(model: LatentModel) -> torch.device:
    """Return where the model's weights are."""
    return next(model.parameters()).device


def check_images(config: ModelConfig, data: ImageData) -> None:
    """Refuse images of another shape than the model's.

    Raises DataError if the shapes differ.
    """
    for split in (data.train, data.test):
        shape = tuple(split.images.shape[1:])
        if shape != config.image_shape:
            theirs, ours = (" x ".join(map(str, s)) for s in (shape, config.image_shape))
            raise DataError(
                _(
                    "{data} has images of {theirs}, but the model is for {ours}: they do not "
                    "belong together."
                ).format(data=data.name, theirs=theirs, ours=ours)
            )


def batches(model: LatentModel, split: Split, view: View = grey) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the images ``(B, C, H, W)`` and labels of a split, where the model is."""
    for batch in split.batches(EVAL_BATCH):
        on = batch.to(model_device(model))
        yield view(pixels(on.images)), on.labels


@torch.inference_mode()
def encode_all(model: LatentModel, split: Split, view: View = grey) -> Codes:
    """Return the codes of a split's images."""
    parts = (model.encode(x, labels) for x, labels in batches(model, split, view))
    mus, logvars = zip(*parts, strict=True)
    return Codes(_join(mus), None if logvars[0] is None else _join(logvars))


def _join(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.float().cpu() for part in parts])


@torch.inference_mode()
def split_terms(
    model: LatentModel,
    split: Split,
    keep_codes: int = 0,
    view: View = grey,
    num_samples: int = 1,
) -> tuple[Terms, float, Codes]:
    """Return the mean terms over ``num_samples`` of z, the pixel error, and the first codes.

    The terms are those of the objective at the full weight of its KL; the pixel error is the mean
    squared error of the mean reconstruction from the first z.
    """
    generator = Generator(model_device(model)).manual_seed(EVAL_SEED)
    sums: Tensor | None = None
    terms: LossTerms | None = None
    errors = 0.0
    scale, model.kl_scale = model.kl_scale, 1.0
    try:
        for x, labels in batches(model, split, view):
            output = model(x, labels, num_samples, generator)
            terms = output.terms
            found = stack_terms(terms).cpu().double()
            sums = found if sums is None else sums + found
            errors += float(squared_error(torch.sigmoid(output.logits[0]), x).sum())
    finally:
        model.kl_scale = scale
    if sums is None or terms is None:
        raise ValueError("there are no images to measure on")
    codes = encode_all(model, split[:keep_codes], view) if keep_codes else _no_codes(model)
    return unstack_terms(sums / len(split), terms), errors / len(split), codes


def _no_codes(model: LatentModel) -> Codes:
    empty = torch.empty(0, model.config.latent_dim)
    return Codes(empty, empty if model.has_prior and model.is_continuous else None)


def kl_per_dim(codes: Codes) -> Tensor | None:
    """Return the mean KL that each latent dimension carries: ``(d,)``, in nats.

    None where codes are points: then there is no KL.
    """
    if codes.logvar is None:
        return None
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


BERNOULLI_ONLY = N_("Only a Bernoulli likelihood of the pixels is one of black-or-white images.")


def _evaluate_view(model: LatentModel, data: ImageData, view: View) -> dict[str, Any]:
    test = data.test
    terms, mse, codes = split_terms(model, test, len(test), view)
    train_mu = encode_all(model, data.train, view).mu
    images = (x for x, _ in batches(model, test, view))
    return {
        "elbo": None if terms.kl is None else -terms.recon_loss - terms.kl,
        "recon_loss": terms.recon_loss,
        "kl": terms.kl,
        "mse": mse,
        "active_units": int(active_dims(codes.mu).sum()),
        "knn_accuracy": knn_accuracy(train_mu, data.train.labels, codes.mu, test.labels),
        **({} if terms.penalty is None else {"penalty": terms.penalty}),
        **model.figures(codes.mu, images),
    }


def evaluate(model: LatentModel, data: ImageData) -> dict[str, Any]:
    """Measure a model on the whole test split: grey at the top level, static-binary beneath.

    Returns
    -------
    dict
        ``elbo``, ``recon_loss``, ``kl`` (nats per image, one sample of z with a fixed noise seed),
        ``mse`` (a pixel), ``active_units``, ``knn_accuracy`` (10 neighbours, training codes as
        reference), and the same under ``binary`` for pixels thresholded at 0.5. A figure that has
        no meaning for the family is None, and ``not_applicable`` says why.
    """
    check_images(model.config, data)
    model.eval()
    figures = _evaluate_view(model, data, VIEWS["grey"])
    reasons = dict(model.not_applicable)
    is_bernoulli = model.has_prior and model.config.likelihood == "bernoulli"
    figures["binary"] = _evaluate_view(model, data, VIEWS["binary"]) if is_bernoulli else None
    if not is_bernoulli:
        reasons.setdefault("binary", BERNOULLI_ONLY)
    figures["not_applicable"] = reasons
    return figures
