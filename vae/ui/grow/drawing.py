"""The encoder as a drawing, a node for a few neurons, and its structures as a table: HTML."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from vae.analysis.grow import Structure
from vae.config.growth import Sizes
from vae.locale import _, ngettext, numbers
from vae.ui.shared.html import render

Edge = tuple[float, float, float]
"""Where a column is, and the top and bottom of what is there of it."""

Node = tuple[float, float, float, str]
"""A circle: its middle, its radius, and of what kind."""

_MOST_NODES = 32
_FEWEST_NEURONS = 8
_COLUMN, _HEIGHT = 105.0, 340.0
_MOST_STEP = 26.0
_MOST_RADIUS = 7.0
_BAR = 14
_IMAGE_BAR, _CODE_BAR = 220.0, 80.0


def neurons_a_node(sizes: Sizes) -> int:
    """Return how many neurons a node stands for, so that the largest layer can be drawn."""
    unit = _FEWEST_NEURONS if max(sizes) > _MOST_NODES else 1
    while max(sizes) > unit * _MOST_NODES:
        unit *= 2
    return unit


def _nodes(count: int, unit: int) -> int:
    return -(-count // unit)


def _column(x: float, now: int, fresh: int, most: int, step: float) -> list[Node]:
    """Return a layer's nodes: those that were there, new ones, and those still to come."""
    top = (_HEIGHT - most * step) / 2
    kinds = ["node"] * (now - fresh) + ["new"] * fresh + ["later"] * (most - now)
    radius = min(_MOST_RADIUS, step * 0.4)
    return [(x, top + (place + 0.5) * step, radius, kind) for place, kind in enumerate(kinds)]


def drawing(
    pixels: int, sizes: Sizes, kept: Sizes, target: Sizes, latent: int, *, parameters: int
) -> Markup:
    """Return the encoder from the image, left, to mu and logvar, right.

    Of the neurons of each hidden layer those beyond ``kept``, new since the last change, stand out,
    and those still to come, up to ``target``, are outlines.
    """
    whole = tuple(max(pair) for pair in zip(sizes, target, strict=True))
    unit = neurons_a_node(whole)
    most = [_nodes(size, unit) for size in whole]
    step = min(_HEIGHT / max(most), _MOST_STEP)
    nodes: list[Node] = []
    edges = [_edges(0, _IMAGE_BAR)]
    for place, size in enumerate(sizes):
        now, fresh = _nodes(size, unit), _nodes(max(0, size - kept[place]), unit)
        nodes += _column(_at(place + 1), now, fresh, most[place], step)
        top = (_HEIGHT - most[place] * step) / 2
        edges.append((_at(place + 1), top, top + now * step))
    edges.append(_edges(len(sizes) + 1, _CODE_BAR))
    bands = [
        ((x, top), (next_x, next_top), (next_x, next_end), (x, end))
        for (x, top, end), (next_x, next_top, next_end) in pairwise(edges)
    ]
    bars = [(x - _BAR / 2, top, _BAR, end - top) for x, top, end in (edges[0], edges[-1])]
    width, height = f"{_COLUMN * (len(sizes) + 2):.0f}", f"{_HEIGHT:.0f}"
    # Streamlit takes drawings out of HTML, but not pictures that hold them.
    svg = render("grow", "svg", width, height, bands, bars, nodes)
    new = tuple(size - had for size, had in zip(sizes, kept, strict=True))
    words = _(
        "Encoder with hidden layers of {sizes} neurons, of {whole} in the end, {new} "
        "of them new; {parameters} parameters"
    ).format(
        sizes=_and(sizes), whole=_and(whole), new=_and(new), parameters=numbers.count(parameters)
    )
    labels = [(numbers.count(pixels), _("pixels"))]
    labels += [
        (numbers.count(size), _("of {end}").format(end=numbers.count(end)))
        for size, end in zip(sizes, whole, strict=True)
    ]
    labels += [(f"2 × {latent}", _("mu, logvar"))]
    one = ngettext("{n} neuron", "{n} neurons", unit).format(n=unit)
    return render("grow", "drawing", svg, words, width, height, sizes_words(sizes), labels, one)


def _and(sizes: Sequence[int]) -> str:
    return _(" and ").join(numbers.count(size) for size in sizes)


def _at(column: int) -> float:
    """Return where the middle of a column is, counted from 0 at the image."""
    return _COLUMN * (column + 0.5)


def _edges(column: int, height: float) -> Edge:
    return _at(column), (_HEIGHT - height) / 2, (_HEIGHT + height) / 2


def sizes_words(sizes: Sizes) -> str:
    """Write hidden sizes as marks and tables have them: ``64/32``."""
    return "/".join(map(str, sizes))


def _number(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form).replace("-", "−")


def structure_table(found: Sequence[Structure]) -> Markup:
    """Return a row for each structure: its size, and -ELBO before and after the change to it."""
    heads = (
        _("From epoch"),
        _("Neurons"),
        _("Encoder parameters"),
        _("−ELBO before"),
        _("after its first epoch"),
        _("Jump"),
        _("Epochs to make up for it"),
    )
    rows = [
        (
            one.epoch,
            sizes_words(one.sizes),
            numbers.formatted(one.parameters, ","),
            _number(one.before),
            _number(one.after),
            _number(one.jump, "+.2f"),
            "–" if one.before is None else one.regained or _("not yet"),
        )
        for one in found
    ]
    return render("grow", "structures", heads, rows)
