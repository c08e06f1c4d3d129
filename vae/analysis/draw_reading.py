"""What a model makes of a drawing: its code, its cost among test images, its neighbours.

No Streamlit here: the Draw page shows what these functions return.
"""

import base64
import math
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.analysis.draw import Levels
from vae.data import ImageData, pixels
from vae.latent.export import PixelModel, pixel_model
from vae.locale import _, numbers
from vae.models import LatentModel
from vae.storage.pictures import to_uint8
from vae.training.costs import ImageCosts, cost_over_samples
from vae.training.metrics import EVAL_SEED, Codes, check_images

Floats = NDArray[np.float32]

SAMPLES = 16
"""Draws of z that the reconstruction term of an ELBO is averaged over."""
REFERENCE_IMAGES = 2000
"""Test images that a drawing's score is compared with."""
LEAST_REFERENCE = 500
"""So many even where each of them is read under every label."""
UNLIKE = 0.01
"""A drawing is called unlike the data where fewer of the test images than this share are worse."""
EASY = 0.95
"""Above this share the words say that little ink is easy to describe."""
NEIGHBOURS = 5

_BATCH = 100
_BINS = 40


def score_of(costs: ImageCosts) -> Tensor:
    """Return the ELBO ``(n,)``, or without a prior the reconstruction loss (less is better)."""
    return costs.recon_loss if costs.elbo is None else costs.elbo


@torch.inference_mode()
def evidence(model: LatentModel, images: Tensor, label: int | None = None) -> ImageCosts:
    """Estimate what uint8 images ``(n, C, H, W)`` cost, under a label where the family needs one.

    The reconstruction loss is averaged over :data:`SAMPLES` draws of z where a code is a cloud. The
    noise has a seed of its own, so the same images give the same figures under every label. On
    grey pixels the loss is a cross-entropy, and the ELBO no bound on a likelihood.
    """
    generator = Generator().manual_seed(EVAL_SEED)
    parts = []
    for batch in images.split(_BATCH):
        labels = None if label is None else torch.full((len(batch),), label)
        parts.append(cost_over_samples(model, pixels(batch), SAMPLES, generator, labels))
    kls = [part.kl for part in parts if part.kl is not None]
    return ImageCosts(
        torch.cat([part.recon_loss for part in parts]), torch.cat(kls) if kls else None
    )


class BestLabel(NamedTuple):
    """What images cost under the label that explains each of them best."""

    costs: ImageCosts
    place: Tensor
    """``(n,)``: which of the labels that is; 0 where there are none."""
    scores: Tensor
    """``(K, n)``: under each label."""


def under_best_label(model: LatentModel, images: Tensor, choices: Sequence[int]) -> BestLabel:
    """Read each of the images ``(n, C, H, W)`` under the label with the greatest ELBO.

    As the prior of the labels is even, that is the most probable one, as far as the ELBO tells.
    ``choices`` are the labels that the model was trained on; none where it is told none.
    """
    each = [evidence(model, images, label) for label in choices or (None,)]
    scores = torch.stack([score_of(found) for found in each])
    place = scores.argmax(0)

    def chosen(parts: list[Tensor]) -> Tensor:
        return torch.stack(parts).gather(0, place[None])[0]

    kls = [found.kl for found in each if found.kl is not None]
    losses = chosen([found.recon_loss for found in each])
    return BestLabel(ImageCosts(losses, chosen(kls) if kls else None), place, scores)


def reference_scores(model: LatentModel, data: ImageData, choices: Sequence[int] = ()) -> Floats:
    """Return the scores of at most :data:`REFERENCE_IMAGES` test images, sorted.

    They are measured as a drawing is: their labels, too, are those that the model reads. The
    images are taken at even steps: the first half of MNIST's is cleaner than the second.

    Raises
    ------
    DataError
        If the images have another shape than the model's.
    """
    check_images(model.config, data)
    count = max(min(REFERENCE_IMAGES, LEAST_REFERENCE), REFERENCE_IMAGES // max(1, len(choices)))
    images = data.test.images
    step = max(1, len(images) // count)
    found = score_of(under_best_label(model, images[::step][:count], choices).costs)
    return np.sort(np.asarray(found.numpy(), dtype=np.float32))


def share_worse(reference: Floats, score: float, *, is_loss: bool = False) -> float:
    """Return the share of ``reference`` (sorted) that is worse than ``score``.

    Worse is less, or more where the score ``is_loss``.
    """
    if is_loss:
        worse = len(reference) - int(np.searchsorted(reference, score, side="right"))
    else:
        worse = int(np.searchsorted(reference, score))
    return worse / max(1, len(reference))


def say_typical(share: float, count: int, *, is_loss: bool = False) -> str:
    """Say what it means that ``share`` of ``count`` test images are worse than a drawing."""
    if share < UNLIKE:
        worse = round(share * count)
        if is_loss:
            words = (
                _(
                    "Unlike anything it was trained on: only {worse} of {n} test images have a "
                    "greater reconstruction loss."
                )
                if worse
                else _(
                    "Unlike anything it was trained on: none of {n} test images have a greater "
                    "reconstruction loss."
                )
            )
        else:
            words = (
                _(
                    "Unlike anything it was trained on: only {worse} of {n} test images have a "
                    "lower ELBO."
                )
                if worse
                else _(
                    "Unlike anything it was trained on: none of {n} test images have a lower ELBO."
                )
            )
        return words.format(worse=worse, n=numbers.count(count))
    percent = math.floor(100 * share)
    if is_loss:
        words = _("Redrawn as well as {percent} % of {count} test images, or better.").format(
            percent=percent, count=numbers.count(count)
        )
    else:
        words = _("As typical as {percent} % of {count} test images, or more so.").format(
            percent=percent, count=numbers.count(count)
        )
    if share > EASY:
        words += " " + _("An image with little ink has a low loss, whatever it shows.")
    return words


def say_label(names: Sequence[str], scores: Tensor) -> str:
    """Say which label a drawing is read under, of those with these names and ELBOs ``(K,)``."""
    order = scores.argsort(descending=True).tolist()
    first = names[order[0]]
    if len(names) < 2:
        return _("Read as class {first}, the only one that it was trained on.").format(first=first)
    gap = float(scores[order[0]] - scores[order[1]])
    return _(
        "Read as class {first}: of the {n} labels that it knows, the one with the "
        "greatest ELBO. Next comes {second}, with {gap:.1f} nats less."
    ).format(first=first, n=len(names), second=names[order[1]], gap=gap)


def say_how(model: LatentModel, *, is_binary: bool) -> str:
    """Say how the score of a drawing is measured."""
    if not model.has_prior:
        return _(
            "The loss of the picture decoded from its code. Without a prior there is no "
            "ELBO: this says how well the drawing passes through the code, not how "
            "likely it is."
        )
    parts = [
        _(
            "Averaged over {n} draws of z from q(z|x) with a fixed seed, as are "
            "those of the test images."
        ).format(n=SAMPLES)
        if model.is_continuous
        else _(
            "Nothing is drawn: an image has one sure grid of codes, and the KL is what "
            "these cost under the learned prior."
        )
    ]
    if model.is_conditional:
        parts.append(_("Test images, too, are read under the label with the greatest ELBO."))
    if model.config.likelihood == "gaussian":
        parts.append(_("Gaussian pixels have a density, so an ELBO may be above 0."))
    elif not is_binary:
        parts.append(
            _(
                "On grey pixels the reconstruction loss is a cross-entropy: a score, no "
                "bound on a likelihood."
            )
        )
    return " ".join(parts)


def nearest_codes(codes: Tensor, mu: Tensor, count: int = NEIGHBOURS) -> tuple[Tensor, Tensor]:
    """Return numbers and Euclidean distances of the codes ``(n, d)`` nearest to ``mu`` ``(d,)``."""
    distances = (codes - mu).norm(dim=1)
    found = distances.topk(min(count, len(codes)), largest=False)
    return found.indices, found.values


class Histogram(TypedDict):
    """Counts of values between ``low`` and ``high`` in equal steps."""

    low: float
    high: float
    counts: list[int]


def histogram(values: Floats) -> Histogram:
    """Count values for a small histogram."""
    counts, edges = np.histogram(values, bins=_BINS)
    return {"low": float(edges[0]), "high": float(edges[-1]), "counts": counts.tolist()}


class Typical(TypedDict):
    """How a drawing's score compares with those of test images."""

    share: float
    words: str
    histogram: Histogram


class Neighbour(TypedDict):
    """A test code near a drawing's mu."""

    index: int
    name: str
    distance: float
    picture: str | None
    """uint8 pixels ``(C, H, W)`` in base64; None where there is neither image nor decode."""
    original: bool
    """Whether the picture is the test image, not the decode of its code."""


class Reading(TypedDict):
    """What a model makes of a drawing, for the browser; pictures are uint8 pixels in base64."""

    image: str
    recon: str
    mu: list[float]
    logvar: list[float] | None
    """None where a code is a point."""
    elbo: float | None
    """None without a prior: then the reconstruction loss is the score."""
    recon_loss: float
    kl: float | None
    loss: PixelModel
    """How the model weighs a reconstruction."""
    how: str
    """How the score is measured."""
    label: int | None
    """The label that it is read under; None where the model is told none."""
    told: str
    """The same in words; empty where the model is told none."""
    typical: Typical | None
    nearest: list[Neighbour]


def _base64(levels: Levels) -> str:
    return base64.b64encode(np.ascontiguousarray(levels).tobytes()).decode()


@torch.inference_mode()
def read_drawing(
    model: LatentModel,
    image: Levels,
    codes: Codes,
    labels: Tensor,
    class_names: Sequence[str],
    *,
    choices: Sequence[int] = (),
    is_binary: bool = False,
    data: ImageData | None = None,
    reference: Floats | None = None,
) -> Reading:
    """Encode a prepared drawing ``(1, H, W)``, decode it, and say where it lies.

    Parameters
    ----------
    codes, labels
        Of the test images: ``(n, d)`` and ``(n,)``. A model that is told a label knows each class
        alone: then only codes of the label that is read count as neighbours.
    choices
        Labels that the model was trained on; none where it is told none.
    is_binary
        Whether the run sees black and white.
    data
        The images as the run sees them. Shows neighbours as they are; without it, as decoded.
    reference
        From :func:`reference_scores`; without it nothing is said of how typical the drawing is.
    """
    batch = torch.from_numpy(image)[None]
    x = pixels(batch)
    best = under_best_label(model, batch, choices)
    label = choices[int(best.place)] if choices else None
    labelled = None if label is None else torch.tensor([label])
    mu, logvar = model.encode(x, labelled)
    terms = best.costs
    members = torch.arange(len(labels)) if label is None else torch.nonzero(labels == label)[:, 0]
    found, distances = nearest_codes(codes.mu[members], mu[0].float())
    names = [_class_name(choice, class_names) for choice in choices]
    return {
        "image": _base64(image),
        "recon": _base64(to_uint8(model.reconstruct(x, labelled))[0]),
        "mu": mu[0].tolist(),
        "logvar": None if logvar is None else logvar[0].tolist(),
        "elbo": None if terms.elbo is None else float(terms.elbo),
        "recon_loss": float(terms.recon_loss),
        "kl": None if terms.kl is None else float(terms.kl),
        "loss": pixel_model(model),
        "how": say_how(model, is_binary=is_binary),
        "label": label,
        "told": say_label(names, best.scores[:, 0]) if names else "",
        "typical": _typical(terms, reference),
        "nearest": _neighbours(model, codes, labels, class_names, members[found], distances, data),
    }


def _typical(terms: ImageCosts, reference: Floats | None) -> Typical | None:
    if reference is None:
        return None
    is_loss = terms.elbo is None
    share = share_worse(reference, float(score_of(terms)), is_loss=is_loss)
    words = say_typical(share, len(reference), is_loss=is_loss)
    return {"share": share, "words": words, "histogram": histogram(reference)}


def _neighbours(
    model: LatentModel,
    codes: Codes,
    labels: Tensor,
    class_names: Sequence[str],
    indices: Tensor,
    distances: Tensor,
    data: ImageData | None,
) -> list[Neighbour]:
    pictures: list[str | None]
    originals = data is not None and len(data.test) >= len(codes.mu)
    if data is not None and originals:
        pictures = [_base64(one.numpy()) for one in data.test.images[indices]]
    elif model.is_continuous:
        pictures = [
            _base64(one) for one in to_uint8(model.generate(codes.mu[indices], labels[indices]))
        ]
    else:
        # Its codes are grids: the summary that is kept of them decodes to no image.
        pictures = [None] * len(indices)
    return [
        {
            "index": index,
            "name": _class_name(int(labels[index]), class_names),
            "distance": distance,
            "picture": picture,
            "original": originals,
        }
        for index, distance, picture in zip(
            indices.tolist(), distances.tolist(), pictures, strict=True
        )
    ]


def _class_name(label: int, class_names: Sequence[str]) -> str:
    if label < 0:
        return _("no label")
    return _(class_names[label]) if label < len(class_names) else str(label)
