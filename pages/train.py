"""Train: choose the settings of a model and watch it learn."""

from pathlib import Path

import streamlit as st

from vae import runs
from vae.locale import _
from vae.people.owners import is_mine
from vae.runs import Run, Status, queue, warm
from vae.runs.titles import title
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.picker import NOT_THERE, asked_run, choose, kept_run
from vae.ui.shared.run.actions import actions, why_it_ended
from vae.ui.shared.run.state import LIVE, follow, phases, run_states
from vae.ui.shared.run.words import settings_words
from vae.ui.shared.scroll import scroll_to
from vae.ui.shared.shell import begin_page
from vae.ui.shared.show import show_note
from vae.ui.train import controls
from vae.ui.train import view as train_view
from vae.ui.train.run_list import run_list

begin_page()

VIEW = "train-view"  # the style puts it first on a narrow screen
SCROLL = "train-scroll"


def look_at(name: str) -> None:
    """Choose a run and bring it into sight."""
    choose(name)
    st.session_state[SCROLL] = True


def chosen_run(root: Path, states: dict[str, Status]) -> Run | None:
    """Return the run of the address, or the one kept from another page, or the newest own one."""
    found = [runs.open_run(name, root) for name in states]
    own = next(
        (run.name for run in found if not run.config.shipped and is_mine(run.directory)), None
    )
    name = asked_run(states, NOT_THERE) or kept_run(states) or own
    choose(name)
    return next((run for run in found if run.name == name), None)


def ways_on(run: Run, *, is_live: bool) -> None:
    """Show what to do with a model next."""
    if run.has_model and not is_live:
        st.page_link(
            "pages/explore.py",
            label=_("Open the map"),
            icon=":material/explore:",
            query_params={"run": run.name},
        )
        st.page_link(
            "pages/models.py",
            label=_("Measures and files"),
            icon=":material/straighten:",
            query_params={"run": run.name},
        )
    st.page_link(
        "pages/train.py",
        label=_("Train one like this"),
        icon=":material/content_copy:",
        query_params={"like": run.name},
    )


def show(run: Run, root: Path, states: dict[str, Status]) -> None:
    """Show the chosen run: what it is, what can be done with it, and how it learns."""
    config, status = run.config, states[run.name]
    st.subheader(title(run), anchor=False)
    st.caption(settings_words(config))
    reason = why_it_ended(run, status)
    if reason:
        show_error(reason)
    before = phases(root, states)
    live = before[run.name][0] in LIVE
    with st.container(horizontal=True, vertical_alignment="center"):
        if not config.shipped:
            actions(run, status, choose)
        ways_on(run, is_live=live)
        words = _("New run")
        st.html(f'<a class="narrow-only" href="#new-run">{words}</a>')
    st.fragment(train_view.view)(run, root, before)
    if not live and any(state in LIVE for state, _phase in before.values()):
        st.fragment(follow)(root, before)


@errors_shown()
def page() -> None:
    root = loaders.runs_root()
    warm.keep()
    st.title(_("Train"), anchor=False)
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        st.subheader(_("New run"), anchor="new-run")
        controls.presets()
        start = st.container()
        settings, show_images = controls.controls()
        with start:
            started = controls.start_button(settings, root)
    if started is not None:
        look_at(started.name)
    queue.start_next(root)
    states = run_states(root)
    with right:
        chosen = chosen_run(root, states)
        if chosen is None:
            show_note(
                _(
                    "Choose a preset and press **Start**: “Quick digits” needs no download and "
                    "ends within half a minute. What the model learns shows up here at once."
                )
            )
            if not states:
                st.caption(_("The models that come with the explorer: `make pretrained`."))
        else:
            with st.container(key=VIEW):
                show(chosen, root, states)
    with left:
        run_list(root, states, chosen, look_at)
    if st.session_state.pop(SCROLL, False):
        scroll_to(VIEW)
    show_images()


page()
