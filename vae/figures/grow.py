"""Plotly figures of a growing encoder: its loss and its size, and the effect of each neuron."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from vae.figures.compare import Curve, add_curve
from vae.figures.kept import kept
from vae.figures.palette import PALETTE
from vae.figures.style import GREY, MARGIN, Floats
from vae.locale import _

_FAINT = "rgba(128, 128, 128, 0.55)"
_LAYER_COLOURS = (PALETTE[4], PALETTE[5], PALETTE[8], PALETTE[7])
_LAYER_DASHES = ("solid", "dash", "dot", "dashdot")
_MOST_LABELS = 16
_OLDEST, _YOUNGEST = 0.3, 0.88
"""Part of the scale of ages that is seen on a light and on a dark ground."""


class Mark(NamedTuple):
    """An expansion."""

    at: float
    """Where it lies: at e - 1 where epoch e is the first of the new structure."""
    label: str


class Stairs(NamedTuple):
    """Neurons of a layer; each of the T sizes holds from its place to the next one's."""

    name: str
    at: Sequence[float]
    """``(T + 1,)``: where each begins, and where the last ends."""
    neurons: Sequence[int]
    """``(T,)``."""


@kept
def growth_figure(
    curves: Sequence[Curve],
    marks: Sequence[Mark],
    stairs: Sequence[Stairs],
    *,
    epochs: int,
    loss_range: tuple[float, float] | None = None,
    height: int = 560,
) -> go.Figure:
    """Return -ELBO by epoch above the neurons of each layer, with a mark at each expansion.

    ``curves`` are those of the growing run and of the runs it is compared with. The axis ends at
    ``epochs``, so that it stays the same while a run trains; ``loss_range`` is the least and
    greatest -ELBO in sight, all of it unless given.
    """
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.68, 0.32],
        vertical_spacing=0.09,
        subplot_titles=[_("−ELBO, nats per image"), _("neurons of the encoder")],
    )
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    for curve in curves:
        dash = "solid" if curve.place == 0 else "dash"
        test = {"line_width": 2.75, "line_dash": dash, "opacity": 1.0}
        train = {"line_width": 1.75, "line_dash": dash, "opacity": 0.45}
        add_curve(figure, curve, test, train, row=1)
    for place, stair in enumerate(stairs):
        figure.add_scatter(
            x=list(stair.at),
            y=[*stair.neurons, *stair.neurons[-1:]],
            name=stair.name,
            mode="lines",
            line={
                "color": _LAYER_COLOURS[place % len(_LAYER_COLOURS)],
                "dash": _LAYER_DASHES[place % len(_LAYER_DASHES)],
                "width": 2.5,
                "shape": "hv",
            },
            hovertemplate=_("%{y:d} neurons from epoch %{x:d} on"),
            row=2,
            col=1,
        )
    _draw_marks(figure, marks)
    figure.update_xaxes(title_text=_("epoch"), row=2, col=1)
    figure.update_xaxes(range=[0, epochs], showgrid=False)
    figure.update_yaxes(nticks=6)
    figure.update_yaxes(rangemode="tozero", nticks=4, row=2, col=1)
    if loss_range is not None:
        figure.update_yaxes(range=list(loss_range), row=1, col=1)
    figure.update_layout(
        height=height,
        margin=MARGIN,
        legend={"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top"},
    )
    return figure


def _draw_marks(figure: go.Figure, marks: Sequence[Mark]) -> None:
    line = {"color": GREY, "width": 1.25, "dash": "dash"}
    # All lines at once: plotly copies those that are there for each that is added.
    figure.layout.shapes = [
        {"type": "line", "line": line, "x0": mark.at, "x1": mark.at, "y0": 0, "y1": 1, **axes}
        for mark in marks
        for axes in ({"xref": "x", "yref": "y domain"}, {"xref": "x2", "yref": "y2 domain"})
    ]
    every = -(-len(marks) // _MOST_LABELS)
    for place, mark in enumerate(marks):
        if place % every == 0:
            figure.add_annotation(
                x=mark.at,
                y=1,
                yref="y domain",
                text=mark.label,
                textangle=-90,
                xanchor="left",
                yanchor="top",
                showarrow=False,
                font_size=12,
                row=1,
                col=1,
            )


def age_colours(born: Sequence[int]) -> dict[int, str]:
    """Return a colour for each first epoch that occurs: old neurons dark, young ones light."""
    epochs = sorted(set(born))
    last = max(1, len(epochs) - 1)
    places = [_OLDEST + (_YOUNGEST - _OLDEST) * place / last for place in range(len(epochs))]
    return dict(zip(epochs, sample_colorscale("Plasma", places), strict=True))


@kept
def effect_bars(
    change: Floats,
    error: Floats,
    active: Floats,
    born: Sequence[int] | None = None,
    *,
    by_effect: bool = True,
    chosen: int | None = None,
    height: int = 360,
) -> go.Figure:
    """Return how much worse -ELBO is without each neuron, as bars.

    Parameters
    ----------
    change, error, active
        ``(n,)``: mean change, its standard error, both nats per image, and the share of the images
        for which the neuron is on.
    born
        ``(n,)``: the first epoch of each neuron, which is its colour.
    by_effect
        The greatest change first; else in the order of the neurons, the oldest first.
    chosen
        A neuron to point at.
    """
    count = len(change)
    order = np.argsort(-np.asarray(change), kind="stable") if by_effect else np.arange(count)
    place_of = {int(neuron): place for place, neuron in enumerate(order)}
    groups = [1] * count if born is None else [int(epoch) for epoch in born]
    colours = age_colours(groups) if born is not None else {1: PALETTE[0]}
    figure = go.Figure()
    for epoch, colour in colours.items():
        mine = [neuron for neuron in order.tolist() if groups[neuron] == epoch]
        figure.add_bar(
            x=[place_of[neuron] + 1 for neuron in mine],
            y=[float(change[neuron]) for neuron in mine],
            name=_("from epoch {epoch}").format(epoch=epoch),
            marker={"color": colour, "line": {"width": 0}},
            customdata=[[neuron, float(error[neuron]), float(active[neuron])] for neuron in mine],
            meta=[_("neuron"), _("standard error"), _("active")],
            hovertemplate=_(
                "neuron %{customdata[0]}: %{y:+.3f} ± %{customdata[1]:.3f} nats, on for "
                "%{customdata[2]:.0%} of the images"
            )
            + "<extra></extra>",
        )
    if chosen is not None and chosen in place_of:
        figure.add_annotation(
            x=place_of[chosen] + 1,
            y=max(0.0, float(change[chosen])),
            text=_("neuron {chosen}").format(chosen=chosen),
            showarrow=True,
            arrowhead=2,
            arrowcolor=GREY,
            ax=0,
            ay=-28,
        )
    figure.add_hline(y=0, line={"color": _FAINT, "width": 1})
    by_age = _("neurons in their order") if born is None else _("neurons, the oldest first")
    figure.update_xaxes(
        title_text=_("neurons, the most useful first") if by_effect else by_age,
        range=[0, count + 1],
        showgrid=False,
        nticks=8,
    )
    figure.update_yaxes(title_text=_("change of −ELBO, nats"), nticks=6)
    figure.update_layout(
        height=height,
        margin=MARGIN,
        bargap=0.1 if count <= 100 else 0,
        barmode="overlay",
        showlegend=born is not None and len(colours) > 1,
        legend={"orientation": "h", "x": 0, "y": -0.3, "yanchor": "top"},
    )
    return figure
