"""How well codes tell classes apart, against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import silhouette_samples
from small_models import seeded, untrained

from vae.measures import Subject, labels
from vae.training.metrics import Codes

pytestmark = pytest.mark.usefixtures("one_thread")


def test_silhouettes_are_those_of_scikit_learn():
    codes = torch.randn(620, 3, generator=seeded())
    classes = torch.randint(0, 4, (620,), generator=seeded(1)) * 3
    classes[5] = 77  # the only one of its class
    found = labels.silhouettes(codes, classes)
    np.testing.assert_allclose(
        found.numpy(), silhouette_samples(codes.double().numpy(), classes.numpy()), atol=1e-7
    )
    assert found[5] == 0


def test_a_probe_separates_what_a_plane_separates():
    codes = torch.randn(400, 2, generator=seeded())
    apart = codes + 9 * torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).repeat(200, 1)
    classes = torch.arange(400) % 2
    assert labels.probe_accuracy(apart, classes, apart, classes) == 1
    assert labels.probe_accuracy(apart, classes, apart, 1 - classes) == 0
    crossed = ((codes[:, 0] > 0) ^ (codes[:, 1] > 0)).long()  # no plane does this
    assert labels.probe_accuracy(codes, crossed, codes, crossed) < 0.7


def test_few_labels_are_drawn_of_each_class_alike():
    classes = torch.arange(1000) % 10
    chosen = labels.few_per_class(classes, 100, seeded())
    assert len(chosen.unique()) == 100
    assert torch.bincount(classes[chosen]).tolist() == [10] * 10
    assert not torch.equal(chosen, labels.few_per_class(classes, 100, seeded(1)))
    assert len(labels.few_per_class(torch.tensor([4, 4, 9]), 100, seeded())) == 3
    assert len(labels.few_per_class(torch.arange(300), 100, seeded())) == 300


def test_probes_of_a_subject(noise):
    subject = Subject(untrained("vae"), noise)
    mu = noise.test.labels[:, None].float() * torch.tensor([1e-4, 5e3]) + 1
    for name in ("train_codes", "test_codes"):
        subject.__dict__[name] = Codes(mu, None)
    assert labels.linear_probe(subject) == (1.0, {"num_labels": 40})
    assert labels.linear_probe_100(subject) == (1.0, {"std": 0.0, "num_labels": 40, "draws": 10})
    assert labels.silhouette(subject).value == 1
