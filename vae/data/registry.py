"""THE registry of data sets: what they are, whether they are here, and reading them.

A new data set is one function that returns its :class:`DatasetSpec`, and one line in ``DATASETS``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vae.data import sources
from vae.data.idx import IdxFile, packed_problem, plain_problem, unpack
from vae.data.images import ImageData, Split
from vae.data.placing import FILLING, Placing
from vae.errors import DataError


@dataclass(frozen=True)
class DatasetSpec:
    """Everything about a data set but its pictures.

    Parameters
    ----------
    name, title
        The name in the registry, and the one to show.
    shape
        ``(C, H, W)`` of an image, in pixels.
    class_names
        What each label stands for.
    train_size, test_size
        Images in each split.
    licence, source
        Terms of use; where it comes from and whom to cite.
    read
        Reads the train and the test split from the folder of ``files``.
    folder, files
        Where the unpacked files lie under the root, and what they are; none if embedded.
    fetch
        Downloads ``files`` to ``folder`` under a root of its own.
    download_bytes
        Length of all that travels.
    placing
        How its makers put a drawing into an image.
    subject
        What an image shows, with its article.
    """

    name: str
    title: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train_size: int
    test_size: int
    licence: str
    source: str
    read: Callable[[Path, Sequence[IdxFile]], tuple[Split, Split]]
    folder: str = ""
    files: tuple[IdxFile, ...] = ()
    fetch: Callable[[Path, Sequence[IdxFile]], None] | None = None
    download_bytes: int = 0
    placing: Placing = FILLING
    subject: str = "a picture"

    @property
    def embedded(self) -> bool:
        """Whether it comes with an installed library, so that nothing is ever downloaded."""
        return self.fetch is None

    @property
    def download_mb(self) -> float:
        """Megabytes (10**6 bytes) that travel."""
        return self.download_bytes / 1e6

    @property
    def unpacked_bytes(self) -> int:
        """Bytes of the unpacked files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class DataStatus:
    """Whether a data set can be loaded, and a sentence that says so or what to do."""

    name: str
    state: Literal["ready", "missing", "damaged"]
    message: str

    @property
    def ready(self) -> bool:
        """Whether it can be loaded."""
        return self.state == "ready"


def _idx_files(train: str, test: str, train_size: int, test_size: int) -> tuple[IdxFile, ...]:
    return tuple(
        IdxFile(f"{prefix}-{kind}-ubyte", shape)
        for prefix, size in ((train, train_size), (test, test_size))
        for kind, shape in (("images-idx3", (size, 28, 28)), ("labels-idx1", (size,)))
    )


def digits() -> DatasetSpec:
    """Scikit-learn's small digits: always there."""
    return DatasetSpec(
        name="digits",
        title="Digits (8 x 8)",
        shape=(1, 8, 8),
        class_names=tuple("0123456789"),
        train_size=1437,
        test_size=360,
        licence="CC BY 4.0",
        source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, 1998, UCI Machine "
        "Learning Repository, https://doi.org/10.24432/C50P49; the copy in scikit-learn",
        read=sources.read_digits,
        # Measured on the training images: every longer side is 8 pixels, the boxes' middle lies at
        # (4.1, 4.0) and varies by 0.3 across; lines of 1.3 pixels give the mean ink, 0.31.
        placing=Placing(box=8, centre="box", stroke=1.3),
        subject="a digit",
    )


def mnist() -> DatasetSpec:
    """Handwritten digits."""
    return DatasetSpec(
        name="mnist",
        title="MNIST",
        shape=(1, 28, 28),
        class_names=tuple("0123456789"),
        train_size=60_000,
        test_size=10_000,
        licence="CC BY-SA 3.0",
        source="LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998, "
        "http://yann.lecun.com/exdb/mnist/",
        read=sources.read_idx,
        folder="MNIST/raw",
        files=_idx_files("train", "t10k", 60_000, 10_000),
        fetch=sources.fetch_torchvision("MNIST"),
        download_bytes=9_912_422 + 28_881 + 1_648_877 + 4_542,
        # LeCun et al., Gradient-based learning applied to document recognition, 1998, section
        # III.A. Measured on 10,000 training images: 99.98 % have a longer side of 20 pixels, the
        # centre of mass lies within half a pixel of the middle of pixel (14, 14), lines are 2.5
        # pixels wide.
        placing=Placing(box=20, centre="mass", stroke=2.5),
        subject="a digit",
    )


def fashion_mnist() -> DatasetSpec:
    """Clothes."""
    return DatasetSpec(
        name="fashion-mnist",
        title="Fashion-MNIST",
        shape=(1, 28, 28),
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        train_size=60_000,
        test_size=10_000,
        licence="MIT",
        source="Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017, arXiv:1708.07747, "
        "https://github.com/zalandoresearch/fashion-mnist",
        read=sources.read_idx,
        folder="FashionMNIST/raw",
        files=_idx_files("train", "t10k", 60_000, 10_000),
        fetch=sources.fetch_torchvision("FashionMNIST"),
        download_bytes=26_421_880 + 29_515 + 4_422_102 + 5_148,
        # Measured on 10,000 training images: 98 % have a longer side of 28 pixels, the boxes'
        # middle lies at (14.2, 14.1), the centre of mass varies by 1.4 pixels. Clothes are filled
        # areas, so the line is that of a broad brush.
        placing=Placing(box=28, centre="box", stroke=7),
        subject="a piece of clothing",
    )


def kmnist() -> DatasetSpec:
    """Cursive Japanese characters."""
    return DatasetSpec(
        name="kmnist",
        title="Kuzushiji-MNIST",
        shape=(1, 28, 28),
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        train_size=60_000,
        test_size=10_000,
        licence="CC BY-SA 4.0",
        source="Clanuwat et al., Deep Learning for Classical Japanese Literature, 2018, "
        "arXiv:1812.01718, http://codh.rois.ac.jp/kmnist/",
        read=sources.read_idx,
        folder="KMNIST/raw",
        files=_idx_files("train", "t10k", 60_000, 10_000),
        fetch=sources.fetch_torchvision("KMNIST"),
        download_bytes=18_165_135 + 29_497 + 3_041_136 + 5_120,
        placing=Placing(box=28, centre="box", stroke=2.5),  # its characters fill the image
        subject="a Japanese character",
    )


def emnist_letters() -> DatasetSpec:
    """Handwritten letters, capital and small ones as one class."""
    return DatasetSpec(
        name="emnist-letters",
        title="EMNIST Letters",
        shape=(1, 28, 28),
        class_names=tuple("abcdefghijklmnopqrstuvwxyz"),
        train_size=124_800,
        test_size=20_800,
        licence="Public domain (NIST Special Database 19)",
        source="Cohen, Afshar, Tapson and van Schaik, EMNIST: an extension of MNIST to handwritten "
        "letters, 2017, arXiv:1702.05373, "
        "https://www.nist.gov/itl/products-and-services/emnist-dataset",
        read=sources.read_emnist_letters,
        folder="EMNIST/raw",
        files=_idx_files("emnist-letters-train", "emnist-letters-test", 124_800, 20_800),
        fetch=sources.fetch_emnist,
        download_bytes=561_753_746,
        # Cohen et al., figure 1: blurred, centred by its box, with a border of 2 pixels.
        placing=Placing(box=24, centre="box", stroke=3.5),
        subject="a letter",
    )


DATASETS: dict[str, DatasetSpec] = {
    "digits": digits(),
    "mnist": mnist(),
    "fashion-mnist": fashion_mnist(),
    "kmnist": kmnist(),
    "emnist-letters": emnist_letters(),
}


def data_dir() -> Path:
    """Return where data sets lie: ``VAE_DATA_DIR``, or ``data`` in the working directory."""
    return Path(os.environ.get("VAE_DATA_DIR") or "data").expanduser()


def spec_of(name: str) -> DatasetSpec:
    """Return the data set called ``name``.

    Raises
    ------
    DataError
        If there is none.
    """
    try:
        return DATASETS[name]
    except KeyError:
        raise DataError(
            f"There is no data set {name!r}: choose one of {', '.join(DATASETS)}."
        ) from None


def raw_folder(spec: DatasetSpec, root: Path | str | None = None) -> Path:
    """Return the folder of a data set's unpacked files."""
    return (data_dir() if root is None else Path(root).expanduser()) / spec.folder


def status(name: str, root: Path | str | None = None) -> DataStatus:
    """Look whether a data set can be loaded: headers and lengths of its files, no pixels.

    Parameters
    ----------
    name
        A name in ``DATASETS``.
    root
        Where data sets lie; :func:`data_dir` unless given.

    Raises
    ------
    DataError
        If there is no such data set.
    """
    spec = spec_of(name)
    if spec.embedded:
        return DataStatus(name, "ready", f"{spec.title} is embedded: nothing to download.")
    folder = raw_folder(spec, root)
    command = f"run `python -m vae data get {name}`"
    missing, damaged = [], []
    for file in spec.files:
        try:
            problem = _problem(folder, file)
        except FileNotFoundError:
            missing.append(file.name)
        else:
            if problem:
                damaged.append(problem)
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        return DataStatus(
            name,
            "damaged",
            f"{spec.title} is damaged: {damaged[0]}{more}; {command} to replace it.",
        )
    if missing:
        lack = missing[0] if len(missing) == 1 else f"{len(missing)} of {len(spec.files)} files"
        return DataStatus(
            name,
            "missing",
            f"{spec.title} is not here yet: {folder} lacks {lack}; {command} "
            f"(about {spec.download_mb:.0f} MB).",
        )
    return DataStatus(name, "ready", f"{spec.title} is ready in {folder}.")


def load(name: str, root: Path | str | None = None) -> ImageData:
    """Read a data set into memory; archives brought as ``.gz`` are unpacked first.

    Parameters
    ----------
    name
        A name in ``DATASETS``.
    root
        Where data sets lie; :func:`data_dir` unless given.

    Raises
    ------
    DataError
        If it is unknown, missing or damaged.
    """
    spec = spec_of(name)
    now = status(name, root)
    if not now.ready:
        raise DataError(now.message)
    folder = raw_folder(spec, root)
    again = f"run `python -m vae data get {name}` to replace it"
    unpack_archives(spec, folder)
    try:
        train, test = spec.read(folder, spec.files)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{spec.title} in {folder} cannot be read ({error}); {again}.") from error
    for split in (train, test):
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= len(spec.class_names):
            # There is no length to see this by, so the files must go before get() replaces them.
            raise DataError(
                f"{spec.title} has labels outside its {len(spec.class_names)} classes: "
                f"delete the labels in {folder} and {again}."
            )
    return ImageData(name, spec.shape, spec.class_names, train, test)


def unpack_archives(spec: DatasetSpec, folder: Path) -> None:
    """Unpack each ``.gz`` in ``folder`` whose unpacked file is not there whole.

    Raises
    ------
    DataError
        If an archive is broken or the folder cannot be written to.
    """
    for file in spec.files:
        if is_whole(folder, file):
            continue
        try:
            unpack(folder / f"{file.name}.gz", folder, file)
        except DataError as error:
            raise DataError(
                f"{spec.title} is damaged: {str(error).rstrip('.')}; "
                f"run `python -m vae data get {spec.name}` to replace it."
            ) from None
        except OSError as error:
            raise DataError(
                f"{folder / file.name}.gz cannot be unpacked ({error.strerror or error}): make "
                "room and let this account write there, or set VAE_DATA_DIR to another folder."
            ) from error


def is_whole(folder: Path, file: IdxFile) -> bool:
    """Whether an unpacked file is there and whole."""
    try:
        return plain_problem(folder / file.name, file) is None
    except FileNotFoundError:
        return False


def _problem(folder: Path, file: IdxFile) -> str | None:
    """Say what is wrong with a file or its archive; one that is whole is enough."""
    try:
        problem = plain_problem(folder / file.name, file)
    except FileNotFoundError:
        return packed_problem(folder / f"{file.name}.gz", file)
    if problem and _packed_whole(folder, file):
        return None
    return problem


def _packed_whole(folder: Path, file: IdxFile) -> bool:
    """Whether the archive of a file is there and seems whole."""
    try:
        return packed_problem(folder / f"{file.name}.gz", file) is None
    except FileNotFoundError:
        return False
