"""Charts of a run as it learns, as options of ECharts.

Streamlit takes a Plotly chart with other data for another chart: it is made anew, blank for a
moment, at every epoch. A chart of ECharts with a key stays and is given the new data.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.figures.palette import CLASS_COLOURS, Theme, class_colour
from vae.figures.style import TEST_COLOUR, TRAIN_COLOUR
from vae.figures.train import TERM_TITLES

Floats = NDArray[np.floating[Any]]
Option = dict[str, Any]
DEFAULT_TITLES = tuple(TERM_TITLES[name] for name in ("loss", "recon_loss", "kl"))

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


def loss_option(
    train_at: Floats,
    train: Floats,
    test_at: Floats,
    test: Floats,
    titles: Sequence[str] = DEFAULT_TITLES,
) -> Option:
    """Return the T terms of a loss against the epoch, one above the other.

    ``train`` and ``test`` are ``(E, T)``, a column for each of ``titles``, at the epochs
    ``train_at`` and ``test_at``, ``(E,)``; a part of an epoch is a fraction.
    """
    count = len(titles)
    rows = range(count)
    height = (HEIGHT - _TOP - _BOTTOM - _GAP * (count - 1)) / count
    tops = [_TOP + row * (height + _GAP) for row in rows]
    last = count - 1
    # Of epochs, or, as long as there is no whole one, of steps within the first.
    span = (1.0, max(2.0, float(np.max(test_at)))) if len(test_at) else (0.0, 1.0)
    # Nats per image are tens and more, squared errors per pixel hundredths.
    is_large = bool(np.size(train)) and float(np.max(np.abs(train))) > 1
    series: list[Option] = []
    for row in rows:
        for name, epochs, values, colour, dash in (
            ("train", train_at, train, TRAIN_COLOUR, "dotted"),
            ("test", test_at, test, TEST_COLOUR, "solid"),
        ):
            terms = np.reshape(values, (-1, count))[:, row]
            series.append(
                {
                    "type": "line",
                    "name": name,
                    "xAxisIndex": row,
                    "yAxisIndex": row,
                    "data": _rounded(np.column_stack([epochs, terms]), 3 if is_large else 6),
                    "showSymbol": len(epochs) < 3,
                    "symbolSize": 5,
                    "lineStyle": {"type": dash, "width": 2, "color": colour},
                    "itemStyle": {"color": colour},
                }
            )
    return {
        "animation": False,
        "title": [
            {
                "text": title,
                "left": 0,
                "top": tops[row] - 26,
                "padding": 4,
                "textStyle": {"fontSize": 13, "fontWeight": "normal"},
            }
            for row, title in enumerate(titles)
        ],
        "legend": {"data": ["train", "test"], "right": 0, "top": 0},
        "tooltip": {"trigger": "axis", "confine": True},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "grid": [
            {"left": _LEFT, "right": _RIGHT, "top": top, "height": height, **_AS_GIVEN}
            for top in tops
        ],
        "xAxis": [
            {
                "type": "value",
                "gridIndex": row,
                "min": span[0],
                "max": span[1],
                "minInterval": span[0],  # no half epochs among whole ones
                "axisLabel": {"show": row == last, "hideOverlap": True},
                "axisTick": {"show": row == last},
                "splitLine": {"show": False},
                "name": "epoch" if row == last else "",
                "nameLocation": "middle",
                "nameGap": 24,
            }
            for row in rows
        ],
        "yAxis": [
            {"type": "value", "gridIndex": row, "scale": True, "splitNumber": 2} for row in rows
        ],
        "series": series,
    }


def code_option(
    codes: Floats,
    labels: NDArray[np.integer[Any]],
    class_names: Sequence[str],
    extent: float,
    theme: Theme = "light",
) -> Option:
    """Return the codes ``(n, 2)`` of one epoch as points coloured by class.

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
        "animation": False,
        # Sides of the same length: the prior's circles are circles.
        "grid": {"left": "center", "top": 28, "width": _SIDE, "height": _SIDE, **_AS_GIVEN},
        "xAxis": {**axis, "name": "mu 1", "nameLocation": "middle", "nameGap": 22},
        "yAxis": {**axis, "name": "mu 2", "nameLocation": "end", "nameGap": 10},
        "legend": {"type": "scroll", "bottom": 0, "left": "center", "itemGap": 8, "itemWidth": 12},
        "tooltip": {"trigger": "item", "confine": True},
        "series": series,
    }
