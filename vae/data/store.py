"""What lies on the disk: whether a data set is whole, and reading it into memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vae.data.folder import again
from vae.data.idx import IdxFile, packed_problem, plain_problem, unpack
from vae.data.images import ImageData
from vae.data.place import data_dir
from vae.data.registry import DatasetSpec, spec_of
from vae.errors import DataError


@dataclass(frozen=True)
class DataStatus:
    """Whether a data set can be loaded, and a sentence that says so or what to do."""

    name: str
    state: Literal["ready", "missing", "damaged"]
    message: str

    @property
    def ready(self) -> bool:
        return self.state == "ready"


def raw_folder(spec: DatasetSpec, root: Path | str | None = None) -> Path:
    """Return the folder of a data set's files."""
    return data_dir(root) / spec.folder


def status(name: str, root: Path | str | None = None) -> DataStatus:
    """Look whether a data set can be loaded: headers and lengths of its files, no pixels.

    Raises DataError if there is no such data set under ``root``, :func:`data_dir` unless given.
    """
    spec = spec_of(name, root)
    if spec.embedded:
        return DataStatus(name, "ready", f"{spec.title} is embedded: nothing to download.")
    folder = raw_folder(spec, root)
    command = f"run `python -m vae data get {name}`"
    remedy = f"{command} to replace it"
    missing: list[str] = []
    damaged: list[str] = []
    if spec.check is not None:
        damaged += filter(None, [spec.check(folder)])
        remedy = again(name)
    for file in spec.files:
        try:
            damaged += filter(None, [_problem(folder, file)])
        except FileNotFoundError:
            missing.append(file.name)
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        message = f"{spec.title} is damaged: {damaged[0]}{more}; {remedy}."
        return DataStatus(name, "damaged", message)
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

    Raises DataError if it is unknown, missing or damaged under ``root``, :func:`data_dir` unless
    given.
    """
    spec = spec_of(name, root)
    now = status(name, root)
    if not now.ready:
        raise DataError(now.message)
    folder = raw_folder(spec, root)
    remedy = again(name) if spec.check else f"run `python -m vae data get {name}` to replace it"
    unpack_archives(spec, folder)
    try:
        train, test = spec.read(folder, spec.files)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{spec.title} in {folder} cannot be read ({error}); {remedy}.") from error
    for split in (train, test):
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= len(spec.class_names):
            # There is no length to see this by, so the files must go before get() replaces them.
            raise DataError(
                f"{spec.title} has labels outside its {len(spec.class_names)} classes: "
                f"delete the labels in {folder} and {remedy}."
            )
    return ImageData(name, spec.shape, spec.class_names, train, test, spec.factor_names)


def unpack_archives(spec: DatasetSpec, folder: Path) -> None:
    """Unpack each ``.gz`` in ``folder`` whose unpacked file is not there whole.

    Raises DataError if an archive is broken or the folder cannot be written to.
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
    packed = folder / f"{file.name}.gz"
    try:
        problem = plain_problem(folder / file.name, file)
    except FileNotFoundError:
        return packed_problem(packed, file)
    if problem and packed.exists() and packed_problem(packed, file) is None:
        return None
    return problem
