"""The results of studies that there are: shipped ones and own ones, read once for each version."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from vae.errors import RunError
from vae.locale import N_, _, language, ngettext, numbers
from vae.studies import STUDIES, Result, Study, StudySettings
from vae.studies.engine import records, state
from vae.studies.engine.background import own_folders
from vae.studies.engine.base import Chart
from vae.studies.engine.folder import read_result
from vae.studies.engine.state import StudyState
from vae.ui.shared.originals import title_of

_SHIPPED = "shipped-"
_STATES = {
    "new": N_("not started"),
    "running": N_("running"),
    "stopped": N_("stopped"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
}


@contextmanager
def readable(folder: Path, problem: str = "") -> Iterator[None]:
    """Raise RunError for what a study raises where a folder's records are not such as it writes.

    ``problem`` is the sentence, with ``{folder}``, where it is not reading them that fails.
    """
    try:
        yield
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, OSError):
        if not problem:
            problem = _("{folder} cannot be read: its records are not whole.")
        raise RunError(problem.format(folder=folder)) from None


@dataclass(frozen=True)
class StudyFolder:
    """A result folder."""

    study: Study
    folder: Path
    now: StudyState
    shipped: bool

    @property
    def key(self) -> str:
        """What the address calls it."""
        return f"{_SHIPPED}{self.folder.name}" if self.shipped else self.folder.name

    @property
    def live(self) -> bool:
        return self.now.state == "running" and not self.shipped

    def words(self) -> str:
        """Name it with its settings."""
        parts = [_("shipped") if self.shipped else _("yours")]
        if not self.shipped and self.now.state in _STATES:
            parts.append(_(_STATES[self.now.state]))
        parts.append(settings_words(self.now.settings))
        return " · ".join(parts)


def values_words(values: tuple[float, ...]) -> str:
    """Return values as they are typed: ``2, 8, 20``."""
    return ", ".join(f"{value:g}" for value in values)


def settings_words(settings: StudySettings) -> str:
    """Say in a line what a study was asked."""
    parts = [
        title_of(settings.dataset),
        ngettext("{n} epoch", "{n} epochs", settings.epochs).format(
            n=numbers.count(settings.epochs)
        ),
        ngettext("{n} seed", "{n} seeds", settings.seeds).format(n=numbers.count(settings.seeds)),
    ]
    if settings.values is not None:
        parts.append(f"{_(STUDIES[settings.study].varies)} {values_words(settings.values)}")
    if settings.samples is not None:
        parts.append(f"L = {settings.samples}")
    return " · ".join(parts)


@dataclass(frozen=True)
class Shelf:
    """All results that there are, and what was passed over."""

    results: dict[str, list[StudyFolder]]
    """By study: the shipped ones first, then own ones, the newest at their head."""
    notes: list[str]

    def running(self) -> StudyFolder | None:
        return next((one for found in self.results.values() for one in found if one.live), None)


def shelf(root: Path) -> Shelf:
    """Return the results in the program's own folder and in that beside the runs."""
    results: dict[str, list[StudyFolder]] = {name: [] for name in STUDIES}
    notes = []
    own = sorted(own_folders(root), key=_modified, reverse=True)
    # Where the runs are the program's own, the results lie together: the shipped ones are called as
    # their study alone, which no folder of an own result is unless one is asked for by that name.
    shipped_ones = [f for f in state.list_folders(state.SHIPPED) if f.name in STUDIES]
    places = {folder.resolve() for folder in shipped_ones}
    for folder, shipped in (
        *((folder, True) for folder in shipped_ones),
        *((folder, False) for folder in own if folder.resolve() not in places),
    ):
        now = state.read(folder)
        if now is None:
            notes.append(
                _(
                    "{folder} is left out: its {STATE_FILE} is damaged. Start the study again "
                    "with the same settings, or delete the folder."
                ).format(folder=folder, STATE_FILE=state.STATE_FILE)
            )
        elif now.settings.study not in STUDIES:
            notes.append(
                _(
                    "{folder} is left out: it is of a study {study}, which this program does not "
                    "know."
                ).format(folder=folder, study=repr(now.settings.study[:64]))
            )
        else:
            results[now.settings.study].append(
                StudyFolder(STUDIES[now.settings.study], folder, now, shipped)
            )
    return Shelf(results, notes)


def _modified(folder: Path) -> float:
    try:
        return (folder / state.STATE_FILE).stat().st_mtime
    except OSError:
        return 0.0


def first_choice(results: list[StudyFolder]) -> StudyFolder | None:
    """Return the result to show unless one is chosen: a running one, else the first."""
    running = next((one for one in results if one.live), None)
    return running or next(iter(results), None)


@st.cache_resource(max_entries=64, show_spinner=False)
def _result(folder: str, settings: str, mark: str) -> Result:
    asked = StudySettings.model_validate_json(settings)
    return read_result(STUDIES[asked.study], asked, Path(folder))


def result_of(found: StudyFolder, mark: str) -> Result:
    """Return what is measured of a study; ``mark`` is the version of its folder's records.

    Raises UserError if its settings are none that this program can have, or its data set is
    unknown.
    """
    with readable(found.folder):
        return _result(str(found.folder), found.now.settings.model_dump_json(), mark)


@st.cache_resource(max_entries=64, show_spinner=False)
def _glance(
    folder: str, settings: str, mark: str, spoken: str, _result: Result
) -> tuple[go.Figure | None, str]:
    study = _result.study
    if not _result.entries:
        return None, ""
    return study.main(_result), study.short(_result) if _result.complete else ""


def glance(found: StudyFolder) -> tuple[go.Figure | None, str]:
    """Return a result's main figure, if there is one yet, and its finding in short, once whole.

    Raises UserError if its settings or records are damaged.
    """
    mark = records.version(found.folder)
    result = result_of(found, mark)
    with readable(found.folder):
        settings = found.now.settings.model_dump_json()
        return _glance(str(found.folder), settings, mark, language(), result)


@st.cache_resource(max_entries=16, show_spinner=False)
def _charts(
    folder: str, settings: str, mark: str, spoken: str, _result: Result
) -> dict[str, Chart]:
    return _result.study.charts(_result) if _result.entries else {}


def charts_of(found: StudyFolder, mark: str, result: Result) -> dict[str, Chart]:
    """Return the figures of what is measured, by name; ``mark`` is of when the result was read.

    Raises RunError if the records lack what the figures show.
    """
    problem = _(
        "The figures cannot be drawn from the records in {folder}: they are damaged, or of another "
        "version of this program. Start the study again."
    )
    with readable(found.folder, problem):
        settings = found.now.settings.model_dump_json()
        return _charts(str(found.folder), settings, mark, language(), result)
