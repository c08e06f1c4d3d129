"""Where the files of the built-in data sets come from, and how their splits are read."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.data.idx import IdxFile, unpack
from vae.data.images import Split

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Remote:
    """Where the archives of a data set are to be had."""

    mirrors: tuple[str, ...]
    """Addresses that end in a slash, in the order in which they are tried."""
    md5: tuple[str, ...]
    """Of the archives: one ``.gz`` for each file of the data set, in their order."""
    archive: str = ""
    """The one archive that holds them all instead."""

    def archives(self, files: Sequence[IdxFile]) -> list[tuple[str, str]]:
        names = [self.archive] if self.archive else [f"{file.name}.gz" for file in files]
        return list(zip(names, self.md5, strict=True))


MNIST = Remote(
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
    (
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
)
FASHION_MNIST = Remote(
    ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    (
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
)
KMNIST = Remote(
    ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    (
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
)
EMNIST = Remote(
    ("https://biometrics.nist.gov/cs_links/EMNIST/",),
    ("58c8d27c78d21e728a6bc7b3cc06412e",),
    archive="gzip.zip",
)


def unpack_one(arrived: Path, file: IdxFile) -> None:
    """Unpack a file from its archive in ``arrived``, into that folder.

    EMNIST's archive holds 2 GB of other splits, which stay packed.

    Raises DataError or KeyError if the archive is broken or holds something else.
    """
    packed = arrived / f"{file.name}.gz"
    if packed.exists():
        unpack(packed, arrived, file)
        return
    with (
        zipfile.ZipFile(arrived / EMNIST.archive) as archive,
        archive.open(f"gzip/{packed.name}") as member,
    ):
        unpack(member, arrived, file)


def read_idx(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Read train images, train labels, test images and test labels, in this order of ``files``."""

    def numbers(file: IdxFile) -> Tensor:
        found = np.fromfile(folder / file.name, np.uint8, offset=len(file.header))
        return torch.from_numpy(found.reshape(file.shape))

    def split(images: IdxFile, labels: IdxFile) -> Split:
        return Split(numbers(images).unsqueeze(1), numbers(labels).to(torch.int64))  # (N, 1, H, W)

    return split(*files[:2]), split(*files[2:])


def read_emnist_letters(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Read EMNIST letters upright, with labels from 0."""

    def upright(split: Split) -> Split:
        # Stored column by column, and with labels 1 to 26.
        return Split(split.images.transpose(-1, -2).contiguous(), split.labels - 1)

    train, test = read_idx(folder, files)
    return upright(train), upright(test)


def _shares(counts: Integers, draws: int, rng: np.random.RandomState) -> Integers:
    """Return how many of ``draws`` each class gets; the greatest remainders are rounded up."""
    exact = counts / counts.sum() * draws
    found: Integers = np.floor(exact).astype(np.int64)
    left, remainders = draws - int(found.sum()), exact - found
    for remainder in np.unique(remainders)[::-1]:
        if left:
            (alike,) = np.nonzero(remainders == remainder)
            chosen = rng.choice(alike, min(len(alike), left), replace=False)
            found[chosen] += 1
            left -= len(chosen)
    return found


def split_by_class(labels: Integers, test: int) -> tuple[Integers, Integers]:
    """Return the places of training and of test images, each class shared out alike.

    The same as scikit-learn's ``train_test_split`` with ``random_state=0``, whose import takes
    longer than a page may.
    """
    rng = np.random.RandomState(0)
    counts = np.bincount(labels)
    trained = _shares(counts, len(labels) - test, rng)
    tested = _shares(counts - trained, test, rng)
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    parts: tuple[list[Integers], list[Integers]] = ([], [])
    for mine, for_train, for_test in zip(members, trained, tested, strict=True):
        drawn = mine[rng.permutation(len(mine))]
        parts[0].append(drawn[:for_train])
        parts[1].append(drawn[for_train : for_train + for_test])
    return rng.permutation(np.concatenate(parts[0])), rng.permutation(np.concatenate(parts[1]))


def read_digits(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Read scikit-learn's digits, split about 80 to 20 in the same way every time."""
    # The file alone: to import scikit-learn takes over a second.
    package = find_spec("sklearn")
    assert package is not None and package.submodule_search_locations
    path = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    table = np.loadtxt(path, delimiter=",")
    levels = torch.from_numpy(table[:, :-1].reshape(-1, 8, 8))  # 0.0 to 16.0
    images = (levels * (255 / 16)).round().to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(table[:, -1].astype(np.int64))
    train, test = split_by_class(labels.numpy(), 360)
    return Split(images[train], labels[train]), Split(images[test], labels[test])
