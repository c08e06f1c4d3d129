"""Denoise: corrupt test images and let a model clean them."""

from functools import partial

from vae.locale import _
from vae.ui.denoise.view import is_made_for_it, may_be_here, view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import show_page

show_page(_("Denoise"), view, partial(pick_run, may_be_here, is_made_for_it))
