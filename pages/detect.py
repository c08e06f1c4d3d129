"""Detect: tell images of a kind that a model has never seen from those that it knows."""

from functools import partial

from vae.locale import _
from vae.ui.detect.view import has_unknown, leaves_classes, view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import show_page

show_page(_("Detect"), view, partial(pick_run, has_unknown, leaves_classes))
