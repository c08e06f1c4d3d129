"""Making a data set of a folder or a zip of images, neither of which is trusted.

Nothing is unpacked to the disk: an archive's entries are read in memory, one at a time and within
limits, and its names serve only to tell the classes.
"""

import os
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.data import folder
from vae.data.decode import COLOURS, SIZES, decode
from vae.errors import DataError
from vae.locale import _, ngettext
from vae.locale.numbers import formatted
from vae.people import limits
from vae.storage.archive import MEGA, opened, read_entry
from vae.storage.files import read_bytes, write_atomic

MAX_FILE_BYTES = 50 * MEGA
LEAST_IMAGES, MOST_IMAGES = 20, 50_000
MOST_CLASSES = 100
MOST_LEVELS = 8
TEST_SHARE = 0.1
UNREADABLE_SHARE = 0.1
"""So many of the images may be unreadable: they are left out. With more, all are refused."""

ALL = "all"
"""The one class of images without sub-folders."""
UNSORTED = "unsorted"
"""The class of images that lie beside the sub-folders."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_SEED = 0
_NAMED = 3

Progress = Callable[[int, int], None]


class Candidate(NamedTuple):
    """A file that should be an image."""

    path: str
    """Where it lies in the folder or archive, with slashes."""
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Added:
    """What has become of a folder or an archive."""

    manifest: folder.Manifest
    skipped: tuple[str, ...]
    """Images that could not be read."""
    ignored: int
    """Files that are no images."""

    def words(self) -> str:
        of = self.manifest
        count = len(of.class_names)
        text = ngettext(
            "{registered} is ready: {train_size} training and {test_size} test images of "
            "{shape}, {count} class.",
            "{registered} is ready: {train_size} training and {test_size} test images of "
            "{shape}, {count} classes.",
            count,
        ).format(
            registered=of.registered,
            train_size=formatted(of.train_size, ","),
            test_size=formatted(of.test_size, ","),
            shape=" x ".join(map(str, of.shape)),
            count=count,
        )
        if self.skipped:
            named = _first_of(self.skipped, ", …")
            text += _(" {n_skipped} could not be read and were left out: {named}.").format(
                n_skipped=len(self.skipped), named=named
            )
        return text


def add(
    source: Path | IO[bytes],
    name: str,
    size: int = 28,
    colour: str = "grey",
    *,
    root: Path | str | None = None,
    source_name: str | None = None,
    progress: Progress | None = None,
    allowed: Mapping[str, int] | None = None,
) -> Added:
    """Make the data set ``folder:<name>`` of the images in a folder or a zip.

    Each image is cut to the square in its middle (bars beside it would be the first thing that a
    model learns), then brought to ``size`` x ``size`` pixels: by the mean over the area of each
    pixel where it shrinks. Its class is the sub-folder that it lies in, below what all of them
    have in common. After a shuffle with a fixed seed the first tenth, at least one image, is the
    test split.

    Raises DataError if the name is taken, there are too few or too many images, more than a tenth
    of them cannot be read, or the archive is too large or dangerous; LimitError if they are more
    than ``allowed`` (:func:`vae.people.limits` unless given).

    The source is a folder, a zip file, or a zip that was uploaded, then called ``source_name`` in
    words. ``progress`` is called with the number of images read and of all: if it raises, nothing
    is added.
    """
    if size not in SIZES or colour not in COLOURS:
        raise DataError(
            _("Images become {sizes} pixels wide and grey or rgb, not {size} and {colour}.").format(
                sizes=", ".join(map(str, SIZES)),
                size=size,
                colour=colour,
            )
        )
    plain = folder.plain_name(name)
    folder.check_free(plain, root)
    with folder.one_at_a_time(root):
        return _add(source, plain, size, colour, root, source_name, progress, allowed or limits())


def _add(
    source: Path | IO[bytes],
    plain: str,
    size: int,
    colour: str,
    root: Path | str | None,
    source_name: str | None,
    progress: Progress | None,
    allowed: Mapping[str, int],
) -> Added:
    def make(candidates: list[Candidate], ignored: Counter[str], shown: str) -> Added:
        folder.check_room(len(candidates) * COLOURS[colour] * size * size, root, allowed)
        return _make(candidates, ignored, plain, size, colour, shown, root, progress)

    if isinstance(source, Path) and source.is_dir():
        candidates, ignored = _sorted_out(_walk(source), source.name or str(source))
        return make(candidates, ignored, source.resolve().name)
    shown = source_name or (source.name if isinstance(source, Path) else _("the upload"))
    with opened(source, shown) as archive:
        budget = [0]
        entries = (
            (
                info.filename.replace("\\", "/"),
                partial(read_entry, archive, info, budget, MAX_FILE_BYTES),
            )
            for info in archive.infolist()
            if not info.is_dir()
        )
        return make(*_sorted_out(entries, shown), shown)


def _walk(top: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for where, directories, files in os.walk(top):
        directories[:] = sorted(name for name in directories if not _is_hidden(name))
        for name in [*directories, *files]:
            if (Path(where) / name).is_symlink() and not _is_hidden(name):
                raise DataError(
                    _("{path} is a link: put the images themselves into {top}.").format(
                        path=Path(where) / name, top=top
                    )
                )
        for name in files:
            path = Path(where) / name
            yield path.relative_to(top).as_posix(), partial(read_bytes, path, MAX_FILE_BYTES)


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _sorted_out(
    entries: Iterator[tuple[str, Callable[[], bytes]]], shown: str
) -> tuple[list[Candidate], Counter[str]]:
    """Return what should be images, by path, and the suffixes of what else there is."""
    candidates: dict[str, Candidate] = {}
    others: Counter[str] = Counter()
    for path, read in entries:
        parts = PurePosixPath(path).parts
        if any(_is_hidden(part) for part in parts):
            continue
        if len(parts) > MOST_LEVELS:
            raise DataError(
                _(
                    "{shown} is nested more than {most_levels} levels deep ({path}): put the "
                    "images into one folder, or one for each class."
                ).format(shown=shown, most_levels=MOST_LEVELS, path=path[:80])
            )
        suffix = PurePosixPath(path).suffix.lower()
        if suffix in SUFFIXES:
            candidates[path] = Candidate(path, read)  # An archive's last one of that name counts.
        else:
            others[suffix or _("without suffix")] += 1
        if len(candidates) > MOST_IMAGES:
            raise DataError(
                _("{shown} holds more than {most_images} images: take some of them out.").format(
                    shown=shown, most_images=formatted(MOST_IMAGES, ",")
                )
            )
    if len(candidates) < LEAST_IMAGES:
        listed = ", ".join(name for name, _count in others.most_common(_NAMED))
        beside = (
            _(" (and {n} other files: {listed})").format(n=sum(others.values()), listed=listed)
            if others
            else ""
        )
        raise DataError(
            _(
                "{shown} holds {n_candidates} images{beside}, but training needs "
                "{least_images} at least: PNG, JPEG, BMP, GIF, WebP, TIFF or PPM."
            ).format(
                shown=shown, n_candidates=len(candidates), beside=beside, least_images=LEAST_IMAGES
            )
        )
    return [candidates[path] for path in sorted(candidates)], others


def class_names(paths: list[str]) -> list[str]:
    """Return the class of each path: its sub-folder, below what all have in common."""
    folders = [list(PurePosixPath(path).parts[:-1]) for path in paths]
    while all(folders) and len({parts[0] for parts in folders}) == 1:
        folders = [parts[1:] for parts in folders]
    if not any(folders):
        return [ALL] * len(paths)
    return [_readable(parts[0]) if parts else UNSORTED for parts in folders]


def _readable(name: str) -> str:
    """Keep letters, digits and plain signs of a folder's name: it is shown in charts and pages."""
    return re.sub(r"[^\w .,+'()-]", "_", unicodedata.normalize("NFC", name))[:40]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort by numbers where there are any: 2 before 10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]


def _make(
    candidates: list[Candidate],
    ignored: Counter[str],
    name: str,
    size: int,
    colour: str,
    shown: str,
    root: Path | str | None,
    progress: Progress | None,
) -> Added:
    classes = class_names([candidate.path for candidate in candidates])
    if len(set(classes)) > MOST_CLASSES:
        raise DataError(
            _(
                "{shown} has {n_set} sub-folders, and each is a class: at most {most_classes} "
                "can be told apart."
            ).format(shown=shown, n_set=len(set(classes)), most_classes=MOST_CLASSES)
        )
    # A permutation of this generator is the same in every version of numpy.
    order = np.random.RandomState(_SEED).permutation(len(candidates))
    shape = (COLOURS[colour], size, size)
    names: list[str] = []
    skipped: list[str] = []
    with folder.adding(name, root) as place, (place / folder.IMAGES_FILE).open("wb") as file:
        # Straight to the disk: all images of a set may be more than a server should hold.
        writer = folder.ImageWriter(file, shape)
        for done, index in enumerate(order):
            if progress:
                progress(done, len(order))
            image = _picture(candidates[index], size, colour)
            if image is None:
                skipped.append(candidates[index].path)
                continue
            writer.add(image)
            names.append(classes[index])
        _check_share(skipped, len(order), shown)
        if len(names) < LEAST_IMAGES:
            raise DataError(
                _("Only {n_names} images of {shown} can be read: {least_images} at least.").format(
                    n_names=len(names), shown=shown, least_images=LEAST_IMAGES
                )
            )
        kinds = sorted(set(names), key=_natural)
        manifest = folder.Manifest(
            name=name,
            shape=shape,
            class_names=tuple(kinds),
            test_size=(test_size := max(1, round(TEST_SHARE * len(names)))),
            train_size=len(names) - test_size,
            source=shown,
            skipped=len(skipped),
        )
        numbers = {kind: number for number, kind in enumerate(kinds)}
        writer.finish(np.array([numbers[kind] for kind in names], dtype=np.int64))
        write_atomic(place / folder.MANIFEST_FILE, manifest.model_dump_json(indent=2).encode())
    if progress:
        progress(len(order), len(order))
    return Added(manifest, tuple(sorted(skipped)), sum(ignored.values()))


def _picture(candidate: Candidate, size: int, colour: str) -> NDArray[np.uint8] | None:
    """Return an image's pixels, or None if it cannot be read."""
    try:
        content = candidate.read()
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        return None
    return decode(content, size, colour)


def _check_share(skipped: list[str], count: int, shown: str) -> None:
    if len(skipped) > UNREADABLE_SHARE * count:
        raise DataError(
            _(
                "{n_skipped} of {count} images in {shown} cannot be read ({first_of}): mend "
                "them or take them out."
            ).format(
                n_skipped=len(skipped),
                count=count,
                shown=shown,
                first_of=_first_of(sorted(skipped), " …"),
            )
        )


def _first_of(paths: Sequence[str], more: str) -> str:
    names = ", ".join(path[-60:] for path in paths[:_NAMED])
    return names + (more if len(paths) > _NAMED else "")
