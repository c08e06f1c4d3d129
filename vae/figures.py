"""Plotly figures from numpy arrays. They name no template: the page's theme gives the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import hex_to_rgb, sequential

from vae.palette import PALETTE, class_colour

TERM_TITLES = ("Total loss", "Reconstruction loss", "KL")
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
    height: int = 340,
) -> go.Figure:
    """Return the mean reconstruction loss of each class as bars in the classes' colours.

    Parameters
    ----------
    labels
        The classes ``(K,)``.
    mean, spread
        Mean and standard deviation of each, ``(K,)``, in nats an image.
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
            hovertemplate="class %{x}: %{y:.1f} nats, standard deviation %{customdata[1]:.1f}, "
            "%{customdata[0]:d} images<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text="class")
    figure.update_yaxes(title_text="nats an image", rangemode="tozero", nticks=6)
    figure.update_layout(height=height, margin=_MARGIN, showlegend=False, uirevision="classes")
    return figure
