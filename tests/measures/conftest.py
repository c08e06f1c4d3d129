"""Data and classifiers to measure with."""

import pytest
import torch
from small_models import SHAPE, seeded, untrained

from vae.data import ImageData, Split
from vae.measures import Subject
from vae.measures.classifier import save_classifier, train_classifier


@pytest.fixture(scope="module")
def noise():
    """A data set of random pixels with two classes."""
    images = torch.randint(0, 256, (40, *SHAPE), generator=seeded(1))
    split = Split(images.to(torch.uint8), torch.arange(40) % 2)
    return ImageData("noise", SHAPE, ("a", "b"), split, split)


@pytest.fixture
def judged(few_digits, tmp_path):
    """An untrained VAE, digits, and a classifier of them."""
    classifier, facts = train_classifier(few_digits, epochs=1)
    save_classifier(classifier, facts, tmp_path)
    return Subject(untrained("vae"), few_digits, classifiers=tmp_path)
