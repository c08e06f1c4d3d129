"""Latent spaces side by side: gaps, holes and a shared cursor."""

import math

import numpy as np
import pytest
import torch
from family_runs import make_family_run

from vae.analysis.compare.space import DRAWS, draws_in_holes, hole_map, sharing
from vae.analysis.explore import TestCodes
from vae.figures import compare as figures
from vae.latent.extent import extent_of
from vae.models import build, configure
from vae.training.metrics import Codes


def around(mu, *, has_prior=True):
    """Test codes without a run behind them."""
    nearby = TestCodes.__new__(TestCodes)
    nearby.codes = Codes(mu, None)
    nearby.labels = torch.zeros(len(mu), dtype=torch.int64)
    nearby.has_prior, nearby.choices, nearby.class_names = has_prior, [], ()
    nearby.extent = extent_of(mu.numpy(), has_prior=has_prior)
    nearby._densities = {}
    return nearby


def lattice(half, step):
    line = torch.arange(-half, half + step / 2, step)
    return torch.cartesian_prod(line, line)


def test_a_place_in_a_hole_is_one_that_the_explorer_calls_a_guess():
    torch.manual_seed(1)
    nearby = around(torch.randn(300, 2))
    places = 2 * torch.randn(200, 2)
    near = [nearby.at(place.tolist()).is_near for place in places]
    assert 20 < sum(near) < 180
    assert (nearby.density().remoteness(places) <= 1).tolist() == near
    guess = ["the picture is a guess" in nearby.words(place.tolist()) for place in places]
    assert [not is_near for is_near in near] == guess


def untrained(family):
    return build(configure(family, num_classes=2, image_shape=(1, 8, 8), hidden=(4,), latent_dim=2))


def test_codes_that_fill_the_prior_leave_no_hole_for_its_draws():
    assert draws_in_holes(untrained("vae"), around(lattice(5.0, 0.1))) == 0


def test_codes_of_half_the_plane_leave_half_of_the_draws_in_holes():
    codes = lattice(5.0, 0.1)
    share = draws_in_holes(untrained("vae"), around(codes[codes[:, 0] > 0]))
    assert share == pytest.approx(0.46, abs=3 / math.sqrt(DRAWS))  # Phi(-0.1) = 0.46


def test_draws_of_an_autoencoder_come_from_its_own_codes():
    model = untrained("ae")
    model.get_buffer("code_mean").copy_(torch.tensor([40.0, -20.0]))
    model.get_buffer("code_std").copy_(torch.tensor([0.5, 2.0]))
    codes = torch.tensor([40.0, -20.0]) + lattice(10.0, 0.2)
    codes = codes[(codes[:, 0] - 40).abs() < 3]
    assert draws_in_holes(model, around(codes, has_prior=False)) < 0.01
    found = hole_map(model, around(codes, has_prior=False), size=16)
    assert found.across[0] < 38.8 < 41.2 < found.across[-1]
    x, y = found.rings[1]
    assert (x.max(), y.max()) == pytest.approx((41.0, -16.0))


def test_the_map_of_holes_has_each_place():
    codes = lattice(3.0, 0.1)
    found = hole_map(untrained("vae"), around(codes[codes[:, 1] > 0]), size=25)
    assert found.remoteness.shape == (25, 25)
    assert found.up[0] < 0 < found.up[-1]
    middle = found.remoteness[:, 12]
    assert middle[2] > 10  # far below the codes
    assert middle[18] < 1  # among them
    across = found.remoteness[18]
    assert (across[8:17] < 1).all()
    drawn = figures.hole_map(*found)
    np.testing.assert_allclose(drawn.data[0].z, found.remoteness)
    assert len(drawn.data) == 1 + 2 * len(found.rings)


def test_a_map_of_equal_codes_is_finite():
    found = hole_map(untrained("vae"), around(torch.zeros(10, 2)), size=8)
    assert np.isfinite(found.remoteness).all()


@pytest.mark.parametrize(
    ("sizes", "continuous", "members"),
    [
        ([2, 2], [True, True], [0, 1]),
        ([2, 20, 2, 20], [True] * 4, [0, 2]),
        ([20, 2, 2], [True] * 3, [1, 2]),
        ([2, 3], [True, True], []),
        ([2, 2], [True, False], []),
        ([2, 2, 2], [True, False, True], [0, 2]),
        ([2], [False], []),
    ],
)
def test_which_runs_share_a_cursor(sizes, continuous, members):
    names = [f"run-{place}" for place in range(len(sizes))]
    group = sharing(names, sizes, continuous, ["VQ-VAE"] * len(sizes))
    assert group.members == members
    told = " ".join(group.reasons)
    for place, name in enumerate(names):
        assert (name in told) != (place in members)


@pytest.mark.parametrize("family", ["ae", "vae"])
def test_holes_of_a_real_run(family, tmp_path, one_thread):
    run = make_family_run(family, tmp_path)
    from vae.runs.checkpoint import load_model

    model, nearby = load_model(run.directory), TestCodes(run)
    assert 0 <= draws_in_holes(model, nearby) <= 1
    found = hole_map(model, nearby, size=20)
    assert np.isfinite(found.remoteness).all()
    # The codes themselves are no holes.
    own = nearby.density().remoteness(nearby.codes.mu)
    assert float((own <= 1).float().mean()) > 0.98
