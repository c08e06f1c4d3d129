"""Plotly figures of the Denoise page."""

import plotly.graph_objects as go

from vae.figures.kept import kept
from vae.figures.style import MARGIN, OUTLINE, TEST_COLOUR, TOP_LEGEND, TRAIN_COLOUR, Floats
from vae.locale import _


@kept
def cleaning_curve(
    amounts: Floats, before: Floats, after: Floats, clean: float, amount: float, *, unit: str
) -> go.Figure:
    """Return the ratios of corrupted and of cleaned images, in dB, against the amount.

    ``amounts``, ``before`` and ``after`` are ``(A,)``; ``clean`` is the ratio of images that were
    not corrupted, and ``amount`` the one in use, where an upright line stands.
    """
    figure = go.Figure()
    for name, values, colour, dash in (
        (_("before"), before, TRAIN_COLOUR, "dot"),
        (_("cleaned"), after, TEST_COLOUR, "solid"),
    ):
        figure.add_scatter(
            x=amounts,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate=_("amount %{x:g}: %{y:.1f} dB"),
        )
    figure.add_scatter(
        x=[amounts[0], amounts[-1]],
        y=[clean, clean],
        name=_("clean image, reconstructed"),
        mode="lines",
        line={"color": OUTLINE, "dash": "dash", "width": 2},
        hovertemplate="%{y:.1f} dB",
    )
    figure.add_vline(x=amount, line={"color": OUTLINE, "width": 2})
    figure.update_xaxes(title_text=unit, rangemode="tozero")
    figure.update_yaxes(title_text=_("mean PSNR, dB"), nticks=6)
    figure.update_layout(
        height=380,
        margin=MARGIN,
        uirevision="cleaning",
        legend=TOP_LEGEND,
    )
    return figure
