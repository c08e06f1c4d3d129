"""What the figures of studies have in common: lines with the seeds' spread, rows of pictures."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from PIL import Image
from plotly.colors import hex_to_rgb
from plotly.subplots import make_subplots

from vae.figures.palette import PALETTE
from vae.figures.style import RUN_COLOURS, TOP_LEGEND
from vae.locale import N_, _, retold
from vae.studies.engine.base import Arm, Chart, Result, Spread, over
from vae.studies.engine.records import Record

COLOURS = (*RUN_COLOURS, *(PALETTE[place] for place in (5, 2, 1, 3)))
"""For lines in one figure: the first four have 3:1 against white and against black."""
_MARGIN = {"l": 8, "r": 8, "t": 32, "b": 8}
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
    figure.update_layout(height=height, margin=_MARGIN, legend=TOP_LEGEND)


def add_band(
    figure: go.Figure,
    points: Mapping[float, Spread],
    *,
    name: str,
    colour: str,
    unit: str = "",
    dash: str = "solid",
    markers: bool = False,
    row: int | None = None,
) -> None:
    """Add a line of medians by x, and from the least to the greatest a band in its colour.

    ``row`` is that of a panel, the first being 1.
    """
    x, spreads = list(points), list(points.values())
    place = {} if row is None else {"row": row, "col": 1}
    if any(spread.low != spread.high for spread in spreads):
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*(spread.high for spread in spreads), *(s.low for s in reversed(spreads))],
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
        x=x,
        y=[spread.median for spread in spreads],
        name=name,
        legendgroup=name,
        mode="lines+markers" if markers or len(x) < 3 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate="%{x:.4g}: %{y:.5g} " + _(unit),
        **place,
    )


def by_epoch(curves: Iterable[Mapping[int, float]]) -> dict[float, Spread]:
    """Return what runs have after each epoch, over the seeds."""
    found: dict[float, list[float]] = {}
    for curve in curves:
        for epoch, value in curve.items():
            found.setdefault(epoch, []).append(value)
    return {epoch: over(found[epoch]) for epoch in sorted(found)}


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
) -> None:
    """Add a term by epoch over the seeds: median, and from the least to the greatest a band."""
    found = by_epoch(record.curve(term, split) for record in records)
    points = {epoch: found[epoch] for epoch in found if until is None or epoch <= until}
    add_band(figure, points, name=name, colour=colour, dash=dash, row=row)


def panels(
    result: Result,
    arms: Sequence[Arm],
    x: str,
    parts: Sequence[tuple[str, Sequence[str]]],
    *,
    height: int = 640,
    top: float | None = None,
) -> go.Figure:
    """Return columns of the table against a value of the settings, in panels above one another.

    ``parts``: the panels from the top: title, and the columns in it; ``top``: share of the height
    that the first panel takes; all are equal if not given.
    """
    low = 1 if top is None else (1 - top) / (len(parts) - 1)
    figure = make_subplots(
        rows=len(parts),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.22 / len(parts),
        row_heights=[1 if top is None else top, *[low] * (len(parts) - 1)],
        subplot_titles=[title for title, _columns in parts],
    )
    columns = [
        (row, column) for row, (_title, each) in enumerate(parts, start=1) for column in each
    ]
    for place, (row, column) in enumerate(columns):
        found = {float(arm.values[x]): result.spread(arm, column) for arm in arms}
        points = {value: spread for value, spread in found.items() if spread is not None}
        title, unit = map(retold, result.study.columns[column][:2])
        colour = colour_of(place)
        add_band(figure, points, name=title, colour=colour, unit=unit, markers=True, row=row)
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_yaxes(nticks=6)
    figure.update_layout(height=height, margin=_MARGIN, legend=TOP_LEGEND)
    return figure


def label_values(
    figure: go.Figure, arms: Iterable[Arm], name: str, title: str, row: int = 3
) -> None:
    """Put a tick at each value of the settings, and the title below the last panel, in place."""
    values = sorted({float(arm.values[name]) for arm in arms})
    figure.update_xaxes(tickvals=values, ticktext=[f"{value:g}" for value in values])
    figure.update_xaxes(title_text=title, row=row, col=1)


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
) -> None:
    """Add a bar of the median for each label, its value in it, and the seeds' spread.

    Where None stands there is no bar.
    """
    found = [(label, spread) for label, spread in zip(labels, spreads, strict=True) if spread]
    figure.add_bar(
        x=[label for label, _spread in found],
        y=[spread.median for _, spread in found],
        error_y=error_bars([spread for _label, spread in found]),
        name=name,
        marker={"color": colour},
        texttemplate="%{y:.4g}",
        textposition="inside",
        textangle=0,
        hovertemplate="%{x}: %{y:.5g} " + _(unit),
    )


def below_originals(
    result: Result,
    caption: str,
    *,
    made: str = "test",
    head: str = N_("originals"),
    given: str = "",
) -> Chart | None:
    """Return a row of pictures of each setting below those that its models were given.

    ``made``, ``given``: names of the pictures; ``given`` is ``head`` if not given; ``head``: what
    the first row is called.

    Returns None where no run has kept pictures.
    """
    first = next(result.strips(given or head), None)
    if first is None:
        return None
    rows = [(arm.label, png) for arm, png in result.strips(made)]
    return Chart(picture_rows([(_(head), first[1]), *rows]), caption)


def reconstructions(result: Result, each: str) -> dict[str, Chart]:
    """Return the chart of the ten test images from mu, one row ``each``; empty without pictures."""
    chart = below_originals(
        result,
        _(
            "The same ten test images, reconstructed from mu by the run of seed 0 of each {each}."
        ).format(each=each),
    )
    return {} if chart is None else {"reconstructions": chart}


def picture_rows(rows: Iterable[tuple[str, bytes]]) -> go.Figure:
    """Return rows of pictures, each with what it is called at its left.

    ``rows``: name and PNG of each, from the top; a PNG is one row of pictures at their own size.
    """
    found = [(name, png, _size(png)) for name, png in rows]
    widest = max((width / height for _name, _png, (width, height) in found), default=1.0)
    figure = go.Figure()
    count = len(found)
    for place, (_name, png, (width, height)) in enumerate(found):
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
        ticktext=[name for name, _png, _size in found],
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
