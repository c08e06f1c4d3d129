"""Embeddings on disk, ``<runs>/.cache/embeddings``: results, and the work that leads to them.

``<key>.safetensors``: the places, kept. While it is worked on: ``<key>.json`` (:class:`Work`),
``<key>.input.safetensors`` (the codes), ``<key>.progress`` and ``<key>.log``.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from vae.analysis.embeddings.settings import Settings
from vae.errors import RunError
from vae.storage.files import read_arrays, write_arrays, write_atomic

KEPT = 200
"""Results that stay; the oldest go first."""

# The last one says that there is work: it goes last.
_WORKING = (".input.safetensors", ".progress", ".log", ".json")
Floats = NDArray[np.float32]


class Work(BaseModel):
    """An embedding that was asked for and is not there yet."""

    model_config = ConfigDict(frozen=True)

    state: Literal["queued", "running", "failed"] = "queued"
    settings: Settings
    run: str
    """Name of the run, for people."""
    asked_at: float
    started_at: float | None = None
    pid: int | None = None
    pid_started: float | None = None
    error: str | None = None


def folder(root: Path) -> Path:
    """Return the folder of the embeddings of the runs under ``root``."""
    return root / ".cache" / "embeddings"


def read_work(cache: Path, key: str) -> Work | None:
    """Return the work on an embedding, or None if nobody has asked for it."""
    try:
        return Work.model_validate_json((cache / f"{key}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def all_work(cache: Path) -> dict[str, Work]:
    """Return what was asked for and is not there yet, by key, the oldest first."""
    found = {}
    with contextlib.suppress(OSError):
        for path in cache.glob("*.json"):
            work = read_work(cache, path.stem)
            if work is not None:
                found[path.stem] = work
    return dict(sorted(found.items(), key=lambda item: (item[1].asked_at, item[0])))


def write_work(cache: Path, key: str, work: Work) -> None:
    """Replace what is known of the work."""
    write_atomic(cache / f"{key}.json", work.model_dump_json().encode(), flush=False)


def write_codes(cache: Path, key: str, codes: Floats) -> None:
    """Put the codes ``(n, d)`` where the process that works on them reads them."""
    write_arrays(cache / f"{key}.input.safetensors", {"mu": codes})


def read_codes(cache: Path, key: str) -> Floats:
    """Return the codes to work on.

    Raises
    ------
    RunError
        If they are not there.
    """
    return read_arrays(cache / f"{key}.input.safetensors")[0]["mu"].astype(np.float32)


def write_progress(cache: Path, key: str, done: int, total: int) -> None:
    """Say how far the work is."""
    text = json.dumps([done, total]).encode()
    write_atomic(cache / f"{key}.progress", text, flush=False)


def read_progress(cache: Path, key: str) -> float | None:
    """Return the share that is done; None where the method does not tell."""
    try:
        done, total = json.loads((cache / f"{key}.progress").read_bytes())
        return min(1.0, float(done) / float(total))
    except (OSError, ValueError, TypeError, ZeroDivisionError):
        return None


def write_result(cache: Path, key: str, places: Floats) -> None:
    """Keep a result ``(n, 2)``; then forget the oldest ones beyond :data:`KEPT`."""
    write_arrays(cache / f"{key}.safetensors", {"places": places})
    results = [p for p in cache.glob("*.safetensors") if not p.name.endswith(".input.safetensors")]

    def age(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    for path in sorted(results, key=age)[:-KEPT]:
        with contextlib.suppress(OSError):
            path.unlink()


def read_result(cache: Path, key: str, points: int) -> Floats | None:
    """Return the places ``(points, 2)``; None if they are not there or not whole."""
    try:
        found = read_arrays(cache / f"{key}.safetensors")[0]["places"].astype(np.float32)
    except (RunError, KeyError, ValueError):
        return None
    return found if found.shape == (points, 2) and np.isfinite(found).all() else None


def forget_work(cache: Path, key: str) -> None:
    """Remove all that only the work needed; the result, if there is one, stays."""
    half = list(cache.glob(f".{key}*.tmp"))
    for path in half + [cache / f"{key}{ending}" for ending in _WORKING]:
        with contextlib.suppress(OSError):
            os.unlink(path)
