"""The log-likelihood of a linear Gaussian model, whose closed form is known."""

import pytest
import torch
from small_models import untrained
from torch.distributions import Normal

from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.measures.likelihood import estimate, log_likelihood
from vae.models import build


def linear_gaussian(d=2, pixels=16):
    """x = W z + b + noise: log p(x) is known. Its decoder is linear, its mean not squashed."""
    config = ModelConfig(
        family="vae",
        hidden=(4,),
        latent_dim=d,
        image_shape=(1, 4, 4),
        likelihood="gaussian",
        sigma=0.4,
    )
    model = build(config).eval()
    generator = torch.Generator().manual_seed(0)
    weight, bias = torch.randn(pixels, d, generator=generator), torch.randn(pixels)
    # The posterior of a linear Gaussian model; its covariance is not diagonal, q's is.
    precision = torch.eye(d) + weight.T @ weight / 0.16

    def encode(x, labels=None):
        mu = (x.flatten(1) - bias) @ weight @ torch.linalg.inv(precision).T / 0.16
        return mu, (-precision.diagonal().log()).expand_as(mu)

    model.encode = encode
    model.decode = lambda z, labels=None: (z @ weight.T + bias).unflatten(-1, (1, 4, 4))
    model.recon_loss = lambda mean, x: -Normal(mean, 0.4).log_prob(x).sum((-3, -2, -1))
    marginal = torch.distributions.MultivariateNormal(
        bias, weight @ weight.T + 0.16 * torch.eye(pixels)
    )
    return model, marginal


def test_log_likelihood_of_a_linear_gaussian_model_is_the_closed_form():
    model, marginal = linear_gaussian()
    x = marginal.sample((30,)).unflatten(-1, (1, 4, 4))
    found, elbo = log_likelihood(model, x, None, 4000, torch.Generator().manual_seed(1))
    exact = marginal.log_prob(x.flatten(1)).double()
    assert torch.allclose(found, exact, atol=0.1)
    assert (elbo < found).all()


def test_log_likelihood_rises_with_samples_and_says_its_error(digits):
    model = untrained("vae").eval()
    one, many = (estimate(model, digits.test[:80], k) for k in (1, 60))
    assert one.mean == pytest.approx(one.elbo)
    assert many.mean > many.elbo
    assert many.num_samples == 60
    assert many.standard_error > 0
    assert estimate(model, digits.test[:80], 60) == many


def test_log_likelihood_needs_a_posterior(digits):
    with pytest.raises(ConfigError, match="ae"):
        estimate(untrained("ae").eval(), digits.test[:5], 10)
    with pytest.raises(ConfigError, match="one sample"):
        estimate(untrained("vae").eval(), digits.test[:5], 0)
