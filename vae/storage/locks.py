"""File locks: one holder at a time, across threads, processes and machines.

The system keeps them for the process that holds them, so that one that was killed holds nothing.
"""

import contextlib
import errno
import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

PAGE_PATIENCE_S = 0.25
"""For the pages' server: a script that takes two locks waits half a second at most."""

patience_s = 20.0
"""How long this process waits for a lock that others hold only for moments."""

_POLL_S = 0.02
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}


@contextlib.contextmanager
def hold(path: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock file ``path`` for the body, which gets False where somebody else holds it.

    Another thread of this process is somebody else, and so is this one further up.

    Raises OSError if the lock cannot be written.

    ``wait_s``: how many seconds to wait for whoever holds it.
    """
    if not path.parent.is_dir():  # filelock would make it.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    lock = _kind(path.parent)(path, timeout=wait_s, poll_interval=_POLL_S)
    try:
        lock.acquire()
    except filelock.Timeout:
        pass
    except OSError as error:
        if error.errno != errno.ESTALE:  # On a network drive: released in this instant.
            raise
    if not lock.is_locked:
        yield False
        return
    try:
        mine = path.stat()
        try:
            yield True
        finally:
            # Removed while it is held, which whoever waits for it notices: another account could
            # not open a file that is left.
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), mine):
                    path.unlink()
    finally:
        lock.release()


@functools.lru_cache(maxsize=64)
def _kind(folder: Path) -> type[filelock.BaseFileLock]:
    """Return what locks files in ``folder``: a few network drives leave it to a file's being there.

    Such a file names its process, and is cleared away when that is gone from this machine.
    """
    with tempfile.TemporaryFile(dir=folder) as probe:
        try:
            filelock.lock_descriptor(probe.fileno(), blocking=False)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return filelock.SoftFileLock
            raise
    return filelock.FileLock
