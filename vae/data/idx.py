"""IDX files, plain or packed with gzip: are they whole, and unpacking them.

An IDX file is two zero bytes, the type of a number (8: unsigned byte), how many dimensions there
are, each dimension as four bytes with the highest first, and then the numbers. Header and length
together tell a whole file from one that is cut short, empty or something else. Checksums of
unpacked files do not: a copy with other pixels is still a good copy.
"""

import gzip
import math
import os
import secrets
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vae.errors import DataError
from vae.locale import _

CHUNK = 1 << 20
_UNSIGNED_BYTE = 8


@dataclass(frozen=True)
class IdxFile:
    """What an unpacked file is called and which shape its bytes have."""

    name: str
    shape: tuple[int, ...]

    @property
    def header(self) -> bytes:
        sizes = b"".join(size.to_bytes(4, "big") for size in self.shape)
        return bytes([0, 0, _UNSIGNED_BYTE, len(self.shape)]) + sizes

    @property
    def size(self) -> int:
        return len(self.header) + math.prod(self.shape)


def plain_problem(path: Path, expected: IdxFile) -> str | None:
    """Say what is wrong with an unpacked file, or return None if it is whole.

    Raises FileNotFoundError if there is no such file.
    """
    try:
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            start = file.read(len(expected.header))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        return _("{path} cannot be read ({reason})").format(
            path=path, reason=error.strerror or error
        )
    return _difference(path, expected, length, start)


def packed_problem(path: Path, expected: IdxFile) -> str | None:
    """Say what is wrong with a ``.gz`` archive, or return None if it seems whole.

    Only its two ends are read, so a fault in the middle shows up when it is unpacked.

    Raises FileNotFoundError if there is no such file.
    """
    try:
        with path.open("rb") as file:
            # gzip ends with the unpacked length: four bytes, the lowest first.
            file.seek(-4, os.SEEK_END)
            length = int.from_bytes(file.read(4), "little")
        with gzip.open(path, "rb") as unpacked:
            start = unpacked.read(len(expected.header))
            if length != expected.size:
                # The end is misleading for an archive of several parts, or with padding.
                length = len(start) + _count(unpacked, expected.size)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        return _("{path} is no whole gzip archive ({error})").format(path=path, error=error)
    return _difference(path, expected, length, start)


def unpack(archive: Path | IO[bytes], folder: Path, expected: IdxFile) -> None:
    """Unpack a gzip archive to ``folder / expected.name``: there whole, or not at all.

    Raises DataError if the archive is broken or holds something else; OSError if ``folder`` cannot
    be written to.
    """
    beside = folder / f".{expected.name}.{os.getpid()}-{secrets.token_hex(4)}.part"
    source = archive if isinstance(archive, Path) else expected.name + ".gz"
    try:
        with beside.open("wb") as target:
            try:
                with gzip.open(archive, "rb") as packed:
                    # One byte more than expected is enough to see that it is too long.
                    left = expected.size + 1
                    while left and (chunk := packed.read(min(CHUNK, left))):
                        target.write(chunk)
                        left -= len(chunk)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise DataError(
                    _("{source} is no whole gzip archive ({error}).").format(
                        source=source, error=error
                    )
                ) from None
            target.flush()
            os.fsync(target.fileno())
        if plain_problem(beside, expected):
            raise DataError(
                _("{source} holds something else than {expected}.").format(
                    source=source, expected=expected.name
                )
            )
        os.replace(beside, folder / expected.name)
    finally:
        beside.unlink(missing_ok=True)


def _count(file: gzip.GzipFile, limit: int) -> int:
    """Count the bytes that are left, up to a little over ``limit``."""
    total = 0
    while total <= limit and (chunk := file.read(CHUNK)):
        total += len(chunk)
    return total


def _difference(path: Path, expected: IdxFile, length: int, start: bytes) -> str | None:
    if length != expected.size:
        text = (
            _("{path} unpacks to {length} bytes and should have {size}")
            if path.suffix == ".gz"
            else _("{path} has {length} bytes and should have {size}")
        )
        return text.format(path=path, length=length, size=expected.size)
    if start != expected.header:
        sizes = " x ".join(map(str, expected.shape))
        return _("{path} does not begin like an IDX file of {sizes} bytes").format(
            path=path, sizes=sizes
        )
    return None
