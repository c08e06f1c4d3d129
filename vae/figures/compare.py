"""Plotly figures of the Compare page: curves of several runs, maps of holes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vae.figures.kept import kept
from vae.figures.style import MARGIN, RUN_COLOURS, Floats
from vae.locale import _


class Curve(NamedTuple):
    """One term of one run, against the epoch."""

    name: str
    place: int
    """Which of the compared runs it is: its colour."""
    train_at: Floats
    """``(E,)``: epochs; a part of an epoch is a fraction."""
    train: Floats
    """``(E,)``."""
    test_at: Floats
    test: Floats


class Panel(NamedTuple):
    """Curves that share a scale."""

    title: str
    unit: str
    curves: list[Curve]


def add_curve(
    figure: go.Figure, curve: Curve, test: Mapping[str, Any], train: Mapping[str, Any], row: int
) -> None:
    """Add a run's two lines in its colour to a row of panels, each in its own style."""
    for split, at, values, style in (
        (_("train"), curve.train_at, curve.train, train),
        (_("test"), curve.test_at, curve.test, test),
    ):
        figure.add_scatter(
            x=at,
            y=values,
            name=f"{curve.name}, {split}",
            mode="lines+markers" if len(at) < 3 else "lines",
            line_color=RUN_COLOURS[curve.place % len(RUN_COLOURS)],
            hovertemplate=_("epoch %{x:.4g}: %{y:.5g}"),
            row=row,
            col=1,
            **style,
        )


@kept
def compared_curves(panels: Sequence[Panel]) -> go.Figure:
    """Return the curves of several runs, a panel for each scale: test solid, training dotted."""
    rows = len(panels)
    figure = make_subplots(
        rows=rows,
        cols=1,
        vertical_spacing=0.3 / rows,
        subplot_titles=[f"{panel.title}, {panel.unit}" for panel in panels],
    )
    solid, dotted = ({"line_width": 2.5, "line_dash": dash} for dash in ("solid", "dot"))
    for row, panel in enumerate(panels, start=1):
        for curve in panel.curves:
            add_curve(figure, curve, solid, dotted, row)
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_xaxes(title_text=_("epoch"), rangemode="tozero")
    figure.update_yaxes(nticks=6)
    figure.update_layout(
        height=90 + 300 * rows,
        margin=MARGIN,
        uirevision="compared",
        legend={"orientation": "h", "x": 0, "y": -0.16 / rows, "yanchor": "top"},
    )
    return figure


_NEAR_TO_FAR = ((0.0, "#08306b"), (1 / 3, "#9ecae1"), (1 / 3, "#fee391"), (1.0, "#993404"))
_FARTHEST = 3.0
_MOST_UNEQUAL = 2.5


@kept
def hole_map(
    across: Floats,
    up: Floats,
    remoteness: Floats,
    rings: Sequence[tuple[Floats, Floats]] = (),
    *,
    height: int = 400,
) -> go.Figure:
    """Return how far each place of a latent space is from the codes, as colours.

    Parameters
    ----------
    across, up
        ``(X,)`` and ``(Y,)``: values of the two dimensions; with one dimension ``up`` is one 0.
    remoteness
        ``(Y, X)``: 0 among the codes, 1 at the border of what is near them, above it in a hole.
    rings
        Closed lines to draw, each ``(x, y)``: where random draws fall.
    """
    figure = go.Figure()
    figure.add_heatmap(
        x=across,
        y=up,
        z=remoteness,
        zmin=0,
        zmax=_FARTHEST,
        colorscale=[list(stop) for stop in _NEAR_TO_FAR],
        colorbar={
            "tickvals": [0, 1, 2, 3],
            "ticktext": ["0", "1", "2", "3+"],
            "thickness": 12,
            "title": {"text": _("remoteness"), "side": "top"},
        },
        hovertemplate=_("z1 %{x:.3g}, z2 %{y:.3g}: remoteness %{z:.2f}") + "<extra></extra>",
    )
    for x, y in rings:
        for colour, width in (("#ffffff", 4), ("#111111", 1.75)):
            figure.add_scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": colour, "width": width, "dash": "solid" if width > 2 else "dash"},
                hoverinfo="skip",
                showlegend=False,
            )
    flat = len(up) == 1
    figure.update_xaxes(
        title_text="z1", range=[across[0], across[-1]], constrain="domain", showgrid=False
    )
    figure.update_yaxes(
        title_text="" if flat else "z2", visible=not flat, constrain="domain", showgrid=False
    )
    if not flat:
        figure.update_yaxes(range=[up[0], up[-1]])
        ratio = (across[-1] - across[0]) / (up[-1] - up[0])
        # Distances are of the plane, so both axes have one scale unless that leaves a thin strip.
        if 1 / _MOST_UNEQUAL <= ratio <= _MOST_UNEQUAL:
            figure.update_yaxes(scaleanchor="x")
    figure.update_layout(height=150 if flat else height, margin=MARGIN)
    return figure
