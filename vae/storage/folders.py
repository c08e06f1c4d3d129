"""Folders that are whole or not there: built beside their place and moved, removed the other way.

Who is killed on the way leaves a hidden folder, whose name no run can have. It blocks nothing, and
:func:`clear` removes it later.
"""

import contextlib
import os
import shutil
import time
from pathlib import Path

# A tilde is in no run's name.
_PREFIX = ".half~"
_STALE_S = 3600.0


def size_of(folder: Path) -> int:
    """Return the bytes of the files in a folder; what is gone meanwhile counts nothing."""
    total = 0
    for path in folder.glob("**/*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def is_half(path: Path) -> bool:
    """Whether this is a folder on its way in or out."""
    return path.name.startswith(_PREFIX)


def make_half(root: Path) -> Path:
    """Make an empty hidden folder under ``root``, to be filled and then moved to its place.

    Raises OSError if the folder cannot be made.
    """
    half = _hidden(root)
    half.mkdir()
    return half


def _hidden(root: Path) -> Path:
    return root / f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"


def is_free(place: Path) -> bool:
    """Whether a folder can come to ``place``: nothing is there, or an empty folder."""
    if not os.path.lexists(place):
        return True
    with contextlib.suppress(OSError):
        return place.is_dir() and not place.is_symlink() and not any(place.iterdir())
    return False


def settle(half: Path, place: Path) -> bool:
    """Move a filled folder to its place; False where somebody else has come there first.

    Raises OSError if it cannot be moved for another reason.
    """
    try:
        os.rename(half, place)
    except OSError:
        # The systems name it differently: taken, not empty, no folder.
        if os.path.lexists(place):
            return False
        raise
    return True


def hide(folder: Path) -> Path:
    """Take a folder from its place in one step; return where it is now, to be removed there.

    Raises OSError if it cannot be moved.
    """
    half = _hidden(folder.parent)
    os.rename(folder, half)
    return half


def clear(root: Path) -> None:
    """Remove what was left behind under ``root`` more than an hour ago."""
    with contextlib.suppress(OSError):
        for path in filter(is_half, root.iterdir()):
            # A large set of images takes long to be made; its files have been written to since.
            last = max(each.stat().st_mtime for each in (path, *path.iterdir()))
            if time.time() - last > _STALE_S:
                shutil.rmtree(path, ignore_errors=True)
