"""Files that are whole or not there; a model on disk and back."""

import json
import os
import threading

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vae.config import ModelConfig, RunConfig
from vae.errors import ConfigError, RunError
from vae.models import build
from vae.runs.checkpoint import load_model, save_model, to_arrays
from vae.runs.files import read_config
from vae.storage.files import read_arrays, write_arrays, write_atomic
from vae.storage.pictures import png_bytes


def test_write_replaces_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two", flush=False)
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_no_part(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.json"
    write_atomic(path, b"old")

    def fail(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"vae.storage.files.os.{broken}", fail)
        with pytest.raises(OSError, match="No space"):
            write_atomic(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_place_is_only_touched_by_a_move_of_the_whole_file(tmp_path, monkeypatch):
    path, moved = tmp_path / "a", []
    real = os.replace

    def watch(source, target):
        moved.append((source.read_bytes(), target, path.exists()))
        real(source, target)

    monkeypatch.setattr("vae.storage.files.os.replace", watch)
    write_atomic(path, b"content")
    assert moved == [(b"content", path, False)]


def test_readers_see_one_whole_version_while_threads_write(tmp_path):
    path = tmp_path / "a"
    versions = {bytes([65 + n]) * 50_000 for n in range(4)}
    write_atomic(path, b"A" * 50_000)
    errors: list[BaseException] = []

    def write(content):
        try:
            for _ in range(25):
                write_atomic(path, content, flush=False)
        except BaseException as error:  # what a thread raises is lost otherwise
            errors.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in versions]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert path.read_bytes() in versions
    assert not errors
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("place", [".", "", "/"])
def test_a_folder_is_no_place_for_a_file(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="directory"):
        write_atomic(type(tmp_path)(place), b"x")


arrays = st.dictionaries(
    st.text("abc.", min_size=1, max_size=6),
    hnp.arrays(
        st.sampled_from([np.float32, np.float16, np.float64, np.int64, np.int16, np.uint8]),
        hnp.array_shapes(min_dims=0, max_dims=4, max_side=4),
    ),
    min_size=1,
    max_size=4,
)


@given(arrays, st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
def test_arrays_come_back_as_they_were(tmp_path_factory, named, metadata):
    path = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    write_arrays(path, named, metadata)
    found, notes = read_arrays(path)
    assert found.keys() == named.keys()
    for name, array in named.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
    assert notes == metadata


def test_views_are_stored_as_they_look(tmp_path):
    whole = np.arange(24.0).reshape(4, 6)
    write_arrays(tmp_path / "a", {"t": whole.T, "part": whole[::2, 1::3]})
    found, notes = read_arrays(tmp_path / "a")
    assert np.array_equal(found["t"], whole.T)
    assert np.array_equal(found["part"], whole[::2, 1::3])
    assert notes == {}


def test_a_missing_file_of_arrays_is_named(tmp_path):
    with pytest.raises(RunError, match=r"codes\.safetensors is missing"):
        read_arrays(tmp_path / "codes.safetensors")


@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_called_damaged(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "a.safetensors"
    content = safetensors.numpy.save({"a": np.arange(50), "b": np.ones((3, 4))})
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(RunError, match="damaged"):
        read_arrays(path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff" * 100, b"\0" * 100, b"PK\x03\x04 a zip", bytes(7)]
)
def test_what_is_no_safetensors_is_called_damaged(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    for path in (tmp_path / "a", tmp_path):
        with pytest.raises(RunError, match="damaged"):
            read_arrays(path)


@pytest.fixture
def saved(tmp_path):
    """A model and where it lies."""
    torch.manual_seed(0)
    config = RunConfig(name="m", model=ModelConfig(hidden=(9,), image_shape=(1, 6, 6)))
    model = build(config.model)
    (tmp_path / "config.json").write_text(config.to_json())
    save_model(tmp_path, model, config, 7)
    return model, tmp_path


def test_a_model_comes_back_to_the_bit(saved):
    model, directory = saved
    loaded = load_model(directory)
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight)
    assert loaded.config == model.config
    _, metadata = read_arrays(directory / "model.safetensors")
    assert metadata == {"family": "vae", "schema_version": "1", "epoch": "7"}


def test_a_model_in_half_precision_is_half_as_large_and_loads_as_float32(saved):
    model, directory = saved
    size = (directory / "model.safetensors").stat().st_size
    config = read_config(directory)
    save_model(directory, model, config, 7, half=True)
    assert (directory / "model.safetensors").stat().st_size < 0.7 * size
    loaded = load_model(directory)
    for name, weight in model.state_dict().items():
        found = loaded.state_dict()[name]
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, weight, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("length", "words"), [(None, "no weights yet"), *((n, "damaged") for n in (0, 5, 60, -1))]
)
def test_weights_that_are_missing_or_damaged(saved, length, words):
    path = saved[1] / "model.safetensors"
    path.unlink() if length is None else path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RunError, match=words):
        load_model(saved[1])


def test_weights_of_another_family_or_shape(saved):
    model, directory = saved
    weights = to_arrays(dict(model.state_dict()))
    path = directory / "model.safetensors"
    write_arrays(path, weights, {"family": "gan"})
    with pytest.raises(RunError, match=r"'gan'.*'vae'"):
        load_model(directory)
    write_arrays(path, weights)
    with pytest.raises(RunError, match="None"):
        load_model(directory)
    name = next(iter(weights))
    for wrong in (
        {key: array for key, array in weights.items() if key != name},
        weights | {"extra": np.zeros(3)},
        weights | {name: np.zeros((2, 2), np.float32)},
    ):
        write_arrays(path, wrong, {"family": "vae"})
        with pytest.raises(RunError, match="do not fit"):
            load_model(directory)


def test_a_folder_without_config_is_no_run(tmp_path):
    for directory in (tmp_path, tmp_path / "nosuch"):
        with pytest.raises(RunError, match="is no run"):
            read_config(directory)
    (tmp_path / "config.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RunError, match="no readable"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"model": {"latent_dim": 0}}', '{"odd": 1}', '{"model": []}']
)
def test_a_damaged_config_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json") as error:
        read_config(tmp_path)
    assert "\n" not in str(error.value)


def test_an_empty_config_means_the_defaults(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert read_config(tmp_path).model == ModelConfig()
    saved = RunConfig(name="x", versions={"torch": "2"}, shipped=True)
    (tmp_path / "config.json").write_text(saved.to_json())
    assert read_config(tmp_path) == saved
    assert json.loads(saved.to_json())["schema_version"] == 1


def test_png_is_the_picture_pixel_by_pixel():
    import io

    from PIL import Image

    for channels in (1, 3):
        mean = torch.rand(channels, 5, 7)
        mean[0, 0, :2] = torch.tensor([0.0, 1.0])
        found = np.asarray(Image.open(io.BytesIO(png_bytes(mean))))
        levels = (mean * 255).round().byte().numpy()
        expected = levels[0] if channels == 1 else levels.transpose(1, 2, 0)
        assert np.array_equal(found, expected)
