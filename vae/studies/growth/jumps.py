"""How much -ELBO rises at the expansions, as bars."""

from collections.abc import Sequence

import plotly.graph_objects as go

from vae.config.growth import Change
from vae.figures.style import GREY
from vae.locale import _
from vae.studies.engine.base import Arm, Chart, Result
from vae.studies.engine.charts import colour_of, dress, error_bars
from vae.studies.growth.marks import SMALL
from vae.studies.growth.measure import jumps, rises
from vae.studies.growth.parts import (
    expansions,
    has_variants,
    main_arms,
    name_of,
    rise_spreads,
    variant_arms,
    variant_epochs,
    variant_name,
)

_TOWERING = 5
"""A bar so many times as high as the next is cut off."""


def _rise_bars(
    result: Result, arms: Sequence[tuple[Arm, str, str]], changes: Sequence[Change]
) -> go.Figure | None:
    """Return bars of the rises of arms, which come with name and colour; None without any."""
    figure = go.Figure()
    fixed = result.arm(arm="fixed")
    for arm, name, colour in ((fixed, "fixed", GREY), *arms):
        records = result.records(arm)
        # The fixed target has no expansion: what it rises by then is its usual fluctuation.
        found = [rises(each) if arm is fixed else jumps(each) for each in records]
        spreads = rise_spreads(found, changes)
        if spreads:
            figure.add_bar(
                x=[
                    _("epoch {epoch}<br>{sizes}").format(epoch=change.epoch, sizes=name_of(change))
                    for change in spreads
                ],
                y=[spread.median for spread in spreads.values()],
                error_y={**error_bars(list(spreads.values())), "color": GREY},
                name=name,
                marker_color=colour,
                hovertemplate="%{x}: %{y:+.3f} " + _("nats"),
            )
    if not figure.data:
        return None
    dress(figure, "", _("rise of test -ELBO, nats"))
    figure.update_layout(barmode="group")
    return figure


def chart(result: Result) -> Chart | None:
    """Return how much approaches 1 and 2 rise at their expansions; None without any."""
    arms = [
        (arm, arm.label, colour_of(place))
        for place, arm in enumerate(main_arms(result))
        if arm.values["arm"] != "fixed"
    ]
    figure = _rise_bars(result, arms, expansions(result))
    if figure is None:
        return None
    _clip(figure)
    return Chart(
        figure,
        _(
            "Test -ELBO after the first epoch with a new structure minus that after "
            "the epoch before: median of the seeds, least and greatest. Grey: the "
            "fixed target over the same epochs. A bar that is cut off has its height "
            "next to it."
        ),
    )


def variants_chart(result: Result) -> Chart | None:
    """Return the same for the ways of joining new neurons; None without those."""
    arms = [
        (arm, variant_name(arm), colour_of(place)) for place, arm in enumerate(variant_arms(result))
    ]
    figure = _rise_bars(result, arms, expansions(result, variant_epochs(result)))
    if figure is None or not has_variants(result):
        return None
    return Chart(
        figure,
        _(
            "The same for approach 1, by how new neurons are joined: weights out of "
            "them drawn (he) or zero, Adam started afresh or carried on."
        ),
    )


def _clip(figure: go.Figure) -> None:
    """Cut off a bar that towers over all others, and write how high it is."""
    bars = [
        (value, error, place, trace.name)
        for trace in figure.data
        for place, (value, error) in enumerate(zip(trace.y, trace.error_y.array, strict=True))
    ]
    ranked = sorted(abs(value) for value, *_ in bars)
    if len(ranked) < 2 or ranked[-1] <= _TOWERING * ranked[-2]:
        return
    seen = [value + error for value, error, *_ in bars if abs(value) <= ranked[-2]]
    lows = [
        value - error
        for trace in figure.data
        for value, error in zip(trace.y, trace.error_y.arrayminus, strict=True)
        if abs(value) <= ranked[-2]
    ]
    top = 1.25 * max(0.0, *seen)
    figure.update_yaxes(range=[1.15 * min(0.0, *lows), top])
    for value, _spread, place, name in bars:
        if value > top:
            # Places of categories are whole numbers: this is right of the place's last bar.
            figure.add_annotation(
                x=place + 0.42, y=top, text=f"{name}: {value:+.1f}", showarrow=False,
                xanchor="left", yanchor="top", font_size=SMALL,
            )  # fmt: skip
