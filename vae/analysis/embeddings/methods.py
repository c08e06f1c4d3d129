"""Codes ``(n, d)`` to places ``(n, 2)``: PCA, t-SNE, UMAP. Numpy only; heavy imports come late."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.analysis.embeddings.settings import Settings, Tsne, Umap, engine
from vae.errors import ConfigError
from vae.locale import _

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Report = Callable[[int, int], None]
"""Called with the steps done and those there are in all."""

_EARLY_STEPS, _STEPS = 250, 500
_REPORT_EVERY = 25
_ANGLE = 0.8
"""How coarsely far points are lumped together (Barnes-Hut; van der Maaten, JMLR 2014). The usual
0.5 takes a third longer; trustworthiness and neighbours' votes come out the same."""
_GOLDEN = 0.6180339887498949


def spread_evenly(count: int, points: int) -> Indices:
    """Return ``points`` of ``count`` indices, evenly spread: ``(points,)``, rising.

    Test images may be sorted by their origin, as MNIST's are, so that the first ones are not like
    the others.
    """
    return np.arange(points, dtype=np.int64) * count // max(1, points)


def jitter(count: int) -> Floats:
    """Return ``count`` heights in [-0.5, 0.5) that lie far apart for neighbours in the list."""
    return ((np.arange(count) * _GOLDEN) % 1 - 0.5).astype(np.float32)


def pca(mu: NDArray[np.floating[Any]], components: int = 2) -> tuple[Floats, NDArray[np.float64]]:
    """Project codes on the directions in which they vary most (Pearson 1901).

    ``mu``: ``(n, d)``, n at least 1.

    Returns
    -------
    places
        ``(n, k)``, k the lesser of ``components`` and d. A direction's largest weight is positive,
        so that the picture is never mirrored by chance.
    explained
        ``(k,)``: the share of the whole variance along each; 0 where nothing varies.
    """
    centred = np.asarray(mu, dtype=np.float64) - np.mean(mu, axis=0, dtype=np.float64)
    # The d x d covariance: for 10,000 codes far quicker than a decomposition of all of them.
    variances, directions = np.linalg.eigh(centred.T @ centred / max(1, len(centred) - 1))
    variances, directions = variances[::-1].clip(min=0), directions[:, ::-1]
    kept = directions[:, :components]
    signs = np.sign(kept[np.abs(kept).argmax(0), np.arange(kept.shape[1])])
    total = variances.sum()
    shares = variances[:components] / total if total > 0 else np.zeros(kept.shape[1])
    return (centred @ (kept * signs)).astype(np.float32), shares


def embed(
    mu: NDArray[np.floating[Any]],
    settings: Settings,
    report: Report | None = None,
    threads: int = 1,
) -> Floats:
    """Lay out codes by t-SNE or UMAP: ``(n, d)`` to ``(n, 2)``.

    Raises ConfigError if the codes are not finite, all the same, or the method's package is not
    installed.
    """
    codes = _ready(mu, settings.seed)
    by = engine(settings.method)
    if isinstance(settings, Umap):
        places = _umap(codes, settings)
    elif by == "openTSNE":
        places = _open_tsne(codes, settings, report, threads)
    else:
        places = _sklearn_tsne(codes, settings, threads)
    if not np.isfinite(places).all():
        raise ConfigError(
            _(
                "the method came to no finite result for these codes: try another perplexity "
                "or number of neighbours."
            )
        )
    return places.astype(np.float32)


def _ready(mu: NDArray[np.floating[Any]], seed: int) -> NDArray[np.float32]:
    codes = np.array(mu, dtype=np.float32)
    if not np.isfinite(codes).all():
        raise ConfigError(_("the codes of this run are not all finite numbers: train it again."))
    scale = float(codes.std())
    if scale == 0:
        raise ConfigError(
            _(
                "all codes of this run are the same: its latent space has collapsed, and "
                "there is nothing to lay out."
            )
        )
    if codes.shape[1] == 1:
        # The methods begin at two principal components; a line alone would stay a line.
        noise = np.random.default_rng(seed).normal(0, 1e-4 * scale, (len(codes), 1))
        codes = np.hstack([codes, noise.astype(np.float32)])
    return codes


def _open_tsne(
    codes: Floats, settings: Tsne, report: Report | None, threads: int
) -> NDArray[np.floating[Any]]:
    total = _EARLY_STEPS + _STEPS
    done = 0

    def on_step(step: int, error: float, places: NDArray[Any]) -> None:
        nonlocal done
        done = min(total, done + _REPORT_EVERY)
        if report:
            report(done, total)

    found = (
        import_module("openTSNE")
        .TSNE(
            perplexity=settings.perplexity,
            random_state=settings.seed,
            n_jobs=threads,
            neighbors="exact",
            early_exaggeration_iter=_EARLY_STEPS,
            n_iter=_STEPS,
            theta=_ANGLE,
            callbacks=on_step,
            callbacks_every_iters=_REPORT_EVERY,
        )
        .fit(codes)
    )
    return np.asarray(found)


def _sklearn_tsne(codes: Floats, settings: Tsne, threads: int) -> NDArray[np.floating[Any]]:
    from sklearn.manifold import TSNE

    return np.asarray(
        TSNE(
            perplexity=settings.perplexity,
            random_state=settings.seed,
            init="pca",
            n_jobs=threads,
            max_iter=_EARLY_STEPS + _STEPS,
            angle=_ANGLE,
        ).fit_transform(codes)
    )


def _umap(codes: Floats, settings: Umap) -> NDArray[np.floating[Any]]:
    if engine("umap") is None:
        raise ConfigError(_("UMAP is not installed here: pip install umap-learn."))
    found = (
        import_module("umap")
        .UMAP(
            n_neighbors=settings.n_neighbors,
            min_dist=settings.min_dist,
            random_state=settings.seed,
            # With a seed it runs in one thread anyway, and warns about any other number.
            n_jobs=1,
        )
        .fit_transform(codes)
    )
    return np.asarray(found)
