"""Class information in the codes: neighbours, linear probes, silhouette."""

import warnings

import numpy as np
import torch
from torch import Generator, Tensor

from vae.measures.base import MeasureValue, Subject
from vae.training.metrics import EVAL_SEED

FEW_LABELS = 100
FEW_DRAWS = 10
_CHUNK = 500
_STEPS = 300


def knn_accuracy(subject: Subject) -> MeasureValue:
    """Return the share of test codes whose 10 nearest training codes vote for their class."""
    return MeasureValue(subject.standard["knn_accuracy"], {"num_labels": len(subject.data.train)})


def _standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Scale each dimension of the training codes to mean 0 and variance 1, the others alike."""
    mean, std = train.mean(0), train.std(0, unbiased=False)
    std = torch.where(std > 0, std, torch.ones_like(std))
    return (train - mean) / std, (test - mean) / std


def probe_accuracy(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor) -> float:
    """Return the share of test codes ``(m, d)`` that a logistic regression names rightly.

    It is fitted on codes ``(n, d)`` with an L2 penalty of weight 1.
    """
    from sklearn.exceptions import ConvergenceWarning  # imported here: it costs over a second
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # On codes that a plane separates completely the fit never converges.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe = LogisticRegression(max_iter=_STEPS)
        probe.fit(train.numpy(), train_labels.numpy())
    return float(np.mean(probe.predict(test.numpy()) == test_labels.numpy()))


def linear_probe(subject: Subject) -> MeasureValue:
    """Return the accuracy on the test codes of a linear probe fitted on all training codes."""
    data = subject.data
    train, test = _standardised(subject.train_codes.mu, subject.test_codes.mu)
    found = probe_accuracy(train, data.train.labels, test, data.test.labels)
    return MeasureValue(found, {"num_labels": len(train)})


def few_per_class(labels: Tensor, total: int, generator: Generator) -> Tensor:
    """Return places of about ``total`` labels ``(n,)``, of each class as many: at least one."""
    classes = labels.unique()
    each = max(1, total // len(classes))
    chosen = []
    for label in classes:
        places = (labels == label).nonzero()[:, 0]
        chosen.append(places[torch.randperm(len(places), generator=generator)[:each]])
    return torch.cat(chosen)


def linear_probe_100(subject: Subject) -> MeasureValue:
    """Return the mean accuracy of linear probes that are fitted on 100 labels only.

    Ten times other labels, of each class as many. The dimensions are scaled by all training codes,
    which needs no label.
    """
    data = subject.data
    train, test = _standardised(subject.train_codes.mu, subject.test_codes.mu)
    generator = Generator().manual_seed(EVAL_SEED)
    found, count = [], 0
    for _ in range(FEW_DRAWS):
        chosen = few_per_class(data.train.labels, FEW_LABELS, generator)
        count = len(chosen)
        labels = data.train.labels[chosen]
        found.append(probe_accuracy(train[chosen], labels, test, data.test.labels))
    details = {"std": float(np.std(found, ddof=1)), "num_labels": count, "draws": FEW_DRAWS}
    return MeasureValue(float(np.mean(found)), details)


def silhouettes(codes: Tensor, labels: Tensor) -> Tensor:
    """Return the silhouette of each code ``(n, d)`` with its class ``(n,)``: ``(n,)`` in [-1, 1].

    ``(b - a) / max(a, b)``: a is the mean distance to the others of its class, b the least mean
    distance to those of another class; 0 for the only one of its class (Rousseeuw, "Silhouettes",
    Journal of Computational and Applied Mathematics 20, 1987).
    """
    classes, place = labels.unique(return_inverse=True)
    members = torch.nn.functional.one_hot(place, len(classes)).double()  # (n, K)
    sizes = members.sum(0)
    codes = codes.double()
    found = []
    for start in range(0, len(codes), _CHUNK):
        mine = place[start : start + _CHUNK, None]
        part = codes[start : start + _CHUNK]
        gaps = torch.cdist(part, codes, compute_mode="donot_use_mm_for_euclid_dist")
        sums = gaps @ members  # (chunk, K)
        size = sizes[mine[:, 0]]
        a = sums.gather(1, mine)[:, 0] / (size - 1).clamp(min=1)
        b = (sums / sizes).scatter(1, mine, torch.inf).amin(1)
        ratio = torch.nan_to_num((b - a) / torch.maximum(a, b))
        found.append(torch.where(size > 1, ratio, torch.zeros_like(ratio)))
    return torch.cat(found)


def silhouette(subject: Subject) -> MeasureValue:
    """Return the mean silhouette of the test codes by class."""
    found = silhouettes(subject.test_codes.mu, subject.data.test.labels)
    return MeasureValue(float(found.mean()), {"num_codes": len(found)})
