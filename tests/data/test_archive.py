"""Own images that are refused, each in a sentence."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
import torch
from own_images import as_folder, as_zip, encoded, gradient, images, picture, refused
from PIL import Image

from vae.data import folder, intake, known_spec, load, spec_of
from vae.data.intake import add
from vae.errors import DataError
from vae.storage import archive

pytestmark = pytest.mark.usefixtures("root")


@pytest.mark.parametrize(
    "path", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png"]
)
def test_places_outside(path, root, tmp_path):
    refused(as_zip(images() | {path: encoded(picture())}), "place outside itself", root)
    assert not list(tmp_path.rglob("evil*"))


def with_entry(change: Callable[[zipfile.ZipInfo], None], content: bytes = b"x") -> io.BytesIO:
    buffer = as_zip(images())
    info = zipfile.ZipInfo("extra.png")
    change(info)
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr(info, content)
    return buffer


def test_links_in_a_zip(root):
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    refused(with_entry(link, b"/etc/passwd"), "holds a link", root)


def test_links_in_a_folder(tmp_path, root):
    top = as_folder(images(), tmp_path / "mine")
    (tmp_path / "secret").mkdir()
    (top / "more").symlink_to(tmp_path / "secret")
    refused(top, "is a link", root)
    (top / "more").unlink()
    (top / "one.png").symlink_to("/etc/hostname")
    refused(top, "is a link", root)


def test_a_password(root):
    content = bytearray(as_zip(images()).getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    refused(io.BytesIO(content), "protected by a password", root)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing(method, root):
    refused(as_zip(images(), method), "unusual way", root)


def test_too_large_a_zip(monkeypatch, root):
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 1000)
    refused(as_zip(images()), r"has 0 MB: a zip may have", root)


def test_a_bomb_that_declares_itself(root):
    blank = bytes(30 * 2**20)
    bomb = as_zip(images() | {f"z{n}.png": blank for n in range(40)})
    assert len(bomb.getvalue()) < 2 * 2**20
    refused(bomb, r"unpacks to 1,200 MB: 1,024 MB is the most", root)


def test_a_bomb_that_lies(monkeypatch, root):
    """What arrives counts, whatever the list of entries says."""
    bomb = as_zip(images(20) | {f"z{n}.png": bytes(4 * 2**20) for n in range(2)})
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 5 * 2**20)
    monkeypatch.setattr(archive, "_check_entries", lambda entries, shown: None)
    refused(bomb, "more than it says", root)


def test_a_file_too_long_for_an_image_is_skipped(monkeypatch):
    monkeypatch.setattr(intake, "MAX_FILE_BYTES", 10_000)
    added = add(as_zip(images(24) | {"long.png": bytes(20_000)}), "long")
    assert added.skipped == ("long.png",)


@pytest.mark.parametrize("zip64", [False, True])
def test_a_list_of_entries_too_long_is_never_read(zip64, monkeypatch, root):
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
def test_what_is_no_zip(content, root):
    refused(io.BytesIO(content), "mine.zip is no whole zip file", root)


def test_what_is_not_there(tmp_path, root):
    refused(tmp_path / "nowhere", "There is nothing at", root)


def test_too_few_and_too_many(monkeypatch, root):
    refused(as_zip(images(19)), "holds 19 images, but training needs 20", root)
    heic = {f"{n}.heic": b"x" for n in range(30)}
    refused(as_zip(heic), r"holds 0 images \(and 30 other files: \.heic\)", root)
    monkeypatch.setattr(intake, "MOST_IMAGES", 22)
    refused(as_zip(images(23)), "more than 22 images", root)


def test_too_deep_and_too_many_classes(root):
    refused(as_zip(images(24, "a/b/c/d/e/f/g/h/")), "nested more than 8 levels", root)
    many = {f"c{n}/x.png": encoded(picture()) for n in range(101)}
    refused(as_zip(many), "101 sub-folders", root)


def test_a_few_unreadable_images_are_skipped_and_counted():
    whole = encoded(Image.fromarray(gradient(50, 50)))
    bad = {"z/cut.png": whole[:-300], "z/text.jpg": b"text"}
    added = add(as_zip(images(24) | bad), "nearly")
    assert added.skipped == ("z/cut.png", "z/text.jpg")
    assert added.manifest.skipped == 2
    assert added.manifest.class_names == ("unsorted",)
    assert "2 could not be read and were left out: z/cut.png, z/text.jpg." in added.words()


def test_more_unreadable_images_are_refused_with_the_first_names(root):
    bad = {f"bad{n}.png": b"text" for n in range(4)}
    match = r"4 of 28 images in mine\.zip cannot be read \(bad0\.png, bad1\.png, bad2\.png …\)"
    refused(as_zip(images(24) | bad), match, root)
    refused(as_zip(images(19) | {"z.png": b"text"}), "Only 19 images of mine.zip can be read", root)


def test_an_entry_damaged_inside_is_skipped():
    content = bytearray(as_zip(images(24), zipfile.ZIP_STORED).getvalue())
    content[content.find(b"IDAT") + 6] ^= 255
    assert add(io.BytesIO(content), "crc").skipped == ("000.png",)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a b", "x" * 41, "-x", "ä"])
def test_names(name, root):
    with pytest.raises(DataError, match="cannot name a data set"):
        add(as_zip(images()), name)
    with pytest.raises(DataError, match="cannot name a data set"):
        spec_of(f"folder:{name}")
    assert known_spec(f"folder:{name}") is None


def test_a_name_that_is_taken():
    add(as_zip(images()), "mine")
    before = load("folder:mine").train.images
    with pytest.raises(DataError, match="already a data set folder:mine"):
        add(as_zip(images(40)), "folder:mine")
    assert torch.equal(load("folder:mine").train.images, before)
