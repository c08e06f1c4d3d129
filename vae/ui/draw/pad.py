"""The drawing pad on a page: two Streamlit components behind two typed functions.

The *view* takes the strokes and shows what a model makes of them, which it computes itself; the
*answer* brings what only Python knows, and shows nothing. They are two so that the pad is on the
page before its drawing is read.
"""

from typing import Any, NamedTuple, TypedDict

import streamlit as st

from vae.analysis.draw import (
    MOST_POINTS,
    RASTER_SIDE,
    Drawing,
    box_side,
    parse_drawing,
    pen_width,
)
from vae.analysis.draw_reading import Reading
from vae.data import Placing
from vae.ui.shared.component import Component

_VIEW_KEY = "draw-view"
_KEPT = "drawing"
_NONE_YET = Drawing("", [], "")

_view = Component("draw", "draw/main.js", ("drawing",))
_answer = Component("draw_answer", "draw/answer.js")


class Paper(NamedTuple):
    """What the pad needs to know of a run."""

    run: str
    """Its version, as in its payload's header."""
    shape: tuple[int, int, int]
    """``(1, H, W)`` of its images."""
    subject: str
    """What to draw, with its article."""
    placing: Placing
    """How a drawing is placed in an image."""
    is_binary: bool
    """Whether the run sees each pixel as black or white."""
    no_map: str = ""
    """Why the run has no map; empty where it has one."""


class ShownReading(Reading):
    """A reading, and what is to be said where it lacks something."""

    note: str


class Answer(TypedDict):
    """What the view is told of a drawing."""

    drawing: str
    run: str
    reading: ShownReading | None
    problem: str


def kept_drawing() -> Drawing:
    """Return the session's drawing: the newest of the pad, or that of an earlier visit."""
    state: Any = st.session_state.get(_VIEW_KEY) or {}
    newest = parse_drawing(state.get("drawing"))
    if newest is not None:
        # A component's state ends with its page; the drawing is kept for the way back.
        st.session_state[_KEPT] = newest
    kept: Drawing = st.session_state.get(_KEPT, _NONE_YET)
    return kept


def drawing_view(paper: Paper, start: Drawing) -> None:
    """Show the pad and what :func:`send_answer` tells of its drawing.

    Parameters
    ----------
    paper
        The run that reads the drawing; :func:`vae.ui.shared.latent_map.send_run` brings its
        networks and codes.
    start
        The drawing to begin with; taken when the view comes onto the page, never later.
    """
    _view(
        key=_VIEW_KEY,
        data={
            "run": paper.run,
            "shape": list(paper.shape),
            "subject": paper.subject,
            "pen": round(pen_width(paper.shape, paper.placing), 3),
            "placing": {
                "box": box_side(paper.shape, paper.placing),
                "centre": paper.placing.centre,
                "binary": paper.is_binary,
            },
            "no_map": paper.no_map,
            "side": RASTER_SIDE,
            "most": MOST_POINTS,
            "start": {"id": start.id, "strokes": start.strokes},
        },
    )


def send_answer(answer: Answer) -> None:
    """Tell the view about a drawing."""
    _answer(key="draw-answer", data=dict(answer))
