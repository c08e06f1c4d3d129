"""A model as a zip of its folder, and back from strangers: whole, or not at all."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from vae.analysis.embeddings import finished
from vae.config import RunConfig, check_name
from vae.errors import RunError, UserError
from vae.latent.export import decoder_onnx, encoder_onnx
from vae.locale import _
from vae.measures import report
from vae.runs import (
    CODES_FILE,
    DEFAULT_ROOT,
    EVALUATION_FILE,
    LOG_FILE,
    METRICS_FILE,
    PICTURES_FILE,
    STATUS_FILE,
    STOP_FILE,
    Run,
    Status,
    building,
)
from vae.runs.checkpoint import load_model
from vae.runs.files import CONFIG_FILE, EMBEDDINGS_FILE, MODEL_FILE, RESUME_FILE
from vae.storage.archive import MAX_UNPACKED_BYTES, opened, plain_name, read_entry
from vae.storage.files import JSON_LIMIT, read_bytes, write_atomic
from vae.storage.tables import csv_bytes

FILES = {
    CONFIG_FILE: 100_000,
    MODEL_FILE: MAX_UNPACKED_BYTES,
    METRICS_FILE: MAX_UNPACKED_BYTES,
    CODES_FILE: MAX_UNPACKED_BYTES,
    PICTURES_FILE: MAX_UNPACKED_BYTES,
    EMBEDDINGS_FILE: MAX_UNPACKED_BYTES,
    EVALUATION_FILE: JSON_LIMIT,
    report.FILE: JSON_LIMIT,
}
"""What a zip holds, and how many bytes each may have. What was measured comes after the weights: it
must be no older than they are."""
_LEFT = {STATUS_FILE, RESUME_FILE, LOG_FILE, STOP_FILE, "live.safetensors"}
"""What else may lie in a folder that somebody has zipped: it is not read."""


def check_at_rest(run: Run) -> None:
    """Refuse a run that trains or waits to, or has no weights yet.

    Raises RunError with what to do.
    """
    status = run.status()
    if status.state == "running" or status.waits:
        raise RunError(
            _("{run} is still training: take it once it has ended, or stop it first.").format(
                run=run.name
            )
        )
    if not run.has_model:
        raise RunError(
            _("{run} has no weights yet: train it for an epoch first.").format(run=run.name)
        )


def zip_run(run: Run) -> bytes:
    """Return a run's folder as a zip: settings, weights, curves, codes, pictures, figures.

    Raises RunError if it trains or waits to, has no weights yet, or changes meanwhile.
    """
    check_at_rest(run)
    before = run.version
    files = {}
    for name, limit in FILES.items():
        path = run.directory / name
        # Figures of other weights would pass for these ones' elsewhere.
        is_stale = name == EVALUATION_FILE and run.evaluation() is None
        if path.exists() and not is_stale:
            files[f"{run.name}/{name}"] = read_bytes(path, limit)
    if run.version != before:
        raise RunError(_("{run} has changed meanwhile: try again.").format(run=run.name))
    return _zipped(files)


def onnx_files(run: Run) -> dict[str, bytes]:
    """Return a model's encoder and decoder as ONNX files by their names.

    Raises UserError if there are no weights, or the codes are discrete.
    """
    model = load_model(run.directory)
    return {"encoder.onnx": encoder_onnx(model), "decoder.onnx": decoder_onnx(model)}


def zip_onnx(run: Run) -> bytes:
    """Return :func:`onnx_files` in a zip."""
    files = {f"{run.name}-onnx/{name}": content for name, content in onnx_files(run).items()}
    return _zipped(files)


_TERMS = ("loss", "recon_loss", "kl", "penalty")


def metrics_csv(run: Run) -> bytes:
    """Return a run's reports as CSV: a row a window of steps or an epoch, its terms in columns.

    A window has a step within its epoch, and no terms of test images.
    """
    columns = [(split, term) for split in ("train", "test") for term in _TERMS]
    rows = (
        [
            *(line.get(name) for name in ("epoch", "step", "seconds")),
            *(line.get(split, {}).get(term) for split, term in columns),
        ]
        for line in run.metrics()
    )
    head = ["epoch", "step", "seconds", *(f"{split}_{term}" for split, term in columns)]
    return csv_bytes(head, rows)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def import_run(
    source: Path | IO[bytes],
    name: str | None = None,
    root: Path = DEFAULT_ROOT,
    *,
    source_name: str | None = None,
) -> Run:
    """Take a model in that :func:`zip_run` has packed; each file is checked by who reads it later.

    Without a ``name`` it keeps its own, with a number if that is taken. ``source_name`` is what an
    upload is called in words.

    Raises UserError in a sentence, and leaves nothing behind, if the name is taken, or the zip is
    too large, dangerous or damaged, or holds anything else than a model that can be shown.
    """
    shown = source_name or (source.name if isinstance(source, Path) else _("the upload"))
    with opened(source, shown) as archive:
        entries = _entries(archive, shown)
        budget = [0]
        text = _content(archive, entries[CONFIG_FILE], budget, shown)
        try:
            found = RunConfig.from_json(text.decode(errors="replace"))
        except UserError as error:
            raise _refused(shown, CONFIG_FILE, error) from None
        _check_words(found, shown)
        wanted = {"shipped": False} | ({"name": check_name(name)} if name is not None else {})
        config = found.model_copy(update=wanted)
        with building(config, root, numbered=name is None) as (half, settle):
            write_atomic(half.directory / CONFIG_FILE, config.to_json().encode())
            for file in FILES:
                if file in entries and file != CONFIG_FILE:
                    content = _content(archive, entries[file], budget, shown)
                    write_atomic(half.directory / file, content)
            _check(half, shown)
            reached = max((line["epoch"] for line in half.epochs()), default=0)
            epochs = config.train.epochs
            state = "done" if reached >= epochs else "cancelled"
            half.write_status(Status(state=state, epoch=reached, epochs=epochs))
            return settle()


def _entries(archive: zipfile.ZipFile, shown: str) -> dict[str, zipfile.ZipInfo]:
    """Return a model's files by their names; they may lie in one folder.

    Raises RunError if a file is no model's, is there twice, or settings or weights are missing.
    """
    found: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in archive.infolist():
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        if not parts or info.is_dir() or hidden or parts[-1] in _LEFT:
            continue
        folders.add(parts[:-1])
        if len(parts) > 2 or len(folders) > 1 or parts[-1] not in FILES or parts[-1] in found:
            raise RunError(
                _(
                    "{file} holds {entry}, which is no file of a model: zip the folder of one "
                    "model alone."
                ).format(file=shown, entry=plain_name(info.filename))
            )
        found[parts[-1]] = info
    for needed in (CONFIG_FILE, MODEL_FILE):
        if needed not in found:
            raise RunError(
                _("{file} is no model: it holds no {missing}.").format(file=shown, missing=needed)
            )
    return found


def _content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: list[int], shown: str
) -> bytes:
    name = PurePosixPath(entry.filename).name
    try:
        return read_entry(archive, entry, budget, FILES[name])
    except ValueError:
        reason = _("it is too long")
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
        reason = _("it is not whole")
    raise _refused(shown, name, reason)


def _refused(shown: str, name: str, reason: object) -> RunError:
    return RunError(
        _("{name} in {file} cannot be taken in: {reason}").format(
            name=name, file=shown, reason=f"{str(reason).rstrip('.')}."
        )
    )


_PLAIN = re.compile(r"[\w.:+ -]{1,64}", re.ASCII)


def _check_words(config: RunConfig, shown: str) -> None:
    """Refuse text that a page could take for a link, a picture or a formula."""
    versions = config.versions.items()
    words = [config.data.dataset, config.created, config.model.corruption]
    for text in (*words, *(word for pair in versions for word in pair)):
        if not _PLAIN.fullmatch(text):
            raise _refused(shown, CONFIG_FILE, _("it says things that no run says"))


def _check(run: Run, shown: str) -> None:
    """Read all that there is as pages do, under another name than the one that it will have."""
    for name, reason in _faults(run):
        raise _refused(shown, name, reason.replace(f"{run.directory}/", ""))


def _faults(run: Run) -> Iterator[tuple[str, str]]:
    there = {name for name in FILES if (run.directory / name).exists()}
    readers: dict[str, Callable[[], object]] = {
        MODEL_FILE: lambda: load_model(run.directory),
        CODES_FILE: run.codes,
        PICTURES_FILE: run.pictures,
        EMBEDDINGS_FILE: lambda: finished.read(run),
    }
    for name, read in readers.items():
        if name in there:
            try:
                read()
            except UserError as error:
                yield name, str(error)
    if METRICS_FILE in there:
        lines = read_bytes(run.directory / METRICS_FILE, FILES[METRICS_FILE]).splitlines()
        if len(run.metrics()) != len(lines):
            yield METRICS_FILE, _("a line of it is no report of a training")
    if EVALUATION_FILE in there and run.evaluation() is None:
        yield EVALUATION_FILE, _("it holds no figures of a model")
    if report.FILE in there and not report.is_whole(run.directory / report.FILE):
        yield report.FILE, _("it holds no figures of a model")
