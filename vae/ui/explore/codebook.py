"""The path of an image through a vector-quantised model, on a page."""

from vae.analysis.codebook import CodebookImage
from vae.ui.shared.component import Component

_view = Component("codebook", "codebook/main.js", ("image",))


def codebook_view(run: str, image: CodebookImage, *, key: str) -> int | None:
    """Show the strip of a run that :func:`vae.ui.shared.latent_map.send_run` brings.

    Returns the number of the test image that the reader asks for, None before any.
    """
    state = _view(key=key, data={"run": run, "image": image})
    asked = state.get("image")
    return None if asked is None else int(asked)
