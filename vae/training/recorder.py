"""Put the reports of a training on disk, so that a killed run can go on.

``resume.safetensors`` is written last in an epoch, or when the run is paused, and says where that
was: whatever the other files say beyond it is dropped when the run is taken up again. So a kill at
any moment loses at most the epoch under way.
"""

import json
import time
from typing import Any

import numpy as np
import torch

from vae.data import ImageData, Split
from vae.errors import RunError
from vae.locale import _
from vae.models import LatentModel
from vae.runs import CODES_FILE, METRICS_FILE, PICTURES_FILE, Run
from vae.runs.checkpoint import save_model, to_arrays
from vae.runs.files import RESUME_FILE
from vae.storage.files import Arrays, append, write_arrays, write_atomic
from vae.training.live import LiveView
from vae.training.loop import EpochReport, Pictures, Report, StepReport, steps_per_epoch
from vae.training.metrics import Codes, batches, encode_all
from vae.training.projection import projection_of
from vae.training.state import TrainState

MAX_FINAL_CODES = 10_000
HISTORY_BYTES = 16_000_000
"""Pictures, and codes by epoch, are thinned when they outgrow this: every second older epoch."""
_STEP_INTERVAL = 0.5
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
    parts = []
    for x, _labels in batches(model, split):
        found = model.indices(x)
        if found is None:
            return {}
        parts.append(found.cpu())
    kind = np.uint8 if model.config.codebook <= 256 else np.int16
    return {"indices": torch.cat(parts).numpy().astype(kind)}


class ReportFile:
    """Appends reports to ``metrics.jsonl``, after cutting it to the steps that are kept.

    These are all of the epochs up to ``last_epoch``, and ``step`` of the one after it.
    """

    def __init__(self, run: Run, last_epoch: int, step: int = 0) -> None:
        self._path = run.directory / METRICS_FILE
        self._pending: list[bytes] = []
        self._last_write = 0.0
        # A line that a kill cut goes as well.
        kept = b"".join(
            _text(line)
            for line in run.metrics()
            if line["epoch"] <= last_epoch
            or (line["epoch"] == last_epoch + 1 and line.get("step", step + 1) <= step)
        )
        if self._path.exists() and self._path.stat().st_size != len(kept):
            write_atomic(self._path, kept)

    def add(self, report: Report) -> None:
        """Note a report; windows of steps are written at most twice a second."""
        self._pending.append(_text(_line(report)))
        if isinstance(report, StepReport) and time.monotonic() - self._last_write > _STEP_INTERVAL:
            self.write(flush=False)

    def write(self, *, flush: bool) -> None:
        """Append what was noted; with ``flush`` it survives a power cut."""
        append(self._path, b"".join(self._pending), flush=flush)
        self._pending.clear()
        self._last_write = time.monotonic()


class Recorder:
    """Writes a run's files as its reports come in."""

    def __init__(self, run: Run, state: TrainState, data: ImageData) -> None:
        self.run, self.state, self.data = run, state, data
        state.steps_per_epoch = steps_per_epoch(run.config, data)
        done = state.epoch
        self.reports = ReportFile(run, done, state.step)
        self.pictures, self.codes = History(), History()
        self.live = LiveView(run, state, data)
        if done:
            kept, saved = run.pictures(), run.codes()
            try:
                self.pictures = History(kept)
                self.codes = History({name: saved[name] for name in ("epochs", "history")})
                self.pictures.cut(done)
                self.codes.cut(done)
            except (KeyError, IndexError):
                raise RunError(
                    _(
                        "the pictures or codes by epoch in {directory} are not whole: delete "
                        "{resume_file} there to start the run over."
                    ).format(directory=run.directory, resume_file=RESUME_FILE)
                ) from None
            self.live.fixed = projection_of(saved)
        else:
            if not state.step:
                self.live()  # Somebody has just pressed Start.
            # The untrained model, for "before and after".
            fresh = LiveView(run, TrainState(run.config), data) if state.step else self.live
            self._keep(0, *fresh.look())

    def _keep(self, epoch: int, pictures: Pictures, codes: Codes) -> None:
        self.pictures.add(epoch, pictures._asdict())
        self.codes.add(epoch, {"history": _half(codes.mu)})

    def add(self, report: Report) -> None:
        """Note a report; put the end of an epoch on disk, what a resumed run needs last of all."""
        self.reports.add(report)
        if isinstance(report, StepReport):
            return
        directory = self.run.directory
        self._keep(report.epoch, report.pictures, report.codes)
        if self.live.fixed is None:
            self.live.fixed = projection_of(self.codes.arrays)
        write_arrays(directory / PICTURES_FILE, self.pictures.arrays)
        self.write_codes(report.codes)
        self.reports.write(flush=True)
        save_model(directory, self.state.model, self.run.config, report.epoch)
        self._write_state()
        self.run.write_status(self.run.status().model_copy(update={"epoch": report.epoch}))
        if self.live.is_due(is_seen=True):
            self.live((report.pictures, report.codes))

    def pause(self) -> None:
        """Put on disk what the run needs to go on at the very step where it is."""
        if self.state.step:
            self.reports.write(flush=True)
            self._write_state()
        self.live()

    def _write_state(self) -> None:
        write_arrays(self.run.directory / RESUME_FILE, to_arrays(self.state.tensors()))

    def write_codes(self, codes: Codes, others: Arrays | None = None) -> None:
        """Replace the codes that the map shows, keeping those by epoch and their plane."""
        arrays = _codes_arrays(codes, self.data.test.labels) | (others or {}) | self.codes.arrays
        plane = {} if self.live.fixed is None else self.live.fixed.arrays()
        write_arrays(self.run.directory / CODES_FILE, arrays | plane)

    def finish(self) -> None:
        """Encode the test images in full for the map."""
        model, test = self.state.model, self.data.test[:MAX_FINAL_CODES]
        self.write_codes(encode_all(model, test), _indices_arrays(model, test))
