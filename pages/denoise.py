"""Denoise: corrupt test images and let a model clean them."""

from vae.ui.denoise.view import view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page, page_head

begin_page()

chosen = page_head("Denoise", pick_run)
if chosen is not None:
    view(chosen)
