"""Figures and downloads, the same way on every page."""

from __future__ import annotations

import mimetypes
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from vae.figures.palette import Theme


def page_theme() -> Theme:
    """Return the theme that the reader's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show_figure(figure: go.Figure, *, key: str, alt: str) -> None:
    """Show a Plotly figure without Plotly's own buttons."""
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key, alt=alt)


def offer_download(label: str, data: Any, file_name: str, **widget: Any) -> None:
    """Show a button that downloads data, or what a function makes when it is pressed."""
    kind = mimetypes.guess_type(file_name)[0] or "application/octet-stream"
    st.download_button(
        label, data, file_name, kind, icon=":material/download:", on_click="ignore", **widget
    )
