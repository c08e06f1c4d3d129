"""Data sets: one registry, pictures as resident uint8 tensors, downloads that end whole or not."""

from __future__ import annotations

from vae.data.download import get
from vae.data.images import ImageData, Split, pixels
from vae.data.placing import FILLING, Placing
from vae.data.registry import DATASETS, DatasetSpec, DataStatus, data_dir, load, spec_of, status

__all__ = [
    "DATASETS",
    "FILLING",
    "DataStatus",
    "DatasetSpec",
    "ImageData",
    "Placing",
    "Split",
    "data_dir",
    "get",
    "load",
    "pixels",
    "spec_of",
    "status",
]
