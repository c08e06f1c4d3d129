"""The result folder of a study: table, figures, page; and back, and checked against the runs."""

from __future__ import annotations

import contextlib
import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go
import psutil
from plotly.offline import get_plotlyjs

from vae.errors import RunError, UserError
from vae.runs import Run
from vae.storage.files import write_atomic
from vae.studies.engine import records, state
from vae.studies.engine.base import (
    Entry,
    Result,
    Study,
    StudySettings,
    configs,
)
from vae.studies.engine.page import page
from vae.studies.engine.sharing import fingerprint
from vae.studies.engine.state import StudyState

TABLE_FILE = "table.csv"
PAGE_FILE = "README.md"
_SCRIPT = "plotly.min.js"
_PNG_WIDTH, _PNG_HEIGHT = 900, 450
_DRAW_S = 120.0
"""How long drawing may take; some seconds are usual."""


def table(result: Result) -> str:
    """Return the table as CSV: a row a run, which it names."""
    names = list(dict.fromkeys(name for arm in result.arms for name in arm.values))
    columns = result.study.columns
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*names, "seed", *columns, "epochs", "run"])
    for arm in result.arms:
        for entry in result.of(arm):
            values = [arm.values.get(name, "") for name in names]
            found = [column.read(entry.record) for column in columns.values()]
            cells = ["" if value is None else f"{value:.6g}" for value in found]
            epochs = entry.record.config.train.epochs
            writer.writerow([*values, entry.seed, *cells, epochs, entry.record.run])
    return buffer.getvalue()


def write_result(result: Result, now: StudyState) -> None:
    """Write table, figures and page into the result's folder.

    Pictures are left out, and the page says so, where no browser is there to draw them.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder = result.folder
    if folder is None:
        raise ValueError("this result has no folder")
    write_atomic(folder / TABLE_FILE, table(result).encode())
    charts = result.study.charts(result) if result.entries else {}
    script = _script(folder)
    for name, chart in charts.items():
        html = chart.figure.to_html(include_plotlyjs=script, full_html=True)
        write_atomic(folder / f"{name}.html", html.encode())
    drawn = _draw(folder, {name: chart.figure for name, chart in charts.items()})
    captions = {name: chart.caption for name, chart in charts.items()}
    write_atomic(folder / PAGE_FILE, page(result, now, captions, pictures=drawn).encode())


def _script(folder: Path) -> str:
    """Put Plotly's script where the figures find it without a network; return its address."""
    # Result folders side by side share one: it has five megabytes.
    shared = folder.resolve().parent.name == state.COLLECTION
    place = folder.resolve().parent if shared else folder
    path = place / _SCRIPT
    if not path.is_file():
        write_atomic(path, get_plotlyjs().encode())
    return f"../{_SCRIPT}" if shared else _SCRIPT


def _draw(folder: Path, figures: dict[str, go.Figure]) -> bool:
    """Draw figures as PNG; False where that cannot be done here."""
    import plotly.io

    if not figures:
        return True
    whole = [go.Figure(figure) for figure in figures.values()]
    for figure in whole:
        figure.update_layout(paper_bgcolor="white", template="plotly_white")
    # Rows of pictures have a width of their own; other figures take what there is.
    widths = [figure.layout.width or _PNG_WIDTH for figure in whole]
    heights = [figure.layout.height or _PNG_HEIGHT for figure in whole]
    paths = [folder / f"{name}.png" for name in figures]
    try:
        with _ended_after(_DRAW_S):
            plotly.io.write_images(
                whole, [str(path) for path in paths], width=widths, height=heights, scale=1.5
            )
    except Exception:
        # Kaleido needs Chrome or Chromium and fails in many ways without one.
        for path in paths:
            path.unlink(missing_ok=True)
        return False
    return True


@contextlib.contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """End the processes that the body has started where it takes longer.

    Kaleido waits for ever for a browser that has started and does not answer.
    """
    here = psutil.Process()
    before = {child.pid for child in here.children(recursive=True)}

    def end() -> None:
        for child in here.children(recursive=True):
            if child.pid not in before:
                with contextlib.suppress(psutil.Error):
                    child.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


# ---- back, and checked ---------------------------------------------------------------------------


def read_result(study: Study, settings: StudySettings, folder: Path) -> Result:
    """Return what a result folder holds, whether or not the runs are still there.

    Raises
    ------
    UserError
        If a setting is out of bounds.
    """
    wanted = configs(study, settings)
    kept = {fingerprint(record.config): record for record in _all(folder)}
    entries = [
        Entry(arm, seed, kept[key])
        for arm, seed, config in wanted
        if (key := fingerprint(config)) in kept
    ]
    return Result(study, settings, list(dict.fromkeys(a for a, _, _ in wanted)), entries, folder)


def _all(folder: Path) -> Iterator[records.Record]:
    for path in sorted((folder / records.FOLDER).glob("*.json")):
        record = records.read(folder, path.stem)
        if record is not None:
            yield record


class Checked(NamedTuple):
    """What a check has found."""

    rows: int
    runs: int
    """How many of them could be compared with the run itself."""
    problems: list[str]


def check(result: Result, root: Path) -> Checked:
    """Rebuild the table from the runs' reports, and compare it with the one in the folder.

    A row whose run is not under ``root`` is rebuilt from the record in the folder alone.

    Raises
    ------
    RunError
        If there is no table.
    """
    folder = result.folder or Path()
    try:
        kept = (folder / TABLE_FILE).read_text(encoding="utf-8")
    except OSError:
        raise RunError(f"{folder} has no {TABLE_FILE}: start the study to make one.") from None
    found: list[str] = []
    compared = 0
    for entry in result.entries:
        run = Run(root / entry.record.run)
        if run.has_model:
            compared += 1
            found += _differences(entry, run)
    missing = len(result.arms) * result.settings.seeds - len(result.entries)
    if missing:
        found.append(f"{missing} runs have no record in {folder / records.FOLDER}.")
    rebuilt = table(result)
    if rebuilt != kept:
        old, new = set(kept.splitlines()), set(rebuilt.splitlines())
        found += [f"{TABLE_FILE} has a row that its run does not give: {row}" for row in old - new]
        found += [f"{TABLE_FILE} lacks the row: {row}" for row in new - old]
    return Checked(len(result.entries), compared, found)


def _differences(entry: Entry, run: Run) -> Iterator[str]:
    try:
        if records.weights_mark(run) != entry.record.weights:
            yield f"{run.name} has other weights than those that were measured."
        if records.epoch_lines(run) != entry.record.epochs:
            yield f"the reports of {run.name} are not those in its record."
        if fingerprint(run.config) != fingerprint(entry.record.config):
            yield f"the settings of {run.name} are not those in its record."
    except UserError as error:
        yield str(error)
