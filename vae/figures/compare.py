"""Plotly figures from numpy arrays. They name no template: the page's theme gives the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import hex_to_rgb, sequential
from plotly.subplots import make_subplots

from vae.figures.palette import PALETTE, class_colour

TERM_TITLES = {
    "loss": "Total loss",
    "recon_loss": "Reconstruction loss",
    "kl": "KL",
    "penalty": "Penalty",
}
"""The terms of a loss: name in a report -> how a page calls it."""
TRAIN_COLOUR, TEST_COLOUR = PALETTE[0], PALETTE[6]
_OUTLINE = "rgba(128, 128, 128, 0.7)"
_MARGIN = {"l": 8, "r": 8, "t": 24, "b": 8}

Floats = NDArray[np.floating[Any]]


def code_extent(history: Floats) -> float:
    """Return half the side of a square around the origin that holds nearly all codes."""
    values = np.abs(np.asarray(history, dtype=np.float64))
    values = values[np.isfinite(values)]
    return max(3.0, float(np.quantile(values, 0.999)) * 1.05) if values.size else 3.0


ERROR_SCALE: tuple[str, ...] = tuple(sequential.Inferno)
"""Colours of errors from 0, black, to 1, pale yellow: ever lighter, so that it reads in grey too.

The scale is matplotlib's "inferno" (Smith and van der Walt 2015), as Plotly brings it.
"""


def error_colours(error: Floats) -> NDArray[np.uint8]:
    """Colour errors in [0, 1] by :data:`ERROR_SCALE`: ``(..., C, H, W)`` to ``(..., 3, H, W)``.

    The channels of a pixel are averaged.
    """
    stops = np.array([hex_to_rgb(colour) for colour in ERROR_SCALE])
    value = np.clip(np.nan_to_num(np.asarray(error, dtype=np.float64).mean(-3), nan=1.0), 0, 1)
    at = np.linspace(0, 1, len(stops))
    channels = [np.interp(value, at, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-3).round().astype(np.uint8)


def class_bars(
    labels: NDArray[np.integer[Any]],
    mean: Floats,
    spread: Floats,
    count: NDArray[np.integer[Any]],
    class_names: Sequence[str] = (),
    *,
    unit: str = "nats",
    height: int = 340,
) -> go.Figure:
    """Return the mean reconstruction loss of each class as bars in the classes' colours.

    Parameters
    ----------
    labels
        The classes ``(K,)``.
    mean, spread
        Mean and standard deviation of each, ``(K,)``, in ``unit``.
    count
        Images of each, ``(K,)``.
    """
    names = [class_names[i] if 0 <= i < len(class_names) else str(i) for i in labels.tolist()]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=mean,
            error_y={"type": "data", "array": spread, "thickness": 2, "color": _OUTLINE},
            marker={
                "color": [class_colour(label) for label in labels.tolist()],
                "line": {"width": 0.6, "color": _OUTLINE},
            },
            customdata=np.stack([count, spread], axis=-1),
            hovertemplate=f"class %{{x}}: %{{y:.4g}} {unit}, standard deviation "
            "%{customdata[1]:.3g}, "
            "%{customdata[0]:d} images<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text="class")
    figure.update_yaxes(title_text=f"{unit}, mean", rangemode="tozero", nticks=6)
    figure.update_layout(height=height, margin=_MARGIN, showlegend=False, uirevision="classes")
    return figure


RUN_COLOURS = tuple(PALETTE[place] for place in (0, 6, 4, 8))
"""One for each of the runs that are compared: at least 3:1 against both of the app's themes."""


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


def compared_curves(panels: Sequence[Panel]) -> go.Figure:
    """Return the curves of several runs, a panel for each scale: test solid, training dotted."""
    rows = len(panels)
    figure = make_subplots(
        rows=rows,
        cols=1,
        vertical_spacing=0.3 / rows,
        subplot_titles=[f"{panel.title}, {panel.unit}" for panel in panels],
    )
    for row, panel in enumerate(panels, start=1):
        for curve in panel.curves:
            colour = RUN_COLOURS[curve.place % len(RUN_COLOURS)]
            for split, at, values, dash in (
                ("test", curve.test_at, curve.test, "solid"),
                ("train", curve.train_at, curve.train, "dot"),
            ):
                figure.add_scatter(
                    x=at,
                    y=values,
                    name=f"{curve.name}, {split}",
                    mode="lines+markers" if len(at) < 3 else "lines",
                    line={"color": colour, "dash": dash, "width": 2.5},
                    hovertemplate="epoch %{x:.4g}: %{y:.5g}",
                    row=row,
                    col=1,
                )
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(nticks=6)
    figure.update_layout(
        height=90 + 300 * rows,
        margin=_MARGIN,
        uirevision="compared",
        legend={"orientation": "h", "x": 0, "y": -0.16 / rows, "yanchor": "top"},
    )
    return figure


_NEAR_TO_FAR = ((0.0, "#08306b"), (1 / 3, "#9ecae1"), (1 / 3, "#fee391"), (1.0, "#993404"))
_FARTHEST = 3.0
_MOST_UNEQUAL = 2.5


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
            "title": {"text": "remoteness", "side": "top"},
        },
        hovertemplate="z1 %{x:.3g}, z2 %{y:.3g}: remoteness %{z:.2f}<extra></extra>",
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
    figure.update_layout(height=150 if flat else height, margin=_MARGIN)
    return figure


def cleaning_curve(
    amounts: Floats, before: Floats, after: Floats, clean: float, amount: float, *, unit: str
) -> go.Figure:
    """Return the ratios of spoiled and of cleaned images, in dB, against the amount.

    Parameters
    ----------
    amounts, before, after
        ``(A,)`` each.
    clean
        Ratio of images that were not spoiled: a level to compare with.
    amount
        Where to draw the upright line of the amount that is looked at.
    unit
        What the amount is.
    """
    figure = go.Figure()
    for name, values, colour, dash in (
        ("before", before, TRAIN_COLOUR, "dot"),
        ("cleaned", after, TEST_COLOUR, "solid"),
    ):
        figure.add_scatter(
            x=amounts,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="amount %{x:g}: %{y:.1f} dB",
        )
    figure.add_scatter(
        x=[amounts[0], amounts[-1]],
        y=[clean, clean],
        name="clean image, drawn again",
        mode="lines",
        line={"color": _OUTLINE, "dash": "dash", "width": 2},
        hovertemplate="%{y:.1f} dB",
    )
    figure.add_vline(x=amount, line={"color": _OUTLINE, "width": 2})
    figure.update_xaxes(title_text=unit, rangemode="tozero")
    figure.update_yaxes(title_text="mean PSNR, dB", nticks=6)
    figure.update_layout(
        height=380,
        margin=_MARGIN,
        uirevision="cleaning",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return figure
