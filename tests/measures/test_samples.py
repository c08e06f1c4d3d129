"""The Fréchet distance of samples, against known Gaussians."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_models import SHAPE, seeded, untrained

from vae.data import Split, pixels
from vae.measures import samples

pytestmark = pytest.mark.usefixtures("one_thread")


def with_moments(mean, root, count=500, seed=0):
    """Features whose mean and covariance ``root @ root.T`` are exact."""
    raw = torch.randn(count, len(mean), generator=seeded(seed), dtype=torch.float64)
    raw = raw - raw.mean(0)
    white = raw @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(raw.T))).T
    return white @ root.T + mean


def test_frechet_distance_of_two_gaussians():
    mean = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    narrow, wide = (torch.diag(torch.tensor(s).double()) for s in ([1, 1, 2.0], [3, 1, 0.5]))
    first, second = with_moments(mean, narrow), with_moments(mean + 1, wide, seed=1)
    # |m1 - m2|^2 + sum (s1 - s2)^2
    assert samples.frechet_distance(first, second) == pytest.approx(3 + 4 + 0 + 2.25)
    assert samples.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute():
    from scipy.linalg import sqrtm

    roots = [torch.randn(4, 4, generator=seeded(n), dtype=torch.float64) for n in (1, 2)]
    mean = torch.zeros(4, dtype=torch.float64)
    first, second = (with_moments(mean, root, seed=n) for n, root in enumerate(roots))
    one, two = (root.numpy() @ root.numpy().T for root in roots)
    exact = np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert samples.frechet_distance(first, second) == pytest.approx(exact)


def test_frechet_distance_with_features_that_never_change():
    still = torch.zeros(50, 3)
    still[:, 0] = torch.randn(50, generator=seeded())
    assert samples.frechet_distance(still, still) == pytest.approx(0, abs=1e-9)
    assert samples.frechet_distance(still, still + 2) == pytest.approx(12)


def test_samples_that_are_the_test_images_are_at_no_distance(judged):
    images = pixels(judged.data.test.images)
    judged.model.sample = lambda count, generator, labels=None: images[:count]
    found = samples.sample_quality(judged)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert found.details["real_images"] > 0
    assert found.details["num_images"] == 40
    judged.model.sample = lambda count, generator, labels=None: 1 - images[:count]
    assert samples.sample_quality(judged).value > found.details["real_images"]


def test_samples_are_as_black_and_white_as_the_test_images(judged):
    sharp = (judged.data.test.images > 127).to(torch.uint8) * 255
    judged.data = replace(judged.data, test=Split(sharp, judged.data.test.labels))
    grey = 0.4 * pixels(sharp) + 0.3  # 0.3 or 0.7
    judged.model.sample = lambda count, generator, labels=None: grey[:count]
    assert samples.sample_quality(judged).value == pytest.approx(0, abs=1e-6)


def test_a_conditional_model_is_asked_for_the_classes_of_the_test_images(few_digits):
    model = untrained("cvae")
    asked = []
    model.sample = lambda count, generator, labels=None: (
        asked.append(labels) or torch.zeros(count, *SHAPE)
    )
    samples.drawn(model, few_digits.test.labels, seeded())
    assert torch.equal(torch.cat(asked), few_digits.test.labels)
