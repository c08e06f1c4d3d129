"""Plotly figures and colours of the Reconstructions page."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import hex_to_rgb, sequential

from vae.figures.kept import kept
from vae.figures.palette import Theme, class_colour
from vae.figures.style import MARGIN, OUTLINE, Floats
from vae.locale import _

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


@kept
def class_bars(
    labels: NDArray[np.integer[Any]],
    mean: Floats,
    spread: Floats,
    count: NDArray[np.integer[Any]],
    class_names: Sequence[str] = (),
    *,
    unit: str = "nats",
    height: int = 340,
    theme: Theme = "light",
) -> go.Figure:
    """Return the mean reconstruction loss of each class as bars in the classes' colours.

    All arrays are ``(K,)``: class, mean and standard deviation in ``unit``, and number of images.
    """
    names = [class_names[i] if 0 <= i < len(class_names) else str(i) for i in labels.tolist()]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=mean,
            error_y={"type": "data", "array": spread, "thickness": 2, "color": OUTLINE},
            marker={
                "color": [class_colour(label, theme) for label in labels.tolist()],
                "line": {"width": 0.6, "color": OUTLINE},
            },
            customdata=np.stack([count, spread], axis=-1),
            meta=["images"],
            hovertemplate=_(
                "class %{{x}}: %{{y:.4g}} {unit}, standard deviation %{{customdata[1]:.3g}}, "
                "%{{customdata[0]:d}} images"
            ).format(unit=unit)
            + "<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text=_("class"))
    figure.update_yaxes(
        title_text=_("{unit}, mean").format(unit=unit), rangemode="tozero", nticks=6
    )
    figure.update_layout(height=height, margin=MARGIN, showlegend=False, uirevision="classes")
    return figure
