"""How a model weighs pixels, as the browser is told."""

from typing import Literal, TypedDict

from vae.models import LatentModel
from vae.models.pixels import pixel_sigma


class PixelModel(TypedDict):
    """How a family sees its pixels."""

    likelihood: Literal["bernoulli", "gaussian"] | None
    """What a pixel is drawn from; None where the decoder gives pictures, no distribution."""
    pixel_sigma: float | None
    """Standard deviation of a Gaussian pixel."""
    loss: str
    """Reconstruction loss of an image: ``bernoulli``, ``gaussian``, ``bce`` (nats) or ``mse``."""


def pixel_model(model: LatentModel) -> PixelModel:
    """Return what a family takes its pixels for, and how it weighs a reconstruction."""
    config = model.config
    if "likelihood" not in model.options:
        return {"likelihood": None, "pixel_sigma": None, "loss": config.reconstruction}
    if config.likelihood == "bernoulli":
        return {"likelihood": "bernoulli", "pixel_sigma": None, "loss": "bernoulli"}
    return {"likelihood": "gaussian", "pixel_sigma": pixel_sigma(model), "loss": "gaussian"}
