"""The Compare page's tables as HTML: settings with their differences, figures with the best."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vae.analysis.compare import Figure, Setting

STYLE = """<style>
.cmp { overflow-x: auto; max-width: 100%; }
.cmp table { border-collapse: collapse; min-width: 60%; font-size: 0.92rem; margin: 0;
  font-variant-numeric: tabular-nums; }
.cmp th, .cmp td { padding: 0.3rem 0.7rem; text-align: left; vertical-align: top;
  border: 0; border-bottom: 1px solid rgb(128 128 128 / 0.35); }
.cmp thead th { font-weight: 600; overflow-wrap: anywhere; min-width: 6.5rem; }
.cmp tbody th { font-weight: 400; }
.cmp .group th { font-weight: 600; padding-top: 0.9rem; }
.cmp .differs { background: color-mix(in srgb, var(--st-primary-color, #1b6338) 14%, transparent); }
.cmp .differs th::before { content: "≠ "; font-weight: 700; }
.cmp .differs td { font-weight: 600; }
.cmp .best { font-weight: 700; }
.cmp .best::after { content: " ★"; color: var(--st-primary-color, #1b6338); }
.cmp .none { opacity: 0.75; }
.cmp-said { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
.cmp sup { font-size: 0.72em; }
.cmp-notes { font-size: 0.85rem; margin: 0.5rem 0 0; padding-left: 1.4rem; opacity: 0.85; }
@media (max-width: 640px) {
  .cmp table { font-size: 0.85rem; }
  .cmp th, .cmp td { padding: 0.3rem 0.4rem; }
  .cmp thead th { min-width: 4.5rem; }
}
</style>"""

_GROUPS = {"data": "Images", "model": "Model", "train": "Training"}


def _head(first: str, names: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f'<thead><tr><th scope="col">{escape(first)}</th>{cells}</tr></thead>'


def _table(label: str, head: str, rows: Sequence[str]) -> str:
    return (
        f'<div class="cmp" role="region" tabindex="0" aria-label="{escape(label)}"><table>{head}'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def settings_table(found: Sequence[Setting], names: Sequence[str]) -> str:
    """Return settings as a table, those that differ marked; None of a run stands as n/a."""
    rows, group = [], ""
    for setting in found:
        if setting.group != group:
            group = setting.group
            rows.append(
                f'<tr class="group"><th colspan="{len(names) + 1}" scope="rowgroup">'
                f"{_GROUPS[group]}</th></tr>"
            )
        cells = "".join(
            '<td class="none" title="This run does not read it">n/a</td>'
            if value is None
            else f"<td>{escape(value)}</td>"
            for value in setting.values
        )
        marked = ' class="differs"' if setting.differs else ""
        said = '<span class="cmp-said"> (differs)</span>' if setting.differs else ""
        rows.append(
            f'<tr{marked}><th scope="row" title="{escape(setting.help)}">{escape(setting.name)}'
            f"{said}</th>{cells}</tr>"
        )
    return _table("Settings of the runs", _head("Setting", names), rows)


def figures_table(found: Sequence[Figure], names: Sequence[str]) -> str:
    """Return figures as a table, the best of a row marked, with footnotes for what is missing."""
    notes: list[str] = []

    def number(note: str) -> str:
        if note not in notes:
            notes.append(note)
        return f"<sup>{notes.index(note) + 1}</sup>"

    rows = []
    for figure in found:
        measure = figure.measure
        better = {"more": " ↑", "less": " ↓", "": ""}[measure.better]
        mark = number(figure.note) if figure.note else ""
        cells = []
        for place, cell in enumerate(figure.cells):
            text = escape(figure.text(place))
            if cell.value is not None:
                best = (
                    ' class="best" title="The best of these runs"' if place in figure.best else ""
                )
                cells.append(f"<td{best}>{text}</td>")
            elif cell.reason:
                title = escape(cell.reason)
                cells.append(f'<td class="none" title="{title}">{text}{number(cell.reason)}</td>')
            else:
                cells.append(f'<td class="none" title="Not measured yet">{text}</td>')
        rows.append(
            f'<tr><th scope="row" title="{escape(measure.help)}">{escape(measure.title)}{better}'
            f"{mark}</th>{''.join(cells)}</tr>"
        )
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    foot = f'<ol class="cmp-notes">{listed}</ol>' if notes else ""
    return _table("Figures on the test images", _head("Figure", names), rows) + foot
