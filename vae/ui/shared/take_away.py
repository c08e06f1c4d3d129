"""What stands under a figure, pictures or a table: how to take them away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from vae.figures.numbers import has_numbers, numbers
from vae.locale import _
from vae.storage.tables import csv_bytes
from vae.ui.shared.component import Component
from vae.ui.shared.loaders import KEPT

_buttons = Component("take_away", "take_away/main.js")
Maker = Callable[[], bytes]


def file_name(content: str) -> str:
    """Return a file's name, without its kind, for a key of the page: the shown run and the key."""
    run = st.query_params.get("run") or str(st.session_state.get(KEPT, ""))
    return content if not run or run in content else f"{run}-{content}"


def _menu(
    key: str,
    name: str,
    *,
    is_plot: bool = False,
    is_table: bool = False,
    csv: Maker | None = None,
    gif: Maker | None = None,
) -> None:
    with st.popover(
        _("Take away"), icon=":material/download:", type="tertiary", key=f"take-away-{key}"
    ):
        data = {"take": key, "name": name, "plot": is_plot, "table": is_table}
        _buttons(key=f"take-{key}", data=data)
        for kind, label, make in (
            ("csv", _("Numbers (CSV)"), csv),
            ("gif", _("Animation (GIF)"), gif),
        ):
            if make is not None:
                st.download_button(
                    label, make, f"{name}.{kind}", key=f"take-{key}-{kind}", on_click="ignore"
                )


def take_figure(figure: go.Figure, key: str, name: str = "") -> None:
    """Offer a Plotly figure, shown with this key, as PNG, SVG and CSV."""
    csv = partial(_csv, figure) if has_numbers(figure) else None
    _menu(key, name or file_name(key), is_plot=True, csv=csv)


def _csv(figure: go.Figure) -> bytes:
    return csv_bytes(*numbers(figure))


@contextmanager
def takeable(
    key: str,
    name: str = "",
    *,
    is_table: bool = False,
    csv: Maker | None = None,
    gif: Maker | None = None,
) -> Iterator[None]:
    """Show a block's pictures and words, and offer them as one PNG, as they stand there.

    With ``is_table`` the tables in it make a CSV; ``csv`` and ``gif`` make files of what it shows,
    when they are asked for.
    """
    with st.container(key=key):
        yield
    _menu(key, name or file_name(key), is_table=is_table, csv=csv, gif=gif)
