"""Plotly figures of the measures of a run: KL by dimension, standard deviation by samples."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from vae.figures.kept import kept
from vae.figures.palette import PALETTE
from vae.figures.style import GREY, MARGIN, TOP_LEGEND, one_two_five
from vae.locale import _

_BARS, _LINE = PALETTE[0], PALETTE[6]


@kept
def kl_bars(values: Sequence[float], *, height: int = 300) -> go.Figure:
    """Return the KL of each dimension, nats per image, as bars: the largest first."""
    order = sorted(range(len(values)), key=lambda place: -values[place])
    figure = go.Figure()
    figure.add_bar(
        x=[f"z{place + 1}" for place in order],
        y=[values[place] for place in order],
        marker={"color": _BARS, "line": {"width": 0}},
        hovertemplate=_("%{x}: %{y:.3f} nats<extra></extra>"),
    )
    figure.update_xaxes(type="category", title_text=_("dimension"), nticks=20)
    figure.update_yaxes(title_text=_("KL, nats per image"), rangemode="tozero", nticks=6)
    figure.update_layout(height=height, margin=MARGIN, bargap=0.15)
    return figure


@kept
def std_by_samples(
    stds: Mapping[int, float], between: float | None = None, *, height: int = 300
) -> go.Figure:
    """Return the standard deviation of the ELBO, nats per image, against L, both logarithmic.

    ``between`` is how much the ELBO differs from image to image: a level to compare with.
    """
    counts = list(stds)
    figure = go.Figure()
    figure.add_scatter(
        x=counts,
        y=list(stds.values()),
        name=_("of one image's ELBO"),
        mode="lines+markers",
        line={"color": _LINE, "width": 2.5},
        hovertemplate=_("L = %{x}: %{y:.3g} nats"),
    )
    first = stds[counts[0]]
    figure.add_scatter(
        x=counts,
        y=[first * (counts[0] / count) ** 0.5 for count in counts],
        name="1/√L",
        mode="lines",
        line={"color": GREY, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    if between:
        figure.add_scatter(
            x=[counts[0], counts[-1]],
            y=[between, between],
            name=_("from image to image"),
            mode="lines",
            line={"color": _BARS, "width": 2, "dash": "dash"},
            hovertemplate=_("%{y:.3g} nats"),
        )
    figure.update_xaxes(
        type="log", title_text=_("samples L"), tickvals=counts, ticktext=list(map(str, counts))
    )
    seen = [*stds.values(), *([between] if between else [])]
    ticks = one_two_five(min(seen) / 2, 2 * max(seen)) if min(seen) > 0 else []
    figure.update_yaxes(
        type="log",
        title_text=_("standard deviation, nats per image"),
        tickvals=ticks,
        ticktext=[f"{tick:g}" for tick in ticks],
    )
    figure.update_layout(
        height=height,
        margin=MARGIN,
        legend=TOP_LEGEND,
    )
    return figure
