"""THE registry of data sets: what they are. :mod:`vae.data.store` knows whether they are here.

A new data set is one :class:`DatasetSpec` among the built-in ones.
Those that somebody has made of own images (:mod:`vae.data.folder`) are registered beside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vae.config import Binarise
from vae.data import folder, shapes, sources
from vae.data.idx import IdxFile
from vae.data.images import Split
from vae.errors import DataError
from vae.locale import N_, _


@dataclass(frozen=True)
class Placing:
    """How the makers of a data set put a drawing into an image."""

    box: int | None = None
    """The drawing's longer side, in pixels; the image's shorter side if None."""
    centre: Literal["mass", "box"] = "box"
    """What comes to the middle: the drawing's centre of mass, or that of its bounding box."""
    stroke: float = 2.5
    """Usual width of a line, in pixels."""


FILLING = Placing()
"""As large as the image, in its middle: where nothing is known of the makers' way."""


@dataclass(frozen=True)
class DatasetSpec:
    """Everything about a data set but its pictures."""

    name: str
    title: str
    shape: tuple[int, int, int]
    """``(C, H, W)`` of an image, in pixels."""
    class_names: tuple[str, ...]
    train_size: int
    test_size: int
    licence: str
    source: str
    """Where it comes from and whom to cite."""
    read: Callable[[Path, Sequence[IdxFile]], tuple[Split, Split]]
    """Reads the train and the test split from the folder of ``files``."""
    folder: str = ""
    """Where its unpacked files lie under the root; nowhere if embedded."""
    files: tuple[IdxFile, ...] = ()
    remote: sources.Remote | None = None
    download_bytes: int = 0
    check: Callable[[Path], str | None] | None = None
    """Says what is wrong with a set of one's own in its folder, or returns None."""
    version: str = ""
    """Changes when a set of one's own is made anew under its old name."""
    default_binarise: Binarise = "none"
    """How a run sees the pixels unless it says otherwise."""
    factor_names: tuple[str, ...] = ()
    """Columns of ``Split.factors``; none where nothing but the class is known."""
    placing: Placing = FILLING
    subject: str = N_("a picture")
    """What an image shows, with its article."""

    def class_name(self, label: int) -> str:
        """Return what a label stands for, its number where it has no name."""
        return _(self.class_names[label]) if 0 <= label < len(self.class_names) else str(label)

    @property
    def embedded(self) -> bool:
        """Whether it comes with the program or a library of its, and needs no files."""
        return self.remote is None and not self.folder

    @property
    def download_mb(self) -> float:
        """Megabytes (10**6 bytes) that travel."""
        return self.download_bytes / 1e6

    @property
    def unpacked_bytes(self) -> int:
        return sum(file.size for file in self.files)


def _idx_set(
    *,
    splits: tuple[str, str] = ("train", "t10k"),
    sizes: tuple[int, int] = (60_000, 10_000),
    **others: Any,
) -> DatasetSpec:
    """Describe a set of grey 28 x 28 images in four files, images and labels of each split."""
    files = (
        IdxFile(f"{prefix}-{kind}-ubyte", shape)
        for prefix, size in zip(splits, sizes, strict=True)
        for kind, shape in (("images-idx3", (size, 28, 28)), ("labels-idx1", (size,)))
    )
    settings = {"read": sources.read_idx, **others}
    return DatasetSpec(
        shape=(1, 28, 28), train_size=sizes[0], test_size=sizes[1], files=tuple(files), **settings
    )


_DIGITS = DatasetSpec(
    name="digits",
    title=N_("Digits (8 x 8)"),
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
    subject=N_("a digit"),
)
_MNIST = _idx_set(
    name="mnist",
    title="MNIST",
    class_names=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    source="LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998, "
    "http://yann.lecun.com/exdb/mnist/",
    folder="MNIST/raw",
    remote=sources.MNIST,
    download_bytes=9_912_422 + 28_881 + 1_648_877 + 4_542,
    # LeCun et al., Gradient-based learning applied to document recognition, 1998, section III.A.
    # Measured on 10,000 training images: 99.98 % have a longer side of 20 pixels, the centre of
    # mass lies within half a pixel of the middle of pixel (14, 14), lines are 2.5 pixels wide.
    placing=Placing(box=20, centre="mass", stroke=2.5),
    subject=N_("a digit"),
)
_MNIST_BINARY = replace(
    _MNIST, name="mnist-binary", title=N_("MNIST, black and white"), default_binarise="static"
)
_FASHION_MNIST = _idx_set(
    name="fashion-mnist",
    title="Fashion-MNIST",
    class_names=(
        N_("T-shirt/top"),
        N_("Trouser"),
        N_("Pullover"),
        N_("Dress"),
        N_("Coat"),
        N_("Sandal"),
        N_("Shirt"),
        N_("Sneaker"),
        N_("Bag"),
        N_("Ankle boot"),
    ),
    licence="MIT",
    source="Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017, arXiv:1708.07747, "
    "https://github.com/zalandoresearch/fashion-mnist",
    folder="FashionMNIST/raw",
    remote=sources.FASHION_MNIST,
    download_bytes=26_421_880 + 29_515 + 4_422_102 + 5_148,
    # Measured on 10,000 training images: 98 % have a longer side of 28 pixels, the boxes' middle
    # lies at (14.2, 14.1), the centre of mass varies by 1.4 pixels. Clothes are filled areas, so
    # the line is that of a broad brush.
    placing=Placing(box=28, centre="box", stroke=7),
    subject=N_("a piece of clothing"),
)
_KMNIST = _idx_set(
    name="kmnist",
    title="Kuzushiji-MNIST",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    licence="CC BY-SA 4.0",
    source="Clanuwat et al., Deep Learning for Classical Japanese Literature, 2018, "
    "arXiv:1812.01718, http://codh.rois.ac.jp/kmnist/",
    folder="KMNIST/raw",
    remote=sources.KMNIST,
    download_bytes=18_165_135 + 29_497 + 3_041_136 + 5_120,
    placing=Placing(box=28, centre="box", stroke=2.5),  # its characters fill the image
    subject=N_("a Japanese character"),
)
_EMNIST_LETTERS = _idx_set(
    name="emnist-letters",
    title=N_("EMNIST Letters"),
    class_names=tuple("abcdefghijklmnopqrstuvwxyz"),
    sizes=(124_800, 20_800),
    licence="Public domain (NIST Special Database 19)",
    source="Cohen, Afshar, Tapson and van Schaik, EMNIST: an extension of MNIST to handwritten "
    "letters, 2017, arXiv:1702.05373, https://www.nist.gov/itl/products-and-services/emnist-dataset",
    read=sources.read_emnist_letters,
    folder="EMNIST/raw",
    splits=("emnist-letters-train", "emnist-letters-test"),
    remote=sources.EMNIST,
    download_bytes=561_753_746,
    # Cohen et al., figure 1: blurred, centred by its box, with a border of 2 pixels.
    placing=Placing(box=24, centre="box", stroke=3.5),
    subject=N_("a letter"),
)
_SHAPES = DatasetSpec(
    name="shapes",
    title=N_("Shapes (64 x 64, colour)"),
    shape=shapes.SHAPE,
    class_names=shapes.CLASS_NAMES,
    train_size=shapes.TRAIN_SIZE,
    test_size=shapes.TEST_SIZE,
    licence="MIT",
    source="drawn by this program, after dSprites (Matthey, Higgins, Hassabis and Lerchner, "
    "2017, https://github.com/google-deepmind/dsprites-dataset) and 3D Shapes (Burgess and "
    "Kim, 2018, https://github.com/google-deepmind/3d-shapes)",
    read=shapes.read,
    factor_names=shapes.FACTOR_NAMES,
)

_BUILT_IN = (_DIGITS, _MNIST, _MNIST_BINARY, _FASHION_MNIST, _KMNIST, _EMNIST_LETTERS, _SHAPES)
DATASETS: dict[str, DatasetSpec] = {spec.name: spec for spec in _BUILT_IN}
"""The built-in data sets. :func:`all_datasets` adds those that somebody has made."""


def _own(manifest: folder.Manifest) -> DatasetSpec:
    return DatasetSpec(
        name=manifest.registered,
        title=manifest.name,
        shape=manifest.shape,
        class_names=manifest.class_names,
        train_size=manifest.train_size,
        test_size=manifest.test_size,
        licence=_("your own images"),
        source=f"{manifest.source}, added on {manifest.created[:10]}",
        read=folder.read,
        folder=f"{folder.FOLDERS}/{manifest.name}",
        check=folder.problem,
        version=manifest.created,
    )


def all_datasets(root: Path | str | None = None) -> dict[str, DatasetSpec]:
    """Return the data sets that can be chosen: the built-in ones, then one's own by name."""
    own = {manifest.registered: _own(manifest) for manifest in folder.listing(root)}
    return DATASETS | own


def spec_of(name: str, root: Path | str | None = None) -> DatasetSpec:
    """Return the data set called ``name``; one's own are looked for under ``root``.

    Raises DataError if there is none, or it is damaged.
    """
    if name in DATASETS:
        return DATASETS[name]
    if name.startswith(folder.PREFIX):
        return _own(folder.read_manifest(folder.directory_of(name, root)))
    raise DataError(
        _("There is no data set {name!r}: choose one of {all_datasets}.").format(
            name=name, all_datasets=", ".join(all_datasets(root))
        )
    )


def known_spec(name: str, root: Path | str | None = None) -> DatasetSpec | None:
    """Return the data set called ``name``, or None where it is unknown, gone or damaged."""
    try:
        return spec_of(name, root)
    except DataError:
        return None


def version_of(name: str, root: Path | str | None = None) -> str:
    """Return what changes when a data set is made anew under its name, goes or comes back.

    Every cache of something that is made of its pictures is to be keyed by it.
    """
    spec = known_spec(name, root)
    return spec.version if spec else "gone"
