"""How close a model's samples come to real images, by the project's own small classifier.

The usual figure of this kind, FID, compares features of a large network trained on photographs
(Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, arXiv:1706.08500). This one
takes the same distance between features of :mod:`vae.measures.classifier`, so its values cannot be
compared with any published FID.
"""

import torch
from torch import Generator, Tensor

from vae.data import Split, pixels
from vae.measures.base import MeasureValue, Subject, evenly
from vae.models import LatentModel
from vae.models.losses import binarise
from vae.training.metrics import EVAL_SEED

NUM_SAMPLES = 5_000
_BATCH = 250


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    found = features.double()
    return found.mean(0), torch.cov(found.T).reshape(found.shape[1], found.shape[1])


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Return the squared Fréchet distance of Gaussians fitted to features ``(n, f)``, ``(m, f)``.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` (Dowson and Landau, "The Fréchet distance
    between multivariate normal distributions", 1982).
    """
    (mean1, cov1), (mean2, cov2) = _moments(first), _moments(second)
    root = _root(cov1)
    # C1 C2 has the eigenvalues of the symmetric R C2 R, R the root of C1.
    between = torch.linalg.eigvalsh(root @ cov2 @ root).clamp(min=0).sqrt().sum()
    found = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * between
    return max(0.0, float(found))


@torch.inference_mode()
def drawn(model: LatentModel, labels: Tensor, generator: Generator) -> Tensor:
    """Return a sample for each label ``(n,)``: mean images ``(n, C, H, W)`` in [0, 1], on the CPU.

    Only a conditional family reads the labels.
    """
    device = next(model.parameters()).device
    parts = [
        model.sample(len(part), generator, part.to(device) if model.is_conditional else None).cpu()
        for part in labels.split(_BATCH)
    ]
    return torch.cat(parts)


def _is_black_and_white(split: Split) -> bool:
    return bool(((split.images == 0) | (split.images == 255)).all())


def sample_quality(subject: Subject) -> MeasureValue:
    """Return the Fréchet distance of samples from test images, in features of the classifier.

    ``real_images`` is the same distance of as many training images: what a perfect model would
    get. Samples are thresholded at 0.5 where the test images are black and white.
    """
    judge, facts = subject.classifier
    real = evenly(subject.data.test, NUM_SAMPLES)
    images = drawn(subject.model, real.labels, Generator().manual_seed(EVAL_SEED))
    if _is_black_and_white(real):
        images = binarise(images)
    features = judge.features(pixels(real.images))
    others = judge.features(pixels(evenly(subject.data.train, NUM_SAMPLES).images))
    return MeasureValue(
        frechet_distance(judge.features(images), features),
        {
            "real_images": frechet_distance(others, features),
            "num_images": len(real),
            "classifier_accuracy": facts.accuracy,
        },
    )
