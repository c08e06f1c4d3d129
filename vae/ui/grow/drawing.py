"""The encoder as a drawing, a node for a few neurons, and its structures as a table: HTML."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from vae.analysis.grow import Structure
from vae.config.growth import Sizes
from vae.ui.shared.tiles import data_uri

Edge = tuple[float, float, float]
"""Where a column is, and the top and bottom of what is there of it."""

_MOST_NODES = 32
_FEWEST_NEURONS = 8
_COLUMN, _HEIGHT = 105.0, 340.0
_MOST_STEP = 26.0
_BAR = 14
_IMAGE_BAR, _CODE_BAR = 220.0, 80.0
_KINDS = {
    "node": 'fill="#3f90da"',
    "new": 'fill="#e76300"',
    "later": 'fill="none" stroke="#808080" stroke-opacity="0.8"',
}
_GREY = 'fill="#808080"'

STYLE = """<style>
.net { max-width: 30rem; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.net img { display: block; width: 100%; height: auto; }
.net ol { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); margin: 0;
  padding: 0; list-style: none; text-align: center; }
.net li { margin: 0; padding: 0; }
.net b { display: block; font-weight: 600; }
.net p { margin: 0.6rem 0 0; display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; }
.net p i { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.35rem;
  border-radius: 50%; background: #3f90da; }
.net p i.new { background: #e76300; }
.net p i.later { background: none; border: 1px solid #808080; }
.grow-scroll { overflow-x: auto; }
.grow-table { border-collapse: collapse; margin: 0; font-variant-numeric: tabular-nums; }
.grow-table th, .grow-table td { padding: 0.3rem 1.1rem 0.3rem 0; text-align: right; border: 0;
  border-bottom: 1px solid rgb(128 128 128 / 0.35); font-weight: 400; white-space: nowrap; }
.grow-table thead th { font-weight: 600; white-space: normal; vertical-align: bottom; }
.grow-table th:first-child { text-align: left; }
</style>"""


def neurons_a_node(sizes: Sizes) -> int:
    """Return how many neurons a node stands for, so that the largest layer can be drawn."""
    unit = _FEWEST_NEURONS if max(sizes) > _MOST_NODES else 1
    while max(sizes) > unit * _MOST_NODES:
        unit *= 2
    return unit


def _nodes(count: int, unit: int) -> int:
    return -(-count // unit)


def _column(x: float, now: int, fresh: int, most: int, step: float) -> str:
    """Return a layer's nodes: those that were there, new ones, and those still to come."""
    top = (_HEIGHT - most * step) / 2
    parts = []
    for node in range(most):
        kind = "later" if node >= now else "new" if node >= now - fresh else "node"
        place = f'cx="{x:.1f}" cy="{top + (node + 0.5) * step:.1f}" r="{min(7.0, step * 0.4):.1f}"'
        parts.append(f"<circle {place} {_KINDS[kind]}/>")
    return "".join(parts)


def drawing(
    pixels: int, sizes: Sizes, kept: Sizes, target: Sizes, latent: int, *, parameters: int
) -> str:
    """Return the encoder from the image, left, to mu and logvar, right.

    Parameters
    ----------
    sizes
        Neurons of each hidden layer now.
    kept
        How many of them were there before the last change: the others stand out.
    target
        Neurons of each layer in the end: those that are still to come are drawn as outlines.
    """
    whole = tuple(max(pair) for pair in zip(sizes, target, strict=True))
    unit = neurons_a_node(whole)
    most = [_nodes(size, unit) for size in whole]
    step = min(_HEIGHT / max(most), _MOST_STEP)
    columns, edges = [], [_edges(0, _IMAGE_BAR)]
    for place, size in enumerate(sizes):
        now, fresh = _nodes(size, unit), _nodes(max(0, size - kept[place]), unit)
        columns.append(_column(_at(place + 1), now, fresh, most[place], step))
        top = (_HEIGHT - most[place] * step) / 2
        edges.append((_at(place + 1), top, top + now * step))
    edges.append(_edges(len(sizes) + 1, _CODE_BAR))
    bands = "".join(_band(*pair) for pair in pairwise(edges))
    bars = _bar(0, _IMAGE_BAR) + _bar(len(sizes) + 1, _CODE_BAR)
    width = _COLUMN * (len(sizes) + 2)
    # Streamlit takes drawings out of HTML, but not pictures that hold them.
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {_HEIGHT:.0f}" '
        f'width="{width:.0f}" height="{_HEIGHT:.0f}">{bands}{bars}{"".join(columns)}</svg>'
    )
    new = tuple(size - had for size, had in zip(sizes, kept, strict=True))
    words = (
        f"Encoder with hidden layers of {_and(sizes)} neurons, of {_and(whole)} in the end, "
        f"{_and(new)} of them new; {parameters:,} parameters"
    )
    labels = [(f"{pixels:,}", "pixels")]
    labels += [(f"{size:,}", f"of {end:,}") for size, end in zip(sizes, whole, strict=True)]
    labels += [(f"2 × {latent}", "mu, logvar")]
    items = "".join(f"<li><b>{first}</b>{second}</li>" for first, second in labels)
    return (
        f'<div class="net" data-testid="grow-drawing" data-sizes="{sizes_words(sizes)}">'
        f'<img src="{data_uri(svg.encode(), "svg+xml")}" alt="{words}" width="{width:.0f}" '
        f'height="{_HEIGHT:.0f}"><ol>{items}</ol>{_legend(unit)}</div>'
    )


def _and(sizes: Sequence[int]) -> str:
    return " and ".join(f"{size:,}" for size in sizes)


def _at(column: int) -> float:
    """Return where the middle of a column is, counted from 0 at the image."""
    return _COLUMN * (column + 0.5)


def _edges(column: int, height: float) -> Edge:
    return _at(column), (_HEIGHT - height) / 2, (_HEIGHT + height) / 2


def _band(left: Edge, right: Edge) -> str:
    points = ((left[0], left[1]), (right[0], right[1]), (right[0], right[2]), (left[0], left[2]))
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{text}" {_GREY} fill-opacity="0.16"/>'


def _bar(column: int, height: float) -> str:
    x, top, _ = _edges(column, height)
    place = f'x="{x - _BAR / 2:.1f}" y="{top:.1f}" width="{_BAR}" height="{height:.0f}"'
    return f'<rect {place} rx="2" {_GREY}/>'


def _legend(unit: int) -> str:
    one = "1 neuron" if unit == 1 else f"{unit} neurons"
    kinds = (("node", f"{one}, there before"), ("new", "new"), ("later", "still to come"))
    spans = (f'<span><i class="{kind}"></i>{words}</span>' for kind, words in kinds)
    return f"<p>{''.join(spans)}</p>"


def sizes_words(sizes: Sizes) -> str:
    """Write hidden sizes as marks and tables have them: ``64/32``."""
    return "/".join(map(str, sizes))


def _number(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form).replace("-", "−")


def structure_table(found: Sequence[Structure]) -> str:
    """Return a row for each structure: its size, and -ELBO before and after the change to it."""
    heads = (
        "From epoch",
        "Neurons",
        "Encoder parameters",
        "−ELBO before",
        "after its first epoch",
        "Jump",
        "Epochs to make up for it",
    )
    rows = []
    for one in found:
        again = "–" if one.before is None else one.regained or "not yet"
        cells = (
            sizes_words(one.sizes),
            f"{one.parameters:,}",
            _number(one.before),
            _number(one.after),
            _number(one.jump, "+.2f"),
            again,
        )
        body = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{one.epoch}</th>{body}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        '<div class="grow-scroll" tabindex="0" role="region" aria-label="Structures">'
        f'<table class="grow-table" data-testid="grow-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
