"""A data set as a run asks for it: classes, black and white, and what the config says of it."""

from dataclasses import replace

import pytest
import torch

from vae.config import DataConfig, RunConfig
from vae.data import DATASETS, DatasetSpec, Split, get, load, load_for, status
from vae.data.views import black_and_white, only, parse_classes
from vae.errors import ConfigError, DataError
from vae.runs import Run
from vae.training.plan import plan


def planned(dataset: str, **data: object) -> RunConfig:
    return plan("vae", data={"dataset": dataset, **data}, model={}, train={})


# --- classes


def test_only_the_classes_that_are_asked_for(tiny):
    data = load_for(DataConfig(dataset="tiny", classes=(0, 2)))
    for whole, part in ((tiny.train, data.train), (tiny.test, data.test)):
        assert part.labels.unique().tolist() == [0, 2]
        assert torch.equal(part.images, whole.images[whole.labels != 1])
    # Labels keep their meaning.
    assert data.class_names == tiny.class_names == ("a", "b", "c")
    assert only(tiny.train, None) is tiny.train


def test_unknown_class_is_refused_with_the_classes_there_are(tiny):
    config = DataConfig(dataset="tiny", classes=(0, 3))
    with pytest.raises(DataError, match=r"tiny has no class 3: its classes are a, b, c \(labels 0"):
        load_for(config)
    with pytest.raises(DataError, match="no class 3"):
        planned("tiny", classes=(3,))


@pytest.mark.parametrize("empty", ["training", "test"])
def test_classes_without_images_are_refused(empty, tiny, monkeypatch):
    splits = {"training": tiny.train, "test": tiny.test}
    splits[empty] = splits[empty][splits[empty].labels != 1]
    read = (splits["training"], splits["test"])
    spec = replace(DATASETS["tiny"], read=lambda folder, files: read)
    monkeypatch.setitem(DATASETS, "tiny", spec)
    with pytest.raises(DataError, match=f"tiny has no {empty} image of the classes b: choose"):
        load_for(DataConfig(dataset="tiny", classes=(1,)))


@pytest.mark.parametrize(
    ("text", "labels"),
    [("1,7", (1, 7)), (" 7 , 1,1", (1, 7)), ("bag, Ankle BOOT", (8, 9)), ("coat,0", (0, 4))],
)
def test_classes_as_typed(text, labels):
    assert parse_classes(text, DATASETS["fashion-mnist"]) == labels


def test_a_name_counts_before_a_label(tiny):
    spec = replace(DATASETS["tiny"], class_names=("3", "1", "8"))
    assert parse_classes("1", spec) == (1,)
    assert parse_classes("3,8", spec) == (0, 2)
    assert parse_classes("0", spec) == (0,)


@pytest.mark.parametrize("text", ["x", "1,x", "10", "-1", "1.5", "", ",", "²"])
def test_classes_that_are_not_there(text):
    with pytest.raises(ConfigError, match=r"0, 1, 2.*labels 0 to 9"):
        parse_classes(text, DATASETS["digits"])


def test_classes_reach_the_run_and_its_name(cli, tiny, tmp_path):
    options = ("--dataset", "tiny", "--epochs", 1, "--hidden", "8", "--device", "cpu")
    found = cli("train", *options, "--classes", "c,0", "--json").json
    assert found["name"].startswith("tiny-only0-2-vae-2d-s0-")
    run = Run(tmp_path / "checkpoints" / found["name"])
    assert run.config.data.classes == (0, 2)
    assert set(run.codes()["label"].tolist()) == {0, 2}
    assert cli("evaluate", found["name"], "--json").code == 0
    cli("train", *options, "--classes", "d").check_refused("no class 'd'", "a, b, c")
    cli("train", *options, "--classes", "").check_refused("names no class")


# --- black and white


def test_static_is_above_half(tiny):
    levels = torch.tensor([0, 127, 128, 255], dtype=torch.uint8).reshape(1, 1, 2, 2)
    split = Split(levels, torch.tensor([0]))
    assert black_and_white(split).images.flatten().tolist() == [0, 0, 255, 255]
    assert split.images.flatten().tolist() == [0, 127, 128, 255]


def test_tests_are_static_for_both_kinds(tiny):
    grey, static, dynamic = (
        load_for(DataConfig(dataset="tiny", binarise=kind))
        for kind in ("none", "static", "dynamic")
    )
    assert torch.equal(grey.train.images, tiny.train.images)
    assert set(static.train.images.unique().tolist()) == {0, 255}
    # Drawn anew for every batch: the levels are needed.
    assert torch.equal(dynamic.train.images, tiny.train.images)
    assert torch.equal(dynamic.test.images, static.test.images)
    assert set(static.test.images.unique().tolist()) == {0, 255}


@pytest.fixture
def tiny_binary(tiny, monkeypatch) -> DatasetSpec:
    spec = replace(DATASETS["tiny"], name="tiny-binary", default_binarise="static")
    monkeypatch.setitem(DATASETS, "tiny-binary", spec)
    return spec


def test_a_data_set_says_how_it_is_meant(tiny_binary):
    assert planned("tiny").data.binarise == "none"
    assert planned("tiny", binarise="dynamic").data.binarise == "dynamic"
    assert planned("tiny-binary").data.binarise == "static"
    assert planned("tiny-binary", binarise=None).data.binarise == "static"
    assert planned("tiny-binary", binarise="dynamic").data.binarise == "dynamic"
    with pytest.raises(ConfigError, match="tiny-binary is black and white"):
        planned("tiny-binary", binarise="none")
    with pytest.raises(ConfigError, match="binarise"):
        planned("tiny", binarise="sometimes")


def test_a_config_that_says_nothing_still_gets_what_is_meant(tiny_binary):
    data = load_for(DataConfig(dataset="tiny-binary"))
    assert set(data.train.images.unique().tolist()) == {0, 255}


def test_binarise_on_the_command_line(cli, tiny_binary, tmp_path):
    options = ("--epochs", 1, "--hidden", "8", "--device", "cpu", "--json", "--dataset")
    kinds = {}
    for name, more in (("tiny", ()), ("tiny-binary", ()), ("tiny-binary", ("dynamic",))):
        asked = ("--binarise", *more) if more else ()
        found = cli("train", *options, name, *asked).json
        kinds[name, more] = Run(tmp_path / "checkpoints" / found["name"]).config.data.binarise
    assert list(kinds.values()) == ["none", "static", "dynamic"]
    cli("train", *options, "tiny-binary", "--binarise", "none").check_refused("black and white")


def test_mnist_binary_lies_in_mnists_files(tmp_path):
    binary, grey = DATASETS["mnist-binary"], DATASETS["mnist"]
    assert (binary.files, binary.folder) == (grey.files, grey.folder)
    assert (binary.name, binary.default_binarise) == ("mnist-binary", "static")
    assert "data get mnist-binary" in status("mnist-binary", tmp_path).message


@pytest.mark.real_data
def test_mnist_binary_needs_no_download_of_its_own(mnist_dir):
    assert status("mnist-binary").ready
    assert get("mnist-binary").ready
    data = load_for(DataConfig(dataset="mnist-binary"))
    assert data.name == "mnist-binary"
    grey = load("mnist")
    assert torch.equal(data.test.images > 0, grey.test.images > 127)
