"""Near data or not: densities against closed forms, the border against its definition."""

import math

import numpy as np
import pytest
import torch
from paths import SHIPPED
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae.analysis.explore import TestCodes
from vae.latent import density
from vae.latent.density import CodeDensity, score_quantiles
from vae.models.losses import gaussian_log_densities
from vae.runs import open_run
from vae.training.metrics import Codes

GENERATOR = torch.Generator().manual_seed(5)


def cloud(count: int, d: int, logvar: float = -2.0) -> Codes:
    mu = torch.randn(count, d, generator=GENERATOR)
    return Codes(mu, logvar + 0.5 * torch.randn(count, d, generator=GENERATOR))


def test_the_density_of_one_gaussian() -> None:
    codes = Codes(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, math.log(4)]]))
    found = CodeDensity(codes).log_density(torch.tensor([[1.0, -2.0], [2.0, 0.0]]))
    at_mean = -math.log(2 * math.pi * 2)
    assert found.dtype == torch.float64
    assert found.tolist() == pytest.approx([at_mean, at_mean - 0.5 - 0.5])


@pytest.mark.parametrize("d", [1, 2, 20])
def test_the_density_of_a_mixture(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = cloud(50, d)
    assert codes.logvar is not None
    parts = Independent(Normal(codes.mu.double(), (0.5 * codes.logvar.double()).exp()), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(50).double()), parts)
    z = 3 * torch.randn(30, d, generator=GENERATOR)
    expected = mixture.log_prob(z.double())
    torch.testing.assert_close(CodeDensity(codes).log_density(z), expected)
    monkeypatch.setattr(density, "_VALUES_AT_ONCE", 170)  # three places at once
    monkeypatch.setattr(density, "_VALUES_OF_A_THREAD", 17 * d)
    torch.testing.assert_close(CodeDensity(codes).log_density(z), expected)
    one_by_one = torch.cat([CodeDensity(codes).log_density(place[None]) for place in z])
    torch.testing.assert_close(one_by_one, expected)


def test_places_far_away_keep_an_order() -> None:
    codes = cloud(50, 2)
    found = CodeDensity(codes).log_density(torch.tensor([[50.0, 0.0], [500.0, 0.0]]))
    assert torch.isfinite(found).all()
    assert found[0] > found[1]


@pytest.mark.parametrize("logvar", [-1e6, -60.0, 60.0, 1e6])
def test_absurd_variances_give_finite_densities(logvar: float) -> None:
    mu = torch.randn(20, 3, generator=GENERATOR).double()
    found = gaussian_log_densities(mu, mu, torch.full((20, 3), logvar).double())
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("at_once", [4_000_000, 90])
def test_the_border_leaves_out_each_code_s_own_posterior(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(density, "_VALUES_AT_ONCE", at_once)
    codes = cloud(40, 2)
    assert codes.logvar is not None
    noise = torch.randn(40, 2, generator=torch.Generator().manual_seed(23), dtype=torch.float64)
    drawn = codes.mu + (0.5 * codes.logvar.double()).exp() * noise
    expected = []
    for j in range(40):
        others = torch.arange(40) != j
        rest = CodeDensity(Codes(codes.mu[others], codes.logvar[others]))
        expected.append(float(rest.log_density(drawn[j : j + 1])))
    quantile = torch.quantile(torch.tensor(expected, dtype=torch.float64), 0.01)
    assert CodeDensity(codes).threshold == pytest.approx(float(quantile))


def test_one_in_a_hundred_draws_of_the_codes_is_not_near() -> None:
    codes = cloud(3000, 2)
    assert codes.logvar is not None
    place = torch.randint(0, 3000, (2000,), generator=GENERATOR)
    noise = torch.randn(2000, 2, generator=GENERATOR)
    z = codes.mu[place] + (0.5 * codes.logvar[place]).exp() * noise
    assert float((~CodeDensity(codes).is_near(z)).double().mean()) == pytest.approx(0.01, abs=0.01)


def test_codes_as_wide_as_the_prior_are_near_its_draws_alone() -> None:
    found = CodeDensity(cloud(2000, 20))
    z = torch.randn(500, 20, generator=GENERATOR)
    assert float(found.is_near(z).double().mean()) > 0.85
    assert float(found.is_near(2 * z).double().mean()) < 0.15


def test_codes_that_are_points_are_told_by_their_neighbours() -> None:
    line = torch.arange(0.0, 100.0)[:, None]
    found = CodeDensity(Codes(torch.cat([line, torch.tensor([[200.0]])]), None))
    assert found.nn_distance_q99 == pytest.approx(1.0)
    z = torch.tensor([[0.0], [10.5], [-0.99], [-1.01], [150.0], [200.0]])
    assert found.distance(z).tolist() == pytest.approx([0, 0.5, 0.99, 1.01, 50, 0], abs=1e-5)
    assert found.is_near(z).tolist() == [True, True, True, False, False, True]
    assert found.remoteness(z[4:5]).tolist() == pytest.approx([50.0])
    with pytest.raises(ValueError, match="no density"):
        found.log_density(z)


def test_remoteness_of_a_gaussian_grows_with_the_distance() -> None:
    mu = torch.zeros(200, 2)
    found = CodeDensity(Codes(mu, torch.zeros(200, 2)))
    radius = found.remoteness(torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]))
    assert radius[3] / radius[2] == pytest.approx(1.5, rel=0.05)
    assert radius[2] / radius[1] == pytest.approx(2.0, rel=0.05)
    # 1 % of draws lie farther than sqrt(2 ln 100) = 3.03 from the mean.
    assert radius[3] == pytest.approx(1.0, abs=0.15)
    z = 3 * torch.randn(100, 2, generator=GENERATOR)
    assert torch.equal(found.remoteness(z) <= 1, found.is_near(z))


@pytest.mark.parametrize("logvar", [None, torch.zeros(1, 2)])
def test_without_a_border_nothing_is_typical(logvar: torch.Tensor | None) -> None:
    found = CodeDensity(Codes(torch.zeros(1, 2), logvar))
    assert found.quantiles == []
    assert found.typicality(torch.zeros(3, 2)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("is_point", [False, True])
def test_typicality_of_the_codes_themselves_is_uniform(is_point: bool) -> None:
    codes = cloud(900, 3)
    assert codes.logvar is not None
    found = CodeDensity(Codes(codes.mu, None if is_point else codes.logvar))
    assert len(found.quantiles) == 101
    assert found.quantiles == sorted(found.quantiles)
    assert found.quantiles[1] == (-found.nn_distance_q99 if is_point else found.threshold)
    own = -found._own_distances if is_point else found._own_densities
    shares = torch.from_numpy(np.interp(own, found.quantiles, np.linspace(0, 1, 101)))
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.01)
    far = found.typicality(torch.full((1, 3), 99.0))
    assert far.tolist() == [0]


def test_quantiles_of_all_codes_and_of_classes() -> None:
    codes = cloud(60, 2)
    label = torch.arange(60) % 3
    found = score_quantiles(codes, label, [0, 2])
    assert list(found) == ["", "0", "2"]
    assert codes.logvar is not None
    mine = Codes(codes.mu[label == 2], codes.logvar[label == 2])
    assert found["2"] == CodeDensity(mine).quantiles
    assert list(score_quantiles(codes, None, [0])) == [""]


@pytest.mark.parametrize(
    ("name", "most", "least_wide"), [("mnist-vae-2d", 0.10, 0.25), ("mnist-vae-20d", 0.15, 0.85)]
)
def test_few_draws_from_the_prior_are_outside(name: str, most: float, least_wide: float) -> None:
    found = TestCodes(open_run(name, SHIPPED)).density()
    z = torch.randn(2000, found._mu.shape[1], generator=torch.Generator().manual_seed(0))
    assert float((~found.is_near(z)).double().mean()) <= most
    assert float((~found.is_near(2 * z)).double().mean()) >= least_wide


@pytest.mark.parametrize("logvar", [None, torch.zeros(1, 2)])
def test_one_code_makes_no_place_near(logvar: torch.Tensor | None) -> None:
    found = CodeDensity(Codes(torch.zeros(1, 2), logvar))
    assert not found.is_near(torch.zeros(3, 2)).any()
    assert found.remoteness(torch.zeros(3, 2)).isnan().all()


@pytest.mark.parametrize("logvar", [None, torch.zeros(5, 2)])
def test_equal_codes_have_a_border(logvar: torch.Tensor | None) -> None:
    found = CodeDensity(Codes(torch.ones(5, 2), logvar))
    assert found.is_near(torch.ones(1, 2)).all()
    assert not found.is_near(torch.full((1, 2), 9.0)).any()
    assert torch.isfinite(found.remoteness(torch.full((1, 2), 9.0))).all()
