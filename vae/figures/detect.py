"""Plotly figures of the Detect page: scores of known and unknown images, and ROC curves."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from vae.figures.kept import kept
from vae.figures.palette import PALETTE
from vae.figures.style import GREY, MARGIN, TOP_LEGEND, Floats
from vae.locale import _

KNOWN_COLOUR, UNKNOWN_COLOUR = PALETTE[0], PALETTE[6]
_ROC_LINES = ((PALETTE[4], "solid"), (PALETTE[8], "dash"))
_BINS = (15, 100)
_BAR_PX = 26


def score_range(known: Floats, unknown: Floats) -> tuple[float, float]:
    """Return from where to where scores are shown: all but the highest hundredth."""
    both = np.concatenate([known, unknown])
    low, high = float(both.min()), float(max(np.quantile(part, 0.99) for part in (known, both)))
    return (low, high) if high > low else (low, low + max(1e-6, abs(low) * 1e-3))


def threshold_range(known: Floats, unknown: Floats) -> tuple[float, float]:
    """Return the range of thresholds to try, within :func:`score_range`.

    Up to the highest known score or the median of the unknown ones: beyond both
    nothing is left to gain.
    """
    low, high = score_range(known, unknown)
    most = float(max(known.max(), np.median(unknown)))
    return low, (min(high, most) if most > low else high)


@kept
def score_histogram(
    known: Floats, unknown: Floats, threshold: float | None, *, unit: str, height: int = 330
) -> go.Figure:
    """Return the scores of known ``(n,)`` and of unknown images ``(m,)``, one over the other.

    Bars are shares of each of the two, so that their sizes do not matter. Scores beyond
    :func:`score_range` stand in the last bar.
    """
    low, high = score_range(known, unknown)
    # Of few images narrow bars would be gaps and single images.
    bars = np.clip(2 * math.sqrt(min(len(known), len(unknown))), *_BINS)
    edges = np.linspace(low, high, round(bars) + 1)
    figure = go.Figure()
    for name, values, colour in (
        (_("known"), known, KNOWN_COLOUR),
        (_("unknown"), unknown, UNKNOWN_COLOUR),
    ):
        counts, _edges = np.histogram(np.clip(values, low, high), edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=100 * counts / max(1, len(values)),
            width=edges[1] - edges[0],
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            opacity=0.7,
            hovertemplate=_("about %{x:.4g}: %{y:.1f} %"),
        )
    if threshold is not None:
        figure.add_vline(x=threshold, line={"color": GREY, "width": 2.5, "dash": "dash"})
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(title_text=_("% of the images"), rangemode="tozero", nticks=6)
    figure.update_layout(
        height=height, margin=MARGIN, barmode="overlay", bargap=0, legend=TOP_LEGEND
    )
    return figure


class RocCurve(NamedTuple):
    """A curve to draw."""

    name: str
    false_positive_rate: Floats
    """``(T,)``, in [0, 1]."""
    true_positive_rate: Floats
    """``(T,)``."""


@kept
def roc_curves(
    curves: Sequence[RocCurve], at: tuple[float, float] | None = None, *, height: int = 380
) -> go.Figure:
    """Return true positive rates against false positive rates.

    ``at`` marks the threshold that is chosen: (false positive rate, true positive rate).
    """
    rates = _("false positive rate %{x:.1%}, true positive rate %{y:.1%}")
    figure = go.Figure()
    for curve, (colour, dash) in zip(curves, _ROC_LINES, strict=False):
        figure.add_scatter(
            x=curve.false_positive_rate,
            y=curve.true_positive_rate,
            name=curve.name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate=rates,
        )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        name=_("chance, AUC 0.5"),
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    if at is not None:
        figure.add_scatter(
            x=[at[0]],
            y=[at[1]],
            name=_("this threshold"),
            mode="markers",
            marker={
                "size": 13,
                "color": UNKNOWN_COLOUR,
                "symbol": "diamond",
                "line": {"width": 1.5, "color": "#ffffff"},
            },
            hovertemplate=rates,
        )
    for update, title in (
        (figure.update_xaxes, _("false positive rate (known images)")),
        (figure.update_yaxes, _("true positive rate (unknown images)")),
    ):
        update(range=[-0.02, 1.02], title_text=title, tickformat=".0%", nticks=6)
    # Below, where it hides no curve however narrow the figure is.
    figure.update_layout(
        height=height, margin=MARGIN, legend={"orientation": "h", "y": -0.22, "yanchor": "top"}
    )
    return figure


@kept
def group_bars(
    names: Sequence[str],
    means: Sequence[float],
    counts: Sequence[int],
    known: Sequence[bool],
    threshold: float,
    *,
    unit: str,
) -> go.Figure:
    """Return the mean score of each kind of image, the first at the bottom."""
    figure = go.Figure()
    for title, wanted, colour in (
        (_("known"), True, KNOWN_COLOUR),
        (_("unknown"), False, UNKNOWN_COLOUR),
    ):
        chosen = [place for place, is_known in enumerate(known) if is_known == wanted]
        figure.add_bar(
            x=[means[place] for place in chosen],
            y=[names[place] for place in chosen],
            customdata=[counts[place] for place in chosen],
            meta=["images"],
            name=title,
            orientation="h",
            marker={"color": colour},
            hovertemplate="%{y}: %{x:.4g}, %{customdata} images",
        )
    figure.add_vline(x=threshold, line={"color": GREY, "width": 2.5, "dash": "dash"})
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(type="category", categoryarray=list(names), automargin=True)
    figure.update_layout(
        height=110 + _BAR_PX * len(names), margin=MARGIN, barmode="overlay", legend=TOP_LEGEND
    )
    return figure
