"""The registry, what lies on the disk, and reading it."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from idx_server import content, small

from vae.data import DATASETS, DatasetSpec, Split, data_dir, get, load, pixels, status
from vae.data.idx import IdxFile, packed_problem, plain_problem, unpack
from vae.errors import DataError

REAL = {"mnist": 5, "fashion-mnist": 9}
"""Label of the first training image."""


@pytest.fixture(params=list(REAL))
def requires_real(request) -> str:
    name: str = request.param
    now = status(name)
    if not now.ready:
        pytest.skip(now.message)
    return name


@pytest.fixture
def spec(monkeypatch) -> DatasetSpec:
    few = small("mnist", 30, 20)
    monkeypatch.setitem(DATASETS, "mnist", few)
    return few


def bring(spec: DatasetSpec, root: Path, packed: bool = False) -> Path:
    folder = root / spec.folder
    folder.mkdir(parents=True)
    for file in spec.files:
        whole = content(file, len(spec.class_names))
        if packed:
            (folder / f"{file.name}.gz").write_bytes(gzip.compress(whole))
        else:
            (folder / file.name).write_bytes(whole)
    return folder


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("name", list(DATASETS))
def test_spec_is_complete(name):
    spec = DATASETS[name]
    assert spec.name == name
    assert all((spec.title, spec.licence, spec.source))
    assert len(set(spec.class_names)) == len(spec.class_names) >= 4
    assert spec.embedded == (spec.download_bytes == 0) == (not spec.files)
    if spec.files:
        sizes = [file.shape[0] for file in spec.files]
        assert sizes == [spec.train_size] * 2 + [spec.test_size] * 2
        assert spec.files[0].shape[1:] == spec.shape[1:]


def test_class_names_are_torchvisions():
    from torchvision import datasets

    assert list(DATASETS["fashion-mnist"].class_names) == datasets.FashionMNIST.classes
    assert list(DATASETS["kmnist"].class_names) == datasets.KMNIST.classes
    letters = datasets.EMNIST.classes_split_dict["letters"]
    assert ["N/A", *DATASETS["emnist-letters"].class_names] == letters


def test_digits_need_no_files(tmp_path):
    from sklearn.datasets import load_digits

    assert status("digits", tmp_path / "nowhere").ready
    assert "embedded" in get("digits", tmp_path).message
    assert not names_in(tmp_path)
    data, again = load("digits", tmp_path / "nowhere"), load("digits")
    spec = DATASETS["digits"]
    assert data.train.images.shape == (spec.train_size, *spec.shape)
    assert data.test.images.shape == (spec.test_size, *spec.shape)
    # The split is fixed, and leaves nothing out.
    assert torch.equal(data.train.images, again.train.images)
    assert torch.equal(data.test.labels, again.test.labels)
    both = torch.cat([data.train.images, data.test.images]).flatten(1)
    original = (torch.from_numpy(load_digits().data) * 255 / 16).round().to(torch.uint8)
    assert sorted(both.tolist()) == sorted(original.tolist())
    # Stratified: every class has its share of about 20 % in the test split.
    test, train = data.test.labels.bincount(), data.train.labels.bincount()
    assert (test / (test + train)).sub(0.2).abs().max() < 0.01


@pytest.mark.real_data
def test_real_data(requires_real):
    data = load(requires_real)
    spec = DATASETS[requires_real]
    assert data.train.images.shape == (spec.train_size, *data.shape)
    assert data.test.images.shape == (spec.test_size, *data.shape)
    assert data.train.images.dtype == torch.uint8
    assert int(data.train.labels[0]) == REAL[requires_real]
    assert set(data.test.labels.tolist()) == set(range(len(data.class_names)))


@pytest.mark.real_data
def test_mnist_is_mnist(mnist_dir):
    data = load("mnist", mnist_dir)
    assert data.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    # The mean grey level that everyone normalises MNIST with.
    assert data.train.images.float().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert get("mnist", mnist_dir).ready


@pytest.mark.parametrize("call", [load, status, get])
def test_unknown_name_lists_the_names(call):
    with pytest.raises(
        DataError, match=r"'nmist'.*digits, mnist, .*emnist-letters, shapes\."
    ) as caught:
        call("nmist")
    assert caught.value.__cause__ is None


def test_data_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    assert data_dir() == tmp_path
    assert str(tmp_path) in status("kmnist").message
    monkeypatch.delenv("VAE_DATA_DIR")
    assert data_dir() == Path("data")


def test_missing(spec, tmp_path):
    now = status("mnist", tmp_path)
    assert now.state == "missing"
    assert "4 of 4 files" in now.message
    assert "python -m vae data get mnist" in now.message
    with pytest.raises(DataError, match="not here yet"):
        load("mnist", tmp_path)
    (bring(spec, tmp_path) / spec.files[1].name).unlink()
    assert spec.files[1].name in status("mnist", tmp_path).message


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_were_brought(spec, tmp_path, packed):
    folder = bring(spec, tmp_path, packed)
    assert status("mnist", tmp_path).ready
    data = load("mnist", tmp_path)
    raw = content(spec.files[0])[16:]
    assert bytes(data.train.images.flatten().tolist()) == raw
    assert bytes(data.test.labels.tolist()) == content(spec.files[3])[8:]
    archives = {f"{file.name}.gz" for file in spec.files} if packed else set()
    assert names_in(folder) == {file.name for file in spec.files} | archives
    assert get("mnist", tmp_path).ready


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda whole: whole[:1000], r"has 1000 bytes and should have 23536"),
        (lambda whole: b"", r"has 0 bytes"),
        (lambda whole: whole + b"\0", r"has 23537 bytes"),
        (lambda whole: b"<html>" + whole[6:], r"does not begin like an IDX file of 30 x 28 x 28"),
    ],
)
def test_damaged(spec, tmp_path, change, sentence):
    path = bring(spec, tmp_path) / spec.files[0].name
    path.write_bytes(change(path.read_bytes()))
    assert status("mnist", tmp_path).state == "damaged"
    with pytest.raises(DataError, match=rf"{spec.files[0].name} {sentence}.*data get mnist"):
        load("mnist", tmp_path)


def test_whole_archive_stands_in_for_a_damaged_file(spec, tmp_path):
    folder = bring(spec, tmp_path, packed=True)
    (folder / spec.files[0].name).write_bytes(b"half")
    assert len(load("mnist", tmp_path).train) == 30


def test_unreadable_file_is_damaged(spec, tmp_path):
    path = bring(spec, tmp_path) / spec.files[0].name
    path.unlink()
    path.mkdir()
    assert "cannot be read" in status("mnist", tmp_path).message


def test_an_archive_cut_short_or_with_a_fault_inside(spec, tmp_path):
    folder = bring(spec, tmp_path, packed=True)
    path = folder / f"{spec.files[0].name}.gz"
    whole = path.read_bytes()
    for damaged in (whole[:-50], b"ab"):
        path.write_bytes(damaged)
        assert status("mnist", tmp_path).state == "damaged"
    path.write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])  # its checksum
    with pytest.raises(DataError, match=r"is damaged: .*images-idx3-ubyte\.gz.*data get mnist"):
        load("mnist", tmp_path)
    assert not [name for name in names_in(folder) if not name.endswith(".gz")]


def test_archive_of_something_else(tmp_path):
    file = IdxFile("few", (5,))
    (tmp_path / "few.gz").write_bytes(gzip.compress(b"x" * file.size))
    assert "does not begin" in (packed_problem(tmp_path / "few.gz", file) or "")
    with pytest.raises(DataError, match="something else"):
        unpack(tmp_path / "few.gz", tmp_path, file)
    (tmp_path / "few.gz").write_bytes(gzip.compress(content(file) * 100))
    assert "unpacks to" in (packed_problem(tmp_path / "few.gz", file) or "")
    assert names_in(tmp_path) == {"few.gz"}


def test_archive_of_two_parts(tmp_path):
    file = IdxFile("few", (50,))
    whole = content(file)
    archive = tmp_path / "few.gz"
    archive.write_bytes(gzip.compress(whole[:20]) + gzip.compress(whole[20:]))
    assert packed_problem(archive, file) is None
    unpack(archive, tmp_path, file)
    assert plain_problem(tmp_path / "few", file) is None


def test_folder_that_cannot_be_written_to(spec, tmp_path, monkeypatch):
    bring(spec, tmp_path, packed=True)

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vae.data.store.unpack", refuse)
    with pytest.raises(DataError, match=r"Permission denied.*VAE_DATA_DIR"):
        load("mnist", tmp_path)


def test_labels_outside_the_classes(spec, tmp_path):
    path = bring(spec, tmp_path) / spec.files[1].name
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with pytest.raises(DataError, match="labels outside its 10 classes"):
        load("mnist", tmp_path)


def test_old_pickles_are_never_read(spec, tmp_path):
    bring(spec, tmp_path)
    processed = tmp_path / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"no pickle at all")
    assert len(load("mnist", tmp_path).train) == 30


def test_split_refuses_other_tensors():
    images, labels = torch.zeros(3, 1, 8, 8, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)
    assert len(Split(images, labels)) == 3
    for wrong in ((images.float(), labels), (images[:, 0], labels), (images, labels[:2])):
        with pytest.raises(ValueError, match="must be"):
            Split(*wrong)
    with pytest.raises(ValueError, match="labels must be int64"):
        Split(images, labels.int())


def test_pixels():
    x = pixels(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    assert x.dtype == torch.float32
    torch.testing.assert_close(x, torch.tensor([[0.0, 0.2, 1.0]]))


def test_import_is_cheap():
    code = (
        "import sys, vae.data;"
        "print([m for m in ('torchvision', 'sklearn', 'streamlit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
