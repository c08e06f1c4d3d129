"""What codes tell of their images, against closed forms."""

import math

import pytest
import torch
from small_models import seeded, untrained

from vae.measures import Subject, posterior
from vae.models.losses import gaussian_kl
from vae.training.metrics import Codes

pytestmark = pytest.mark.usefixtures("one_thread")


def test_codes_far_apart_tell_which_image_they_are_of():
    count = 700  # more than one chunk
    mu = torch.arange(count)[:, None].float() * torch.tensor([1.0, -2.0])
    logvar = torch.full((count, 2), -12.0)
    found = posterior.surgery(mu, logvar, seeded())
    assert found.mutual_information == pytest.approx(math.log(count), abs=1e-9)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    kl = gaussian_kl(mu.double(), logvar.double()).mean().item()
    assert found.marginal_kl == pytest.approx(kl - math.log(count))


def test_codes_of_no_width_still_tell_no_more_than_log_n():
    mu = torch.randn(300, 2, generator=seeded())
    found = posterior.surgery(mu, torch.full((300, 2), -60.0), seeded(1))
    assert found.mutual_information == pytest.approx(math.log(300), abs=1e-6)


def test_collapsed_codes_tell_nothing():
    found = posterior.surgery(torch.zeros(50, 3), torch.zeros(50, 3), seeded())
    assert found.mutual_information == pytest.approx(0, abs=1e-9)
    assert found.marginal_kl == pytest.approx(0, abs=1e-9)


def test_a_gaussian_mean_of_posteriors_has_a_closed_form():
    # mu from N(0, 1 - v) and width v make q(z) = N(0, 1): I = -log(v) / 2 a dimension.
    v, count = 0.3, 4000
    mu = math.sqrt(1 - v) * torch.randn(count, 2, generator=seeded())
    found = posterior.surgery(mu, torch.full((count, 2), math.log(v)), seeded(1))
    assert found.mutual_information == pytest.approx(-math.log(v), abs=0.05)
    assert found.marginal_kl == pytest.approx(0, abs=0.05)
    shifted = posterior.surgery(mu + 1, torch.full((count, 2), math.log(v)), seeded(1))
    assert shifted.mutual_information == pytest.approx(found.mutual_information, abs=1e-6)
    assert shifted.marginal_kl == pytest.approx(1.0, abs=0.06)  # 1/2 for each dimension


def test_kl_of_the_dimensions_and_active_units(noise):
    subject = Subject(untrained("vae"), noise)
    mu = torch.tensor([[0.0, 2.0], [0.0, 4.0]])
    subject.__dict__["test_codes"] = Codes(mu, torch.zeros(2, 2))
    assert posterior.kl_by_dimension(subject) == ([0.0, 5.0], {"total": 5.0})
    subject.__dict__["standard"] = {"active_units": 1}
    assert posterior.active_units(subject) == (1, {"latent_dim": 3})
