"""Embeddings that lie in a run's folder: the shipped models come with theirs."""

import hashlib
import json
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.analysis.embeddings.methods import embed, spread_evenly
from vae.analysis.embeddings.settings import Settings, engine, usual
from vae.errors import RunError
from vae.runs import Run
from vae.runs.checks import check_embeddings
from vae.runs.files import EMBEDDINGS_FILE
from vae.storage.files import Arrays, parse_json, read_arrays, write_arrays

METHODS = ("tsne", "umap")
_ABOUT = "about"
"""The only name in the file's metadata: the order of several is not the same each time."""


def read(run: Run) -> tuple[Arrays, dict[str, Any]]:
    """Return a run's places ``(n, 2)`` by method; of which codes, and the methods' settings.

    Raises RunError if the file is missing or damaged.
    """
    path = run.directory / EMBEDDINGS_FILE
    arrays, metadata = read_arrays(path)
    check_embeddings(path, arrays)
    try:
        about = parse_json(metadata.get(_ABOUT, ""))
    except ValueError:
        about = None
    return arrays, about if isinstance(about, dict) else {}


def find(run: Run, settings: Settings) -> NDArray[np.float32] | None:
    """Return the places ``(points, 2)`` if they lie there, of these codes and settings."""
    try:
        arrays, about = read(run)
        if about.get("codes") != _codes_mark(run.directory, run.version):
            return None
    except RunError:
        return None
    method = settings.method
    places = arrays.get(method)
    if places is None or about.get(method) != settings.model_dump():
        return None
    return places.astype(np.float32) if len(places) == settings.points else None


def make(run: Run) -> list[str]:
    """Lay out a run's codes with the usual settings; return the methods that are installed here.

    In one thread, since the sums of several are not the same each time.

    Raises RunError if the codes are missing or damaged; ConfigError if they cannot be laid out.
    """
    mu = run.codes()["mu"].astype(np.float32)
    arrays: Arrays = {}
    about: dict[str, Any] = {"codes": _mark_of(mu)}
    for method in METHODS:
        package = engine(method)
        if package is None:
            continue
        settings = usual(method, len(mu))
        places = embed(mu[spread_evenly(len(mu), settings.points)], settings)
        # The middle at 0, where half precision is finest: no map shows the difference.
        arrays[method] = (places - places.mean(0)).astype(np.float16)
        about |= {
            method: settings.model_dump(),
            f"{method}-by": f"{package} {version(package)}",
        }
    write_arrays(run.directory / EMBEDDINGS_FILE, arrays, {_ABOUT: json.dumps(about)})
    return list(arrays)


def _mark_of(mu: NDArray[np.float32]) -> str:
    return hashlib.sha256(np.ascontiguousarray(mu).tobytes()).hexdigest()[:16]


@lru_cache(maxsize=64)
def _codes_mark(directory: Path, _version: str) -> str:
    return _mark_of(Run(directory).codes()["mu"].astype(np.float32))
