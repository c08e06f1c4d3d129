"""THE registry of measures: what can be said of a trained model beyond the standard figures.

A new measure is one function from a :class:`Subject` to what it found, one line in
:data:`MEASURES`, and its words in ``texts.toml``. Command line and pages read the registry.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

from vae.locale import N_
from vae.measures import bounds, factors, labels, posterior, samples
from vae.measures.base import (
    DEFAULT_SAMPLES,
    NUM_IMAGES,
    SHARE,
    Measure,
    MeasureValue,
    Need,
    Subject,
)

LIKELIHOOD, CODES, CLASSES, SAMPLES = (
    N_("How likely the images are"),
    N_("Information in the codes"),
    N_("Class and factor information in the codes"),
    N_("How real the samples look"),
)
GROUPS = (LIKELIHOOD, CODES, CLASSES, SAMPLES)

_TEXTS = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
_IN_TEXTS = {
    "few_labels": labels.FEW_LABELS,
    "bins": factors.BINS,
    "estimates": bounds.STD_DRAWS // max(bounds.SAMPLE_COUNTS),
    "conditional": N_(
        "A conditional model's encoder is given the class, so its codes need not hold it."
    ),
}


def _measure(
    name: str,
    function: Callable[[Subject], MeasureValue],
    group: str,
    *needs: Need,
) -> tuple[str, Measure]:
    return name, Measure(_TEXTS[name], function, needs, group, _IN_TEXTS)


MEASURES: dict[str, Measure] = dict(
    (
        _measure("log_likelihood", bounds.log_likelihood, LIKELIHOOD, "posterior"),
        _measure("bits_per_dim", bounds.bits_per_dim, LIKELIHOOD, "posterior", "probability"),
        _measure("elbo_std_by_samples", bounds.elbo_std_by_samples, LIKELIHOOD, "posterior"),
        _measure("kl_per_dim", posterior.kl_by_dimension, CODES, "posterior"),
        _measure("active_units", posterior.active_units, CODES),
        _measure("mutual_information", posterior.mutual_information, CODES, "posterior"),
        _measure("marginal_kl", posterior.marginal_kl, CODES, "posterior"),
        _measure("knn_accuracy", labels.knn_accuracy, CLASSES, "classes"),
        _measure("linear_probe", labels.linear_probe, CLASSES, "classes"),
        _measure("linear_probe_100", labels.linear_probe_100, CLASSES, "classes"),
        _measure("silhouette", labels.silhouette, CLASSES, "classes"),
        _measure("mig", factors.mig, CLASSES, "factors"),
        _measure("frechet_distance", samples.sample_quality, SAMPLES, "classifier"),
    )
)
"""By the name of the figure; :func:`vae.training.metrics.evaluate` has the standard ones."""


__all__ = [
    "DEFAULT_SAMPLES",
    "GROUPS",
    "MEASURES",
    "NUM_IMAGES",
    "SHARE",
    "Measure",
    "MeasureValue",
    "Need",
    "Subject",
]
