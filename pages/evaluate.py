"""Evaluate has become a part of a model's page: its old address leads there."""

import streamlit as st

from vae.training.recipes import DEFAULT_RUN
from vae.ui.models.view import MEASURES
from vae.ui.shared.picker import KEPT
from vae.ui.shared.shell import begin_page

begin_page()
run = st.query_params.get("run") or st.session_state.get(KEPT) or DEFAULT_RUN
st.switch_page("pages/models.py", query_params={"run": run, "part": MEASURES})
