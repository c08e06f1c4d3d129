"""Files that are whole or not there: written beside their place, then moved; read with checks.

A file of lines that grows is appended to instead: a kill can leave its last line half written.
"""

import contextlib
import errno
import json
import os
import stat
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from vae.errors import RunError
from vae.locale import _

Arrays = dict[str, NDArray[np.generic]]

JSON_LIMIT = 16_000_000
"""Bytes above which a file is not taken for JSON of ours."""
ARRAYS_LIMIT = 4_000_000_000
"""Bytes of a file of arrays: a model of 1,000 million weights."""


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


def append(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Append ``content`` to a file; see :func:`write_atomic` for ``flush``."""
    with path.open("ab") as file:
        file.write(content)
        if flush:
            file.flush()
            os.fsync(file.fileno())


@contextlib.contextmanager
def opened(path: Path, limit: int = JSON_LIMIT) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """Open a regular file of at most ``limit`` bytes; never waits, as a pipe would make it.

    Raises OSError if it is missing, unreadable, no regular file (a link, a pipe, a device) or
    larger.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, _("not a regular file"), str(path))
        if about.st_size > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        yield file, about


def read_bytes(path: Path, limit: int = JSON_LIMIT) -> bytes:
    """Read a file that :func:`opened` opens."""
    with opened(path, limit) as (file, about):
        return file.read(about.st_size)


def _open_at_once(path: str, flags: int) -> int:
    # Not through a link: it may lead out of the folder that somebody has filled.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def parse_json(text: bytes | str) -> Any:
    """Parse JSON.

    Raises ValueError if it is none, or is nested too deeply or has too long a number to be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(_("nested too deeply")) from None


def read_json(path: Path, keys: Collection[str] = ()) -> dict[str, Any]:
    """Read a small file that holds one JSON object with at least these keys.

    Raises RunError if it is missing, or holds no such object.
    """
    try:
        found = parse_json(read_bytes(path))
    except FileNotFoundError:
        raise RunError(_("{path} is missing.").format(path=path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(
            _("{path} cannot be read ({reason}): restore it, or delete it.").format(
                path=path, reason=reason
            )
        ) from None
    if not isinstance(found, dict) or not set(keys) <= found.keys():
        raise RunError(
            _("{path} does not hold what it should: restore it, or delete it.").format(path=path)
        )
    return found


def write_arrays(
    path: Path, arrays: Arrays, metadata: dict[str, str] | None = None, *, flush: bool = True
) -> None:
    """Write named arrays as safetensors: see :func:`write_atomic`."""
    # Not ascontiguousarray: it turns a single number into an array of one.
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_atomic(path, safetensors.numpy.save(whole, metadata), flush=flush)


def _held(file: BinaryIO, path: Path) -> Path:
    """Return where the very file that is open can be opened again, whatever stands at its path."""
    here = Path(f"/proc/self/fd/{file.fileno()}")
    return here if here.exists() else path


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Read named arrays and the metadata beside them.

    Raises RunError if the file is missing or is not whole safetensors.
    """
    try:
        with (
            opened(path, ARRAYS_LIMIT) as (held, _about),
            safetensors.safe_open(_held(held, path), framework="np") as file,
        ):
            return {name: file.get_tensor(name) for name in file.keys()}, dict(  # noqa: SIM118
                file.metadata() or {}
            )
    except FileNotFoundError:
        raise RunError(
            _("{path} is missing: the run holds no such file (yet).").format(path=path)
        ) from None
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise RunError(
            _(
                "{path} is damaged ({error}): restore it from a copy, or train the run again."
            ).format(path=path, error=error)
        ) from None
