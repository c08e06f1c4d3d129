"""How far a study is, with Stop and Resume; the page is shown anew when there is more to see."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from vae.errors import UserError
from vae.runs import queue
from vae.runs.progress import time_left
from vae.studies import StudySettings
from vae.studies.engine import records, state
from vae.studies.engine.background import STOP_PATIENCE_S, force_stop, start, stop, why_it_ended
from vae.studies.engine.state import StudyState
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import show_error
from vae.ui.shared.originals import are_here
from vae.ui.studies.folders import StudyFolder

POLL_S = 1.0
START_LABEL = "Run it yourself"
USUAL_DATASET = str(StudySettings.model_fields["dataset"].default)
"""What studies are measured on: the panel that starts them offers to get it."""


class StudyPhase(NamedTuple):
    """What the page is laid out by, of a study that runs."""

    state: str
    stop: str
    version: str


def _stop_phase(folder: Path) -> str:
    """Return "asked" where a study was asked to stop, "overdue" if it does not, or ""."""
    asked = queue.stop_asked(folder)
    if asked is None:
        return ""
    return "overdue" if asked >= STOP_PATIENCE_S else "asked"


def phase_of(folder: Path, now: StudyState | None) -> StudyPhase:
    """Return what the page is laid out by."""
    return StudyPhase(now.state if now else "", _stop_phase(folder), records.version(folder))


def progress_words(now: StudyState) -> str:
    """Say how far a running study is."""
    parts = [now.doing or "Starting"]
    trained = f"{now.runs_done} of {now.runs} runs are trained"
    if now.runs and now.doing != trained:
        parts.insert(0, trained)
    if now.seconds_left and now.runs_done < now.runs:
        parts.append(time_left(now.seconds_left))
    return " · ".join(parts)


def _follow(folder: Path, before: StudyPhase) -> None:
    now = state.read(folder)
    if phase_of(folder, now) != before:
        st.rerun()
    if now is None:
        return
    st.progress(now.share, text=progress_words(now))
    if not before.stop:
        if st.button("Stop", icon=":material/stop:", key="study-stop"):
            stop(folder)
            st.rerun()
        return
    if before.stop == "asked":
        st.button("Stopping …", icon=":material/stop:", disabled=True, key="study-stopping")
        st.caption("The run that is being measured is finished first.")
        return
    st.warning(
        f"It has not reacted to Stop for {STOP_PATIENCE_S:.0f} s. Force stop ends its processes; "
        "what is trained and measured is kept.",
        icon=":material/warning:",
    )
    if st.button("Force stop", icon=":material/dangerous:", type="primary", key="study-force"):
        force_stop(folder, loaders.runs_root())
        st.rerun()


def _follow_safely(folder: Path, before: StudyPhase) -> None:
    try:
        _follow(folder, before)
    except UserError as error:
        show_error(error)


def follow(found: StudyFolder, mark: str) -> None:
    """Show how far a running study is, each second; the whole page anew when a run is measured.

    Parameters
    ----------
    mark
        The folder's version that the page shows.
    """
    before = phase_of(found.folder, found.now)._replace(version=mark)
    st.fragment(_follow_safely, run_every=POLL_S)(found.folder, before)


def _wait(folder: Path, place: str) -> None:
    now = state.read(folder)
    if now is None or now.state != "running":
        st.rerun()
    st.caption(f"{place}: {progress_words(now)}.")


def follow_other(found: StudyFolder) -> None:
    """Say in a line how far a study is that is not the one shown; the page anew when it ends."""
    st.fragment(_wait, run_every=2 * POLL_S)(found.folder, f"Running: {found.study.title}")


def ended(found: StudyFolder, root: Path, *, whole: bool) -> None:
    """Say why a study is not at its end, with a button that lets it go on."""
    why = why_it_ended(found.folder, found.now)
    if not why and whole:
        return
    if not why:
        why = "Not all runs of this study have a record that can be read."
    show = st.info if found.now.state in ("stopped", "new") else st.error
    show(why, icon=":material/info:" if show is st.info else ":material/error:")
    name = found.now.settings.dataset
    if not are_here(name):
        if name == USUAL_DATASET:
            st.write(f"It can go on when the images are here: get them under “{START_LABEL}”.")
        else:
            obtain.offer(name)
        return
    if st.button("Resume", icon=":material/play_arrow:", type="primary", key="study-resume"):
        try:
            start(found.now.settings, root, found.folder)
        except UserError as error:
            show_error(error)
        else:
            st.rerun()
