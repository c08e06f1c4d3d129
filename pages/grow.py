"""Grow: an encoder that gains neurons while it is trained, and what each of them is worth."""

from functools import partial

import streamlit as st

from vae import runs
from vae.analysis.grow import grows
from vae.locale import N_, _
from vae.runs import Run, Status, queue
from vae.ui.grow import effect, start
from vae.ui.grow import view as grow_view
from vae.ui.grow.pick import pick_growing
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.folding import FoldingPanel
from vae.ui.shared.picker import choose, say_no_runs
from vae.ui.shared.run.actions import actions, why_it_ended
from vae.ui.shared.run.state import phases, run_states
from vae.ui.shared.run.words import settings_words
from vae.ui.shared.shell import begin_page, page_head
from vae.ui.shared.show import show_note

begin_page()

FOLDED = N_("Start a growing run")
SAID = "grow-said"
panel = FoldingPanel("grow", FOLDED)


def show(run: Run, states: dict[str, Status]) -> None:
    """Show a growing run: what it is, what can be done with it, and how it went."""
    status = states[run.name]
    st.caption(settings_words(run.config) + ". " + start.schedule_words(run.config))
    reason = why_it_ended(run, status)
    if reason:
        show_error(reason)
    if not run.config.shipped and status.state != "done":
        with st.container(horizontal=True, vertical_alignment="center"):
            actions(run, status, choose)
    root = loaders.runs_root()
    grow_view.view(run, root, phases(root, states))


def page() -> None:
    root = loaders.runs_root()
    queue.start_next(root)
    states = run_states(root)
    chosen = page_head(_("Grow"), partial(pick_growing, states))
    has_growing = any(grows(run.config) for run in runs.list_runs(root))
    with panel.show(expanded=not has_growing):
        started = start.start_panel(root)
    if started is not None:
        panel.fold()
        if grows(started.config):
            choose(started.name)
        else:
            st.session_state[SAID] = _(
                "{name} is in the queue: it can be compared with any run on the same images, "
                "and stopped on the page Train."
            ).format(name=started.name)
        st.rerun()
    if SAID in st.session_state:
        st.success(st.session_state.pop(SAID), icon=":material/check:")
    if chosen is None:
        say_no_runs()
        return
    if grows(chosen.config):
        show(chosen, states)
    else:
        words = (
            _(
                "The encoder of {run} has the same size from the first epoch to the last: choose a "
                "growing run in the list, or start one under “{panel}”. The effect of each of its "
                "neurons can be measured here."
            )
            if has_growing
            else _(
                "The encoder of {run} has the same size from the first epoch to the last: start "
                "one under “{panel}”. The effect of each of its neurons can be measured here."
            )
        )
        show_note(words.format(run=chosen.name, panel=_(FOLDED)))
    effect.panel(chosen)


with errors_shown():
    page()
