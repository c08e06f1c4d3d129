"""What is shown of a latent space, with a prior and without one."""

import numpy as np
import pytest

from vae.latent.extent import (
    DECIMALS,
    LIMIT,
    SHARE,
    extent_of,
    principal_axes,
    z_range,
)


@pytest.mark.parametrize(
    ("reach", "expected"), [(0.0, 3.0), (2.9, 3.0), (3.0, 3.0), (3.2, 3.5), (5.6, 6.0)]
)
def test_z_range(reach: float, expected: float) -> None:
    mu = np.full((1000, 2), reach, np.float32)
    mu[:, 1] = 0
    assert z_range(mu) == expected


def test_z_range_covers_the_codes() -> None:
    mu = np.random.default_rng(1).normal(size=(5000, 3)) * [1, 2, 0.1]
    half = z_range(mu)
    assert np.mean(np.abs(mu) <= half, axis=0).min() >= SHARE
    assert half < 7
    assert z_range(np.zeros((0, 4))) == 3.0
    assert z_range(np.full((5, 1), np.nan)) == 3.0


def test_a_prior_asks_for_one_scale_around_the_origin() -> None:
    mu = np.random.default_rng(2).normal(size=(900, 2)) * [2, 0.1] + [1, 0]
    extent = extent_of(mu, has_prior=True)
    half = z_range(mu)
    assert extent.low == [-half, -half]
    assert extent.high == [half, half]
    assert extent.centre == [0, 0]
    assert extent.decimals == DECIMALS
    assert extent.limit == LIMIT


def test_codes_without_a_prior_are_shown_where_they_lie() -> None:
    rng = np.random.default_rng(3)
    mu = rng.normal(size=(4000, 3)) * [20, 1, 0.5] + [40, -7, 0]
    extent = extent_of(mu, has_prior=False)
    low, high = np.array(extent.low), np.array(extent.high)
    assert np.mean((mu >= low) & (mu <= high), axis=0).min() >= SHARE
    # Its own scale each, and not much wider than the codes: 5.6 standard deviations and margins.
    np.testing.assert_allclose(high[:2] - low[:2], [5.6 * 20, 5.6], rtol=0.25)
    np.testing.assert_allclose(extent.centre, mu.mean(0), atol=1e-3)
    assert all(low <= extent.centre)
    assert all(extent.centre <= high)
    assert extent.limit >= 2 * np.abs(mu).max() - 1e-6


def test_a_unit_that_never_moves_has_room_and_all_of_them_have() -> None:
    mu = np.zeros((50, 3))
    mu[:, 0] = np.linspace(0, 10, 50)
    extent = extent_of(mu, has_prior=False)
    widths = np.subtract(extent.high, extent.low)
    assert widths[1] >= 0.05 * 9
    assert extent.low[1] < 0 < extent.high[1]
    still = extent_of(np.full((9, 2), 5.0), has_prior=False)
    assert all(low < 5 < high for low, high in zip(still.low, still.high, strict=True))


@pytest.mark.parametrize("scale", [1e-4, 0.01, 0.2, 1.0, 50.0])
def test_a_small_space_keeps_more_decimals(scale: float) -> None:
    mu = np.random.default_rng(4).uniform(0, 1, size=(1000, 2)) * scale
    extent = extent_of(mu, has_prior=False)
    steps = min(np.subtract(extent.high, extent.low)) * 10**extent.decimals
    assert steps >= 400  # fine enough to drag
    assert extent.decimals == DECIMALS or steps < 20_000  # and no longer than that needs


@pytest.mark.parametrize("has_prior", [True, False])
def test_no_codes_and_broken_codes(has_prior: bool) -> None:
    assert extent_of(np.zeros((0, 2)), has_prior=has_prior).low == [-3, -3]
    broken = extent_of(np.full((4, 2), np.nan), has_prior=has_prior)
    assert np.isfinite([*broken.low, *broken.high, *broken.centre, broken.limit]).all()


def test_principal_axes_are_the_directions_of_most_variance() -> None:
    rng = np.random.default_rng(4)
    codes = rng.normal(size=(4000, 3)) * [1, 3, 0.1] + [5, 0, 0]
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    axes = principal_axes((codes @ turn.T).astype(np.float32))
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-6)
    assert abs(float(axes[0] @ turn[:, 1])) > 0.999
    assert abs(float(axes[1] @ turn[:, 0])) > 0.999
    assert (axes[[0, 1], np.abs(axes).argmax(1)] > 0).all()
    assert principal_axes(np.zeros((0, 4), np.float32)).shape == (2, 4)
