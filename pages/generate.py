"""Generate: what a model draws, at places of its latent space that one chooses."""

from vae.runs import Run
from vae.ui.generate.view import view
from vae.ui.shared import loaders
from vae.ui.shared.glossary import glossary
from vae.ui.shared.shell import show_page


def show(run: Run) -> None:
    view(run)
    glossary()
    loaders.prepare_images(run.config.data.dataset)


show_page("Generate", show)
