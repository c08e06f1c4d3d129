"""The terms of the loss of several runs: what they are counted in, and their curves."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.config import DataConfig, ModelConfig, RunConfig
from vae.figures.compare import Curve, Panel
from vae.locale import N_, _
from vae.models import check_family
from vae.runs import Run
from vae.runs.progress import epochs_at


class Unit(NamedTuple):
    """What a loss is counted in: losses of one ``key`` stand on one scale."""

    key: str
    words: str


_UNITS = {
    "bernoulli": Unit("nats", N_("nats per image")),
    "bce": Unit("nats", N_("nats per image")),
    "gaussian": Unit("density", N_("nats per image, density of Gaussian pixels")),
    "mse": Unit("mse", N_("mean squared error per pixel")),
}


def loss_unit(config: ModelConfig) -> Unit:
    """Return what the reconstruction loss of a model is counted in."""
    has_likelihood = "likelihood" in check_family(config.family).model.options
    return _UNITS[config.likelihood if has_likelihood else config.reconstruction]


def same_images(config: DataConfig) -> Hashable:
    """Return what two runs have in common if they see the same test images."""
    return config.dataset, config.classes, config.binarise != "none"


def image_words(config: DataConfig) -> str:
    """Name the images that a run sees."""
    words = config.dataset
    if config.classes is not None:
        classes = ", ".join(map(str, config.classes))
        words = _("{images}, classes {classes}").format(images=words, classes=classes)
    if config.binarise != "none":
        words = _("{images}, black and white").format(images=words)
    return words


Term = Literal["loss", "recon_loss", "kl"]

TERMS: dict[Term, str] = {
    "loss": N_("Total"),
    "recon_loss": N_("Reconstruction"),
    "kl": N_("KL"),
}


def _series(
    lines: Sequence[Mapping[str, Any]], split: str, term: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return epochs and values of a term; a line without it is left out."""
    at, values = [], []
    for line in lines:
        value = (line.get(split) or {}).get(term)
        if isinstance(value, int | float):
            at.append(epochs_at(line))
            values.append(value)
    return np.array(at, dtype=np.float64), np.array(values, dtype=np.float64)


def curves(runs: Sequence[Run], term: Term) -> tuple[list[Panel], list[str]]:
    """Return a term's curves, those of one unit and one set of images in a panel of their own.

    Returns
    -------
    panels
        In the order of their first runs.
    notes
        Sentences: which runs have no such term, and what keeps curves of a panel apart.
    """
    panels: dict[Hashable, Panel] = {}
    notes = []
    for place, run in enumerate(runs):
        config = run.config
        kind = check_family(config.model.family).model
        if term == "kl" and not kind.has_prior and kind.is_continuous:
            words = _("{run} has no KL.").format(run=run.name)
            notes.append(f"{words} {_(kind.not_applicable.get('kl', ''))}".strip())
            continue
        lines = run.epochs()
        lines = lines or run.metrics()
        curve = Curve(
            run.name, place, *_series(lines, "train", term), *_series(lines, "test", term)
        )
        if not len(curve.train) and not len(curve.test):
            notes.append(_("{name} has no figures of its training to show.").format(name=run.name))
            continue
        unit = Unit("nats", N_("nats per image")) if term == "kl" else loss_unit(config.model)
        key = (unit.key, same_images(config.data))
        title = _("{term} on {images}").format(term=_(TERMS[term]), images=image_words(config.data))
        panels.setdefault(key, Panel(title, _(unit.words), [])).curves.append(curve)
    if term == "loss":
        notes += _objectives([run.config for run in runs])
    if len(panels) > 1:
        notes.insert(
            0,
            _(
                "Each panel has a scale of its own: what they count, or the images that they "
                "count it on, are not the same, so curves of two panels cannot be compared "
                "by their height."
            ),
        )
    return list(panels.values()), notes


def _objectives(configs: Sequence[RunConfig]) -> list[str]:
    """Say what else than reconstruction + KL the total of a run is."""
    notes = []
    for config in configs:
        kind = check_family(config.model.family).model
        if "beta" in kind.options and config.model.beta != 1:
            notes.append(
                _(
                    "The total of {name} counts its KL {beta:g} times: it is not the negative "
                    "ELBO, and stands on another scale than a total with beta = 1."
                ).format(name=config.name, beta=config.model.beta)
            )
        if kind.bound_needs_samples:
            notes.append(
                _(
                    "The total of {name} is a bound with {samples} samples of z, which is "
                    "tighter than the ELBO of the same model."
                ).format(name=config.name, samples=config.train.samples)
            )
    return notes
