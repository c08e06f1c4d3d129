"""How small an encoder may be before it does worse than the one of full size."""

from collections.abc import Mapping

import plotly.graph_objects as go

from vae.analysis.grow import encoder_parameters
from vae.config.growth import GrowthConfig, Sizes
from vae.figures.style import GREY
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Result,
    Spread,
    Study,
    StudySettings,
    method,
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
    "parameters": Column("Parameters of the encoder", digits=0, read=parameters),
    **standard("neg_elbo", "recon_loss", "kl", "active_units", "knn_accuracy"),
}


def _charts(result: Result) -> dict[str, Chart]:
    points = {
        result.median(arm, "parameters"): (arm.label, spread)
        for arm in result.measured_arms()
        if (spread := result.spread(arm, "neg_elbo")) is not None
    }
    found = {}
    if points:
        found["by-parameters"] = Chart(
            _by_parameters(dict(sorted(points.items()))),
            "Test -ELBO against the parameters of the encoder; the decoder is the same throughout. "
            "Median of the seeds, and a band from the least to the greatest. Dashed: the "
            "target's greatest.",
        )
    return {**found, **reconstructions(result, "size")}


def _by_parameters(points: Mapping[float, tuple[str, Spread]]) -> go.Figure:
    """Draw labels and -ELBO by number of parameters, rising."""
    figure = go.Figure()
    spreads = {count: spread for count, (_, spread) in points.items()}
    add_band(figure, spreads, name="test -ELBO", colour=colour_of(0), unit="nats", markers=True)
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
                hovertemplate="%{x:,d}: %{y:.5g} nats",
            )
    dress(figure, "parameters of the encoder", "test -ELBO, nats per image")
    return figure


def _smallest(result: Result) -> str:
    target = result.arm(encoder=_label(TARGET))
    best = result.spread_of(target, "neg_elbo")
    smaller = [arm for arm in result.arms if arm is not target]
    whole = result.median(target, "parameters")
    equal = [arm for arm in smaller if result.median(arm, "neg_elbo") <= best.high]
    text = (
        f"The target, {target.label}, comes to {amount(best)} nats on test images after "
        f"{result.settings.epochs} epochs. An encoder counts as its equal here where its median is "
        "not above the target's greatest"
    ) + (
        ", with one seed simply the target's own value. "
        if result.settings.seeds == 1
        else f", {best.high:.2f}. "
    )
    if not equal:
        nearest = min(smaller, key=lambda arm: result.median(arm, "neg_elbo"))
        worse = result.median(nearest, "neg_elbo") - best.median
        return text + (
            f"None of the smaller ones is: the nearest, {nearest.label}, is {worse:.2f} nats worse "
            f"in the median, for {_saved(result, nearest, whole)}. So within the sizes tried there "
            f"is no smaller structure that does as well. {_extreme(result, smaller[0], best)}"
        )
    least = min(equal, key=lambda arm: result.median(arm, "parameters"))
    gap = result.median(least, "neg_elbo") - best.median
    than = f"{abs(gap):.2f} nats {'worse' if gap > 0 else 'better'} than the target in the median"
    text += (
        f"The smallest that is so is {least.label}: {than}, with {_saved(result, least, whole)}. "
    )
    larger = [
        arm.label
        for arm in smaller
        if arm not in equal
        and result.median(arm, "parameters") > result.median(least, "parameters")
    ]
    if larger:
        text += (
            f"Of the larger ones, {several(larger)} {'is' if len(larger) == 1 else 'are'} not, so "
            "the line between equal and worse is not sharp. "
        )
    return text + (_extreme(result, smaller[0], best) if least is not smaller[0] else "")


def _saved(result: Result, arm: Arm, whole: float) -> str:
    count = result.median(arm, "parameters")
    return f"{count:,.0f} parameters instead of {whole:,.0f} ({1 - count / whole:.0%} fewer)"


def _extreme(result: Result, smallest: Arm, best: Spread) -> str:
    worse = result.median(smallest, "neg_elbo") - best.median
    return f"The smallest of all, {smallest.label}, is {abs(worse):.2f} nats " + (
        "worse." if worse > 0 else "better."
    )


STUDY = Study(
    name="encoder-size",
    title="The smallest encoder",
    question="How small may the encoder be and still do as well as the target?",
    method=method("encoder-size"),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    finding=lambda result: paragraphs(result, [_smallest(result)]),
)
