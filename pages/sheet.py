"""The laboratory sheet: a course's experiments, step by step, each with the page that shows it."""

import streamlit as st

from vae.locale import _
from vae.ui.shared.shell import begin_page
from vae.ui.sheet import show_sheet

begin_page()
st.title(_("Laboratory sheet: a VAE on handwritten digits"), anchor=False)
show_sheet()
