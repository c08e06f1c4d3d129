"""Zip archives from strangers: opened within limits, read an entry at a time, never unpacked."""

import contextlib
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vae.errors import DataError

MEGA = 2**20
MAX_ZIP_BYTES = 200 * MEGA
MAX_UNPACKED_BYTES = 1024 * MEGA
MAX_FILE_BYTES = 50 * MEGA
MAX_DIRECTORY_BYTES = 16 * MEGA
"""Of the list of entries, which is read as a whole: enough for 50,000 images and as many of the
hidden files that macOS adds."""

_CHUNK = 1 << 18


@contextlib.contextmanager
def opened(source: Path | IO[bytes], shown: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip after a look at its size, its list of entries and their names.

    Raises DataError if it is no zip, too large by what it declares, protected by a password, packed
    in an unusual way, or names a place outside itself.

    ``source``: a path or a file that was uploaded; ``shown``: what to call it in words.
    """
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
            _check_length(file, shown)
            archive = stack.enter_context(zipfile.ZipFile(file))
        except FileNotFoundError:
            raise DataError(f"There is no folder and no zip file {source}.") from None
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, EOFError):
            raise DataError(
                f"{shown} is no whole zip file: zip the folder with the images anew."
            ) from None
        except OSError as error:
            raise DataError(f"{shown} cannot be read ({error.strerror or error}).") from None
        _check_entries(archive.infolist(), shown)
        yield archive


def _check_length(file: IO[bytes], shown: str) -> None:
    length = file.seek(0, 2)
    if length > MAX_ZIP_BYTES:
        raise DataError(
            f"{shown} has {length / MEGA:.0f} MB: a zip may have {MAX_ZIP_BYTES // MEGA} MB at "
            "most. Make the images smaller, or take some of them out."
        )
    if _directory_bytes(file, length) > MAX_DIRECTORY_BYTES:
        raise DataError(f"{shown} lists far too many files: take out what is no image.")
    file.seek(0)


def _directory_bytes(file: IO[bytes], length: int) -> int:
    """Return the length of the list of entries, as the end of the archive declares it.

    ``zipfile`` reads the list as a whole when it opens an archive, so this comes first. Every
    place is looked at where one of its versions finds the number (APPNOTE 6.3, 4.3.14 to 4.3.16).
    """
    file.seek(max(0, length - (1 << 16) - 100))
    tail = file.read()
    found = [0]
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        with contextlib.suppress(struct.error):
            found += struct.unpack_from("<L", tail, at + 12)
            if tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
                (place,) = struct.unpack_from("<Q", tail, at - 20 + 8)
                for start in (place, length - len(tail) + at - 20 - 56):
                    if 0 <= start < length:
                        file.seek(start)
                        found += struct.unpack_from("<Q", file.read(56), 40)
        at = tail.find(b"PK\x05\x06", at + 1)
    # All ones stand for a number that is in the larger record.
    return max(number for number in found if number != 0xFFFFFFFF)


def _check_entries(entries: list[zipfile.ZipInfo], shown: str) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise DataError(
            f"{shown} unpacks to {total / MEGA:,.0f} MB: {MAX_UNPACKED_BYTES // MEGA:,} MB is the "
            "most. Make the images smaller, or take some of them out."
        )
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            raise DataError(
                f"{shown} names a place outside itself ({name[:80]}): zip the folder with the "
                "images anew."
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(f"{shown} holds a link ({name[:80]}): put the image itself in.")
        if entry.flag_bits & 1:
            raise DataError(f"{shown} is protected by a password: zip it without one.")
        # The other methods may turn a kilobyte into gigabytes before there is a chance to stop.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{shown} is packed in an unusual way: zip it as a plain zip file.")


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: list[int]) -> bytes:
    """Return what an entry holds, counted as it really arrives.

    Raises ValueError if it is too long for an image; DataError if all entries together are longer
    than the archive may be; zipfile.BadZipFile or OSError or zlib.error or EOFError if it is
    damaged.

    ``budget``: one number: the bytes that all entries have given so far.
    """
    parts: list[bytes] = []
    length = 0
    with archive.open(entry) as file:
        while part := file.read(_CHUNK):
            length += len(part)
            budget[0] += len(part)
            if budget[0] > MAX_UNPACKED_BYTES:
                raise DataError(
                    f"The zip unpacks to more than {MAX_UNPACKED_BYTES // MEGA:,} MB, and to more "
                    "than it says: it is refused."
                )
            if length > MAX_FILE_BYTES:
                raise ValueError("too long for an image")
            parts.append(part)
    return b"".join(parts)
