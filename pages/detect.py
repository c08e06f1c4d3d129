"""Detect: tell images of a kind that a model has never seen from those that it knows."""

import streamlit as st

from vae.ui.detect.view import view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page

begin_page()

title, picker = st.columns([1, 3], vertical_alignment="center")
title.title("Detect", anchor=False)
with picker:
    chosen = pick_run()
if chosen is not None:
    view(chosen)
