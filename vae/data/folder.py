"""Data sets of one's own, as they are kept: ``<data>/folders/<name>/``, whole or not there.

``data.json`` says what the set is, ``images.safetensors`` holds its pictures: the test images
first, then the training images. :mod:`vae.data.intake` makes them.
"""

import contextlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vae.data.idx import IdxFile
from vae.data.images import Split
from vae.data.place import data_dir
from vae.errors import DataError
from vae.locale import N_, _
from vae.people import acting, note_owner, refuse_others
from vae.people.limits import MEGA, refuse_above, refuse_full
from vae.storage import folders, locks

PREFIX = "folder:"
"""What the name of such a set begins with, wherever a data set is named."""

FOLDERS = "folders"
MANIFEST_FILE = "data.json"
IMAGES_FILE = "images.safetensors"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HEADER_BYTES = 256


class Manifest(BaseModel):
    """What ``data.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    name: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...] = Field(min_length=1)
    train_size: int = Field(ge=1)
    test_size: int = Field(ge=1)
    source: str
    """Name of the folder or zip that the images came from."""
    skipped: int = 0
    """Images that could not be read and were left out."""
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def registered(self) -> str:
        return PREFIX + self.name


def plain_name(name: str) -> str:
    """Return the name of a set without ``folder:``, checked.

    Raises DataError if nothing can be called so.
    """
    plain = name.strip().removeprefix(PREFIX)
    if not _NAME.fullmatch(plain):
        raise DataError(
            _(
                "{plain!r} cannot name a data set: use letters, digits, dot, dash and "
                "underscore, 40 characters at most, a letter or digit first."
            ).format(plain=plain)
        )
    return plain


def directory_of(name: str, root: Path | str | None = None) -> Path:
    """Return where a set lies under ``root`` (:func:`data_dir` unless given)."""
    return data_dir(root) / FOLDERS / plain_name(name)


def read_manifest(directory: Path) -> Manifest:
    """Read what a set is.

    Raises DataError if there is no such set, or its ``data.json`` is damaged.
    """
    name = directory.name
    try:
        text = (directory / MANIFEST_FILE).read_text(encoding="utf-8")
        manifest = Manifest.model_validate_json(text)
        if manifest.name != name:
            raise ValueError("it has another name")
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            _(
                "There is no data set {prefix}{name} here (any more): add its images with "
                "`python -m vae data add PATH --name {name}`, or choose another data set."
            ).format(prefix=PREFIX, name=name)
        ) from None
    except (OSError, ValidationError, ValueError):
        raise DataError(
            _("{manifest_file} is damaged: {again}.").format(
                manifest_file=directory / MANIFEST_FILE, again=again(name)
            )
        ) from None
    return manifest


def again(name: str) -> str:
    """Say what to do about a damaged set."""
    plain = name.removeprefix(PREFIX)
    return _(
        "remove the set (`python -m vae data remove {plain}`) and add its images again"
    ).format(plain=plain)


def listing(root: Path | str | None = None) -> list[Manifest]:
    """Return the sets under ``root`` by name; one whose ``data.json`` is damaged is left out."""
    found = []
    with contextlib.suppress(OSError):
        for directory in sorted((data_dir(root) / FOLDERS).iterdir()):
            if _NAME.fullmatch(directory.name):
                with contextlib.suppress(DataError):
                    found.append(read_manifest(directory))
    return found


def problem(directory: Path) -> str | None:
    """Say what is wrong with a set's pictures, or return None; no pixels are read."""
    manifest = read_manifest(directory)
    count = manifest.train_size + manifest.test_size
    try:
        with safetensors.safe_open(directory / IMAGES_FILE, framework="np") as file:
            images = file.get_slice("images").get_shape()
            labels = file.get_slice("labels").get_shape()
    except (safetensors.SafetensorError, OSError):
        return _("{images_file} is missing or not whole").format(
            images_file=directory / IMAGES_FILE
        )
    if images != [count, *manifest.shape] or labels != [count]:
        return _("{images_file} holds other images than its {manifest_file} says").format(
            images_file=directory / IMAGES_FILE, manifest_file=MANIFEST_FILE
        )
    return None


def read(directory: Path, files: Sequence[IdxFile] = ()) -> tuple[Split, Split]:
    """Read the training and the test split of a set.

    Raises DataError if it is missing or damaged.
    """
    manifest = read_manifest(directory)
    try:
        # Mapped, not read: pictures come from the disk's cache as they are looked at.
        with safetensors.safe_open(directory / IMAGES_FILE, framework="pt") as file:
            whole = Split(file.get_tensor("images"), file.get_tensor("labels").to(torch.int64))
    except (safetensors.SafetensorError, OSError, ValueError, TypeError):
        raise DataError(
            _("{images_file} is damaged: {again}.").format(
                images_file=directory / IMAGES_FILE, again=again(manifest.name)
            )
        ) from None
    if os.name == "nt":  # There, a mapped file could not be removed.
        whole = Split(whole.images.clone(), whole.labels)
    return whole[manifest.test_size :], whole[: manifest.test_size]


def check_free(name: str, root: Path | str | None = None) -> None:
    """Refuse a name that a set has already.

    Raises DataError if there is one, or nothing can be called so.
    """
    directory = directory_of(name, root)
    if directory.exists():
        raise DataError(
            _(
                "There is already a data set {prefix}{directory}: choose another name, or "
                "remove that one (`python -m vae data remove {directory}`)."
            ).format(prefix=PREFIX, directory=directory.name)
        )


class ImageWriter:
    """Writes ``images.safetensors`` an image at a time; how many there are is known at its end.

    ``file``: open for writing; ``shape``: ``(C, H, W)`` of an image.
    """

    def __init__(self, file: IO[bytes], shape: tuple[int, int, int]) -> None:
        self.file = file
        self.shape = shape
        self.count = 0
        file.seek(8 + _HEADER_BYTES)

    def add(self, image: NDArray[np.uint8]) -> None:
        self.file.write(image.tobytes())
        self.count += 1

    def finish(self, labels: NDArray[np.int64]) -> None:
        """Write the labels of all images, and the header; have all of it on the disk."""
        middle = self.count * math.prod(self.shape)
        end = middle + 8 * self.count
        header = {
            "images": {
                "dtype": "U8",
                "shape": [self.count, *self.shape],
                "data_offsets": [0, middle],
            },
            "labels": {"dtype": "I64", "shape": [self.count], "data_offsets": [middle, end]},
        }
        self.file.write(labels.astype("<i8").tobytes())
        self.file.seek(0)
        self.file.write(_HEADER_BYTES.to_bytes(8, "little"))
        # The format allows for spaces at the header's end.
        self.file.write(json.dumps(header).encode().ljust(_HEADER_BYTES))
        self.file.flush()
        os.fsync(self.file.fileno())


def check_room(more: int, root: Path | str | None, allowed: Mapping[str, int]) -> None:
    """Refuse ``more`` bytes of images beyond what the disk, or a visitor, may have.

    Raises LimitError. ``allowed`` are :func:`vae.people.limits`, MB.
    """
    place = data_dir(root) / FOLDERS
    refuse_full(place, allowed["free"] + more // MEGA)
    used = folders.size_of(place) if place.exists() else 0
    refuse_above("uploads", (used + more) / MEGA, allowed["uploads"])


@contextlib.contextmanager
def one_at_a_time(root: Path | str | None = None) -> Iterator[None]:
    """Let whoever acts add one set at a time: reading one takes memory and disk.

    Raises DataError where another of theirs is being added.
    """
    place = data_dir(root) / FOLDERS
    with contextlib.suppress(OSError):  # What cannot be written is said by who writes there.
        place.mkdir(parents=True, exist_ok=True)
    if not os.access(place, os.W_OK):
        yield
        return
    with locks.hold(place / f".adding-{acting().owner or 'machine'}.lock") as mine:
        if not mine:
            raise DataError(_("another data set of yours is being added: wait until that is done."))
        yield


@contextlib.contextmanager
def adding(name: str, root: Path | str | None = None) -> Iterator[Path]:
    """Give a hidden folder for the files of a new set, which comes to its place after the body.

    Raises DataError if a set has that name, or the disk cannot be written to.
    """
    directory = directory_of(name, root)
    check_free(name, root)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        folders.clear(directory.parent)
        half = folders.make_half(directory.parent)
        try:
            note_owner(half)
            yield half
            os.rename(half, directory)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        check_free(name, root)  # Somebody else may have added it in between.
        raise DataError(
            _(
                "{directory} cannot be written ({reason}): make room, let this account write "
                "there, or set VAE_DATA_DIR to another folder."
            ).format(directory=directory, reason=error.strerror or error)
        ) from error


def remove(name: str, root: Path | str | None = None) -> str:
    """Remove a set for good; return the name that it was registered under.

    Raises DataError if there is none, or it cannot be removed.
    """
    directory = directory_of(name, root)
    if not directory.is_dir():
        known = ", ".join(found.name for found in listing(root)) or "none"
        raise DataError(
            _(
                "There is no data set {prefix}{directory} to remove: your own are {known} "
                "(built-in ones stay)."
            ).format(prefix=PREFIX, directory=directory.name, known=known)
        )
    refuse_others(directory, N_("removed"))
    try:
        # Out of sight first: nobody finds a set that is half gone.
        going = folders.hide(directory)
    except OSError as error:
        raise DataError(
            _("{directory} cannot be removed ({reason}).").format(
                directory=directory, reason=error.strerror or error
            )
        ) from error
    shutil.rmtree(going, ignore_errors=True)
    return PREFIX + directory.name
