"""Charts of a run as it learns, as options of ECharts.

Streamlit takes a Plotly chart with other data for another chart: it is made anew, blank for a
moment, at every epoch. A chart of ECharts with a key stays and is given the new data.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.figures.palette import CLASS_COLOURS, Theme, class_colour
from vae.figures.style import TEST_COLOUR
from vae.locale import _, language

Floats = NDArray[np.floating[Any]]
Option = dict[str, Any]
GLIDE_MS = 800
PART_COLOURS = ("#4c78a8", "#9467bd", "#8a8a8a")
"""Of the parts of a loss: reconstruction, KL, penalty."""

HEIGHT = 380
"""Pixels of both charts, so that nothing moves while one is loading."""
_SYMBOLS = ("circle", "triangle", "rect", "diamond", "pin")
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 46, 42
_GAP = 34
_SIDE = 280
_AS_GIVEN: Option = {"containLabel": False, "outerBoundsMode": "none"}
"""ECharts takes room for the marks off a grid otherwise, more off one side than off the other."""


def _rounded(values: Floats, decimals: int) -> list[Any]:
    found: list[Any] = np.round(np.asarray(values, dtype=np.float64), decimals).tolist()
    return found


def _tooltip(trigger: str, decimals: int) -> Option:
    found: Option = {"trigger": trigger, "confine": True}
    # The browser's own signs, which go with three decimals at most.
    if language() != "en" and decimals <= 3:
        found["valueFormatter"] = "localized"
    return found


def loss_option(
    at: Floats, terms: Floats, test_at: Floats, test: Floats, titles: Sequence[str], last: float
) -> Option:
    """Return the parts of a loss, one upon the other, against the epoch.

    ``terms`` ``(S, T)`` are of the training images at the steps ``at`` ``(S,)``, in epochs;
    ``test`` ``(E,)`` is their sum for the test images after the epochs ``test_at``. ``titles`` has
    a name for each of the T parts, ``last`` the epoch at which the axis ends.
    """
    count = len(titles)
    is_large = bool(np.size(terms)) and float(np.max(np.abs(terms))) > 1
    digits = 2 if is_large else 5
    rows = np.reshape(terms, (-1, count))
    series: list[Option] = [
        {
            "type": "line",
            "name": title,
            "stack": "loss",
            "data": _rounded(np.column_stack([at, rows[:, part]]), digits),
            "showSymbol": False,
            "lineStyle": {"width": 1, "color": PART_COLOURS[part % len(PART_COLOURS)]},
            "itemStyle": {"color": PART_COLOURS[part % len(PART_COLOURS)]},
            "areaStyle": {"opacity": 0.55},
        }
        for part, title in enumerate(titles)
    ]
    series.append(
        {
            "type": "line",
            "name": _("test images, total"),
            "data": _rounded(np.column_stack([test_at, test]), digits),
            "symbolSize": 5,
            "showSymbol": len(test_at) < 30,
            "lineStyle": {"type": "dotted", "width": 2, "color": TEST_COLOUR},
            "itemStyle": {"color": TEST_COLOUR},
        }
    )
    return {
        "animation": False,
        "legend": {"top": 0, "left": 0, "itemWidth": 14},
        "tooltip": _tooltip("axis", digits),
        "grid": {"left": 52, "right": 14, "top": 34, "bottom": 42, **_AS_GIVEN},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": last,
            "splitLine": {"show": False},
            "name": _("epoch"),
            "nameLocation": "middle",
            "nameGap": 24,
        },
        "yAxis": {"type": "value", "min": 0, "max": _top(terms), "splitNumber": 4},
        "series": series,
    }


def _top(terms: Floats) -> float | None:
    """Return where the axis ends: the first steps of a training are far above all others."""
    total = np.sum(np.reshape(terms, (len(terms), -1)), axis=1) if len(terms) else np.zeros(0)
    if len(total) < 10:
        return None
    low, early = float(np.min(total)), float(np.quantile(total, 0.97))
    digits = 1 - int(np.floor(np.log10(max(early, 1e-9))))
    return float(np.round(max(1.15 * early, 1.5 * low), digits))


def code_option(
    codes: Floats,
    labels: NDArray[np.integer[Any]],
    class_names: Sequence[str],
    extent: float,
    theme: Theme = "light",
    axes: tuple[str, str] = ("mu 1", "mu 2"),
) -> Option:
    """Return the codes ``(n, 2)`` of one moment as points coloured by class.

    Given to a chart that shows those of another moment, they glide to their places.

    ``extent`` is half the side of the square that is shown: the same for all epochs of a run, so
    that the codes move and the axes do not. Raises ValueError if the codes have not two dimensions.
    """
    points = np.asarray(codes, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"the map is of codes (n, 2), not {points.shape}")
    series: list[Option] = []
    for label in np.unique(labels).tolist():
        name = class_names[label] if 0 <= label < len(class_names) else str(label)
        series.append(
            {
                "type": "scatter",
                "name": name,
                "data": _rounded(points[labels == label], 3),
                "symbol": _SYMBOLS[label // len(CLASS_COLOURS[theme]) % len(_SYMBOLS)],
                "symbolSize": 5,
                "itemStyle": {"color": class_colour(label, theme), "opacity": 0.9},
            }
        )
    # A whole number, so that the marks of the axes are round ones.
    half = int(np.ceil(extent))
    axis = {"type": "value", "min": -half, "max": half}
    return {
        # A point glides in what is left of the second until the next report.
        "animationDuration": 0,
        "animationDurationUpdate": GLIDE_MS,
        "animationEasingUpdate": "cubicInOut",
        # Sides of the same length: the prior's circles are circles.
        "grid": {"left": "center", "top": 28, "width": _SIDE, "height": _SIDE, **_AS_GIVEN},
        "xAxis": {**axis, "name": axes[0], "nameLocation": "middle", "nameGap": 22},
        "yAxis": {**axis, "name": axes[1], "nameLocation": "end", "nameGap": 10},
        "legend": {"type": "scroll", "bottom": 0, "left": "center", "itemGap": 8, "itemWidth": 12},
        "tooltip": _tooltip("item", 3),
        "series": series,
    }
