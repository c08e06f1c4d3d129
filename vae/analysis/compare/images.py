"""The same test images through several runs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from vae.config import DataConfig, RunConfig
from vae.data import ImageData, Split, pixels
from vae.data.views import black_and_white
from vae.models import LatentModel
from vae.models.losses import squared_error
from vae.storage.pictures import to_uint8


def choose_images(data: ImageData, configs: Sequence[RunConfig], count: int, seed: int) -> Split:
    """Return ``count`` test images of the whole data set, of classes that all the runs know.

    Where they have no class in common, of any.
    """
    labels = data.test.labels
    known = torch.ones(len(labels), dtype=torch.bool)
    for config in configs:
        if config.data.classes is not None:
            known &= torch.isin(labels, torch.tensor(config.data.classes))
    choices = known.nonzero()[:, 0] if known.any() else torch.arange(len(labels))
    order = torch.randperm(len(choices), generator=torch.Generator().manual_seed(seed))
    return data.test[choices[order[:count]]]


class Reconstruction(NamedTuple):
    """What a run makes of images."""

    images: NDArray[np.uint8]
    """``(n, C, H, W)``."""
    mse: float
    """Mean squared error per pixel, against the images as the run sees them."""


@torch.inference_mode()
def reconstruct(model: LatentModel, split: Split, data: DataConfig) -> Reconstruction:
    """Return a run's reconstructions of images, black and white first where it sees them so."""
    seen = split if data.binarise == "none" else black_and_white(split)
    x = pixels(seen.images)
    mean = model.reconstruct(x, seen.labels)
    return Reconstruction(to_uint8(mean), float(squared_error(mean, x).mean()))
