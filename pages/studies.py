"""Studies: questions that a set of runs answers, their results, and running one's own."""

import streamlit as st

from vae.locale import _
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.shell import begin_page
from vae.ui.shared.show import show_note, show_warning
from vae.ui.studies import list as studies_list
from vae.ui.studies import view as studies_view
from vae.ui.studies.folders import shelf
from vae.ui.studies.progress import follow_other
from vae.ui.studies.start import start_panel

begin_page()


def page() -> None:
    root = loaders.runs_root()
    found = shelf(root)
    running = found.running()
    title, picker = st.columns([1, 3], vertical_alignment="center")
    title.title(_("Studies"), anchor=False)
    study = studies_list.asked_study()
    if study is not None:
        with picker:
            studies_list.pick_study(study)
        st.markdown(f"#### {_(study.question)}")
        results = found.results[study.name]
        chosen = studies_list.pick_result(results)
        start_panel(study, root, running, expanded=chosen is None)
        if chosen is not None:
            studies_view.show(chosen, root)
        else:
            show_note(
                _(
                    "There is no result of this study here yet: start it above. Figures fill in "
                    "as its runs finish."
                )
            )
            studies_view.method(study)
    else:
        if running is not None:
            follow_other(running)
        studies_list.questions(found)
    for note in found.notes:
        show_warning(note)


with errors_shown():
    page()
