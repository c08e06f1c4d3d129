"""The log-likelihood and the spread of the ELBO, against closed forms."""

import math
from dataclasses import replace

import pytest
import torch
from small_models import SHAPE, seeded, untrained
from torch.distributions import MultivariateNormal, Normal

from vae.data import Split, pixels
from vae.errors import ConfigError
from vae.measures import Subject, bounds, likelihood
from vae.measures.base import evenly
from vae.measures.likelihood import estimate, log_likelihood

PIXELS = 64
SIGMA = 0.4
pytestmark = pytest.mark.usefixtures("one_thread")


class LinearGaussian:
    """x = W z + b + noise: log p(x) and the posterior are known.

    Its q(z|x) has the mean of the true posterior and its precisions, ``wider`` times as large
    variances; for d = 1 and 1 it is the posterior.
    """

    def __init__(self, wider=1.0, d=1):
        self.weight = 0.2 * torch.randn(PIXELS, d, generator=seeded())
        self.bias = torch.full((PIXELS,), 0.5)
        self.precision = torch.eye(d) + self.weight.T @ self.weight / SIGMA**2
        self.logvar = math.log(wider) - self.precision.diagonal().log()
        self.model = untrained("vae", latent_dim=d, likelihood="gaussian", sigma=SIGMA)
        self.model.encode = self.encode
        self.model.decode = lambda z, labels=None: (z @ self.weight.T + self.bias).unflatten(
            -1, SHAPE
        )
        self.model.recon_loss = lambda mean, x: -Normal(mean, SIGMA).log_prob(x).sum((-3, -2, -1))
        covariance = self.weight @ self.weight.T + SIGMA**2 * torch.eye(PIXELS)
        self.marginal = MultivariateNormal(self.bias.double(), covariance.double())

    def encode(self, x, labels=None):
        back = self.weight @ torch.linalg.inv(self.precision).T / SIGMA**2
        mu = (x.flatten(1) - self.bias) @ back
        return mu, self.logvar.expand_as(mu)

    def exact(self, x):
        return self.marginal.log_prob(x.flatten(1).double())


def test_log_likelihood_is_exact_with_many_samples_where_q_is_not_the_posterior():
    known = LinearGaussian(d=2)
    torch.manual_seed(0)
    x = known.marginal.sample((30,)).float().unflatten(-1, SHAPE)
    found, elbo = log_likelihood(known.model, x, None, 4000, seeded(1))
    torch.testing.assert_close(found, known.exact(x), atol=0.1, rtol=0)
    assert (elbo < found).all()


def test_log_likelihood_rises_with_samples_and_has_an_error(digits):
    model = untrained("vae")
    one, many = (estimate(model, digits.test[:80], k) for k in (1, 60))
    assert one.mean == pytest.approx(one.elbo)
    assert many.mean > many.elbo
    assert many.num_samples == 60
    assert many.standard_error > 0
    assert estimate(model, digits.test[:80], 60) == many


def test_log_likelihood_is_exact_where_q_is_the_posterior(noise):
    known = LinearGaussian()
    found = bounds.log_likelihood(Subject(known.model, noise, num_samples=3))
    exact = known.exact(pixels(noise.test.images))
    assert found.value == pytest.approx(exact.mean().item(), abs=1e-3)
    details = found.details
    assert details["gap"] == pytest.approx(0, abs=1e-3)
    assert details["standard_error"] == pytest.approx(exact.std().item() / math.sqrt(40), rel=1e-3)
    assert (details["num_samples"], details["num_images"], details["pixels"]) == (3, 40, "grey")


def test_the_gap_to_the_elbo_is_what_q_misses(noise):
    wider = 1.5
    known = LinearGaussian(wider)
    found = bounds.log_likelihood(Subject(known.model, noise, num_samples=4000))
    exact = known.exact(pixels(noise.test.images)).mean().item()
    missed = 0.5 * (wider - 1 - math.log(wider))  # KL of q from the posterior
    assert found.value == pytest.approx(exact, abs=5e-3)
    assert found.details["gap"] == pytest.approx(missed, abs=0.02)
    assert found.details["elbo"] == pytest.approx(exact - missed, abs=0.02)


def test_bits_are_the_log_likelihood_of_black_or_white_pixels(noise):
    subject = Subject(untrained("vae"), noise, num_samples=5)
    nats = bounds.log_likelihood(subject)
    assert nats.details["pixels"] == "binary"
    bits = bounds.bits_per_dim(subject)
    assert bits.value == pytest.approx(-nats.value / (PIXELS * math.log(2)))
    sharp = Split((noise.test.images > 127).to(torch.uint8) * 255, noise.test.labels)
    again = Subject(subject.model, replace(noise, test=sharp), num_samples=5)
    assert bounds.log_likelihood(again).value == nats.value


def test_memory_is_bounded_whatever_k_and_the_size_of_an_image():
    for shape, count in ((SHAPE, 3000), ((3, 64, 64), 700)):
        model = untrained("vae", image_shape=shape, hidden=(4,))
        decoded, inner = [], model.decode

        def noted(z, labels=None, decoded=decoded, inner=inner):
            decoded.append(z.shape)
            return inner(z)

        model.decode = noted
        images = torch.zeros(4, *shape, dtype=torch.uint8)
        split = Split(images, torch.zeros(4, dtype=torch.int64))
        estimate(model, split, count)
        assert sum(found[0] for found in decoded) == count
        for k, batch, _ in decoded:
            assert k * batch <= likelihood.MAX_DECODED
            assert k * batch * math.prod(shape) <= likelihood.MAX_VALUES
    assert likelihood.batch_size((3, 256, 256)) == 8
    assert likelihood.batch_size((1, 28, 28)) == 100


def test_chunks_do_not_change_the_estimate(noise, monkeypatch):
    known = LinearGaussian(1.5)
    whole = estimate(known.model, noise.test, 500)
    monkeypatch.setattr(likelihood, "MAX_DECODED", 130)
    parts = estimate(known.model, noise.test, 500)
    assert parts.mean == pytest.approx(whole.mean, abs=0.02)
    assert parts.num_samples == 500


@pytest.mark.parametrize(
    ("family", "count", "words"),
    [
        ("vae", 0, "one sample"),
        ("vae", -1, "one sample"),
        ("vae", likelihood.MAX_SAMPLES + 1, "at most"),
        ("ae", 10, "ae has no"),
    ],
)
def test_an_estimate_that_cannot_be_is_refused(noise, family, count, words):
    with pytest.raises(ConfigError, match=words):
        estimate(untrained(family), noise.test, count)


def test_images_of_the_estimate_are_spread_evenly(noise):
    numbered = Split(noise.test.images, torch.arange(40))
    assert evenly(numbered, 5).labels.tolist() == [0, 10, 20, 29, 39]
    assert evenly(numbered, 99) is numbered


def test_the_std_of_the_elbo_is_the_closed_form_and_falls_as_one_over_root_l(noise):
    known = LinearGaussian()
    found = bounds.elbo_std_by_samples(Subject(known.model, noise))
    x = pixels(noise.test.images)
    mu, logvar = known.encode(x)
    # -log p(x|z) is a z^2 + b z + c; its variance under N(m, v) is 2 a^2 v^2 + (2 a m + b)^2 v.
    a = known.weight.square().sum() / (2 * SIGMA**2)
    b = -((x.flatten(1) - known.bias) @ known.weight)[:, 0] / SIGMA**2
    v = logvar.exp()[:, 0]
    variance = 2 * a**2 * v**2 + (2 * a * mu[:, 0] + b) ** 2 * v
    one = math.sqrt(variance.mean().item())
    assert list(found.value) == [str(count) for count in bounds.SAMPLE_COUNTS]
    for count, std in found.value.items():
        assert std == pytest.approx(one / math.sqrt(int(count)), rel=0.15)
    between = known.exact(x).std().item()
    assert found.details["std_between_images"] == pytest.approx(between, rel=0.05)


def test_groups_of_draws_are_those_of_numpy():
    costs = torch.randn(7, 3, generator=seeded(), dtype=torch.float64)
    found = bounds.std_by_samples(costs, (1, 3, 7))
    assert list(found) == [1, 3]  # one group of seven has no spread
    array = costs.numpy()
    assert found[1] == pytest.approx(math.sqrt(array.var(0, ddof=1).mean()))
    means = array[:6].reshape(2, 3, 3).mean(1)
    assert found[3] == pytest.approx(math.sqrt(means.var(0, ddof=1).mean()))
