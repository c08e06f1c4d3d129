"""The figures of the study of growth."""

import math
import statistics

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vae.analysis.grow import elbo_curve, robust_range
from vae.figures.style import GREY, one_two_five
from vae.locale import _
from vae.measures.bounds import SAMPLE_COUNTS
from vae.studies.engine.base import Chart, Result, over
from vae.studies.engine.charts import (
    COLOURS,
    add_band,
    add_curve,
    below_originals,
    colour_of,
    dress,
)
from vae.studies.growth import activity, jumps
from vae.studies.growth.marks import mark
from vae.studies.growth.measure import by_age, elbo_std
from vae.studies.growth.parts import (
    differences,
    expansions,
    has_variants,
    main_arms,
    name_of,
    variant_arms,
    variant_epochs,
    variant_name,
)

_BEFORE, _AFTER = 5, 10
"""Epochs around an expansion that are seen where it is looked at closely."""
_MOST_ZOOMED = 2


def main(result: Result) -> go.Figure | None:
    """Return the first figure."""
    chart = _curves(result)
    return None if chart is None else chart.figure


def charts(result: Result) -> dict[str, Chart]:
    """Return the figures of what there is so far, by name."""
    found = {
        "curves": _curves(result),
        "at-the-expansions": _zoomed(result),
        "difference": _difference(result),
        "active-dimensions": activity.chart(result),
        "jumps": jumps.chart(result),
        "jumps-by-variant": jumps.variants_chart(result),
        "elbo-deviation": _elbo_std(result),
        "neurons": _neurons(result),
        "reconstructions": _reconstructions(result),
    }
    return {name: chart for name, chart in found.items() if chart is not None}


def _curves(result: Result) -> Chart | None:
    arms = main_arms(result)
    if not arms:
        return None
    figure = go.Figure()
    for place, arm in enumerate(arms):
        add_curve(figure, result.records(arm), name=arm.label, colour=colour_of(place))
    lines = [
        elbo_curve(arm.label, 0, [{**line, "train": None} for line in record.epochs])
        for arm in arms
        for record in result.records(arm)
    ]
    for change in expansions(result):
        mark(figure, change, named=True)
    dress(figure, _("epoch"), _("test -ELBO, nats per image"), height=480)
    seen = robust_range(lines)
    if seen is not None:
        figure.update_yaxes(range=list(seen))
    return Chart(
        figure,
        _(
            "Test -ELBO by epoch: median of the seeds, and a band from the least to "
            "the greatest. Dashed: expansions, with the neurons of the two hidden "
            "layers from then on. The first epochs may be above the top."
        ),
    )


def _zoomed(result: Result) -> Chart | None:
    arms = variant_arms(result)
    last = variant_epochs(result)
    changes = expansions(result, last)[:_MOST_ZOOMED]
    if not arms or not changes:
        return None
    figure = make_subplots(
        rows=len(changes),
        cols=1,
        vertical_spacing=0.14,
        subplot_titles=[
            _("to {sizes} neurons").format(sizes=name_of(change)) for change in changes
        ],
    )
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    for row, change in enumerate(changes, start=1):
        span = (change.epoch - 1 - _BEFORE, min(last, change.epoch - 1 + _AFTER))
        seen: list[float] = []
        for place, arm in enumerate(arms):
            records = result.records(arm)
            add_curve(
                figure, records, name=variant_name(arm), colour=colour_of(place), until=span[1],
                row=row,
            )  # fmt: skip
            for record in records:
                values = record.curve().items()
                seen += [value for epoch, value in values if span[0] <= epoch <= span[1]]
        if row > 1:
            figure.for_each_trace(lambda trace: trace.update(showlegend=False), row=row, col=1)
        mark(figure, change, row=row)
        figure.update_xaxes(range=list(span), row=row, col=1)
        if seen:
            room = 0.05 * (max(seen) - min(seen)) or 0.5
            figure.update_yaxes(range=[min(seen) - room, max(seen) + room], row=row, col=1)
    dress(figure, _("epoch"), _("test -ELBO, nats"), height=90 + 290 * len(changes))
    figure.update_layout(margin={"t": 84}, legend={"y": 1.06})
    return Chart(
        figure,
        _(
            "Approach 1 around its first expansions, by how new neurons are joined: "
            "weights out of them drawn (he) or zero, Adam started afresh or carried "
            "on."
        ),
    )


def _difference(result: Result) -> Chart | None:
    arms = [arm for arm in main_arms(result) if arm.values["arm"] != "fixed"]
    found = [(arm, differences(result, arm)) for arm in arms]
    found = [(arm, spreads) for arm, spreads in found if spreads]
    if not found:
        return None
    figure = go.Figure()
    late: list[float] = []
    for place, (arm, spreads) in enumerate(found, start=1):
        rows = list(spreads.values())
        add_band(
            figure,
            spreads,
            name=_("{arm} minus fixed").format(arm=arm.label),
            colour=colour_of(place),
            unit="nats",
        )
        late += [edge for row in rows[len(rows) // 12 :] for edge in (row.low, row.high)]
    figure.add_hline(y=0, line={"color": GREY, "width": 1.5})
    for change in expansions(result):
        mark(figure, change, named=True)
    dress(figure, _("epoch"), _("difference of test -ELBO, nats"))
    low, high = min(0.0, *late), max(0.0, *late)
    span = high - low or 1.0
    # Above, there is room for the labels of the marks.
    figure.update_yaxes(range=[low - 0.06 * span, high + 0.2 * span])
    return Chart(
        figure,
        _(
            "Test -ELBO minus that of the fixed target of the same seed, by epoch: "
            "below the line, growing is ahead. Approach 2 is the fixed target itself "
            "until its first change."
        ),
    )


def _elbo_std(result: Result) -> Chart | None:
    figure = go.Figure()
    greatest = -math.inf
    for place, arm in enumerate(main_arms(result)):
        points = {}
        for count in SAMPLE_COUNTS:
            values = [elbo_std(record, count) for record in result.records(arm)]
            known = [value for value in values if value is not None]
            if known:
                points[float(count)] = over(known)
        if not points:
            continue
        greatest = max(greatest, next(iter(points.values())).median)
        add_band(
            figure,
            points,
            name=arm.label,
            colour=colour_of(place),
            unit="nats",
            dash=("solid", "dash", "dot")[place % 3],
            markers=True,
        )
    if not figure.data:
        return None
    figure.add_scatter(
        x=list(SAMPLE_COUNTS),
        y=[greatest / math.sqrt(count) for count in SAMPLE_COUNTS],
        name=_("as 1/sqrt(L)"),
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 1.25},
        hoverinfo="skip",
    )
    dress(figure, _("samples L of z"), _("standard deviation of an image's ELBO, nats"), log_x=True)
    counts = list(SAMPLE_COUNTS)
    figure.update_xaxes(tickvals=counts, ticktext=[str(count) for count in counts])
    ticks = one_two_five(0.01, 100)
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{v:g}" for v in ticks])
    return Chart(
        figure,
        _(
            "How much the estimate of an image's ELBO varies from one draw of L "
            "samples to the next, both axes logarithmic. Dashed grey: the fall by "
            "the square root of L that independent samples give."
        ),
    )


def _neurons(result: Result) -> Chart | None:
    groups = [
        (arm, by_age(entry.record))
        for arm in main_arms(result)
        for entry in result.of(arm)
        if entry.seed == 0 and arm.values["arm"] != "approach-2"
    ]
    groups = [(arm, ages) for arm, ages in groups if ages]
    if not groups:
        return None
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.62, 0.38],
        vertical_spacing=0.1,
        subplot_titles=[_("Change of -ELBO without a neuron, nats"), _("Share that does nothing")],
    )
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    for arm, ages in groups:
        fixed = arm.values["arm"] == "fixed"
        colour = COLOURS[0] if fixed else COLOURS[1]
        labels = [_("fixed") if fixed else _("from {epoch}").format(epoch=epoch) for epoch in ages]
        for label, found in zip(labels, ages.values(), strict=True):
            figure.add_box(
                x=[label] * len(found),
                y=[change for change, _ in found],
                name=label,
                boxpoints="all",
                jitter=0.7,
                pointpos=0,
                marker={"color": colour, "size": 4, "opacity": 0.6},
                line={"width": 0},
                fillcolor="rgba(0, 0, 0, 0)",
                hovertemplate="%{y:+.3f} " + _("nats"),
                showlegend=False,
                row=1,
                col=1,
            )
        shares = [statistics.fmean(idle for _, idle in found) for found in ages.values()]
        figure.add_bar(
            x=labels,
            y=shares,
            marker_color=colour,
            text=[f"{share:.0%}" for share in shares],
            textposition="auto",
            hovertemplate="%{x}: %{y:.0%}",
            name=arm.label,
            showlegend=False,
            row=2,
            col=1,
        )
    dress(figure, "", "", height=620)
    figure.update_xaxes(title_text=_("epoch from which on the encoder has them"), row=2, col=1)
    figure.update_yaxes(range=[0, 1], tickformat=".0%", row=2, col=1)
    figure.update_layout(margin={"t": 32})
    return Chart(
        figure,
        _(
            "Neurons of the first hidden layer, seed 0: all of the fixed target, and "
            "those of approach 1 by the epoch from which on the encoder has them. A "
            "point is a neuron: how much worse -ELBO is without it."
        ),
    )


def _reconstructions(result: Result) -> Chart | None:
    return below_originals(
        result,
        _("The same ten test images, reconstructed from mu by the run of seed 0 of each setting")
        + (_("; the variants after fewer epochs.") if has_variants(result) else "."),
    )
