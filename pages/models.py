"""Models: a table of all runs, and a page for each of them."""

import streamlit as st

from vae import runs
from vae.locale import _
from vae.runs.titles import titles
from vae.ui.models.table import table
from vae.ui.models.view import model_page
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.exports import show_import
from vae.ui.shared.picker import choose, pick, say_no_runs
from vae.ui.shared.run.state import run_states
from vae.ui.shared.shell import begin_page, page_head

begin_page()


def _take_in() -> None:
    taken = show_import()
    if taken is not None:
        choose(taken.name)
        st.rerun()


@errors_shown()
def page() -> None:
    states = run_states(loaders.runs_root())
    if not states:
        st.title(_("Models"), anchor=False)
        say_no_runs()
        _take_in()
        return
    if "run" not in st.query_params:
        st.title(_("Models"), anchor=False)
        pressed = table(states)
        if pressed is not None:
            del st.session_state["models-table"]
            choose(pressed)
            st.rerun()
        _take_in()
        return
    found = {name: runs.open_run(name, loaders.runs_root()) for name in states}
    words = titles(list(found.values()))
    run = page_head(
        _("Model"), lambda: pick(found, next(iter(found)), key="picked-model", words=words)
    )
    st.button(
        _("All models"),
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=choose,
        args=(None,),
    )
    model_page(run, states[run.name])


page()
