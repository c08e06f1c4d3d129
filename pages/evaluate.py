"""Evaluate: every figure of a run on its test images, each with when not to trust it."""

from vae.ui.evaluate.view import view
from vae.ui.shared.shell import show_page

show_page("Evaluate", view)
