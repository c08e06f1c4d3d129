"""Downloading a data set: whole or not at all, with progress, and a sentence where it fails."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import secrets
import shutil
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from ssl import SSLError
from typing import Any
from urllib.error import URLError
from urllib.parse import urlparse

from vae.data.registry import DatasetSpec, spec_of
from vae.data.store import (
    DataStatus,
    is_whole,
    raw_folder,
    status,
    unpack_archives,
)
from vae.errors import DataError
from vae.storage import locks

TIMEOUT_S = 15.0
"""How long a server may send nothing."""

POLL_S = 0.1
"""How often progress is reported."""

Progress = Callable[[int, int], None]


class _CancelledError(Exception):
    """The caller does not want the download any more."""


def get(name: str, root: Path | str | None = None, progress: Progress | None = None) -> DataStatus:
    """Download a data set unless it is ready; return its status afterwards.

    Everything arrives in a hidden folder beside the target and is moved there when it is verified,
    so whatever interrupts this, nothing looks ready that is not. Files that are whole stay as they
    are; missing and damaged ones are put in place.

    Parameters
    ----------
    name
        A name in :func:`vae.data.all_datasets`.
    root
        Where data sets lie; :func:`vae.data.data_dir` unless given.
    progress
        Called in this thread several times a second with the bytes that have arrived and the
        bytes in all. If it raises, the download is given up.

    Raises
    ------
    DataError
        If the data set is unknown or being downloaded already, or the download fails: no network,
        a server that is silent or answers with an error, a full disk, no permission to write.
    """
    spec = spec_of(name, root)
    folder = raw_folder(spec, root)
    now = status(name, root)
    if spec.fetch is None and not now.ready:
        raise DataError(now.message)  # One's own images come from nowhere else.
    if now.ready:
        # An archive that only seems whole must not keep the download from happening.
        with contextlib.suppress(DataError):
            unpack_archives(spec, folder)
            return status(name, root)
    _Download(spec, folder).run(progress)
    return status(name, root)


class _Download:
    """One download, in a thread of its own so that the caller's thread can report progress."""

    def __init__(self, spec: DatasetSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        # Beside the folder that the name leads to, so that a move stays on one disk.
        self.beside = folder.resolve().parent
        self.prefix = f".{spec.name}-download"
        self.lock = self.beside / f"{self.prefix}.lock"
        self.staging = self.beside / f"{self.prefix}-{os.getpid()}-{secrets.token_hex(4)}"
        self.done = threading.Event()
        self.cancelled = threading.Event()
        self.holds_lock = False
        self.error: BaseException | None = None

    def run(self, progress: Progress | None) -> None:
        worker = threading.Thread(target=self._work, name=f"get-{self.spec.name}", daemon=True)
        worker.start()
        try:
            arrived = 0
            while not self.done.wait(POLL_S):
                if self.holds_lock:
                    locks.touch(self.lock)
                # A second mirror begins anew: what is shown only ever grows.
                arrived = max(arrived, min(self._arrived(), self.spec.download_bytes))
                if progress:
                    progress(arrived, self.spec.download_bytes)
        except BaseException:
            # The page was left or the keyboard interrupted. A thread that waits for a silent
            # server clears up when it wakes.
            self.cancelled.set()
            worker.join(timeout=2)
            raise
        if self.error:
            message = _sentence(self.error, self.spec, self.folder)
            if message is None:
                raise self.error
            raise DataError(message) from self.error
        if progress:
            progress(self.spec.download_bytes, self.spec.download_bytes)

    def _arrived(self) -> int:
        """Bytes of the archives so far; what is unpacked from them does not count."""
        total = 0
        for pattern in ("*.gz", "*.zip"):
            # The folder may vanish while it is walked.
            with contextlib.suppress(OSError):
                total += sum(path.stat().st_size for path in self.staging.rglob(pattern))
        return total

    def _work(self) -> None:
        try:
            self.beside.mkdir(parents=True, exist_ok=True)
            with locks.claim(self.lock, self.spec.title):
                self.holds_lock = True
                for leftover in self.beside.glob(f"{self.prefix}-*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                try:
                    self._transfer()
                finally:
                    shutil.rmtree(self.staging, ignore_errors=True)
                    self.holds_lock = False
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()

    def _transfer(self) -> None:
        wanted = [file for file in self.spec.files if not is_whole(self.folder, file)]
        if not wanted:
            return  # Somebody else finished between the look and the lock.
        self.staging.mkdir()
        needed = self.spec.download_bytes + self.spec.unpacked_bytes
        if shutil.disk_usage(self.staging).free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with _quiet_and_impatient(self.cancelled):
            assert self.spec.fetch is not None
            self.spec.fetch(self.staging, self.spec.files)
        arrived = self.staging / self.spec.folder
        for file in wanted:
            if not is_whole(arrived, file):
                raise DataError(
                    f"The server's {file.name} is not {self.spec.title}: try again later, or "
                    f"{_bring(self.spec, self.folder)}."
                )
            _flush(arrived / file.name)
        if self.cancelled.is_set():
            raise _CancelledError
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            os.replace(arrived / file.name, self.folder / file.name)


def _flush(path: Path) -> None:
    """Have a file on the disk before it is moved, so that it survives a power cut whole."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


_guard = threading.Lock()
_inside = 0
_undo = contextlib.ExitStack()
_thread = threading.local()


class _SilentBar:
    """Stands in for torchvision's progress bar: prints nothing, and ends a cancelled download."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.cancelled: threading.Event | None = getattr(_thread, "cancelled", None)

    def __enter__(self) -> _SilentBar:
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def update(self, amount: int) -> None:
        if self.cancelled is not None and self.cancelled.is_set():
            raise _CancelledError


@contextlib.contextmanager
def _quiet_and_impatient(cancelled: threading.Event) -> Iterator[None]:
    """Let torchvision download without printing, and without waiting for ever.

    Its functions take neither a timeout nor an option to be quiet. Both are changed from outside
    while any download runs, and put back by the last one to end.
    """
    global _inside
    from torchvision.datasets import utils

    with _guard:
        if _inside == 0:
            _undo.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
            _undo.callback(functools.partial(setattr, utils, "tqdm", utils.tqdm))
            socket.setdefaulttimeout(TIMEOUT_S)
            utils.tqdm = _SilentBar
        _inside += 1
    _thread.cancelled = cancelled
    try:
        yield
    finally:
        _thread.cancelled = None
        with _guard:
            _inside -= 1
            if _inside == 0:
                _undo.close()


def _bring(spec: DatasetSpec, folder: Path) -> str:
    names = ", ".join(f"{file.name}.gz" for file in spec.files)
    return f"bring the files {names} (packed or unpacked) to {folder}"


def _sentence(error: BaseException, spec: DatasetSpec, folder: Path) -> str | None:
    """Say what stopped a download; None for what has its sentence or is a defect of ours."""
    if isinstance(error, OSError) and not _from_network(error):
        needed = (spec.download_bytes + spec.unpacked_bytes) / 1e6
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return (
                f"The disk is full: {spec.title} needs about {needed:.0f} MB in {folder} while it "
                "is downloaded; make room, or set VAE_DATA_DIR to a folder on another disk."
            )
        return (
            f"{spec.title} cannot be saved in {folder} ({error.strerror or error}): let this "
            "account write there, or set VAE_DATA_DIR to a folder of your own."
        )
    failed = (OSError, HTTPException, zipfile.BadZipFile, KeyError, EOFError)
    if isinstance(error, failed) or type(error) is RuntimeError:
        return (
            f"{spec.title} could not be downloaded: {_reason(error)}; check the connection "
            f"and try again, or {_bring(spec, folder)}."
        )
    return None


def _from_network(error: OSError) -> bool:
    kinds = (URLError, ConnectionError, TimeoutError, SSLError, socket.gaierror, socket.herror)
    return isinstance(error, kinds)


def _reason(error: BaseException) -> str:
    """Say in words what torchvision or urllib reported."""
    # torchvision tries each mirror and reports all of them as text in one RuntimeError.
    tried = re.findall(r"Tried (\S+), got:\n(.*)", str(error))
    if not tried:
        return _plain(str(error) or type(error).__name__)
    return "; ".join(f"{urlparse(url).netloc}: {_plain(text)}" for url, text in tried)


def _plain(text: str) -> str:
    if answer := re.search(r"HTTP Error (\d+):? ?([^>\n]*)", text):
        return f"the server answered {' '.join(answer.groups()).strip()}"
    if "timed out" in text:
        return f"the server sent nothing for {TIMEOUT_S:g} seconds"
    if "corrupted" in text:
        return "the transfer broke off or was changed on the way"
    if refused := re.search(r"<urlopen error (?:\[.*?\] )?(.*)>", text):
        return f"no connection ({refused[1]})"
    return text.strip().rstrip(".")
