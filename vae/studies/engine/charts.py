"""What the figures of studies have in common: lines with the seeds' spread, rows of pictures."""

from __future__ import annotations

import base64
import io
import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go
from PIL import Image
from plotly.colors import hex_to_rgb
from plotly.subplots import make_subplots

from vae.figures.palette import PALETTE
from vae.studies.engine.base import Arm, Result, Spread
from vae.studies.engine.records import Record

COLOURS = tuple(PALETTE[place] for place in (0, 6, 4, 8, 5, 2, 1, 3))
"""For lines beside one another: the first four have 3:1 against white and against black."""
_MARGIN = {"l": 8, "r": 8, "t": 32, "b": 8}
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
_ROW = 64
_LABELS = 130


def colour_of(place: int) -> str:
    """Return the colour of a line, by its place."""
    return COLOURS[place % len(COLOURS)]


def _shade(colour: str, alpha: float = 0.22) -> str:
    red, green, blue = hex_to_rgb(colour)
    return f"rgba({red}, {green}, {blue}, {alpha})"


def dress(figure: go.Figure, x: str, y: str, *, height: int = 420, log_x: bool = False) -> None:
    """Give a figure its titles, height and legend, in place."""
    figure.update_xaxes(title_text=x)
    if log_x:
        figure.update_xaxes(type="log")
    figure.update_yaxes(title_text=y, nticks=7)
    figure.update_layout(height=height, margin=_MARGIN, legend=_LEGEND)


def add_band(
    figure: go.Figure,
    x: Sequence[float],
    median: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    name: str,
    colour: str,
    unit: str = "",
    dash: str = "solid",
    markers: bool = False,
    row: int | None = None,
    col: int | None = None,
) -> None:
    """Add a line of medians, and from the least to the greatest a band in its colour."""
    place = {} if row is None else {"row": row, "col": col}
    if any(a != b for a, b in zip(low, high, strict=True)):
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*high, *reversed(low)],
            mode="lines",
            fill="toself",
            fillcolor=_shade(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=name,
            **place,
        )
    figure.add_scatter(
        x=list(x),
        y=list(median),
        name=name,
        legendgroup=name,
        mode="lines+markers" if markers or len(x) < 3 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate="%{x:.4g}: %{y:.5g} " + unit,
        **place,
    )


def add_spread(
    figure: go.Figure,
    result: Result,
    arms: Sequence[Arm],
    x: str,
    column: str,
    *,
    name: str | None = None,
    colour: str = COLOURS[0],
    row: int | None = None,
    col: int | None = None,
) -> None:
    """Add a column of the table against a value of the settings, with the seeds' spread."""
    found = [(arm.values[x], result.spread(arm, column)) for arm in arms]
    points = [(float(value), spread) for value, spread in found if spread is not None]
    add_band(
        figure,
        [value for value, _ in points],
        [spread.median for _, spread in points],
        [spread.low for _, spread in points],
        [spread.high for _, spread in points],
        name=name or result.study.columns[column].title,
        colour=colour,
        unit=result.study.columns[column].unit,
        markers=True,
        row=row,
        col=col,
    )


def add_curve(
    figure: go.Figure,
    records: Iterable[Record],
    *,
    name: str,
    colour: str,
    term: str = "loss",
    split: str = "test",
    until: int | None = None,
    dash: str = "solid",
    row: int | None = None,
    col: int | None = None,
) -> None:
    """Add a term by epoch over the seeds: median, and from the least to the greatest a band."""
    by_epoch: dict[int, list[float]] = {}
    for record in records:
        for epoch, value in zip(*record.curve(term, split), strict=True):
            if until is None or epoch <= until:
                by_epoch.setdefault(epoch, []).append(value)
    at = sorted(by_epoch)
    add_band(
        figure,
        at,
        [statistics.median(by_epoch[epoch]) for epoch in at],
        [min(by_epoch[epoch]) for epoch in at],
        [max(by_epoch[epoch]) for epoch in at],
        name=name,
        colour=colour,
        dash=dash,
        row=row,
        col=col,
    )


def panels(
    result: Result,
    arms: Sequence[Arm],
    x: str,
    parts: Sequence[tuple[str, Sequence[str]]],
    *,
    height: int = 640,
) -> go.Figure:
    """Return columns of the table against a value of the settings, in panels above one another.

    Parameters
    ----------
    parts
        The panels from the top: title, and the columns in it.
    """
    figure = make_subplots(
        rows=len(parts),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.22 / len(parts),
        subplot_titles=[title for title, _ in parts],
    )
    columns = [(row, column) for row, (_, each) in enumerate(parts, start=1) for column in each]
    for place, (row, column) in enumerate(columns):
        add_spread(figure, result, arms, x, column, colour=colour_of(place), row=row, col=1)
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_yaxes(nticks=6)
    figure.update_layout(height=height, margin=_MARGIN, legend=_LEGEND)
    return figure


def error_bars(spreads: Sequence[Spread]) -> dict[str, Any]:
    """Return Plotly's bars from the least to the greatest of the seeds, around their medians."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [spread.high - spread.median for spread in spreads],
        "arrayminus": [spread.median - spread.low for spread in spreads],
        "visible": any(spread.low < spread.high for spread in spreads),
        "color": COLOURS[3],
        "thickness": 1.5,
    }


def add_bars(
    figure: go.Figure,
    labels: Sequence[str],
    spreads: Sequence[Spread | None],
    *,
    name: str,
    colour: str,
    unit: str = "",
    row: int | None = None,
    col: int | None = None,
) -> None:
    """Add a bar of the median for each label, its value in it, and the seeds' spread.

    Where None stands there is no bar.
    """
    found = [(label, spread) for label, spread in zip(labels, spreads, strict=True) if spread]
    figure.add_bar(
        x=[label for label, _ in found],
        y=[spread.median for _, spread in found],
        error_y=error_bars([spread for _, spread in found]),
        name=name,
        marker={"color": colour},
        texttemplate="%{y:.4g}",
        textposition="inside",
        textangle=0,
        hovertemplate="%{x}: %{y:.5g} " + unit,
        **({} if row is None else {"row": row, "col": col}),
    )


def one_two_five(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis: 1, 2 and 5 times powers of ten in these bounds.

    Raises
    ------
    ValueError
        If a bound is not above 0.
    """
    if low <= 0 or high <= 0:
        raise ValueError("a logarithmic axis has no 0")
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # Read from text: 3 times 0.1 and the like would not come out even.
    ticks = [float(f"{step}e{power}") for power in powers for step in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def beside_originals(
    result: Result, what: str = "test", originals: str = "originals"
) -> list[tuple[str, bytes]]:
    """Return rows for :func:`picture_rows`: the originals, and a row of each setting below them."""
    first = next(result.strips(originals), None)
    head = [] if first is None else [("originals", first[1])]
    return [*head, *((arm.label, png) for arm, png in result.strips(what))]


def picture_rows(rows: Iterable[tuple[str, bytes]]) -> go.Figure:
    """Return rows of pictures, each with what it is called at its left.

    Parameters
    ----------
    rows
        Name and PNG of each, from the top; a PNG is one row of pictures, one pixel a pixel.
    """
    found = [(name, png, _size(png)) for name, png in rows]
    widest = max((width / height for _, _, (width, height) in found), default=1.0)
    figure = go.Figure()
    count = len(found)
    for place, (_, png, (width, height)) in enumerate(found):
        data = base64.b64encode(_enlarged(png)).decode()
        figure.add_layout_image(
            source=f"data:image/png;base64,{data}",
            xref="x",
            yref="y",
            x=0,
            y=count - place,
            sizex=width / height,
            sizey=0.94,
            sizing="stretch",
            layer="above",
        )
    figure.update_xaxes(range=[0, widest], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[0, max(1, count)],
        tickvals=[count - place - 0.47 for place in range(count)],
        ticktext=[name for name, _, _ in found],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        automargin=False,
    )
    # An empty trace: without one there are no axes.
    figure.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip")
    figure.update_layout(
        width=_LABELS + round(_ROW * widest),
        height=16 + _ROW * max(1, count),
        margin={"l": _LABELS - 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        plot_bgcolor="rgba(0, 0, 0, 0)",
    )
    return figure


def _size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        return image.size


def _enlarged(png: bytes) -> bytes:
    """Return a PNG enlarged by whole pixels, so that nothing blurs it."""
    with Image.open(io.BytesIO(png)) as image:
        factor = max(1, 2 * _ROW // image.height)
        large = image.resize(
            (image.width * factor, image.height * factor), Image.Resampling.NEAREST
        )
    buffer = io.BytesIO()
    large.save(buffer, format="PNG")
    return buffer.getvalue()
