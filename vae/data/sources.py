"""How splits are read and where files come from: torchvision's readers and downloads, scikit-learn.

Both libraries take over a second to import, so they are imported where they are used.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from vae.data.idx import IdxFile, unpack
from vae.data.images import Split


def read_idx(folder: Path, files: Sequence[IdxFile]) -> tuple[Split, Split]:
    """Read train images, train labels, test images and test labels, in this order of ``files``."""
    # Not through the data set classes: they read an old processed/*.pt instead where one lies.
    from torchvision.datasets.mnist import read_image_file, read_label_file

    def split(images: IdxFile, labels: IdxFile) -> Split:
        grey: Tensor = read_image_file(str(folder / images.name))  # (N, H, W)
        return Split(grey.unsqueeze(1), read_label_file(str(folder / labels.name)))

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


def fetch_torchvision(class_name: str) -> Callable[[Path, Sequence[IdxFile]], None]:
    """Return a function that lets torchvision's class download to ``<root>/<class_name>/raw``."""

    def fetch(root: Path, files: Sequence[IdxFile]) -> None:
        import torchvision.datasets

        getattr(torchvision.datasets, class_name)(str(root), download=True)

    return fetch


def fetch_emnist(root: Path, files: Sequence[IdxFile]) -> None:
    """Download EMNIST's one archive with torchvision and unpack only ``files`` of it.

    The class itself would unpack all six splits: some 2 GB more, and 550 MB at a time in memory.
    """
    from torchvision.datasets import EMNIST
    from torchvision.datasets.utils import download_url

    folder = root / "EMNIST" / "raw"
    download_url(EMNIST.url, str(folder), filename="gzip.zip", md5=EMNIST.md5)
    with zipfile.ZipFile(folder / "gzip.zip") as archive:
        for file in files:
            with archive.open(f"gzip/{file.name}.gz") as packed:
                unpack(packed, folder, file)
