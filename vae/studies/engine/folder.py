"""The result folder of a study: table, figures, page; and back, and checked against the runs."""

import contextlib
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotly.graph_objects as go
import psutil
from PIL import Image, ImageDraw, ImageFont

from vae.errors import RunError, UserError
from vae.locale import _, spoken
from vae.runs import Run, threads
from vae.storage.files import write_atomic
from vae.storage.tables import csv_bytes
from vae.studies.engine import records, state
from vae.studies.engine.base import Entry, Result, Study, StudySettings, configs
from vae.studies.engine.page import FIGURES_FILE, figure_name, page
from vae.studies.engine.sharing import fingerprint
from vae.studies.engine.state import StudyState

TABLE_FILE = "table.csv"
PAGE_FILE = "README.md"
_PNG_WIDTH, _PNG_HEIGHT = 900, 450
_SCALE = 1.5
_HEAD = 48
"""Height of the line above a figure, pixels."""
_NAMED = 3
_DRAW_S = 120.0
"""How long drawing may take; some seconds are usual."""


def table(result: Result) -> str:
    """Return the table as CSV: a row a run, which it names."""
    names = list(dict.fromkeys(name for arm in result.arms for name in arm.values))
    columns = result.study.columns
    rows: list[list[Any]] = []
    for arm in result.arms:
        for entry in result.of(arm):
            values = [arm.values.get(name, "") for name in names]
            found = [result.study.figure(entry.record, name) for name in columns]
            cells = ["" if value is None else f"{value:.6g}" for value in found]
            epochs = entry.record.config.train.epochs
            rows.append([*values, entry.seed, *cells, epochs, entry.record.run])
    return csv_bytes([*names, "seed", *columns, "epochs", "run"], rows).decode()


def write_result(result: Result, now: StudyState) -> None:
    """Write table, figures and page into the result's folder.

    Pictures are left out, and the page says so, where no browser is there to draw them.

    Raises OSError if the folder cannot be written.
    """
    with spoken("en"):
        _write_result(result, now)


def _write_result(result: Result, now: StudyState) -> None:
    folder = result.folder
    if folder is None:
        raise ValueError("this result has no folder")
    write_atomic(folder / TABLE_FILE, table(result).encode())
    charts = result.study.charts(result) if result.entries else {}
    _remove_old(folder, charts)
    drawn = _draw(folder, {name: chart.figure for name, chart in charts.items()})
    captions = {name: chart.caption for name, chart in charts.items()}
    write_atomic(folder / PAGE_FILE, page(result, now, captions, pictures=drawn).encode())


def _remove_old(folder: Path, names: Iterable[str]) -> None:
    """Remove the figures that earlier versions wrote into files of their own."""
    old = [f"{name}.{kind}" for name in names for kind in ("html", "png")]
    for name in (*old, "plotly.min.js"):
        if name != FIGURES_FILE:
            (folder / name).unlink(missing_ok=True)


def _draw(folder: Path, figures: dict[str, go.Figure]) -> bool:
    """Draw figures above one another into a PNG; False where that cannot be done here."""
    import plotly.io

    path = folder / FIGURES_FILE
    if not figures:
        path.unlink(missing_ok=True)
        return True
    whole = [go.Figure(figure) for figure in figures.values()]
    for figure in whole:
        figure.update_layout(paper_bgcolor="white", template="plotly_white")
    # Rows of pictures have a width of their own; other figures take what there is.
    widths = [figure.layout.width or _PNG_WIDTH for figure in whole]
    heights = [figure.layout.height or _PNG_HEIGHT for figure in whole]
    try:
        with tempfile.TemporaryDirectory() as place, _ended_after(_DRAW_S):
            paths = [Path(place) / f"{number}.png" for number in range(len(whole))]
            plotly.io.write_images(
                whole, [str(path) for path in paths], width=widths, height=heights, scale=_SCALE
            )
            drawn = [_opened(path) for path in paths]
    except Exception:
        # Kaleido needs Chrome or Chromium and fails in many ways without one.
        path.unlink(missing_ok=True)
        return False
    write_atomic(path, _stacked(drawn))
    return True


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _stacked(drawn: Sequence[Image.Image]) -> bytes:
    """Return pictures above one another as one PNG, each with its number over it."""
    height = sum(image.height + _HEAD for image in drawn)
    sheet = Image.new("RGB", (max(image.width for image in drawn), height), "white")
    pen, top = ImageDraw.Draw(sheet), 0
    for number, image in enumerate(drawn, start=1):
        text = figure_name(number)
        pen.text((_HEAD // 4, top + _HEAD // 4), text, "black", ImageFont.load_default(_HEAD // 2))
        sheet.paste(image, (0, top + _HEAD))
        top += image.height + _HEAD
    # Flat colours and grey pixels: with a palette, less than half of the bytes. Maximum coverage
    # keeps the colour of a thin line, which the other methods give up for many greys.
    few = sheet.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


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

    end_watch = threads.watch(lambda: True, end, seconds, "end-drawing")
    try:
        yield
    finally:
        end_watch()


# ---- back, and checked ---------------------------------------------------------------------------


def read_result(study: Study, settings: StudySettings, folder: Path) -> Result:
    """Return what a result folder holds, whether or not the runs are still there.

    Raises UserError if a setting is out of bounds, or the records cannot be opened.
    """
    wanted = configs(study, settings)
    read = records.read_all(folder)
    kept = {fingerprint(record.config): record for record in read.by_run.values()}
    entries = [
        Entry(arm, seed, kept[key])
        for arm, seed, config in wanted
        if (key := fingerprint(config)) in kept
    ]
    arms = list(dict.fromkeys(arm for arm, _seed, _config in wanted))
    unread = len(read.damaged) + len(read.by_run) - len(entries)
    return Result(study, settings, arms, entries, folder, unread)


class Checked(NamedTuple):
    """What a check has found."""

    rows: int
    runs: int
    """How many of them could be compared with the run itself."""
    problems: list[str]


def check(result: Result, root: Path) -> Checked:
    """Rebuild the table from the runs' reports, and compare it with the one in the folder.

    A row whose run is not under ``root`` is rebuilt from the record in the folder alone.

    Raises RunError if there is no table, or a record cannot be read.
    """
    folder = result.folder or Path()
    try:
        kept = (folder / TABLE_FILE).read_text(encoding="utf-8")
    except OSError:
        raise RunError(
            _("{folder} has no {table_file}: start the study to make one.").format(
                folder=folder, table_file=TABLE_FILE
            )
        ) from None
    damaged = records.read_all(folder).damaged
    if damaged:
        raise RunError(
            _(
                "{folder} has records that cannot be read ({damaged}): restore them from "
                "a copy, or start the study again to measure those runs again."
            ).format(folder=folder, damaged="; ".join(damaged[:_NAMED]))
        )
    found = [*_missing_figures(folder), *_changed_records(folder)]
    compared = 0
    for entry in result.entries:
        run = Run(root / entry.record.run)
        if run.has_model:
            compared += 1
            found += _differences(entry, run)
    missing = len(result.arms) * result.settings.seeds - len(result.entries)
    if missing:
        found.append(
            _("{missing} runs have no record in {file}.").format(
                missing=missing, file=folder / records.FILE
            )
        )
    rebuilt = table(result)
    if rebuilt != kept:
        old, new = set(kept.splitlines()), set(rebuilt.splitlines())
        found += [
            _("{table_file} has a row that its run does not give: {row}").format(
                table_file=TABLE_FILE, row=row
            )
            for row in old - new
        ]
        found += [
            _("{table_file} lacks the row: {row}").format(table_file=TABLE_FILE, row=row)
            for row in new - old
        ]
    return Checked(len(result.entries), compared, found)


def _missing_figures(folder: Path) -> Iterator[str]:
    try:
        text = (folder / PAGE_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        yield _("{page_file} is missing.").format(page_file=PAGE_FILE)
        return
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        if not (folder / name).is_file():
            yield _("{page_file} shows {name}, which is missing.").format(
                page_file=PAGE_FILE, name=name
            )


def _changed_records(folder: Path) -> Iterator[str]:
    now = state.read(folder)
    if now is not None and now.records_sha256 not in ("", records.digest(folder)):
        yield _("{file} was changed after the study was done.").format(file=records.FILE)


def _differences(entry: Entry, run: Run) -> Iterator[str]:
    try:
        if records.weights_mark(run) != entry.record.weights:
            yield _("{run} has other weights than those that were measured.").format(run=run.name)
        if records.epoch_lines(run) != entry.record.epochs:
            yield _("the reports of {run} are not those in its record.").format(run=run.name)
        if fingerprint(run.config) != fingerprint(entry.record.config):
            yield _("the settings of {run} are not those in its record.").format(run=run.name)
    except UserError as error:
        yield str(error)
