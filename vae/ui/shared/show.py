"""Notes, cards, figures and downloads, the same way on every page."""

import mimetypes
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import plotly.graph_objects as go
import streamlit as st

from vae.figures.kept import in_language
from vae.figures.palette import Theme
from vae.ui.shared.take_away import take_figure

T = TypeVar("T")


def page_theme() -> Theme:
    """Return the theme that the reader's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show_note(text: str) -> None:
    """Show what there is to know or to do here."""
    st.info(text, icon=":material/info:")


def show_warning(text: str) -> None:
    """Show what the reader should beware of."""
    st.warning(text, icon=":material/warning:")


def cards(items: Sequence[T], a_row: int = 3) -> Iterator[T]:
    """Yield items, each with a card of its own as the place where things are shown."""
    for begin in range(0, len(items), a_row):
        columns = st.columns(a_row)
        for item, column in zip(items[begin : begin + a_row], columns, strict=False):
            with column.container(border=True, height="stretch"):
                yield item


def show_figure(
    figure: go.Figure, *, key: str, alt: str, name: str = "", width: Any = "stretch"
) -> None:
    """Show a Plotly figure, and below it how to take it away, in files of this name.

    Unless given, the name is made of the chosen run and the key. Of Plotly's own buttons there is
    only the camera, which the style hides: the menu presses it.
    """
    config = {"displayModeBar": True, "modeBarButtons": [["toImage"]]}
    figure = in_language(figure)
    st.plotly_chart(figure, width=width, config=config, key=key, alt=alt)
    take_figure(figure, key, name)


def offer_download(label: str, data: Any, file_name: str, **widget: Any) -> None:
    """Show a button that downloads data, or what a function makes when it is pressed."""
    kind = mimetypes.guess_type(file_name)[0] or "application/octet-stream"
    st.download_button(
        label, data, file_name, kind, icon=":material/download:", on_click="ignore", **widget
    )
