"""Detect: tell images of a kind that a model has never seen from those that it knows."""

from vae.ui.detect.view import view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page, page_head

begin_page()

chosen = page_head("Detect", pick_run)
if chosen is not None:
    view(chosen)
