"""Every loss against torch.distributions or its definition."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from vae.models.losses import (
    bernoulli_nll,
    binarise,
    gaussian_kl,
    gaussian_kl_per_dim,
    squared_error,
)


@pytest.fixture
def draw():
    generator = torch.Generator().manual_seed(3)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_bernoulli_nll_is_minus_the_log_probability_summed_over_pixels(draw):
    logits, x = 3 * draw(5, 3, 4, 6), (draw(5, 3, 4, 6) > 0).double()
    expected = -Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), expected)
    # Of grey pixels it is the cross-entropy.
    x = torch.sigmoid(draw(5, 3, 4, 6))
    expected = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), expected)


def test_bernoulli_nll_broadcasts_images_over_samples(draw):
    logits, x = draw(7, 5, 1, 2, 3), torch.sigmoid(draw(5, 1, 2, 3))
    found = bernoulli_nll(logits, x)
    assert found.shape == (7, 5)
    for sample in range(7):
        torch.testing.assert_close(found[sample], bernoulli_nll(logits[sample], x))


def test_bernoulli_nll_neither_overflows_nor_loses_a_small_value():
    logits = torch.tensor([200.0, -200.0, 200.0, -200.0]).view(4, 1, 1, 1)
    x = torch.tensor([1.0, 0.0, 0.0, 1.0]).view(4, 1, 1, 1)
    torch.testing.assert_close(bernoulli_nll(logits, x), torch.tensor([0.0, 0.0, 200.0, 200.0]))


def test_kl_of_each_dimension_is_that_of_torch(draw):
    mu, logvar = 2 * draw(6, 4), draw(6, 4)
    q, p = Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    expected = kl_divergence(q, p)
    torch.testing.assert_close(gaussian_kl_per_dim(mu, logvar), expected)
    torch.testing.assert_close(gaussian_kl(mu, logvar), expected.sum(-1))


def test_kl_is_zero_at_the_prior_and_has_its_known_values():
    zero = torch.zeros(1, 3)
    assert gaussian_kl(zero, zero).item() == 0
    assert gaussian_kl(torch.tensor([[2.0, 0.0]]), torch.zeros(1, 2)).item() == pytest.approx(2)
    # Variance e^2 about 0: (e^2 - 1 - 2) / 2.
    found = gaussian_kl(torch.zeros(1, 1), torch.full((1, 1), 2.0)).item()
    assert found == pytest.approx((7.3890561 - 3) / 2)


def test_squared_error_is_averaged_over_the_pixels_of_each_image():
    mean, x = torch.zeros(2, 3, 2, 2), torch.zeros(2, 3, 2, 2)
    x[1, 0, 0, 0] = 0.6
    torch.testing.assert_close(squared_error(mean, x), torch.tensor([0.0, 0.36 / 12]))


def test_binarise_takes_the_threshold_itself_as_black():
    found = binarise(torch.tensor([0.0, 0.4999, 0.5, 0.5001, 1.0]))
    assert found.tolist() == [0, 0, 0, 1, 1]
    assert found.dtype == torch.float32


def test_gradients_of_the_losses_are_right(draw):
    logits, x = draw(2, 1, 2, 2).requires_grad_(), torch.sigmoid(draw(2, 1, 2, 2))
    mu, logvar = draw(2, 3).requires_grad_(), draw(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: bernoulli_nll(each, x), logits)
    assert torch.autograd.gradcheck(gaussian_kl, (mu, logvar))
