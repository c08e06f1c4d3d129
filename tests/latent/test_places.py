"""Grids and draws in latent space."""

import pytest
import torch
from torch.distributions import Normal

from vae.latent.places import manifold_grid, prior_samples, quantile_axis


@pytest.mark.parametrize("count", [2, 3, 8, 25])
def test_axis_takes_equal_steps_of_probability(count):
    axis = quantile_axis(count, coverage=0.9)
    shares = Normal(0.0, 1.0).cdf(axis)
    torch.testing.assert_close(shares, torch.linspace(0.05, 0.95, count))
    torch.testing.assert_close(axis, -axis.flip(0), atol=1e-6, rtol=0)


def test_axis_of_one_is_the_origin():
    assert quantile_axis(1).tolist() == [0.0]


def test_grid_is_a_map_right_and_up_are_positive():
    grid = manifold_grid(5, 2)
    assert grid.shape == (5, 5, 2)
    assert grid[0, 0, 0] < 0 < grid[0, -1, 0]
    assert grid[-1, 0, 1] < 0 < grid[0, 0, 1]
    assert torch.equal(grid[0, :, 0], grid[3, :, 0])
    assert torch.equal(grid[:, 0, 1], grid[:, 4, 1])


def test_grid_over_two_of_many_dimensions_keeps_the_others():
    at = torch.arange(4.0)
    grid = manifold_grid(3, 4, dims=(3, 1), at=at)
    assert (grid[..., 0] == 0).all()
    assert (grid[..., 2] == 2).all()
    torch.testing.assert_close(grid[0, :, 3], quantile_axis(3))
    torch.testing.assert_close(grid[:, 0, 1], quantile_axis(3).flip(0))
    assert at.tolist() == [0, 1, 2, 3]


def test_grid_of_one_dimension_repeats_its_line():
    grid = manifold_grid(4, 1)
    assert grid.shape == (4, 4, 1)
    for row in grid:
        torch.testing.assert_close(row[:, 0], quantile_axis(4))


def test_prior_samples_are_fixed_by_their_seed():
    assert torch.equal(prior_samples(5, 3), prior_samples(5, 3))
    assert not torch.equal(prior_samples(5, 3), prior_samples(5, 3, seed=8))
    many = prior_samples(20_000, 2)
    torch.testing.assert_close(many.mean(0), torch.zeros(2), atol=0.03, rtol=0)
    torch.testing.assert_close(many.std(0), torch.ones(2), atol=0.03, rtol=0)
