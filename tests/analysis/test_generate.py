"""What the Generate page makes of a model: samples, grids, lines and codes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import SHAPE, trained_once
from torch.distributions import Normal

from vae.analysis.generate import (
    VIEWS,
    axes,
    code_counts,
    code_gaussian,
    code_grid,
    dimension_lines,
    images_at,
    manifold,
    rank_dims,
    samples,
    why_not,
)
from vae.models import FAMILIES
from vae.storage.pictures import to_uint8
from vae.training.metrics import Codes

NAMES = list(FAMILIES)
CONTINUOUS = [name for name in NAMES if FAMILIES[name].model.is_continuous]
DISCRETE = [name for name in NAMES if not FAMILIES[name].model.is_continuous]


@given(
    steps=st.integers(2, 40),
    coverage=st.sampled_from([0.5, 0.9, 0.95, 0.99]),
    mean=st.floats(-3, 3),
    std=st.floats(0.1, 4),
)
def test_axes_are_quantiles_of_the_gaussian_of_the_codes(steps, coverage, mean, std):
    gaussian = code_gaussian(trained_once("ae"))._replace(
        mean=torch.tensor([0.0, mean]), std=torch.tensor([1.0, std])
    )
    (values,) = axes(gaussian, (1,), steps, coverage=coverage)
    tail = (1 - coverage) / 2
    shares = Normal(gaussian.mean[1], gaussian.std[1]).cdf(values)
    torch.testing.assert_close(shares, torch.linspace(tail, 1 - tail, steps), atol=1e-4, rtol=0)
    (even,) = axes(gaussian, (1,), steps, coverage=coverage, even=True)
    torch.testing.assert_close(even[[0, -1]], values[[0, -1]])
    gaps = even.diff()
    torch.testing.assert_close(gaps, gaps[:1].expand(steps - 1), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("family", CONTINUOUS)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_every_continuous_family_has_grid_lines_and_images(family, d):
    model = trained_once(family, d)
    gaussian = code_gaussian(model)
    grid = manifold(model, 4)
    assert grid.shape == ((1, 4, 1) if d == 1 else (4, 4, d))
    torch.testing.assert_close(grid.flatten(0, 1).mean(0), gaussian.mean, atol=1e-4, rtol=0)
    lines = dimension_lines(model, range(d), 5, reach=3.0)
    assert lines.shape == (d, 5, d)
    torch.testing.assert_close(lines[:, 2], gaussian.mean.expand(d, -1), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        torch.stack([lines[j, -1, j] for j in range(d)]), gaussian.mean + 3 * gaussian.std
    )
    label = 7 if model.is_conditional else None
    images = images_at(model, grid, label)
    assert images.shape == (*grid.shape[:2], *SHAPE)
    labels = None if label is None else torch.tensor(label)
    assert np.array_equal(images[0, 1], to_uint8(model.generate(grid[0, 1], labels)))


def test_images_of_more_codes_than_a_batch_are_those_of_each():
    model = trained_once("cvae", 2)
    z = torch.randn(1201, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(1201) % 10
    images = images_at(model, z, labels)
    for place in (0, 499, 500, 1200):
        assert (
            np.abs(
                images[place].astype(int)
                - to_uint8(model.generate(z[place], labels[place])).astype(int)
            ).max()
            <= 1
        )


@pytest.mark.parametrize("family", NAMES)
def test_samples_come_from_the_model_and_the_same_seed_gives_the_same(family):
    model = trained_once(family)
    images = samples(model, 7, seed=5, temperature=0.5)
    expected = model.sample(7, torch.Generator().manual_seed(5), temperature=0.5)
    assert np.array_equal(images, to_uint8(expected))
    assert not np.array_equal(images, samples(model, 7, seed=6, temperature=0.5))


def test_samples_of_chosen_classes_come_in_turn():
    model = trained_once("cvae")
    images = samples(model, 5, 0, 1.0, (3, 8))
    told = torch.tensor([3, 8, 3, 8, 3])
    assert np.array_equal(images, to_uint8(model.sample(5, torch.Generator().manual_seed(0), told)))


def test_dimensions_are_ranked_by_kl_and_by_spread_without_a_posterior():
    mu = torch.tensor([[0.0, 3.0, 1.0], [0.0, -3.0, -1.0]])
    found = rank_dims(Codes(mu, torch.zeros(2, 3)))
    assert found.order == [1, 2, 0]
    assert found.figures == pytest.approx([0, 4.5, 0.5])
    assert found.words(1) == "KL 4.50 nats"
    points = rank_dims(Codes(mu, None))
    assert points.order == [1, 2, 0]
    assert points.words(2) == f"spread {math.sqrt(2):.2f}"


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("view", list(VIEWS))
def test_each_view_applies_to_a_family_or_says_why_not(view, family):
    kind = FAMILIES[family].model
    reason = why_not(view, family)
    applies = {
        "samples": True,
        "dataset": True,
        "classes": kind.is_conditional,
        "codebook": not kind.is_continuous,
    }.get(view, kind.is_continuous)
    assert (reason is None) == applies
    if reason is not None:
        assert FAMILIES[family].title in reason
        assert reason.endswith(".")


@pytest.mark.parametrize("family", DISCRETE)
def test_a_code_grid_decodes_to_the_reconstruction_and_counts_add_up(family):
    model = trained_once(family)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (12, *SHAPE), dtype=torch.uint8, generator=generator)
    found = code_grid(model, images[3])
    assert found.indices.shape == model.grid_shape
    assert np.array_equal(found.original, images[3].numpy())
    expected = to_uint8(model.reconstruct(images[3:4] / 255))[0]
    assert np.abs(found.reconstruction.astype(int) - expected).max() <= 1
    counts = code_counts(model, images)
    assert counts.shape == (model.config.codebook,)
    assert counts.sum() == 12 * math.prod(model.grid_shape)
    assert (counts[found.indices] > 0).all()
