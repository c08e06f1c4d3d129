"""Pictures that studies keep of a run: the same ten test images everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from vae.data import Split, pixels
from vae.storage.pictures import to_uint8
from vae.training.loop import SAMPLE_SEED, fixed_indices
from vae.training.metrics import model_device

if TYPE_CHECKING:
    from vae.config import RunConfig
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

Images = NDArray[np.uint8]


def _ten(subject: Subject) -> Split:
    test = subject.data.test
    return test[fixed_indices(test.labels)]


def ten_originals(subject: Subject) -> Images:
    """Return ten test images, one of each class where there are ten: ``(10, C, H, W)``."""
    return to_uint8(pixels(_ten(subject).images))


@torch.inference_mode()
def ten_reconstructions(subject: Subject) -> Images:
    """Return what the model makes of them from their mean codes: ``(10, C, H, W)``."""
    ten = _ten(subject).to(model_device(subject.model))
    return to_uint8(subject.model.reconstruct(pixels(ten.images), ten.labels))


def ten_pictures(subject: Subject, config: RunConfig) -> Strips:
    """Return both: what most studies keep of a run."""
    return {"originals": ten_originals(subject), "test": ten_reconstructions(subject)}


@torch.inference_mode()
def ten_samples(subject: Subject) -> Images:
    """Return ten samples from the prior, the same z for each run of a size: ``(10, C, H, W)``."""
    return to_uint8(subject.model.sample(10, torch.Generator().manual_seed(SAMPLE_SEED)))
