"""Own images: what is taken from a folder or a zip, what is refused, and in which words."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from commands import process_env
from own_images import Files, as_folder, as_zip, encoded, images, picture, refused
from PIL import Image

from vae.config import DataConfig
from vae.data import (
    DATASETS,
    all_datasets,
    data_dir,
    folder,
    get,
    known_spec,
    load,
    spec_of,
    status,
    version_of,
)
from vae.data.intake import add, class_names
from vae.errors import DataError
from vae.runs import Run
from vae.storage.files import read_arrays, write_arrays

pytestmark = pytest.mark.usefixtures("root")


def levels(split_images: torch.Tensor) -> list[int]:
    return sorted(int(image.max()) for image in split_images)


# --- what comes of it


@pytest.mark.parametrize("kind", ["folder", "zip", "upload"])
def test_a_set_is_added_found_loaded_and_removed(kind, tmp_path, root):
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


def test_the_split_is_the_same_every_time_and_for_every_source(tmp_path):
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
def test_size_and_colour(size, colour, channels):
    files = {f"{n}.png": encoded(picture((n, 50, 200))) for n in range(20)}
    add(as_zip(files), "colour", size, colour)
    data = load("folder:colour")
    assert data.shape == (channels, size, size)
    assert data.train.images.shape[1:] == data.shape
    if channels == 3:
        assert data.train.images[:, 1:, 5, 5].unique(dim=0).tolist() == [[50, 200]]


def test_sizes_and_colours_that_are_not_there():
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
def test_classes_are_the_sub_folders(paths, classes):
    assert class_names(paths) == classes


def test_numbered_classes_are_in_the_order_of_their_numbers():
    files: Files = {}
    for name in ("10", "9", "1"):
        files |= images(10, f"{name}/")
    assert add(as_zip(files), "numbers").manifest.class_names == ("1", "9", "10")


def test_hidden_files_and_others_are_left_out():
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
def test_a_member_that_is_there_twice_counts_once():
    buffer = as_zip(images(24))
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr("003.png", encoded(picture(250)))
    add(buffer, "twice")
    data = load("folder:twice")
    found = levels(torch.cat([data.train.images, data.test.images]))
    assert found == sorted([*range(3), *range(4, 24), 250])


def test_a_set_of_an_earlier_version_is_read(root):
    add(as_zip(images(30, "a/") | images(20, "b/")), "mine")
    path = root / "folders" / "mine" / folder.IMAGES_FILE
    now = load("folder:mine")
    arrays, _ = read_arrays(path)
    write_arrays(path, dict(reversed(arrays.items())))
    before = load("folder:mine")
    for one, other in ((now.train, before.train), (now.test, before.test)):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


def test_what_was_loaded_outlives_the_set():
    add(as_zip(images(30)), "mine")
    data = load("folder:mine")
    folder.remove("mine")
    assert levels(torch.cat([data.train.images, data.test.images])) == [*range(30)]


def test_a_set_that_is_made_anew_has_another_version():
    assert version_of("mnist") == version_of("digits") == ""
    seen = [version_of("folder:mine")]
    for first in (10, 100):
        add(as_zip(images(30, first=first)), "mine")
        seen.append(version_of("folder:mine"))
        assert version_of("folder:mine") == seen[-1]
        folder.remove("mine")
    assert len(set(seen)) == 3
    assert version_of("folder:mine") == seen[0]


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


# --- what it takes


def test_a_set_is_never_held_as_a_whole(tmp_path):
    photo = encoded(picture((200, 30, 60), (64, 64)), "JPEG")
    count = 6000  # 74 MB of pixels: the bound is a third of what 200 MB are of 614
    assert taken_mb(tmp_path, {f"{n}.jpg": photo for n in range(count)}, 64, "rgb") < 25
    data = load("folder:second")
    assert len(data.train) + len(data.test) == count
    assert len(torch.cat([data.train.images, data.test.images]).flatten(1).unique(dim=0)) == 1


def test_huge_pictures_take_little_memory(tmp_path):
    huge = encoded(Image.new("1", (9_400, 9_400)))
    files = images(40) | {f"huge{n}.png": huge for n in range(3)}
    assert taken_mb(tmp_path, files, 28, "rgb") < 100
    assert spec_of("folder:second").train_size == 36


# --- on the disk


def test_an_interrupted_addition_leaves_nothing(root):
    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(as_zip(images()), "half", progress=stop)
    assert not list((root / "folders").iterdir())


def test_a_full_disk_is_a_sentence(monkeypatch, root):
    def full(writer: folder.ImageWriter, *rest: object) -> None:
        raise OSError(28, "No space left on device", writer.file.name)

    monkeypatch.setattr(folder.ImageWriter, "add", full)
    refused(as_zip(images()), "No space left on device.*VAE_DATA_DIR", root)


def test_leftovers_of_the_killed_are_removed_later(root):
    old, new = (root / "folders" / f".half~{n}" for n in (1, 2))
    for path in (old, new):
        path.mkdir(parents=True)
    os.utime(old, (0, 0))
    add(as_zip(images()), "mine")
    assert not old.exists()
    assert new.exists()  # perhaps somebody is at work in it
    assert [found.name for found in folder.listing()] == ["mine"]


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "manifest", "renamed"])
def test_damage_is_seen_and_the_set_can_be_removed(damage, root):
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


# --- the command line


def test_commands(cli, tmp_path, one_thread):
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


def test_commands_refuse_in_a_sentence(cli, tmp_path):
    cli("data", "add", "nowhere", "--name", "x").check_refused("There is nothing at nowhere")
    source = as_folder(images(), tmp_path / "photos")
    cli("data", "add", source, "--name", "a/b").check_refused("cannot name a data set")
    cli("data", "add", source, "--name", "x", "--size", 30).check_refused("28, 32, 64")
    cli("data", "add", source, "--name", "x", "--colour", "blue").check_refused("grey or rgb")
    cli("data", "add", source).check_refused("--name")
    found = json.loads(cli("data", "add", source, "--name", "x", "--json").out)
    assert found["name"] == "folder:x"
    assert (found["train"], found["test"], found["skipped"]) == (22, 2, [])
