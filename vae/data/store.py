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
from vae.locale import _
from vae.locale.numbers import formatted


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
        return DataStatus(
            name, "ready", _("{spec} is embedded: nothing to download.").format(spec=_(spec.title))
        )
    folder = raw_folder(spec, root)
    command = _("run `python -m vae data get {name}`").format(name=name)
    remedy = _("{command} to replace it").format(command=command)
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
        more = (
            _(" (and {n_damaged} more)").format(n_damaged=len(damaged) - 1)
            if len(damaged) > 1
            else ""
        )
        message = _("{spec} is damaged: {damaged}{more}; {remedy}.").format(
            spec=_(spec.title), damaged=damaged[0], more=more, remedy=remedy
        )
        return DataStatus(name, "damaged", message)
    if missing:
        lack = (
            missing[0]
            if len(missing) == 1
            else _("{n_missing} of {n_files} files").format(
                n_missing=len(missing), n_files=len(spec.files)
            )
        )
        return DataStatus(
            name,
            "missing",
            _(
                "{spec} is not here yet: {folder} lacks {lack}; {command} (about {download_mb} MB)."
            ).format(
                spec=_(spec.title),
                folder=folder,
                lack=lack,
                command=command,
                download_mb=formatted(spec.download_mb, ".0f"),
            ),
        )
    return DataStatus(
        name, "ready", _("{spec} is ready in {folder}.").format(spec=_(spec.title), folder=folder)
    )


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
    remedy = (
        again(name)
        if spec.check
        else _("run `python -m vae data get {name}` to replace it").format(name=name)
    )
    unpack_archives(spec, folder)
    try:
        train, test = spec.read(folder, spec.files)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            _("{spec} in {folder} cannot be read ({error}); {remedy}.").format(
                spec=_(spec.title), folder=folder, error=error, remedy=remedy
            )
        ) from error
    for split in (train, test):
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= len(spec.class_names):
            # There is no length to see this by, so the files must go before get() replaces them.
            raise DataError(
                _(
                    "{spec} has labels outside its {n_class_names} classes: delete the labels in "
                    "{folder} and {remedy}."
                ).format(
                    spec=_(spec.title),
                    n_class_names=len(spec.class_names),
                    folder=folder,
                    remedy=remedy,
                )
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
                _(
                    "{spec} is damaged: {error}; run `python -m vae data get {spec_2}` to replace "
                    "it."
                ).format(spec=_(spec.title), error=str(error).rstrip("."), spec_2=spec.name)
            ) from None
        except OSError as error:
            raise DataError(
                _(
                    "{file}.gz cannot be unpacked ({reason}): make room and let this account write "
                    "there, or set VAE_DATA_DIR to another folder."
                ).format(file=folder / file.name, reason=error.strerror or error)
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
