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
from vae.locale import _

MEGA = 2**20
MAX_ZIP_BYTES = 200 * MEGA
MAX_UNPACKED_BYTES = 1024 * MEGA
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
            raise DataError(_("There is nothing at {place}.").format(place=source)) from None
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, EOFError):
            raise DataError(
                _("{file} is no whole zip file: zip the folder anew.").format(file=shown)
            ) from None
        except OSError as error:
            raise DataError(
                _("{file} cannot be read ({reason}).").format(
                    file=shown, reason=error.strerror or error
                )
            ) from None
        _check_entries(archive.infolist(), shown)
        yield archive


def _check_length(file: IO[bytes], shown: str) -> None:
    length = file.seek(0, 2)
    if length > MAX_ZIP_BYTES:
        raise DataError(
            _(
                "{file} has {size:.0f} MB: a zip may have {most} MB at most. Take something out."
            ).format(file=shown, size=length / MEGA, most=MAX_ZIP_BYTES // MEGA)
        )
    if _directory_bytes(file, length) > MAX_DIRECTORY_BYTES:
        raise DataError(
            _("{file} lists far too many files: take out what does not belong in it.").format(
                file=shown
            )
        )
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


def plain_name(name: str) -> str:
    """Return a stranger's name for a file so that a page shows no more than its letters."""
    return re.sub(r"[^\w ./-]", "_", name)[:80]


def _check_entries(entries: list[zipfile.ZipInfo], shown: str) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise DataError(
            _(
                "{file} unpacks to {size:,.0f} MB: {most:,} MB is the most. Take something out."
            ).format(file=shown, size=total / MEGA, most=MAX_UNPACKED_BYTES // MEGA)
        )
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
            raise DataError(
                _("{file} names a place outside itself ({place}): zip the folder anew.").format(
                    file=shown, place=plain_name(name)
                )
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(
                _("{file} holds a link ({place}): put the file itself in.").format(
                    file=shown, place=plain_name(name)
                )
            )
        if entry.flag_bits & 1:
            raise DataError(
                _("{file} is protected by a password: zip it without one.").format(file=shown)
            )
        # The other methods may turn a kilobyte into gigabytes before there is a chance to stop.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                _("{file} is packed in an unusual way: zip it as a plain zip file.").format(
                    file=shown
                )
            )


def read_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: list[int], most: int
) -> bytes:
    """Return what an entry holds, counted as it really arrives.

    Raises ValueError if it is longer than ``most`` bytes; DataError if all entries together are
    longer than the archive may be; zipfile.BadZipFile or OSError or zlib.error or EOFError if it
    is damaged.

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
                    _(
                        "The zip unpacks to more than {most:,} MB, and to more than it says: it is "
                        "refused."
                    ).format(most=MAX_UNPACKED_BYTES // MEGA)
                )
            if length > most:
                raise ValueError
            parts.append(part)
    return b"".join(parts)
