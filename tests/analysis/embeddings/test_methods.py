"""PCA, t-SNE and the measures of an embedding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vae.analysis.embeddings import methods, quality
from vae.analysis.embeddings.settings import make
from vae.errors import ConfigError

SMALL = make(method="tsne", points=30, perplexity=5)


def normal(count, d, seed=0):
    return np.random.default_rng(seed).normal(size=(count, d)).astype(np.float32)


# --- PCA


@pytest.mark.parametrize("d", [1, 2, 3, 20])
def test_pca_is_the_singular_value_decomposition(d):
    mu = normal(200, d) * np.arange(1, d + 1) + 5
    places, explained = methods.pca(mu)
    centred = mu - mu.mean(0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    assert places.shape == (200, min(2, d))
    for k in range(min(2, d)):
        expected = centred @ directions[k]
        error = min(np.abs(places[:, k] - expected).max(), np.abs(places[:, k] + expected).max())
        assert error < 1e-3
        assert explained[k] == pytest.approx(values[k] ** 2 / (values**2).sum(), rel=1e-4)


def test_pca_is_never_mirrored_by_chance():
    mu = normal(300, 2) * [5, 1]
    places, _ = methods.pca(mu)
    assert np.corrcoef(places[:, 0], mu[:, 0])[0, 1] > 0.99
    assert np.corrcoef(places[:, 1], mu[:, 1])[0, 1] > 0.99


def test_pca_of_collapsed_codes_explains_nothing():
    places, explained = methods.pca(np.full((10, 4), 0.5, dtype=np.float32))
    np.testing.assert_array_equal(places, 0)
    np.testing.assert_array_equal(explained, 0)


@given(arrays(np.float64, (12, 2), elements=st.floats(-100, 100)))
def test_pca_of_two_dimensions_only_turns_them(mu):
    places, explained = methods.pca(mu)

    def distances(x):
        gaps: np.ndarray[Any, Any] = np.linalg.norm(x[:, None] - x[None], axis=-1)
        return gaps

    np.testing.assert_allclose(distances(places), distances(mu), atol=1e-2)
    assert explained.sum() == pytest.approx(1.0) or np.ptp(mu, axis=0).max() < 1e-6


@given(st.integers(1, 5000), st.data())
def test_points_are_spread_over_all_codes(count, data):
    points = data.draw(st.integers(1, count))
    chosen = methods.spread_evenly(count, points)
    assert len(set(chosen.tolist())) == points
    assert 0 <= chosen.min() <= chosen.max() < count
    gaps = np.diff(chosen)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


# --- t-SNE


@pytest.mark.parametrize("engine", ["openTSNE", "scikit-learn"])
@pytest.mark.parametrize("d", [1, 3])
def test_tsne_keeps_clusters_apart(engine, d, monkeypatch):
    if engine == "openTSNE":
        pytest.importorskip("openTSNE")
    monkeypatch.setattr(methods, "engine", lambda method: engine)
    labels = np.arange(60) % 3
    mu = 0.1 * normal(60, d) + 10 * labels[:, None].astype(np.float32)
    wanted = make(method="tsne", points=60, perplexity=5)
    seen: list[tuple[int, int]] = []
    places = methods.embed(mu, wanted, lambda done, total: seen.append((done, total)))
    assert places.shape == (60, 2)
    assert quality.knn_leave_one_out(places, labels) == 1.0
    np.testing.assert_array_equal(places, methods.embed(mu, wanted))
    if engine == "openTSNE":
        assert seen == sorted(seen)
        assert seen[-1] == (750, 750)


def test_codes_that_cannot_be_laid_out_are_a_sentence():
    with pytest.raises(ConfigError, match="collapsed"):
        methods.embed(np.ones((30, 2), dtype=np.float32), SMALL)
    mu = normal(30, 2)
    mu[3, 1] = np.nan
    with pytest.raises(ConfigError, match="finite"):
        methods.embed(mu, SMALL)


def test_umap_that_is_not_installed_is_a_sentence(monkeypatch):
    monkeypatch.setattr(methods, "engine", lambda method: None)
    with pytest.raises(ConfigError, match="pip install umap-learn"):
        methods.embed(normal(30, 2), make(method="umap", points=30, n_neighbors=5))


# --- measures


def test_trustworthiness_is_1_for_the_codes_themselves():
    codes = normal(100, 2)
    assert quality.trustworthiness(codes, codes) == pytest.approx(1.0)
    assert quality.trustworthiness(codes, -3 * codes) == pytest.approx(1.0)
    shuffled = quality.trustworthiness(codes, normal(100, 2, seed=9))
    assert shuffled < 0.7


def test_trustworthiness_of_few_and_of_many_points():
    assert quality.trustworthiness(normal(3, 2), normal(3, 2)) is None
    assert quality.trustworthiness(normal(5, 2), normal(5, 2)) is not None
    many = normal(quality.MOST_FOR_TRUST + 500, 2)
    measured = quality.measure(many, many, np.zeros(len(many), dtype=np.int64))
    assert measured.trust_points == quality.MOST_FOR_TRUST
    assert measured.trust == pytest.approx(1.0)


def test_votes_leave_the_voter_out():
    # On a line each code's nearest other is of the other class: with itself it would be right.
    codes = np.array([[0.0], [1.0], [10.0], [11.0]])
    labels = np.array([0, 1, 0, 1])
    assert quality.knn_leave_one_out(codes, labels, k=1) == 0.0
    assert quality.knn_leave_one_out(codes, np.array([0, 0, 1, 1]), k=1) == 1.0
    # Codes without a label neither vote nor count.
    assert quality.knn_leave_one_out(codes, np.array([0, -1, 0, -1]), k=1) == 1.0
    assert quality.knn_leave_one_out(codes, np.array([-1, -1, 0, -1])) is None
