"""The Compare page's tables as HTML: settings with their differences, figures with the best."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from vae.analysis.compare import Figure, Setting
from vae.ui.shared.html import render

_GROUPS = {"data": "Images", "model": "Model", "train": "Training"}


def settings_table(found: Sequence[Setting], names: Sequence[str]) -> Markup:
    """Return settings as a table, those that differ marked; None of a run stands as n/a."""
    groups = [
        (_GROUPS[group], list(members))
        for group, members in groupby(found, key=lambda setting: setting.group)
    ]
    return render("compare", "settings", groups, names)


def figures_table(found: Sequence[Figure], names: Sequence[str]) -> Markup:
    """Return figures as a table, the best of a row marked, with footnotes for what is missing."""
    notes: dict[str, None] = {}
    for figure in found:
        missing = [cell.reason for cell in figure.cells if cell.value is None]
        notes |= dict.fromkeys(filter(None, [figure.note, *missing]))
    return render("compare", "figures", found, names, list(notes))
