"""Embeddings on disk: ``<runs>/.cache/embeddings/<key>.safetensors`` holds the places."""

import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.errors import RunError
from vae.storage.files import read_arrays, write_arrays

KEPT = 200
"""Results that stay; the oldest go first."""

Floats = NDArray[np.float32]


def folder(root: Path) -> Path:
    """Return the folder of the embeddings of the runs under ``root``."""
    return root / ".cache" / "embeddings"


def path_of(cache: Path, key: str) -> Path:
    """Return where a result is kept."""
    return cache / f"{key}.safetensors"


def write_result(path: Path, places: Floats) -> None:
    """Keep a result ``(n, 2)``; then forget the oldest ones beyond :data:`KEPT`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {"places": places})

    def age(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    for old in sorted(path.parent.glob("*.safetensors"), key=age)[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()


def read_result(cache: Path, key: str, points: int) -> Floats | None:
    """Return the places ``(points, 2)``; None if they are not there or not whole."""
    try:
        found = read_arrays(path_of(cache, key))[0]["places"].astype(np.float32)
    except (RunError, KeyError, ValueError):
        return None
    return found if found.shape == (points, 2) and np.isfinite(found).all() else None
