"""Generate: what a model draws, at places of its latent space that one chooses."""

from vae.ui.generate.view import view
from vae.ui.shared import loaders
from vae.ui.shared.glossary import glossary
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_page, page_head

begin_page()

chosen = page_head("Generate", pick_run)
if chosen is not None:
    view(chosen)
    glossary()
    loaders.prepare_images(chosen.config.data.dataset)
