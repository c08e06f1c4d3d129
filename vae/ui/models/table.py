"""The table of all runs, to sort, to filter and to open one."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from vae import runs
from vae.analysis import models
from vae.analysis.models import Row
from vae.locale import _, ngettext
from vae.people.owners import is_mine
from vae.runs import Run, Status
from vae.ui.shared import loaders
from vae.ui.shared.controls import Controls
from vae.ui.shared.originals import title_of
from vae.ui.shared.run.state import STATE_WORDS, shown_state

_ALL = "all"
_controls = Controls("models", "models-")


@st.cache_resource(max_entries=512, show_spinner=False)
def _row(_run: Run, version: str, state: str, language: str) -> Row:
    return models.row(_run, state)


def rows(states: Mapping[str, Status]) -> list[Row]:
    """Return a line for each run; made again only where a run has changed."""
    from vae.locale import language

    found = []
    for name, status in states.items():
        run = runs.open_run(name, loaders.runs_root())
        words = STATE_WORDS[shown_state(status)][0]
        found.append(_row(run, f"{run.version}-{status.epoch}", words, language()))
    return found


def _filtered(found: Sequence[Row]) -> list[Row]:
    root = loaders.runs_root()
    mine = {row.name for row in found if row.is_own and is_mine(root / row.name)}
    whose = {_ALL: _("All"), "own": _("Mine"), "others": _("Others'"), "shipped": _("Shipped")}
    if all(not row.is_own or row.name in mine for row in found):
        del whose["others"]
    datasets = sorted({row.dataset for row in found})
    _controls.begin()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _controls.pick(_("Whose"), "whose", list(whose), titles=whose, segmented=True)
        data = _controls.pick(
            _("Data"),
            "data",
            [_ALL, *datasets],
            titles=lambda name: _("All") if name == _ALL else _(title_of(name)),
            width=220,
        )
    _controls.end()
    return [
        row for row in found if chosen in (_ALL, _whose(row, mine)) and data in (_ALL, row.dataset)
    ]


def _whose(row: Row, mine: Container[str]) -> str:
    if not row.is_own:
        return "shipped"
    return "own" if row.name in mine else "others"


def _columns(shown: Sequence[Row]) -> dict[str, list[Any]]:
    return {
        "title": [row.title for row in shown],
        "state": [row.state for row in shown],
        "d": [row.latent_dim for row in shown],
        "elbo": [row.figures.neg_elbo for row in shown],
        "knn": [None if row.figures.knn is None else round(row.figures.knn, 3) for row in shown],
        "epochs": [row.epochs for row in shown],
        "time": [row.seconds / 60 for row in shown],
        "size": [row.size / 1e6 for row in shown],
        "data": [_(title_of(row.dataset)) for row in shown],
        "family": [row.family for row in shown],
    }


def table(states: Mapping[str, Status]) -> str | None:
    """Show the table; return the name of the run that was pressed."""
    shown = _filtered(rows(states))
    if not shown:
        st.caption(_("No model fits these filters."))
        return None
    column = st.column_config
    found = st.dataframe(
        {name: np.array(values, dtype=object) for name, values in _columns(shown).items()},
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="models-table",
        height="content",
        column_config={
            "title": column.TextColumn(_("Model"), width="large", pinned=True),
            "state": column.TextColumn(_("State")),
            "data": column.TextColumn(_("Data")),
            "family": column.TextColumn(_("Family")),
            "d": column.NumberColumn("d", help=_("Number of latent dimensions")),
            "elbo": column.NumberColumn(
                _("−ELBO"),
                format="%.3g",
                help=_("Nats per test image: lower is better."),
            ),
            "knn": column.NumberColumn(
                "10-NN",
                format="percent",
                help=_(models.KNN_MEANS),
            ),
            "epochs": column.NumberColumn(_("Epochs")),
            "time": column.NumberColumn(_("Training (min)"), format="%.1f"),
            "size": column.NumberColumn(_("Size (MB)"), format="%.1f"),
        },
    )
    count = len(shown)
    st.caption(
        ngettext("{n} model.", "{n} models.", count).format(n=count)
        + " "
        + _("Press a line to open it, a column's head to sort.")
    )
    rows_chosen = found.selection.rows
    return shown[rows_chosen[0]].name if rows_chosen else None
