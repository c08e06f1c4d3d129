"""Own images: what is taken from a folder or a zip, what is refused, and in which words."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Cli, process_env
from PIL import Image

from vae.config import DataConfig
from vae.data import (
    DATASETS,
    all_datasets,
    archive,
    data_dir,
    folder,
    get,
    intake,
    known_spec,
    load,
    spec_of,
    status,
    version_of,
)
from vae.data.decode import decode
from vae.data.intake import add, class_names
from vae.errors import DataError
from vae.runs import Run
from vae.storage.files import read_arrays, write_arrays

Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory of each test."""
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def picture(level: int | tuple[int, ...] = 200, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new("L" if isinstance(level, int) else "RGB", size, level)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def images(count: int = 24, where: str = "", first: int = 0) -> Files:
    """Pictures whose grey level tells which one it is."""
    return {f"{where}{number:03d}.png": encoded(picture(first + number)) for number in range(count)}


def as_folder(files: Files, top: Path) -> Path:
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return top


def as_zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return buffer


def levels(split_images: torch.Tensor) -> list[int]:
    return sorted(int(image.max()) for image in split_images)


# --- what comes of it


@pytest.mark.parametrize("kind", ["folder", "zip", "upload"])
def test_a_set_is_added_found_loaded_and_removed(kind: str, tmp_path: Path, root: Path) -> None:
    files = images(15, "flowers/rose/", 10) | images(25, "flowers/tulip/", 100)
    source: Path | io.BytesIO = as_zip(files)
    if kind == "folder":
        source = as_folder(files, tmp_path / "mine")
    if kind == "zip":
        source = tmp_path / "mine.zip"
        source.write_bytes(as_zip(files).getvalue())
    seen: list[tuple[int, int]] = []
    added = add(source, "flowers", progress=lambda *now: seen.append(now))
    assert (added.skipped, added.ignored) == ((), 0)
    assert seen[0] == (0, 40)
    assert seen[-1] == (40, 40)
    assert [path.name for path in (root / "folders").iterdir()] == ["flowers"]
    assert {path.name for path in (root / "folders" / "flowers").iterdir()} == {
        folder.MANIFEST_FILE,
        folder.IMAGES_FILE,
    }

    name = "folder:flowers"
    assert list(all_datasets()) == [*DATASETS, name]
    spec = spec_of(name)
    assert (spec.shape, spec.class_names) == ((1, 28, 28), ("rose", "tulip"))
    assert (spec.train_size, spec.test_size) == (36, 4)
    assert not spec.embedded
    assert status(name).ready
    assert get(name).ready
    data = load(name)
    assert (data.name, data.shape, data.class_names) == (name, spec.shape, spec.class_names)
    assert (len(data.train), len(data.test)) == (36, 4)
    # Every image once, in one of the splits, with the label of its folder.
    both = torch.cat([data.train.images, data.test.images])
    assert levels(both) == [*range(10, 25), *range(100, 125)]
    labels = torch.cat([data.train.labels, data.test.labels])
    assert torch.equal(labels, (both[:, 0, 0, 0] >= 100).long())

    assert folder.remove("flowers") == name
    assert name not in all_datasets()
    assert known_spec(name) is None
    assert not list((root / "folders").iterdir())
    for call in (spec_of, status, load, get):
        with pytest.raises(DataError, match=r"no data set folder:flowers here.*data add"):
            call(name)


def test_the_split_is_the_same_every_time_and_for_every_source(tmp_path: Path) -> None:
    files = images(50)
    add(as_zip(files), "one")
    add(as_zip(dict(reversed(files.items()))), "two")
    add(as_folder(files, tmp_path / "three"), "three")
    one, *others = (load(f"folder:{name}") for name in ("one", "two", "three"))
    for other in others:
        assert torch.equal(one.test.images, other.test.images)
        assert torch.equal(one.train.images, other.train.images)
    assert len(one.test) == 5
    # A shuffle: not the first five by name.
    assert levels(one.test.images) != [0, 1, 2, 3, 4]
    assert one.class_names == ("all",)


@pytest.mark.parametrize(("size", "colour", "channels"), [(28, "grey", 1), (64, "rgb", 3)])
def test_size_and_colour(size: int, colour: str, channels: int) -> None:
    files = {f"{n}.png": encoded(picture((n, 50, 200))) for n in range(20)}
    add(as_zip(files), "colour", size, colour)
    data = load("folder:colour")
    assert data.shape == (channels, size, size)
    assert data.train.images.shape[1:] == data.shape
    if channels == 3:
        assert data.train.images[:, 1:, 5, 5].unique(dim=0).tolist() == [[50, 200]]


def test_sizes_and_colours_that_are_not_there() -> None:
    for size, colour in ((30, "grey"), (28, "blue")):
        with pytest.raises(DataError, match="28, 32, 64 pixels wide and grey or rgb"):
            add(as_zip(images()), "x", size, colour)


@pytest.mark.parametrize(
    ("paths", "classes"),
    [
        (["a.png", "b.png"], ["all", "all"]),
        (["top/a.png", "top/b.png"], ["all", "all"]),
        (["top/rose/a.png", "top/tulip/b.png"], ["rose", "tulip"]),
        (["rose/deep/a.png", "rose/b.png", "tulip/c.png"], ["rose", "rose", "tulip"]),
        (["a.png", "rose/b.png"], ["unsorted", "rose"]),
        (["a/b/c/x.png", "a/b/d/x.png"], ["c", "d"]),
        (["<b>/x.png", "été/y.png"], ["_b_", "été"]),
    ],
)
def test_classes_are_the_sub_folders(paths: list[str], classes: list[str]) -> None:
    assert class_names(paths) == classes


def test_numbered_classes_are_in_the_order_of_their_numbers() -> None:
    files: Files = {}
    for name in ("10", "9", "1"):
        files |= images(10, f"{name}/")
    assert add(as_zip(files), "numbers").manifest.class_names == ("1", "9", "10")


def test_hidden_files_and_others_are_left_out() -> None:
    files = images(20, "set/") | {
        "__MACOSX/set/._000.png": b"junk",
        "set/.hidden.png": b"junk",
        "set/.git/x.png": b"junk",
        "set/labels.csv": b"a,b",
        "set/README": b"text",
    }
    added = add(as_zip(files), "clean")
    assert added.manifest.train_size + added.manifest.test_size == 20
    assert added.ignored == 2
    assert added.manifest.class_names == ("all",)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_counts_once() -> None:
    buffer = as_zip(images(24))
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr("003.png", encoded(picture(250)))
    add(buffer, "twice")
    data = load("folder:twice")
    found = levels(torch.cat([data.train.images, data.test.images]))
    assert found == sorted([*range(3), *range(4, 24), 250])


def test_a_set_of_an_earlier_version_is_read(root: Path) -> None:
    add(as_zip(images(30, "a/") | images(20, "b/")), "mine")
    path = root / "folders" / "mine" / folder.IMAGES_FILE
    now = load("folder:mine")
    arrays, _ = read_arrays(path)
    write_arrays(path, dict(reversed(arrays.items())))
    before = load("folder:mine")
    for one, other in ((now.train, before.train), (now.test, before.test)):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


def test_what_was_loaded_outlives_the_set() -> None:
    add(as_zip(images(30)), "mine")
    data = load("folder:mine")
    folder.remove("mine")
    assert levels(torch.cat([data.train.images, data.test.images])) == [*range(30)]


def test_a_set_that_is_made_anew_has_another_version() -> None:
    assert version_of("mnist") == version_of("digits") == ""
    seen = [version_of("folder:mine")]
    for first in (10, 100):
        add(as_zip(images(30, first=first)), "mine")
        seen.append(version_of("folder:mine"))
        assert version_of("folder:mine") == seen[-1]
        folder.remove("mine")
    assert len(set(seen)) == 3
    assert version_of("folder:mine") == seen[0]


# --- pixels


def gradient(width: int, height: int) -> np.ndarray:
    return np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)


def test_shrinking_is_the_mean_over_the_area() -> None:
    values = np.random.default_rng(0).integers(0, 256, (56, 56), np.uint8)
    found = decode(encoded(Image.fromarray(values)), 28, "grey")
    assert found is not None
    assert found.shape == (1, 28, 28)
    means = values.reshape(28, 2, 28, 2).mean((1, 3))
    assert np.abs(found[0] - means).max() <= 1


def test_the_square_in_the_middle_is_taken() -> None:
    for size in ((60, 28), (28, 60)):
        image = picture(0, size)
        left, top = (size[0] - 28) // 2, (size[1] - 28) // 2
        values = gradient(28, 28)
        image.paste(Image.fromarray(values), (left, top))
        found = decode(encoded(image), 28, "grey")
        assert found is not None
        np.testing.assert_array_equal(found[0], values)


def test_small_images_grow() -> None:
    found = decode(encoded(Image.fromarray(gradient(8, 8))), 28, "grey")
    assert found is not None
    assert len(np.unique(found)) > 64  # in between, not the same pixels again


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_formats(kind: str) -> None:
    found = decode(encoded(picture((180, 60, 20)), kind), 32, "rgb")
    assert found is not None
    assert np.abs(found[:, 16, 16].astype(int) - (180, 60, 20)).max() <= 4


def test_large_jpeg_is_as_a_small_one() -> None:
    values = np.asarray(Image.fromarray(gradient(28, 28)).resize((1400, 1400)))
    large = decode(encoded(Image.fromarray(values), "JPEG", quality=95), 28, "grey")
    small = decode(encoded(Image.fromarray(values)), 28, "grey")
    assert large is not None
    assert small is not None
    assert np.abs(large.astype(int) - small).max() <= 4


def test_sixteen_bits_transparency_palette_and_orientation() -> None:
    deep = decode(encoded(Image.fromarray(np.full((30, 30), 128 * 256, np.uint16))), 28, "grey")
    assert deep is not None
    assert deep.max() == deep.min() == 128
    clear = decode(encoded(Image.new("RGBA", (30, 30), (0, 0, 0, 0))), 28, "rgb")
    assert clear is not None
    assert clear.min() == 255
    palette = decode(encoded(picture((10, 200, 30)).convert("P")), 28, "rgb")
    assert palette is not None
    lying = Image.fromarray(np.repeat([[0, 255]], 28, 0).repeat(14, 1).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    upright = decode(encoded(lying, "JPEG", exif=exif), 28, "grey")
    assert upright is not None
    assert upright[0, 2].mean() < 50 < 200 < upright[0, -3].mean()


def test_what_is_no_image_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encoded(Image.fromarray(gradient(50, 50)))
    photo = encoded(Image.fromarray(gradient(50, 50)), "JPEG")
    cut = [whole[: len(whole) // 2], photo[: len(photo) // 2]]
    for content in (b"", b"junk", b"%!PS-Adobe", *cut):
        assert decode(content, 28, "grey") is None
    monkeypatch.setattr("vae.data.decode.MAX_PIXELS", 49 * 50)
    assert decode(whole, 28, "grey") is None


def test_a_jpeg_is_measured_by_what_is_held_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Image.fromarray(gradient(1400, 1400))
    monkeypatch.setattr("vae.data.decode.MAX_PIXELS", 1_000_000)
    assert decode(encoded(photo), 28, "grey") is None
    assert decode(encoded(photo, "JPEG"), 28, "grey") is not None
    assert decode(encoded(photo, "JPEG", progressive=True), 28, "grey") is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "F", "1"])
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_rows_at_a_time_are_as_all_at_once(
    mode: str, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only some of the rows are above 255."""
    levels = np.linspace(0, 60_000, 90 * 60).reshape(90, 60)
    image = Image.fromarray(levels.astype(np.float32 if mode == "F" else np.uint16))
    if mode not in ("F", "I;16"):
        image = Image.fromarray((levels / 256).astype(np.uint8)).convert(mode)
        if mode in ("RGBA", "LA"):
            image.putalpha(Image.fromarray(gradient(60, 90)))
    content = encoded(image, "TIFF" if mode == "F" else "PNG")
    whole = decode(content, 28, colour)
    monkeypatch.setattr("vae.data.decode._ROWS", 7)
    assert whole is not None
    np.testing.assert_array_equal(decode(content, 28, colour), whole)
    assert whole.max() - whole.min() > 20


# --- what it takes

MEASURED = """
import os, resource, sys, threading
from pathlib import Path
import psutil
from PIL import Image
from vae.data import intake
first, source, size, colour = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
Image.init()
intake.add(first, "first", size, colour)  # What is imported and kept by then is no part of it.
idle = psutil.Process().memory_info().rss
highest, over = [idle], threading.Event()
def watch():
    while not over.wait(0.002):
        highest[0] = max(highest[0], psutil.Process().memory_info().rss)
watcher = threading.Thread(target=watch)
watcher.start()
intake.add(source, "second", size, colour)
over.set()
watcher.join()
print((highest[0] - idle) / 1e6)
"""


def taken_mb(tmp_path: Path, files: Files, size: int, colour: str) -> float:
    """How much memory the process takes above what it had, in MB, while it takes in a zip."""
    paths = [tmp_path / "first.zip", tmp_path / "second.zip"]
    for path, content in zip(paths, (images(), files), strict=True):
        path.write_bytes(as_zip(content, zipfile.ZIP_STORED).getvalue())
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, paths), str(size), colour],
        env=process_env(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def test_a_set_is_never_held_as_a_whole(tmp_path: Path) -> None:
    photo = encoded(picture((200, 30, 60), (64, 64)), "JPEG")
    count = 6000  # 74 MB of pixels: the bound is a third of what 200 MB are of 614
    assert taken_mb(tmp_path, {f"{n}.jpg": photo for n in range(count)}, 64, "rgb") < 25
    data = load("folder:second")
    assert len(data.train) + len(data.test) == count
    assert len(torch.cat([data.train.images, data.test.images]).flatten(1).unique(dim=0)) == 1


def test_huge_pictures_take_little_memory(tmp_path: Path) -> None:
    huge = encoded(Image.new("1", (9_400, 9_400)))
    files = images(40) | {f"huge{n}.png": huge for n in range(3)}
    assert taken_mb(tmp_path, files, 28, "rgb") < 100
    assert spec_of("folder:second").train_size == 36


# --- what is refused


def refused(source: Path | io.BytesIO, match: str, root: Path, name: str = "bad") -> None:
    with pytest.raises(DataError, match=match) as caught:
        add(source, name, source_name="mine.zip")
    assert "\n" not in str(caught.value)
    assert not (root / "folders").exists() or not list((root / "folders").iterdir())


@pytest.mark.parametrize(
    "path", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png"]
)
def test_places_outside(path: str, root: Path, tmp_path: Path) -> None:
    refused(as_zip(images() | {path: encoded(picture())}), "place outside itself", root)
    assert not list(tmp_path.rglob("evil*"))


def with_entry(change: Callable[[zipfile.ZipInfo], None], content: bytes = b"x") -> io.BytesIO:
    buffer = as_zip(images())
    info = zipfile.ZipInfo("extra.png")
    change(info)
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr(info, content)
    return buffer


def test_links_in_a_zip(root: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    refused(with_entry(link, b"/etc/passwd"), "holds a link", root)


def test_links_in_a_folder(tmp_path: Path, root: Path) -> None:
    top = as_folder(images(), tmp_path / "mine")
    (tmp_path / "secret").mkdir()
    (top / "more").symlink_to(tmp_path / "secret")
    refused(top, "is a link", root)
    (top / "more").unlink()
    (top / "one.png").symlink_to("/etc/hostname")
    refused(top, "is a link", root)


def test_a_password(root: Path) -> None:
    content = bytearray(as_zip(images()).getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    refused(io.BytesIO(content), "protected by a password", root)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing(method: int, root: Path) -> None:
    refused(as_zip(images(), method), "unusual way", root)


def test_too_large_a_zip(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 1000)
    refused(as_zip(images()), r"has 0 MB: a zip may have", root)


def test_a_bomb_that_declares_itself(root: Path) -> None:
    blank = bytes(30 * 2**20)
    bomb = as_zip(images() | {f"z{n}.png": blank for n in range(40)})
    assert len(bomb.getvalue()) < 2 * 2**20
    refused(bomb, r"unpacks to 1,200 MB: 1,024 MB is the most", root)


def test_a_bomb_that_lies(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """What arrives counts, whatever the list of entries says."""
    bomb = as_zip(images(20) | {f"z{n}.png": bytes(4 * 2**20) for n in range(2)})
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 5 * 2**20)
    monkeypatch.setattr(archive, "_check_entries", lambda entries, shown: None)
    refused(bomb, "more than it says", root)


def test_a_file_too_long_for_an_image_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 10_000)
    added = add(as_zip(images(24) | {"long.png": bytes(20_000)}), "long")
    assert added.skipped == ("long.png",)


@pytest.mark.parametrize("zip64", [False, True])
def test_a_list_of_entries_too_long_is_never_read(
    zip64: bool, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    content = as_zip(images()).getvalue()
    if zip64:
        # A larger record that the smaller one refers to, as APPNOTE 4.3.14 and 4.3.15 have it.
        end = content.rfind(b"PK\x05\x06")
        start, size = struct.unpack_from("<LL", content, end + 12)[::-1]
        record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 24, 24, size, start)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
        ones = content[end : end + 8] + b"\xff" * 12 + content[end + 20 :]
        content = content[:end] + record + locator + ones
    add(io.BytesIO(content), "whole")
    folder.remove("whole")
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    refused(io.BytesIO(content), "lists far too many files", root)


@pytest.mark.parametrize("content", [b"", b"no zip at all", as_zip(images()).getvalue()[:-40]])
def test_what_is_no_zip(content: bytes, root: Path) -> None:
    refused(io.BytesIO(content), "mine.zip is no whole zip file", root)


def test_what_is_not_there(tmp_path: Path, root: Path) -> None:
    refused(tmp_path / "nowhere", "no folder and no zip file", root)


def test_too_few_and_too_many(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    refused(as_zip(images(19)), "holds 19 images, but training needs 20", root)
    heic = {f"{n}.heic": b"x" for n in range(30)}
    refused(as_zip(heic), r"holds 0 images \(and 30 other files: \.heic\)", root)
    monkeypatch.setattr(intake, "MOST_IMAGES", 22)
    refused(as_zip(images(23)), "more than 22 images", root)


def test_too_deep_and_too_many_classes(root: Path) -> None:
    refused(as_zip(images(24, "a/b/c/d/e/f/g/h/")), "nested more than 8 levels", root)
    many = {f"c{n}/x.png": encoded(picture()) for n in range(101)}
    refused(as_zip(many), "101 sub-folders", root)


def test_a_few_unreadable_images_are_skipped_and_counted() -> None:
    whole = encoded(Image.fromarray(gradient(50, 50)))
    bad = {"z/cut.png": whole[:-300], "z/text.jpg": b"text"}
    added = add(as_zip(images(24) | bad), "nearly")
    assert added.skipped == ("z/cut.png", "z/text.jpg")
    assert added.manifest.skipped == 2
    assert added.manifest.class_names == ("unsorted",)
    assert "2 could not be read and were left out: z/cut.png, z/text.jpg." in added.words()


def test_more_unreadable_images_are_refused_with_the_first_names(root: Path) -> None:
    bad = {f"bad{n}.png": b"text" for n in range(4)}
    match = r"4 of 28 images in mine\.zip cannot be read \(bad0\.png, bad1\.png, bad2\.png …\)"
    refused(as_zip(images(24) | bad), match, root)
    refused(as_zip(images(19) | {"z.png": b"text"}), "Only 19 images of mine.zip can be read", root)


def test_an_entry_damaged_inside_is_skipped() -> None:
    content = bytearray(as_zip(images(24), zipfile.ZIP_STORED).getvalue())
    content[content.find(b"IDAT") + 6] ^= 255
    assert add(io.BytesIO(content), "crc").skipped == ("000.png",)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a b", "x" * 41, "-x", "ä"])
def test_names(name: str, root: Path) -> None:
    with pytest.raises(DataError, match="cannot name a data set"):
        add(as_zip(images()), name)
    with pytest.raises(DataError, match="cannot name a data set"):
        spec_of(f"folder:{name}")
    assert known_spec(f"folder:{name}") is None


def test_a_name_that_is_taken() -> None:
    add(as_zip(images()), "mine")
    before = load("folder:mine").train.images
    with pytest.raises(DataError, match="already a data set folder:mine"):
        add(as_zip(images(40)), "folder:mine")
    assert torch.equal(load("folder:mine").train.images, before)


# --- on the disk


def test_an_interrupted_addition_leaves_nothing(root: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(as_zip(images()), "half", progress=stop)
    assert not list((root / "folders").iterdir())


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    def full(writer: folder.ImageWriter, *rest: object) -> None:
        raise OSError(28, "No space left on device", writer.file.name)

    monkeypatch.setattr(folder.ImageWriter, "add", full)
    refused(as_zip(images()), "No space left on device.*VAE_DATA_DIR", root)


def test_leftovers_of_the_killed_are_removed_later(root: Path) -> None:
    old, new = (root / "folders" / f"{folder._STAGING}{n}" for n in (1, 2))
    for path in (old, new):
        path.mkdir(parents=True)
    os.utime(old, (0, 0))
    add(as_zip(images()), "mine")
    assert not old.exists()
    assert new.exists()  # perhaps somebody is at work in it
    assert [found.name for found in folder.listing()] == ["mine"]


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "manifest", "renamed"])
def test_damage_is_seen_and_the_set_can_be_removed(damage: str, root: Path) -> None:
    add(as_zip(images()), "mine")
    place = root / "folders" / "mine"
    pictures = place / folder.IMAGES_FILE
    if damage == "cut":
        pictures.write_bytes(pictures.read_bytes()[:-10])
    elif damage == "gone":
        pictures.unlink()
    elif damage == "other":
        add(as_zip(images(30)), "other")
        shutil.copy(root / "folders" / "other" / folder.IMAGES_FILE, pictures)
        folder.remove("other")
    elif damage == "manifest":
        (place / folder.MANIFEST_FILE).write_text("{")
    else:
        place = place.rename(root / "folders" / "yours")
    name = f"folder:{place.name}"
    if damage in ("cut", "gone", "other"):
        assert status(name).state == "damaged"
        assert f"data remove {place.name}" in status(name).message
        with pytest.raises(DataError, match="damaged"):
            get(name)
    else:
        assert name not in all_datasets()
    with pytest.raises(DataError, match=rf"damaged.*data remove {place.name}"):
        load(name)
    folder.remove(place.name)
    assert not place.exists()


def test_version_tells_a_set_from_its_successor() -> None:
    add(as_zip(images()), "mine")
    first = spec_of("folder:mine").version
    folder.remove("mine")
    add(as_zip(images()), "mine")
    assert spec_of("folder:mine").version != first


# --- the command line


def test_commands(cli: Cli, tmp_path: Path, one_thread: None) -> None:
    files = images(30, "rose/") | images(30, "tulip/", 100) | {"rose/bad.png": b"text"}
    source = as_folder(files, tmp_path / "photos")
    answer = cli("data", "add", source, "--name", "flowers", "--size", 32, "--colour", "rgb")
    assert answer.code == 0, answer
    assert "folder:flowers is ready: 54 training and 6 test images of 3 x 32 x 32" in answer.out
    assert "1 could not be read" in answer.out
    rows = {row["name"]: row for row in cli("data", "list", "--json").json["datasets"]}
    assert rows["folder:flowers"]["state"] == "ready"
    assert rows["folder:flowers"]["shape"] == [3, 32, 32]
    assert "folder:flowers" in cli("data", "list").out

    options = ("--epochs", 1, "--hidden", "8", "--device", "cpu", "--json")
    trained = cli("train", "--dataset", "folder:flowers", *options, "--classes", "tulip")
    assert trained.code == 0, trained
    name = trained.json["name"]
    assert name.startswith("folder-flowers-only1-vae-2d-s0-")
    assert Run(tmp_path / "checkpoints" / name).config.data == DataConfig(
        dataset="folder:flowers", classes=(1,)
    )
    assert cli("evaluate", name, "--json").code == 0

    removed = cli("data", "remove", "folder:flowers", "--json")
    assert removed.json == {"name": "folder:flowers", "state": "removed"}
    cli("data", "remove", "flowers").check_refused("no data set folder:flowers to remove")
    cli("data", "remove", "mnist").check_refused("built-in ones stay")
    cli("evaluate", name).check_refused("no data set folder:flowers here")
    cli("train", "--dataset", "folder:../x").check_refused("cannot name a data set")
    assert not list(data_dir().rglob("*.safetensors"))


def test_commands_refuse_in_a_sentence(cli: Cli, tmp_path: Path) -> None:
    cli("data", "add", "nowhere", "--name", "x").check_refused("no folder and no zip file nowhere")
    source = as_folder(images(), tmp_path / "photos")
    cli("data", "add", source, "--name", "a/b").check_refused("cannot name a data set")
    cli("data", "add", source, "--name", "x", "--size", 30).check_refused("28, 32, 64")
    cli("data", "add", source, "--name", "x", "--colour", "blue").check_refused("grey or rgb")
    cli("data", "add", source).check_refused("--name")
    found = json.loads(cli("data", "add", source, "--name", "x", "--json").out)
    assert found["name"] == "folder:x"
    assert (found["train"], found["test"], found["skipped"]) == (22, 2, [])
