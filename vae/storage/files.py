"""Files that are whole or not there: written beside their place, then moved."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from vae.errors import RunError

Arrays = dict[str, NDArray[np.generic]]


def write_atomic(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Write ``content`` so that a reader sees the old file or the new one, never a part.

    With ``flush`` it is on the disk before the move, and so survives a power cut.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Arrays, metadata: dict[str, str] | None = None) -> None:
    """Write named arrays as safetensors, atomically."""
    # Not ascontiguousarray: it turns a single number into an array of one.
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_atomic(path, safetensors.numpy.save(whole, metadata))


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Read named arrays and the metadata beside them.

    Raises
    ------
    RunError
        If the file is missing or is not whole safetensors.
    """
    try:
        with safetensors.safe_open(path, framework="np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(  # noqa: SIM118
                file.metadata() or {}
            )
    except FileNotFoundError:
        raise RunError(f"{path} is missing: the run holds no such file (yet).") from None
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} is damaged ({error}): restore it from a copy, or train the run again."
        ) from None
