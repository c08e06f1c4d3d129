"""Where the files of the built-in data sets come from, and how their splits are read.

scikit-learn takes over a second to import, so it is imported where it is used.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae.data.idx import IdxFile, unpack
from vae.data.images import Split


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


def read_digits(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Read scikit-learn's digits, split about 80 to 20 in the same way every time."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    levels = torch.from_numpy(digits.images)  # (N, 8, 8), 0.0 to 16.0
    images = (levels * (255 / 16)).round().to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(digits.target).to(torch.int64)
    train, test = train_test_split(
        range(len(labels)), test_size=0.2, stratify=digits.target, random_state=0
    )
    return Split(images[train], labels[train]), Split(images[test], labels[test])
