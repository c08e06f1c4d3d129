"""The gap of mutual information, on factors that are known."""

from dataclasses import replace

import pytest
import torch
from sklearn.metrics import mutual_info_score
from small_models import seeded, untrained

from vae.data import Split
from vae.measures import Subject, factors
from vae.training.metrics import Codes

pytestmark = pytest.mark.usefixtures("one_thread")


def test_mutual_information_of_counts_is_that_of_scikit_learn():
    first = torch.randint(0, 5, (500,), generator=seeded()).numpy()
    second = (first + torch.randint(0, 3, (500,), generator=seeded(1)).numpy()) % 6
    assert factors.mutual_information(first, second) == pytest.approx(
        mutual_info_score(first, second)
    )


def known_factors(count=4000):
    drawn = torch.stack(
        [torch.randint(0, size, (count,), generator=seeded(size)) for size in (16, 6)]
    )
    return {"x": drawn[0].float() / 16, "size": drawn[1].float()}


def test_a_dimension_for_each_factor_has_the_whole_gap():
    known = known_factors()
    noise = torch.randn(4000, generator=seeded())
    codes = torch.stack([noise, -3 * known["size"], known["x"] ** 2], 1)
    gaps = factors.information_gaps(codes[:, [0, 1]], {"size": known["size"]})
    assert gaps["size"] == pytest.approx(1, abs=0.03)
    codes = torch.stack([-3 * known["size"], 7 * known["x"]], 1)
    assert factors.information_gaps(codes, known) == pytest.approx({"x": 1, "size": 1}, abs=0.03)


def test_noise_and_codes_shared_by_two_dimensions_have_no_gap():
    known = known_factors()
    noise = torch.randn(4000, 3, generator=seeded())
    assert factors.information_gaps(noise, known) == pytest.approx({"x": 0, "size": 0}, abs=0.02)
    twice = torch.stack([known["x"], 1 - known["x"], noise[:, 0]], 1)
    assert factors.information_gaps(twice, known)["x"] == pytest.approx(0, abs=1e-9)


def test_a_factor_that_never_changes_is_left_out():
    still = {"still": torch.ones(10), "x": torch.arange(10.0)}
    assert factors.information_gaps(torch.arange(10.0)[:, None], still) == {"x": pytest.approx(1)}


def test_mig_of_a_subject_counts_the_class_as_a_factor(noise):
    known = torch.stack([torch.arange(40) // 2 % 4, torch.arange(40) // 8], 1).float()
    split = Split(noise.test.images, noise.test.labels, known)
    data = replace(noise, train=split, test=split, factor_names=("x", "y"))
    subject = Subject(untrained("ae"), data)
    codes = torch.cat([known, noise.test.labels[:, None].float()], 1)
    subject.__dict__["test_codes"] = Codes(codes, None)
    found = factors.mig(subject)
    assert found.value == pytest.approx(1)
    assert list(found.details["by_factor"]) == ["x", "y", "class"]
    # A dimension that has collapsed to the prior is noise, however its mean varies.
    subject.__dict__["test_codes"] = Codes(codes * 1e-3, torch.zeros(40, 3))
    assert factors.mig(subject).value < 0.5
