"""What the Compare page shows of several runs: settings, loss curves, figures, pictures.

No Streamlit here: the page shows what these functions return. Where two numbers are of different
things, it is said here and nothing is ranked.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig, help_text
from vae.data import ImageData, Split, pixels
from vae.data.views import black_and_white
from vae.figures.compare import Curve, Panel
from vae.locale import N_, _, retold
from vae.models import LatentModel, all_options, check_family
from vae.models.losses import squared_error
from vae.runs import Run
from vae.runs.progress import epochs_at
from vae.storage.pictures import to_uint8
from vae.training.metrics import BERNOULLI_ONLY

MOST = 4
"""Runs that are compared at once."""


@dataclass(frozen=True)
class Example:
    """Two runs that teach something side by side, the one without a prior first."""

    title: str
    runs: tuple[str, ...]


EXAMPLES = (Example(N_("Autoencoder against VAE"), ("mnist-ae-2d", "mnist-vae-2d")),)


# ---- settings --------------------------------------------------------------------------------

_ONLY_WITH = {
    "variance": ("likelihood", "gaussian"),
    "sigma": ("likelihood", "gaussian"),
    "sparsity_target": ("sparsity", "kl"),
}
"""Settings that count only under a value of another one."""


class Setting(NamedTuple):
    """One setting of each run, in words; None where a family does not read it."""

    group: str
    name: str
    help: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not agree."""
        return len(set(self.values)) > 1


def _in_words(value: object) -> str:
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reads(config: RunConfig, field: str) -> bool:
    """Return whether a run's family reads a field of its model or training."""
    kind = check_family(config.model.family).model
    if field == "num_classes":
        return kind.is_conditional
    if field == "growth":
        return kind.grows
    if field == "samples":
        return kind.takes_samples
    if field == "kl_warmup":
        return "beta" in kind.options
    if field in _ONLY_WITH and field in kind.options:
        other, value = _ONLY_WITH[field]
        return bool(getattr(config.model, other) == value)
    return field not in all_options() or field in kind.options


def settings(configs: Sequence[RunConfig]) -> list[Setting]:
    """Return the settings that at least one of the runs' families reads, in the configs' order.

    Raises ConfigError if a run's family is unknown.
    """
    found = []
    for group, kind in (("data", DataConfig), ("model", ModelConfig), ("train", TrainConfig)):
        for field in kind.model_fields:
            values = tuple(
                _in_words(getattr(getattr(config, group), field)) if _reads(config, field) else None
                for config in configs
            )
            if any(value is not None for value in values):
                name = field.replace("_", " ")
                found.append(Setting(group, name, help_text(kind, field), values))
    return found


# ---- what can be compared --------------------------------------------------------------------


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


# ---- curves ----------------------------------------------------------------------------------

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


# ---- figures ---------------------------------------------------------------------------------


class FigureKind(NamedTuple):
    """A figure of :func:`vae.training.metrics.evaluate`: its title, and which end is better."""

    title: str
    better: Literal["more", "less", ""] = ""
    digits: int = 2
    help: str = ""


FIGURES: dict[str, FigureKind] = {
    "elbo": FigureKind(
        N_("ELBO, nats per image"), "more", 2, N_("Minus reconstruction loss minus KL.")
    ),
    "recon_loss": FigureKind(N_("Reconstruction loss"), "less", 4, N_("In each run's own unit.")),
    "kl": FigureKind(
        N_("KL, nats per image"),
        "",
        2,
        N_("Of the codes from the prior: neither more nor less is better."),
    ),
    "penalty": FigureKind(
        N_("Penalty on the code"), "", 4, N_("Weighted, as it stands in the objective.")
    ),
    "mse": FigureKind(
        N_("Squared error per pixel"),
        "less",
        4,
        N_("Of the decoded mean, the same unit for every family."),
    ),
    "active_units": FigureKind(
        N_("Active units"), "", 0, N_("Dimensions whose codes differ from image to image.")
    ),
    "knn_accuracy": FigureKind(
        N_("10-NN accuracy"),
        "more",
        3,
        N_("How well neighbours among the codes predict the class."),
    ),
    "binary.elbo": FigureKind(
        N_("ELBO, pixels black or white, nats"), "more", 2, N_("Pixels thresholded at 0.5.")
    ),
    "binary.recon_loss": FigureKind(N_("Reconstruction loss, black or white"), "less", 2),
    "binary.kl": FigureKind(N_("KL, black or white, nats"), "", 2),
}
"""Figures in the order of the table; others that a family adds follow under their own names."""


class Cell(NamedTuple):
    """A figure of one run, or why there is none."""

    value: float | None
    reason: str = ""
    """Empty where there is a value, or where nothing has been measured yet."""


class Figure(NamedTuple):
    """One figure of each run."""

    measure: FigureKind
    cells: tuple[Cell, ...]
    best: frozenset[int]
    """Places of the runs that are best; empty where the figure is no matter of better and worse."""
    note: str
    """Why none is best although more or less would be better; empty otherwise."""

    def text(self, place: int) -> str:
        """Return a run's figure as it is shown."""
        value = self.cells[place].value
        if value is None:
            return _("n/a") if self.cells[place].reason else "–"
        return f"{value:.{self.measure.digits}f}"


def _cell(config: RunConfig, found: Mapping[str, Any] | None, key: str) -> Cell:
    if found is None:
        return Cell(None)
    top, _dot, below = key.rpartition(".")
    place = found.get(top) or {} if top else found
    value = place.get(below)
    if isinstance(value, int | float):
        return Cell(float(value))
    reasons = {**check_family(config.model.family).model.not_applicable}
    reasons |= found.get("not_applicable") or {}
    otherwise = BERNOULLI_ONLY if top else N_("This family has no such figure.")
    return Cell(None, retold(reasons.get(below) or reasons.get(top) or otherwise))


def _stands_for(key: str, config: RunConfig) -> tuple[Hashable, str]:
    """Return what must be equal for a figure to be ranked, and the note where it is not."""
    name = key.rpartition(".")[2]
    binary = "." in key
    data = config.data
    images = (data.dataset, data.classes) if binary else same_images(data)
    if name == "recon_loss" and not binary:
        return (images, loss_unit(config.model).key), _(
            "Not ranked: other images, or counted in other units."
        )
    if name == "elbo":
        conditional = check_family(config.model.family).model.is_conditional
        unit = "nats" if binary else loss_unit(config.model).key
        words = _(
            "Not ranked: other images, another kind of pixels, or a conditional model, which "
            "bounds log p(x|y)."
        )
        return (images, unit, conditional), words
    return images, _("Not ranked: other images.")


def figures(
    configs: Sequence[RunConfig], evaluations: Sequence[Mapping[str, Any] | None]
) -> list[Figure]:
    """Return the figures of the runs on their test images, those that any of them has.

    ``evaluations`` has what :meth:`vae.runs.Run.evaluation` returns of each.
    """
    known = [found for found in evaluations if found is not None]
    others = {
        key: FigureKind(key.replace("_", " ").capitalize(), "", 3)
        for found in known
        for key, value in found.items()
        if key not in FIGURES and isinstance(value, int | float)
    }
    table = []
    for key, measure in {**FIGURES, **others}.items():
        cells = tuple(
            _cell(config, found, key) for config, found in zip(configs, evaluations, strict=True)
        )
        there = [place for place, cell in enumerate(cells) if cell.value is not None]
        if not there:
            continue
        best, note = frozenset[int](), ""
        if measure.better and len(there) > 1:
            stands = [_stands_for(key, configs[place]) for place in there]
            if len({same for same, _why in stands}) > 1:
                note = stands[0][1]
            else:
                values = [cells[place].value or 0.0 for place in there]
                top = max(values) if measure.better == "more" else min(values)
                best = frozenset(p for p, v in zip(there, values, strict=True) if v == top)
        table.append(Figure(measure, cells, best, note))
    return table


# ---- the same images through each ------------------------------------------------------------


def choose_images(data: ImageData, configs: Sequence[RunConfig], count: int, seed: int) -> Split:
    """Return ``count`` test images of the whole data set, of classes that all the runs know.

    Where they have no class in common, of any.
    """
    labels = data.test.labels
    known = torch.ones(len(labels), dtype=torch.bool)
    for config in configs:
        if config.data.classes is not None:
            known &= torch.isin(labels, torch.tensor(config.data.classes))
    choices = known.nonzero()[:, 0] if known.any() else torch.arange(len(labels))
    order = torch.randperm(len(choices), generator=torch.Generator().manual_seed(seed))
    return data.test[choices[order[:count]]]


class Reconstruction(NamedTuple):
    """What a run makes of images."""

    images: NDArray[np.uint8]
    """``(n, C, H, W)``."""
    mse: float
    """Mean squared error per pixel, against the images as the run sees them."""


@torch.inference_mode()
def reconstruct(model: LatentModel, split: Split, data: DataConfig) -> Reconstruction:
    """Return a run's reconstructions of images, black and white first where it sees them so."""
    seen = split if data.binarise == "none" else black_and_white(split)
    x = pixels(seen.images)
    mean = model.reconstruct(x, seen.labels)
    return Reconstruction(to_uint8(mean), float(squared_error(mean, x).mean()))
