"""Whether one dimension of the code stands for one factor that the images were drawn with.

References
----------
Chen et al., "Isolating Sources of Disentanglement in VAEs", NeurIPS 2018 (arXiv:1802.04942),
section 4.1; Locatello et al., "Challenging Common Assumptions in the Unsupervised Learning of
Disentangled Representations", ICML 2019 (arXiv:1811.12359), appendix C, for the bins.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.measures.base import MeasureValue, Subject
from vae.training.metrics import EVAL_SEED

BINS = 20
"""Bins of equal width that a dimension, or a factor with more values, is cut into."""
CLASS = "class"

Ints = NDArray[np.intp]


def _in_bins(values: NDArray[np.float64]) -> Ints:
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(len(values), dtype=np.intp)
    return np.digitize(values, np.linspace(low, high, BINS + 1)[1:-1])


def _levels(values: NDArray[np.float64]) -> Ints:
    found, places = np.unique(values, return_inverse=True)
    return places if len(found) <= BINS else _in_bins(values)


def _entropy(counts: NDArray[np.integer]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def mutual_information(first: Ints, second: Ints) -> float:
    """Return the mutual information of two lists of small whole numbers ``(n,)``, in nats."""
    table = np.zeros((first.max() + 1, second.max() + 1), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    found = _entropy(table.sum(1)) + _entropy(table.sum(0)) - _entropy(table.ravel())
    return max(0.0, found)


def information_gaps(codes: Tensor, factors: dict[str, Tensor]) -> dict[str, float]:
    """Return for each factor how much more the first dimension knows of it than the second.

    ``(I(z_1; v) - I(z_2; v)) / H(v)``, in [0, 1]; a factor with one value only is left out.

    Codes are ``(n, d)``, factors ``(n,)`` by name.
    """
    binned = [_in_bins(column) for column in codes.double().numpy().T]
    found = {}
    for name, values in factors.items():
        levels = _levels(values.double().numpy())
        entropy = _entropy(np.bincount(levels))
        if entropy > 0:
            shared = [mutual_information(column, levels) for column in binned]
            first, second = sorted([*shared, 0.0], reverse=True)[:2]
            found[name] = (first - second) / entropy
    return found


def mig(subject: Subject) -> MeasureValue:
    """Return the mutual information gap, a mean over the factors and the class, in [0, 1].

    Codes are one draw from q(z|x), so that a dimension that has collapsed to the prior is noise.
    """
    test, (mu, logvar) = subject.data.test, subject.test_codes
    if test.factors is None:
        raise ValueError("the factors are not known")
    generator = Generator().manual_seed(EVAL_SEED)
    codes = subject.model.reparameterize(mu, logvar, 1, generator)[0]
    factors = dict(zip(subject.data.factor_names, test.factors.T, strict=True))
    gaps = information_gaps(codes, {**factors, CLASS: test.labels})
    if not gaps:
        return MeasureValue(float("nan"))
    return MeasureValue(
        float(np.mean(list(gaps.values()))), {"by_factor": gaps, "num_codes": len(codes)}
    )
