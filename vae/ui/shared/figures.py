"""Showing a Plotly figure: the same way on every page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st


def show_figure(figure: go.Figure, *, key: str, alt: str) -> None:
    """Show a figure without Plotly's own buttons."""
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key, alt=alt)
