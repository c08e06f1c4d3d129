"""Downloading a data set: whole or not at all, with progress, and a sentence where it fails."""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vae.data.registry import DatasetSpec, spec_of
from vae.data.sources import unpack_one
from vae.data.store import DataStatus, is_whole, raw_folder, status, unpack_archives
from vae.errors import DataError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.storage import locks

_REPORT_S = 0.1
"""How often progress is reported."""

Progress = Callable[[int, int], None]


def get(name: str, root: Path | str | None = None, progress: Progress | None = None) -> DataStatus:
    """Download a data set unless it is ready; return its status afterwards.

    Everything arrives in a hidden folder beside the target and is moved there when it is verified,
    so whatever interrupts this, nothing looks ready that is not. Files that are whole stay as they
    are; missing and damaged ones are put in place. What has arrived when a transfer breaks off
    stays in the hidden folder, and the next try goes on from there.

    Raises DataError if the data set is unknown or being downloaded already, or the download fails:
    no network, a server that is silent or answers with an error, a full disk, no permission to
    write.

    ``progress`` is called with the bytes so far and the bytes in all, several times a second while
    something arrives: if it raises, the download is given up.
    """
    spec = spec_of(name, root)
    folder = raw_folder(spec, root)
    now = status(name, root)
    if spec.remote is None and not now.ready:
        raise DataError(now.message)  # One's own images come from nowhere else.
    if now.ready:
        # An archive that only seems whole must not keep the download from happening.
        with contextlib.suppress(DataError):
            unpack_archives(spec, folder)
            return status(name, root)
    try:
        _Download(spec, folder, progress).run()
    except ConnectionError as error:
        raise DataError(
            _(
                "{spec} could not be downloaded: {error}; check the connection and try again, "
                "or {bring}."
            ).format(spec=_(spec.title), error=error, bring=_bring(spec, folder))
        ) from error
    except OSError as error:
        raise DataError(_disk_sentence(error, spec, folder)) from error
    return status(name, root)


class _Download:
    def __init__(self, spec: DatasetSpec, folder: Path, progress: Progress | None) -> None:
        self.spec = spec
        self.folder = folder
        self.progress = progress
        # Beside the folder that the name leads to, so that a move stays on one disk.
        self.arrived = folder.resolve().parent / f".{spec.name}-download"
        self.shown = 0
        self.reported_at = 0.0

    def run(self) -> None:
        self.arrived.parent.mkdir(parents=True, exist_ok=True)
        path = self.arrived.with_suffix(".lock")
        with locks.hold(path) as mine:
            if not mine:
                raise DataError(
                    _(
                        "{spec} is being downloaded already: wait until that is done (if "
                        "nothing is, delete {path})."
                    ).format(spec=_(self.spec.title), path=path)
                )
            try:
                self._transfer()
            except ConnectionError:
                raise
            except (OSError, DataError):
                shutil.rmtree(self.arrived, ignore_errors=True)
                raise
            finally:
                with contextlib.suppress(OSError):
                    self.arrived.rmdir()  # Where nothing has arrived.

    def _transfer(self) -> None:
        spec = self.spec
        wanted = [file for file in spec.files if not is_whole(self.folder, file)]
        if not wanted:
            return  # Somebody else finished between the look and the lock.
        self.arrived.mkdir(exist_ok=True)
        if shutil.disk_usage(self.arrived).free < spec.download_bytes + spec.unpacked_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # It takes a quarter of a second to import.
        from vae.data.transfer import fetch

        assert spec.remote is not None
        lacking = {f"{file.name}.gz" for file in wanted} | {spec.remote.archive}
        before = 0
        for name, md5 in spec.remote.archives(spec.files):
            if name in lacking:
                report = partial(self._report, before)
                fetch(spec.remote.mirrors, name, md5, self.arrived, report)
                before += (self.arrived / name).stat().st_size
        for file in wanted:
            try:
                unpack_one(self.arrived, file)
            except (DataError, KeyError):
                raise DataError(
                    _("The server's {file} is not {spec}: try again later, or {bring}.").format(
                        file=file.name, spec=_(spec.title), bring=_bring(spec, self.folder)
                    )
                ) from None
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            os.replace(self.arrived / file.name, self.folder / file.name)
        shutil.rmtree(self.arrived)
        if self.progress:
            self.progress(spec.download_bytes, spec.download_bytes)

    def _report(self, before: int, done: int) -> None:
        # A server that cannot go on in the middle begins anew: what is shown only ever grows.
        self.shown = max(self.shown, min(before + done, self.spec.download_bytes))
        now = time.monotonic()
        if self.progress and now - self.reported_at >= _REPORT_S:
            self.reported_at = now
            self.progress(self.shown, self.spec.download_bytes)


def _bring(spec: DatasetSpec, folder: Path) -> str:
    names = ", ".join(f"{file.name}.gz" for file in spec.files)
    return _("bring the files {names} (packed or unpacked) to {folder}").format(
        names=names, folder=folder
    )


def _disk_sentence(error: OSError, spec: DatasetSpec, folder: Path) -> str:
    needed = (spec.download_bytes + spec.unpacked_bytes) / 1e6
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _(
            "The disk is full: {spec} needs about {needed} MB in {folder} while it is "
            "downloaded; make room, or set VAE_DATA_DIR to a folder on another disk."
        ).format(spec=_(spec.title), needed=formatted(needed, ".0f"), folder=folder)
    return _(
        "{spec} cannot be saved in {folder} ({reason}): let this account write there, "
        "or set VAE_DATA_DIR to a folder of your own."
    ).format(spec=_(spec.title), folder=folder, reason=error.strerror or error)
