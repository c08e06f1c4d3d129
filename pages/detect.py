"""Detect: tell images of a kind that a model has never seen from those that it knows."""

from vae.ui.detect.view import view
from vae.ui.shared.shell import show_page

show_page("Detect", view)
