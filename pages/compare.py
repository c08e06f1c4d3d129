"""Compare: two to four runs side by side, under one cursor."""

import streamlit as st

from vae.errors import UserError
from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.ui.compare import figures, pictures
from vae.ui.compare.map import send_payloads, shared_cursor
from vae.ui.compare.pick import pick_runs
from vae.ui.shared import loaders
from vae.ui.shared.errors import show_error
from vae.ui.shared.shell import begin_page, page_head

begin_page()


def is_whole(run: Run) -> bool:
    """Return whether a run's files can be read; say why where they cannot."""
    try:
        loaders.model(run, run.version)
        loaders.test_codes(run, run.version)
        if check_family(run.config.model.family).model.is_continuous:
            loaders.payload(run, run.version)
    except UserError as error:
        show_error(_("{name} is left out: {error}").format(name=run.name, error=error))
        return False
    return True


def show(runs: list[Run]) -> None:
    """Show all that can be compared of the runs."""
    links = st.empty()
    figures.what_differs(runs)
    shown = shared_cursor(runs)
    to_cursor = _("[One cursor](#cursor)") + " · " if shown else ""
    links.markdown(
        to_cursor
        + _(
            "[Reconstructions](#reconstructions) · [Samples](#samples) · [Holes](#holes) · "
            "[Figures](#figures) · [Loss curves](#curves) · [Settings](#settings)"
        )
    )
    images, holes, rest = st.container(), st.container(), st.container()
    send_payloads(shown)
    # What takes longest is computed last, wherever it stands.
    with images:
        pictures.same_pictures(runs)
    with rest:
        figures.test_figures(runs)
        figures.loss_curves(runs)
        figures.settings_of(runs)
    with holes:
        pictures.holes(runs)


chosen = page_head(_("Compare"), pick_runs, (1, 4))
if chosen is not None:
    whole = [run for run in chosen if is_whole(run)]
    if len(whole) > 1:
        show(whole)
    else:
        st.info(
            _("It takes two to compare: choose another run in the list above.")
            if whole
            else _("It takes two to compare: choose two to four runs in the list above."),
            icon=":material/compare_arrows:",
        )
