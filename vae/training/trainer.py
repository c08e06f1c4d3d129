"""Train a run directory: the loop's reports onto disk, so that a killed run can go on.

``resume.safetensors`` is written last in an epoch and names it: whatever the other files say
beyond that epoch is dropped when the run is taken up again. So a kill at any moment loses at most
the epoch under way.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from vae import runs
from vae.data import (
    ImageData,
    Split,
    load_for,
    pixels,
)
from vae.errors import RunError, UserError
from vae.models import LatentModel
from vae.runs import (
    CODES_FILE,
    METRICS_FILE,
    PICTURES_FILE,
    STATUS_FILE,
    STOP_FILE,
    Run,
    Status,
    queue,
)
from vae.runs.checkpoint import save_model, to_arrays
from vae.runs.files import CONFIG_FILE, RESUME_FILE
from vae.runs.pauses import PauseForPages
from vae.storage.files import (
    Arrays,
    append,
    read_arrays,
    write_arrays,
    write_atomic,
)
from vae.training.loop import (
    EpochReport,
    Report,
    StepReport,
    TrainState,
    fit,
)
from vae.training.metrics import (
    EVAL_BATCH,
    Codes,
    encode_all,
    model_device,
)

MAX_FINAL_CODES = 10_000
HISTORY_BYTES = 16_000_000
"""Pictures, and codes by epoch, are thinned when they outgrow this: every second older epoch."""
_STEP_INTERVAL = 0.5
_DELETING = 1.0
"""Seconds in which a folder that is being deleted is gone with all its files."""
_HALF_MAX = float(np.finfo(np.float16).max)


def _line(report: Report) -> dict[str, Any]:
    line: dict[str, Any] = {
        "kind": "epoch" if isinstance(report, EpochReport) else "step",
        "epoch": report.epoch,
        "steps_per_epoch": report.steps_per_epoch,
        "seconds": round(report.seconds, 4),
        "train": report.train._asdict(),
    }
    if isinstance(report, StepReport):
        return line | {"step": report.step}
    hidden = {} if report.hidden is None else {"hidden": list(report.hidden)}
    return line | {"test": report.test._asdict()} | hidden


def _text(line: dict[str, Any]) -> bytes:
    return f"{json.dumps(line)}\n".encode()


class History:
    """Arrays with one entry an epoch, kept under :data:`HISTORY_BYTES`."""

    def __init__(self, arrays: Arrays | None = None) -> None:
        self.arrays: Arrays = arrays or {}

    def cut(self, last_epoch: int) -> None:
        """Drop what lies after ``last_epoch``."""
        if self.arrays:
            keep = self.arrays["epochs"].astype(np.int64) <= last_epoch
            self.arrays = {name: array[keep] for name, array in self.arrays.items()}

    def add(self, epoch: int, entries: Arrays) -> None:
        """Append an epoch; thin the older ones where the whole has grown too large."""
        fresh = {"epochs": np.array(epoch), **entries}
        self.arrays = {
            name: np.concatenate([self.arrays[name], array[None]])
            if name in self.arrays
            else array[None]
            for name, array in fresh.items()
        }
        while (
            sum(array.nbytes for array in self.arrays.values()) > HISTORY_BYTES
            and len(self.arrays["epochs"]) > 4
        ):
            keep = np.zeros(len(self.arrays["epochs"]), dtype=bool)
            keep[::2] = keep[-1] = True
            self.arrays = {name: array[keep] for name, array in self.arrays.items()}


def _half(values: torch.Tensor) -> np.ndarray[Any, Any]:
    return values.clamp(-_HALF_MAX, _HALF_MAX).numpy().astype(np.float16)


def _codes_arrays(codes: Codes, labels: torch.Tensor) -> Arrays:
    arrays = {
        "mu": codes.mu.numpy(),
        "label": labels[: len(codes.mu)].numpy().astype(np.int16),
    }
    return arrays if codes.logvar is None else arrays | {"logvar": codes.logvar.numpy()}


@torch.inference_mode()
def _indices_arrays(model: LatentModel, split: Split) -> Arrays:
    """Return the grids of codes ``indices (n, h, w)`` of a model with a codebook, else nothing."""
    device = model_device(model)
    parts = []
    for batch in split.batches(EVAL_BATCH):
        found = model.indices(pixels(batch.images.to(device)))
        if found is None:
            return {}
        parts.append(found.cpu())
    kind = np.uint8 if model.config.codebook <= 256 else np.int16
    return {"indices": torch.cat(parts).numpy().astype(kind)}


class Recorder:
    """Writes a run's files as its reports come in."""

    def __init__(self, run: Run, state: TrainState, data: ImageData) -> None:
        self.run, self.state, self.data = run, state, data
        done = state.epoch
        self._cut_lines(done)
        self._pending: list[bytes] = []
        self.pictures, self.codes = History(), History()
        if done:
            kept, saved = run.pictures(), run.codes()
            try:
                self.pictures = History(kept)
                self.codes = History({name: saved[name] for name in ("epochs", "history")})
                self.pictures.cut(done)
                self.codes.cut(done)
            except (KeyError, IndexError):
                raise RunError(
                    f"the pictures or codes by epoch in {run.directory} are not whole: delete "
                    f"{RESUME_FILE} there to start the run over."
                ) from None
        self._last_write = 0.0

    def _cut_lines(self, last_epoch: int) -> None:
        """Drop what the file of reports says beyond an epoch, and a line that a kill cut."""
        path = self.run.directory / METRICS_FILE
        kept = b"".join(_text(line) for line in self.run.metrics() if line["epoch"] <= last_epoch)
        if path.exists() and path.stat().st_size != len(kept):
            write_atomic(path, kept)

    def _append_lines(self, *, flush: bool) -> None:
        append(self.run.directory / METRICS_FILE, b"".join(self._pending), flush=flush)
        self._pending.clear()
        self._last_write = time.monotonic()

    def step(self, report: StepReport) -> None:
        """Note a window of steps; on disk at most twice a second."""
        self._pending.append(_text(_line(report)))
        if time.monotonic() - self._last_write > _STEP_INTERVAL:
            self._append_lines(flush=False)

    def epoch(self, report: EpochReport) -> None:
        """Put the end of an epoch on disk, what a resumed run needs last of all."""
        directory, pictures = self.run.directory, report.pictures
        self._pending.append(_text(_line(report)))
        self.pictures.add(
            report.epoch,
            {
                "train_recon": pictures.train_recon,
                "test_recon": pictures.test_recon,
                "samples": pictures.samples,
            },
        )
        self.codes.add(report.epoch, {"history": _half(report.codes.mu)})
        write_arrays(directory / PICTURES_FILE, self.pictures.arrays)
        self.write_codes(report.codes)
        self._append_lines(flush=True)
        save_model(directory, self.state.model, self.run.config, report.epoch)
        write_arrays(directory / RESUME_FILE, to_arrays(self.state.tensors()))
        self.run.write_status(self.run.status().model_copy(update={"epoch": report.epoch}))

    def write_codes(self, codes: Codes, others: Arrays | None = None) -> None:
        """Replace the codes that the map shows, keeping those by epoch."""
        arrays = _codes_arrays(codes, self.data.test.labels) | (others or {}) | self.codes.arrays
        write_arrays(self.run.directory / CODES_FILE, arrays)

    def finish(self) -> None:
        """Encode the test images in full for the map."""
        model, test = self.state.model, self.data.test[:MAX_FINAL_CODES]
        self.write_codes(encode_all(model, test), _indices_arrays(model, test))


def _restored_state(run: Run) -> TrainState:
    state = TrainState(run.config)
    path = run.directory / RESUME_FILE
    if path.exists():
        arrays, _ = read_arrays(path)
        try:
            state.restore({name: torch.from_numpy(array) for name, array in arrays.items()})
        except (RuntimeError, KeyError, ValueError):
            raise RunError(
                f"{path} does not fit the run's config: delete that file to start the run over."
            ) from None
    return state


def _mark(run: Run, state: runs.State, error: str | None = None) -> None:
    current: Status = run.status()
    run.write_status(current.model_copy(update={"state": state, "error": error}))


class _Cancelled(Exception):  # noqa: N818
    """Somebody asked the run to stop."""


class _LostError(RunError):
    """The run's directory is gone, or another process's: nothing is to be written there."""


def _check_there(run: Run) -> None:
    # Looked for by its config: a folder may be half deleted.
    if not (run.directory / CONFIG_FILE).is_file():
        raise _LostError(
            f"{run.directory} is gone: its training has stopped, and left nothing behind."
        ) from None


def _check_staying(run: Run, error: OSError) -> None:
    """Stop where the run's folder is going: its config may be the last of its files to go."""
    _check_there(run)
    if isinstance(error, FileNotFoundError):
        end = time.monotonic() + _DELETING
        while time.monotonic() < end:
            time.sleep(0.05)
            _check_there(run)


def _check_ours(run: Run) -> None:
    """Stop where another run has come in the place of this one: its files are not to be touched."""
    _check_there(run)
    try:
        text = (run.directory / STATUS_FILE).read_text(encoding="utf-8")
        pid = Status.model_validate_json(text).pid
    except (OSError, ValueError):
        return
    if pid != os.getpid():
        raise _LostError(f"{run.directory} is another process's by now: this one has stopped.")


def _check_wanted(run: Run) -> None:
    if (run.directory / STOP_FILE).exists():
        raise _Cancelled


def train_run(run: Run, on_report: Callable[[Report], None] | None = None) -> None:
    """Train a run to its last epoch, from where it is; a finished one is left as it is.

    A run that is cancelled on the way ends without an error, and its status says so. After the
    end, however it came, the queue goes on.

    Raises
    ------
    UserError
        Whatever stops it, after ``status.json`` says so in the same words.
    """
    try:
        _train(run, on_report)
    finally:
        # It is not this run's failure if the next cannot be started: a page's timer tries again.
        with contextlib.suppress(OSError, UserError):
            queue.start_next(run.directory.parent)


def _train(run: Run, on_report: Callable[[Report], None] | None) -> None:
    resume_file = run.directory / RESUME_FILE
    if run.status().state == "done" and not run.config.shipped:
        resume_file.unlink(missing_ok=True)
        return
    runs.claim(run)
    try:
        _check_wanted(run)
        data = load_for(run.config.data)
        state = _restored_state(run)
        recorder = Recorder(run, state, data)
        # Only the CPU is shared with the pages.
        pause = [PauseForPages(run.directory.parent)] if state.device.type == "cpu" else []
        for report in fit(run.config, data, state, *pause):
            _check_ours(run)
            if isinstance(report, EpochReport):
                recorder.epoch(report)
            else:
                recorder.step(report)
            if on_report:
                on_report(report)
            # After the last epoch there is nothing left to stop.
            if state.epoch < run.config.train.epochs:
                _check_wanted(run)
        recorder.finish()
        _mark(run, "done")
        (run.directory / STOP_FILE).unlink(missing_ok=True)
        # Last of all: without it, a run that is not marked as done would start over.
        resume_file.unlink(missing_ok=True)
    except KeyboardInterrupt:
        _mark_quietly(run, "interrupted")
        raise
    except _Cancelled:
        _mark(run, "cancelled")
        (run.directory / STOP_FILE).unlink(missing_ok=True)
    except _LostError:
        raise
    except UserError as error:
        _check_there(run)
        _mark_quietly(run, "failed", str(error))
        raise
    except OSError as error:
        _check_staying(run, error)
        message = f"cannot write {run.directory}: {error.strerror or error}."
        _mark_quietly(run, "failed", message)
        raise RunError(message) from error
    except Exception as error:
        if not _out_of_memory(error):
            # A defect, or a device that was lost: the caller shows it whole.
            _mark_quietly(run, "failed", f"the training broke off: {error}")
            raise
        message = "the device is out of memory: train with a smaller batch, or fewer samples."
        _mark_quietly(run, "failed", message)
        raise RunError(message) from error


def _out_of_memory(error: Exception) -> bool:
    """Whether torch found no room, on a GPU or on the CPU: it has no one class for both."""
    text = str(error).lower()
    return isinstance(error, MemoryError | RuntimeError) and (
        isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
    )


def _mark_quietly(run: Run, state: runs.State, message: str | None = None) -> None:
    """Say in the status why it stopped, where that can be written at all (a disk may be full)."""
    with contextlib.suppress(OSError, UserError):
        _mark(run, state, message)
