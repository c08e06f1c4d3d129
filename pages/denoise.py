"""Denoise: corrupt test images and let a model clean them."""

from functools import partial

from vae.analysis.denoise import why_not
from vae.locale import _
from vae.ui.denoise.view import is_made_for_it, view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import show_page

show_page(_("Denoise"), view, partial(pick_run, why_not, is_made_for_it))
