"""Reconstructions: images beside what the model makes of them."""

import streamlit as st

from vae.data import known_spec
from vae.locale import _
from vae.runs import Run
from vae.ui.reconstructions import view as recon_view
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.glossary import glossary
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page

begin_page()


@errors_shown()
def show(run: Run) -> None:
    loaders.model(run, run.version)
    if known_spec(run.config.data.dataset) is not None:
        obtain.offer(run.config.data.dataset)
    recon_view.comparison(run)
    recon_view.epochs(run)
    glossary()


with st.container(horizontal=True, vertical_alignment="center", key="recon-head"):
    st.title(_("Reconstructions"), anchor=False, width="content")
    with st.container(key="recon-picker"):
        chosen = pick_run()
if chosen is not None:
    show(chosen)
