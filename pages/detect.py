"""Detect: tell images of a kind that a model has never seen from those that it knows."""

from functools import partial

from vae.analysis.detect import why_not
from vae.locale import _
from vae.ui.detect.view import leaves_classes, view
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import show_page

show_page(_("Detect"), view, partial(pick_run, why_not, leaves_classes))
