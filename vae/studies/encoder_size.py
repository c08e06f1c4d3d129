"""How small an encoder may be before it does worse than the one of full size."""

from collections.abc import Mapping
from typing import NamedTuple

import plotly.graph_objects as go

from vae.analysis.grow import encoder_parameters
from vae.config.growth import GrowthConfig, Sizes
from vae.figures.style import GREY
from vae.locale import N_, _, ngettext
from vae.locale.numbers import formatted
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Method,
    Result,
    Spread,
    Study,
    StudySettings,
    standard,
)
from vae.studies.engine.charts import COLOURS, add_band, colour_of, dress, reconstructions
from vae.studies.engine.records import Record
from vae.studies.engine.wording import amount, paragraphs, several

TARGET: Sizes = (256, 128)
_MODEL = {"latent_dim": 20, "hidden": TARGET}
_NEVER = 10_000
"""An encoder that would grow after so many epochs stays as small as it begins."""
_PARTS = 8

SMALLER: tuple[Sizes, ...] = tuple(
    (TARGET[0] * part // _PARTS, TARGET[1] * part // _PARTS) for part in range(1, _PARTS)
)
"""The structures that the report's encoder passes through on its way to the target."""


def _label(sizes: Sizes) -> str:
    return "/".join(map(str, sizes))


def _arms(settings: StudySettings) -> list[Arm]:
    smaller = [
        Arm(
            _label(sizes),
            {"encoder": _label(sizes)},
            family="growing-vae",
            model={**_MODEL, "growth": GrowthConfig(start=sizes, every=_NEVER)},
        )
        for sizes in SMALLER
    ]
    return [*smaller, Arm(_label(TARGET), {"encoder": _label(TARGET)}, model=_MODEL)]


def parameters(record: Record) -> float:
    """Return the weights and biases of a run's encoder."""
    model, last = record.config.model, record.config.train.epochs
    sizes = model.hidden if model.growth is None else model.growth.sizes_at(model.hidden, last)
    return float(encoder_parameters(model, sizes))


COLUMNS = {
    "parameters": Column(N_("Parameters of the encoder"), digits=0, read=parameters),
    **standard("neg_elbo", "recon_loss", "kl", "active_units", "knn_accuracy"),
}


def _main(result: Result) -> go.Figure | None:
    points = {
        result.median(arm, "parameters"): (arm.label, spread)
        for arm in result.measured_arms()
        if (spread := result.spread(arm, "neg_elbo")) is not None
    }
    return _by_parameters(dict(sorted(points.items()))) if points else None


def _charts(result: Result) -> dict[str, Chart]:
    found, figure = {}, _main(result)
    if figure is not None:
        found["by-parameters"] = Chart(
            figure,
            _(
                "Test -ELBO against the parameters of the encoder; the decoder is the "
                "same throughout. Median of the seeds, and a band from the least to the "
                "greatest. Dashed: the target's greatest."
            ),
        )
    return {**found, **reconstructions(result, "size")}


def _by_parameters(points: Mapping[float, tuple[str, Spread]]) -> go.Figure:
    """Draw labels and -ELBO by number of parameters, rising."""
    figure = go.Figure()
    spreads = {count: spread for count, (_, spread) in points.items()}
    add_band(figure, spreads, name=_("test -ELBO"), colour=colour_of(0), unit="nats", markers=True)
    for count, (label, spread) in points.items():
        figure.add_annotation(
            x=count,
            y=spread.median,
            text=label,
            showarrow=False,
            yshift=14,
            xshift=10,
            font_size=12,
        )
        if label == _label(TARGET):
            figure.add_hline(y=spread.high, line={"color": GREY, "dash": "dash", "width": 1.25})
            figure.add_scatter(
                x=[count],
                y=[spread.median],
                mode="markers",
                marker={"color": COLOURS[1], "size": 11, "symbol": "diamond"},
                name="target",
                hovertemplate="%{x:,d}: %{y:.5g} " + _("nats"),
            )
    dress(figure, _("parameters of the encoder"), _("test -ELBO, nats per image"))
    return figure


class _Equal(NamedTuple):
    """The target, the smaller encoders, and those of them that do as well."""

    target: Arm
    best: Spread
    whole: float
    """Parameters of the target."""
    smaller: list[Arm]
    equal: list[Arm]


def _equal(result: Result) -> _Equal:
    target = result.arm(encoder=_label(TARGET))
    best = result.spread_of(target, "neg_elbo")
    smaller = [arm for arm in result.arms if arm is not target]
    equal = [arm for arm in smaller if result.median(arm, "neg_elbo") <= best.high]
    return _Equal(target, best, result.median(target, "parameters"), smaller, equal)


def _short(result: Result) -> str:
    target, best, whole, smaller, equal = _equal(result)
    text = _("No smaller encoder does as well as the target, {target}, within its seeds' spread.")
    if equal:
        text = _(
            "The smallest encoder that does as well as the target, {target}, within its seeds' "
            "spread is {arm}, with {saved}."
        )
    least = min(equal or smaller, key=lambda arm: result.median(arm, "parameters"))
    text = text.format(target=target.label, arm=least.label, saved=_saved(result, least, whole))
    if least is smaller[0]:
        more = _("The target comes to {best} nats per image.").format(best=amount(best))
    else:
        more = _extreme(result, smaller[0], best)
    return f"{text} {more}"


def _smallest(result: Result) -> str:
    target, best, whole, smaller, equal = _equal(result)
    greatest = (
        _(
            "The target, {target}, comes to {best} nats on test images after {epochs} epochs. An "
            "encoder counts as its equal here where its median is not above the target's "
            "greatest, with one seed simply the target's own value."
        )
        if result.settings.seeds == 1
        else _(
            "The target, {target}, comes to {best} nats on test images after {epochs} epochs. An "
            "encoder counts as its equal here where its median is not above the target's "
            "greatest, {greatest}."
        )
    )
    text = greatest.format(
        target=target.label,
        best=amount(best),
        epochs=result.settings.epochs,
        greatest=formatted(best.high, ".2f"),
    )
    text += " "
    if not equal:
        nearest = min(smaller, key=lambda arm: result.median(arm, "neg_elbo"))
        worse = result.median(nearest, "neg_elbo") - best.median
        return text + (
            _(
                "None of the smaller ones is: the nearest, {nearest}, is {worse} "
                "nats worse in the median, for {saved}. So within the sizes tried there "
                "is no smaller structure that does as well. {extreme}"
            ).format(
                nearest=nearest.label,
                worse=formatted(worse, ".2f"),
                saved=_saved(result, nearest, whole),
                extreme=_extreme(result, smaller[0], best),
            )
        )
    least = min(equal, key=lambda arm: result.median(arm, "parameters"))
    gap = result.median(least, "neg_elbo") - best.median
    than = (
        _("{gap} nats worse than the target in the median")
        if gap > 0
        else _("{gap} nats better than the target in the median")
    ).format(gap=formatted(abs(gap), ".2f"))
    text += _("The smallest that is so is {arm}: {than}, with {saved}.").format(
        arm=least.label, than=than, saved=_saved(result, least, whole)
    )
    text += " "
    larger = [
        arm.label
        for arm in smaller
        if arm not in equal
        and result.median(arm, "parameters") > result.median(least, "parameters")
    ]
    if larger:
        text += ngettext(
            "Of the larger ones, {larger} is not, so the line between equal and worse is not "
            "sharp.",
            "Of the larger ones, {larger} are not, so the line between equal and worse is not "
            "sharp.",
            len(larger),
        ).format(larger=several(larger))
        text += " "
    return text + (_extreme(result, smaller[0], best) if least is not smaller[0] else "")


def _saved(result: Result, arm: Arm, whole: float) -> str:
    count = result.median(arm, "parameters")
    return _("{count} parameters instead of {whole} ({share} fewer)").format(
        count=formatted(count, ",.0f"),
        whole=formatted(whole, ",.0f"),
        share=formatted(1 - count / whole, ".0%"),
    )


def _extreme(result: Result, smallest: Arm, best: Spread) -> str:
    worse = result.median(smallest, "neg_elbo") - best.median
    text = (
        _("The smallest of all, {arm}, is {gap} nats worse.")
        if worse > 0
        else _("The smallest of all, {arm}, is {gap} nats better.")
    )
    return text.format(arm=smallest.label, gap=formatted(abs(worse), ".2f"))


STUDY = Study(
    name="encoder-size",
    title=N_("The smallest encoder"),
    question=N_("How small may the encoder be and still do as well as the target?"),
    how=Method("encoder-size"),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    main=_main,
    finding=lambda result: paragraphs(result, [_smallest(result)]),
    short=_short,
)
