"""Evaluate: every figure of a run on its test images, each with when not to trust it."""

from vae.errors import UserError
from vae.ui.evaluate.view import panel
from vae.ui.shared import loaders
from vae.ui.shared.errors import show_error
from vae.ui.shared.glossary import glossary
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page, page_head

begin_page()

chosen = page_head("Evaluate", pick_run)
if chosen is not None:
    try:
        loaders.model(chosen, chosen.version)
    except UserError as error:
        show_error(error)
    else:
        panel(chosen)
        glossary()
