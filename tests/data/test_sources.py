"""Digits without importing scikit-learn: the same images, in the same order."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae.data import load
from vae.data.sources import split_by_class


@given(st.lists(st.integers(0, 3), min_size=24, max_size=60), st.integers(6, 12))
def test_splits_are_scikit_learns(drawn, test):
    from sklearn.model_selection import train_test_split

    labels = np.array([*range(4), *range(4), *drawn])
    expected = train_test_split(range(len(labels)), test_size=test, stratify=labels, random_state=0)
    for found, places in zip(split_by_class(labels, test), expected, strict=True):
        assert found.tolist() == places


@pytest.mark.parametrize("part", ["train", "test"])
def test_digits_are_scikit_learns(part):
    from sklearn.datasets import load_digits

    found, copy = getattr(load("digits"), part), load_digits()
    places = split_by_class(copy.target, 360)[part == "test"]
    assert found.labels.tolist() == copy.target[places].tolist()
    assert torch.equal(
        found.images[:, 0], torch.from_numpy(copy.images[places] * 255 / 16).round().to(torch.uint8)
    )
