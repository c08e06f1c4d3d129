"""Marks of the expansions in figures over epochs."""

import plotly.graph_objects as go

from vae.config.growth import Change
from vae.figures.style import GREY
from vae.studies.growth.parts import name_of

SMALL = 12


def mark(figure: go.Figure, change: Change, *, named: bool = False, row: int | None = None) -> None:
    """Draw an upright line at a change, with the new sizes if ``named``; ``row`` is a panel's."""
    label = {"text": name_of(change), "textangle": -90, "font_size": SMALL, "xshift": 4}
    more = {"annotation": label, "annotation_position": "top right"} if named else {}
    figure.add_vline(
        # The change lies between two epochs: where the value after the one before it stands.
        x=change.epoch - 1,
        line={"color": GREY, "width": 1.25, "dash": "dash"},
        row=row or "all",
        col=1 if row else "all",
        **more,
    )
