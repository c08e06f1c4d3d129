"""The numbers of a figure as a table: what a reader would copy from it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vae.locale import _

Table = tuple[list[str], list[list[Any]]]
_KINDS = ("scatter", "scattergl", "bar", "box", "heatmap")


def _traces(figure: go.Figure) -> Iterator[Any]:
    for trace in figure.data:
        is_guide = trace.hoverinfo == "skip" and not (trace.name and trace.showlegend is not False)
        if trace.type in _KINDS and not is_guide:
            yield trace


def has_numbers(figure: go.Figure) -> bool:
    """Whether a figure shows any numbers, and not pictures alone."""
    return next(_traces(figure), None) is not None


def numbers(figure: go.Figure) -> Table:
    """Return a figure's points as the head and the rows of a table.

    A row has the title of its panel, the name of its series, where it lies, and what belongs to
    it: the value of a heatmap's cell, the length of an error bar, and what the trace's customdata
    hold, as its ``meta`` calls them. Lines that only guide the eye (no hover, no entry in the
    legend) and columns that nothing fills are left out.
    """
    points = [point for trace in _traces(figure) for point in _points(figure, trace)]
    head = [
        name
        for name in dict.fromkeys(name for point in points for name in point)
        if any(point.get(name) not in ("", None) for point in points)
    ]
    return head, [[point.get(name) for name in head] for point in points]


def _points(figure: go.Figure, trace: Any) -> Iterator[dict[str, Any]]:
    about = {"panel": _panel(figure, trace), "series": trace.name or ""}
    x, y = _cells(trace.x), _cells(trace.y)
    if trace.type == "heatmap":
        for up, line in zip(y, _cells(trace.z), strict=True):
            for across, value in zip(x, line, strict=True):
                yield {**about, "x": across, "y": up, "value": value}
        return
    bars = getattr(trace, "error_y", None)
    columns = {"x": x, "y": y, "error": _cells(bars.array if bars is not None else None)}
    columns[_("error below")] = _cells(bars.arrayminus if bars is not None else None)
    more = [line if isinstance(line, list) else [line] for line in _cells(trace.customdata)]
    for place, name in enumerate(trace.meta or ()):
        columns[name] = [line[place] for line in more]
    for place in range(max(len(x), len(y))):
        cells = {name: found[place] for name, found in columns.items() if place < len(found)}
        yield {**about, **cells}


def _panel(figure: go.Figure, trace: Any) -> str:
    """Return what its panel is called: by the axis, or as make_subplots has written above it."""
    number = int((getattr(trace, "yaxis", None) or "y")[1:] or 1)
    title = figure.layout["yaxis" if number == 1 else f"yaxis{number}"].title.text
    is_one_of_many = "yaxis2" in figure.layout and len(figure.layout.annotations) >= number
    return title or (figure.layout.annotations[number - 1].text if is_one_of_many else "")


def _cells(values: Any) -> list[Any]:
    return [] if values is None else np.asarray(values).tolist()
