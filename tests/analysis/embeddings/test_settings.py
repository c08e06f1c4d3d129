"""Settings of an embedding: their bounds and their key."""

import pytest

from vae.analysis.embeddings import settings
from vae.analysis.embeddings.settings import make
from vae.errors import ConfigError


def test_key_changes_with_each_parameter():
    tsne = {"method": "tsne", "points": 100, "perplexity": 10.0, "seed": 1}
    umap = {"method": "umap", "points": 100, "n_neighbors": 5, "min_dist": 0.2, "seed": 1}
    keys = [settings.cache_key("v", make(**tsne), "openTSNE")]
    keys.append(settings.cache_key("w", make(**tsne), "openTSNE"))
    keys.append(settings.cache_key("v", make(**tsne), "scikit-learn"))
    keys += [
        settings.cache_key("v", make(**tsne | {name: value}), "openTSNE")
        for name, value in {"points": 101, "perplexity": 11.0, "seed": 2}.items()
    ]
    keys.append(settings.cache_key("v", make(**umap), "umap-learn"))
    keys += [
        settings.cache_key("v", make(**umap | {name: value}), "umap-learn")
        for name, value in {"points": 101, "n_neighbors": 6, "min_dist": 0.3, "seed": 2}.items()
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == settings.cache_key("v", make(**tsne), "openTSNE")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "tsne", "perplexity": 0.5}, "perplexity"),
        ({"method": "tsne", "points": 3}, "points"),
        ({"method": "tsne", "seed": -1}, "seed"),
        ({"method": "umap", "min_dist": 2}, "min_dist"),
        ({"method": "umap", "perplexity": 30}, "perplexity"),
        ({"method": "pca"}, "method"),
    ],
)
def test_settings_out_of_bounds_are_a_sentence(values, words):
    with pytest.raises(ConfigError, match=words):
        make(**values)


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [
        ({"method": "tsne", "points": 90, "perplexity": 30}, 1000, "lower the perplexity"),
        ({"method": "tsne", "points": 91, "perplexity": 30}, 50, "at most"),
        ({"method": "umap", "points": 15, "n_neighbors": 15}, 1000, "lower the neighbours"),
    ],
)
def test_settings_must_fit_the_codes(values, count, words):
    with pytest.raises(ConfigError, match=words):
        settings.check(make(**values), count)


def test_greatest_perplexity_for_the_points():
    settings.check(make(method="tsne", points=91, perplexity=30), 91)
