"""All that the browser needs of a run whose codes are entries of a codebook."""

from typing import Any

import numpy as np

from vae.errors import ConfigError
from vae.latent.export.network import Op, decoder_ops, encoder_ops
from vae.latent.export.packing import Arrays, narrow, pack
from vae.latent.export.pixels import PixelModel, pixel_model
from vae.latent.export.source import CodeLines, flow_code
from vae.locale import _
from vae.models import LatentModel
from vae.models.vq import VQVAE


class CodebookHeader(PixelModel):
    """The header of a codebook's payload, beside the ``arrays`` that :func:`pack` adds.

    The arrays are ``codebook`` ``(entries, latent_dim)``, ``usage`` ``(entries,)``, the share of
    vectors that chose each entry in training, and those that the operations name.
    """

    run: str
    """Names the run in the page; must change when the run's weights change."""
    title: str
    latent_dim: int
    """Numbers of a vector."""
    entries: int
    image_shape: list[int]
    """``[C, H, W]``."""
    grid_shape: list[int]
    """Rows and columns of an image's grid of codes."""
    encoder: list[Op]
    """From an image to the grid of vectors ``(latent_dim, rows, columns)``."""
    decoder: list[Op]
    """From the grid of chosen entries, of the same shape, to the means of an image's pixels."""
    code: dict[str, list[CodeLines]]
    """The project's lines behind each box of the flow strip."""


def codebook_payload(run: str, model: LatentModel, *, title: str = "") -> bytes:
    """Pack what the browser needs to show how an image becomes a grid of codebook entries.

    Raises
    ------
    ConfigError
        If the model has no codebook, or a network has a module that the browser cannot run.
    """
    if not isinstance(model, VQVAE):
        raise ConfigError(
            _("a {family} has no codebook: choose a vq-vae.").format(family=model.config.family)
        )
    encoder, encoder_arrays = encoder_ops(model)
    decoder, decoder_arrays = decoder_ops(model)
    header: CodebookHeader = {
        "run": run,
        "title": title,
        "latent_dim": model.config.latent_dim,
        "entries": len(model.codebook),
        "image_shape": list(model.config.image_shape),
        "grid_shape": list(model.grid_shape),
        **pixel_model(model),
        "encoder": encoder,
        "decoder": decoder,
        "code": flow_code(model),
    }
    kept: dict[str, Any] = {"codebook": model.codebook, "usage": model.usage}
    arrays: Arrays = {
        name: np.asarray(tensor.float().cpu().numpy(), np.float32) for name, tensor in kept.items()
    }
    return pack(header, narrow(arrays | encoder_arrays | decoder_arrays))
