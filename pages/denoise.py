"""Denoise: corrupt test images and let a model clean them."""

from vae.ui.denoise.view import view
from vae.ui.shared.shell import show_page

show_page("Denoise", view)
