"""Figures of several runs on their test images, ranked only where that means something."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vae.analysis.compare.settings import is_fair
from vae.analysis.compare.terms import loss_unit, same_images
from vae.analysis.models import KNN_MEANS
from vae.config import RunConfig
from vae.locale import N_, _, retold
from vae.measures import MEASURES, SHARE
from vae.measures.words import value_words
from vae.models import check_family
from vae.training.metrics import BERNOULLI_ONLY


class FigureKind(NamedTuple):
    """A figure of :func:`vae.training.metrics.evaluate`: its title, and which end is better."""

    title: str
    unit: str = ""
    better: Literal["more", "less", ""] = ""
    help: str = ""

    def text(self, value: float) -> str:
        """Return a value of it as every page shows it: three significant digits."""
        return value_words(value, is_share=self.unit == SHARE)


_NATS, _PIXEL = N_("nats per image"), N_("per pixel")

FIGURES: dict[str, FigureKind] = {
    "elbo": FigureKind(N_("ELBO"), _NATS, "more", N_("Minus reconstruction loss minus KL.")),
    "recon_loss": FigureKind(
        N_("Reconstruction loss"),
        "",
        "less",
        N_("How far decoded images are from the originals, in the unit of the run's own loss."),
    ),
    "kl": FigureKind(
        N_("KL"), _NATS, "", N_("Of the codes from the prior: neither more nor less is better.")
    ),
    "penalty": FigureKind(
        N_("Penalty on the code"), "", "", N_("Weighted, as it stands in the objective.")
    ),
    "mse": FigureKind(
        N_("Squared error"),
        _PIXEL,
        "less",
        N_("Of the decoded mean, the same unit for every family."),
    ),
    "active_units": FigureKind(
        N_("Active units"),
        N_("dimensions"),
        "",
        N_("Dimensions whose codes differ from image to image."),
    ),
    "knn_accuracy": FigureKind(N_("10-NN accuracy"), SHARE, "more", KNN_MEANS),
    "binary.elbo": FigureKind(
        N_("ELBO, pixels black or white"), _NATS, "more", N_("Pixels thresholded at 0.5.")
    ),
    "binary.recon_loss": FigureKind(N_("Reconstruction loss, black or white"), _NATS, "less"),
    "binary.kl": FigureKind(N_("KL, black or white"), _NATS),
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
        return self.measure.text(value)


def _cell(config: RunConfig, found: Mapping[str, Any] | None, key: str) -> Cell:
    if found is None:
        return Cell(None)
    top, _dot, below = key.rpartition(".")
    place = found.get(top) or {} if top else found
    value = place.get(below)
    if isinstance(value, int | float):
        return Cell(value)
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

    ``evaluations`` has what :func:`vae.analysis.models.figures_of` returns of each.
    """
    fair = is_fair(configs)
    known = [found for found in evaluations if found is not None]
    others = {
        key: FigureKind(key.replace("_", " ").capitalize())
        for found in known
        for key, value in found.items()
        if key not in FIGURES | MEASURES and isinstance(value, int | float)
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
        if fair and measure.better and len(there) > 1:
            stands = [_stands_for(key, configs[place]) for place in there]
            if len({same for same, _why in stands}) > 1:
                note = stands[0][1]
            else:
                values = [cells[place].value or 0.0 for place in there]
                top = max(values) if measure.better == "more" else min(values)
                best = frozenset(p for p, v in zip(there, values, strict=True) if v == top)
        table.append(Figure(measure, cells, best, note))
    return table
