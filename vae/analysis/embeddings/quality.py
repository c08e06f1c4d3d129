"""How much of the codes an embedding keeps: votes of neighbours, and trustworthiness."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.analysis.embeddings.methods import spread_evenly

NEIGHBOURS = 10
MOST_FOR_TRUST = 2000
"""Trustworthiness compares all pairs of points: no more than so many take part."""

Floats = NDArray[np.floating[Any]]


class Quality(NamedTuple):
    """What is known of an embedding; None where there are too few points."""

    knn_codes: float | None
    """Share of codes whose 10 nearest others, in all d dimensions of mu, vote for their class."""
    knn_places: float | None
    """The same in the two dimensions of the embedding."""
    trust: float | None
    """Trustworthiness of the embedding, 0 to 1."""
    trust_points: int
    """Points that it was measured on."""


def knn_leave_one_out(
    codes: Floats, labels: NDArray[np.integer[Any]], k: int = NEIGHBOURS
) -> float | None:
    """Return the share of codes ``(n, d)`` whose ``k`` nearest others vote for their label.

    Codes without a label (below 0) take no part. None if fewer than two are left.
    """
    from sklearn.neighbors import KNeighborsClassifier  # imported here: it costs over a second

    known = labels >= 0
    count = int(known.sum())
    if count < 2:
        return None
    voters = KNeighborsClassifier(n_neighbors=min(k, count - 1)).fit(codes[known], labels[known])
    # Without an argument no code counts among its own neighbours.
    return float(np.mean(voters.predict(None) == labels[known]))


def trustworthiness(codes: Floats, places: Floats, k: int = NEIGHBOURS) -> float | None:
    """Return how far neighbours in the embedding are neighbours among the codes, 0 to 1.

    Venna and Kaski, ICANN 2001. Measured on :data:`MOST_FOR_TRUST` points at most, spread evenly;
    None if there are fewer than four.
    """
    from sklearn.manifold import trustworthiness as measure

    chosen = spread_evenly(len(codes), min(len(codes), MOST_FOR_TRUST))
    if len(chosen) < 4:
        return None
    # The measure is defined for neighbourhoods of less than half of the points.
    near = min(k, (len(chosen) - 1) // 2)
    return float(measure(codes[chosen], places[chosen], n_neighbors=near))


def measure(codes: Floats, places: Floats, labels: NDArray[np.integer[Any]]) -> Quality:
    """Measure an embedding ``(n, 1 or 2)`` of codes ``(n, d)`` with labels ``(n,)``."""
    return Quality(
        knn_leave_one_out(codes, labels),
        knn_leave_one_out(places, labels),
        trustworthiness(codes, places),
        min(len(codes), MOST_FOR_TRUST),
    )
