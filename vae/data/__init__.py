"""Data sets: one registry, pictures as resident uint8 tensors, downloads that end whole or not."""

from __future__ import annotations

from vae.data.download import get
from vae.data.images import ImageData, Split, pixels
from vae.data.place import data_dir
from vae.data.placing import FILLING, Placing
from vae.data.registry import DATASETS, DatasetSpec, all_datasets, known_spec, spec_of, version_of
from vae.data.store import DataStatus, load, status
from vae.data.views import load_for

__all__ = [
    "DATASETS",
    "FILLING",
    "DataStatus",
    "DatasetSpec",
    "ImageData",
    "Placing",
    "Split",
    "all_datasets",
    "data_dir",
    "get",
    "known_spec",
    "load",
    "load_for",
    "pixels",
    "spec_of",
    "status",
    "version_of",
]
