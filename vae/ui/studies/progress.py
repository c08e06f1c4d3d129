"""How far a study is, with Stop and Resume; the page is shown anew when there is more to see."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from vae.locale import N_, _, retold
from vae.runs.progress import time_left
from vae.studies import StudySettings
from vae.studies.engine import records, state
from vae.studies.engine.background import STOP_PATIENCE_S, force_stop, start, stop, why_it_ended
from vae.studies.engine.state import StudyState
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.originals import are_here
from vae.ui.shared.run.actions import stop_button
from vae.ui.shared.run.state import stop_phase
from vae.ui.shared.watch import watch
from vae.ui.studies.folders import StudyFolder

START_LABEL = N_("Run it yourself")
USUAL_DATASET = str(StudySettings.model_fields["dataset"].default)
"""What studies are measured on: the panel that starts them offers to get it."""


class StudyPhase(NamedTuple):
    """What the page is laid out by, of a study that runs."""

    state: str
    stop: str
    version: str


def phase_of(folder: Path, now: StudyState | None) -> StudyPhase:
    """Return what the page is laid out by."""
    stopping = stop_phase(folder, STOP_PATIENCE_S)
    return StudyPhase(now.state if now else "", stopping, records.version(folder))


def progress_words(now: StudyState) -> str:
    """Say how far a running study is."""
    doing = retold(now.doing)
    parts = [doing or _("Starting")]
    trained = _("{runs_done} of {runs} runs are trained").format(
        runs_done=now.runs_done, runs=now.runs
    )
    if now.runs and doing != trained:
        parts.insert(0, trained)
    if now.seconds_left and now.runs_done < now.runs:
        parts.append(time_left(now.seconds_left))
    return " · ".join(parts)


@errors_shown()
def _follow(folder: Path, before: StudyPhase) -> None:
    watch(f"study:{folder.name}", "queue", key="study")
    now = state.read(folder)
    if phase_of(folder, now) != before:
        st.rerun()
    if now is None:
        return
    st.progress(now.share, text=progress_words(now))
    stop_button(
        before.stop,
        lambda: stop(folder),
        lambda: force_stop(folder, loaders.runs_root()),
        _(
            "It has not reacted to Stop for {n} s. Force stop ends its processes; what is trained "
            "and measured is kept."
        ).format(n=round(STOP_PATIENCE_S)),
        key="study",
    )
    if before.stop == "asked":
        st.caption(_("The run that is being measured is finished first."))


def follow(found: StudyFolder, mark: str) -> None:
    """Show how far a running study is as it goes on; the whole page when a run is measured.

    ``mark`` is the folder's version that the page shows.
    """
    before = phase_of(found.folder, found.now)._replace(version=mark)
    st.fragment(_follow)(found.folder, before)


def _wait(folder: Path, place: str) -> None:
    watch(f"study:{folder.name}", key="other-study")
    now = state.read(folder)
    if now is None or now.state != "running":
        st.rerun()
    st.caption(f"{place}: {progress_words(now)}.")


def follow_other(found: StudyFolder) -> None:
    """Say in a line how far a study is that is not the one shown; the page anew when it ends."""
    st.fragment(_wait)(found.folder, _("Running: {study}").format(study=_(found.study.title)))


def ended(found: StudyFolder, root: Path, *, whole: bool) -> None:
    """Say why a study is not at its end, with a button that lets it go on."""
    why = why_it_ended(found.folder, found.now)
    if not why and whole:
        return
    if not why:
        why = _("Not all runs of this study have a record that can be read.")
    show = st.info if found.now.state in ("stopped", "new") else st.error
    show(why, icon=":material/info:" if show is st.info else ":material/error:")
    name = found.now.settings.dataset
    if not are_here(name):
        if name == USUAL_DATASET:
            st.write(
                _("It can go on when the images are here: get them under “{panel}”.").format(
                    panel=_(START_LABEL)
                )
            )
        else:
            obtain.offer(name)
        return
    if st.button(_("Resume"), icon=":material/play_arrow:", type="primary", key="study-resume"):
        with errors_shown():
            start(found.now.settings, root, found.folder)
            st.rerun()
