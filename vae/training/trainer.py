"""Train a run directory to its last epoch, from where it is."""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

import psutil
import torch

from vae import runs
from vae.data import load_for
from vae.errors import RunError, UserError
from vae.locale import _, as_now, spoken
from vae.runs import LIVE_FILE, STATUS_FILE, STOP_FILE, Run, Status, queue, turns, workers
from vae.runs.files import CONFIG_FILE, RESUME_FILE
from vae.runs.pauses import PauseForPages
from vae.storage.files import read_arrays
from vae.training.loop import EpochReport, Report, TrainState, fit
from vae.training.metrics import check_images
from vae.training.recorder import Recorder

_DELETING = 1.0
"""Seconds in which a folder that is being deleted is gone with all its files."""
_FRESH_BYTES = 2_000_000_000
"""A process that uses more memory takes no further run."""
_LOOK_S = 0.05
"""Between two looks whether it was asked to stop."""


def _restored_state(run: Run) -> TrainState:
    state = TrainState(run.config)
    path = run.directory / RESUME_FILE
    if path.exists():
        arrays, _about = read_arrays(path)
        try:
            state.restore({name: torch.from_numpy(array) for name, array in arrays.items()})
        except (RuntimeError, KeyError, ValueError):
            raise RunError(
                _(
                    "{path} does not fit the run's config: delete that file to start the run over."
                ).format(path=path)
            ) from None
    return state


def _mark(run: Run, state: runs.State, error: str | None = None) -> None:
    current: Status = run.status()
    update: dict[str, Any] = {"state": state, "error": error}
    if state == "queued":
        update |= {"queued_at": time.time(), "pid": None}
    else:
        update |= {"until": None}
    run.write_status(current.model_copy(update=update))


def _forget(run: Run, *names: str) -> None:
    for name in names:
        (run.directory / name).unlink(missing_ok=True)


class _Stopped(Exception):  # noqa: N818
    """The run ends before its last epoch, as somebody wants it to."""

    def __init__(self, state: runs.State, reason: str | None = None) -> None:
        self.state, self.reason = state, reason


class _LostError(RunError):
    """The run's directory is gone, or another process's: nothing is to be written there."""


def _check_there(run: Run) -> None:
    # Looked for by its config: a folder may be half deleted.
    if not (run.directory / CONFIG_FILE).is_file():
        raise _LostError(
            _("{directory} is gone: its training has stopped, and left nothing behind.").format(
                directory=run.directory
            )
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
        raise _LostError(
            _("{directory} is another process's by now: this one has stopped.").format(
                directory=run.directory
            )
        )


def _check_asked(run: Run) -> None:
    asked = queue.asked(run.directory)
    if asked:
        raise _Stopped("paused" if asked == "pause" else "cancelled")


def _check_wanted(run: Run, state: TrainState) -> None:
    """Stop at the end of an epoch if nobody wants the next one now."""
    _check_asked(run)
    status = run.status()
    # Nobody waits for it any more; the study takes it up again when it goes on.
    if status.is_abandoned:
        raise _Stopped("interrupted", _("the study that asked for it has ended before it."))
    if status.until is not None and state.epoch >= status.until:
        raise _Stopped("paused")
    if turns.makes_room(run, status):
        raise _Stopped("queued")


class _BeforeStep:
    """What a training does before each step: shows itself, ends if asked to, rests for pages."""

    def __init__(self, run: Run, state: TrainState, recorder: Recorder) -> None:
        self._run, self._live = run, recorder.live
        # Only the CPU is shared with the pages.
        is_shared = state.device.type == "cpu"
        self._rest = PauseForPages(run.directory.parent) if is_shared else None
        self._look_at = 0.0

    def __call__(self) -> None:
        if self._live.is_due():
            _check_ours(self._run)
            self._live()
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_S
            _check_asked(self._run)
        if self._rest is not None:
            self._rest()


def train_run(
    run: Run,
    on_report: Callable[[Report], None] | None = None,
    *,
    until: int | None = None,
    goes_on: bool = True,
) -> None:
    """Train a run to its last epoch, or to pause after ``until``; a finished one is left as it is.

    A run that is cancelled or paused on the way ends without an error, and its status says so.
    After the end, however it came, the queue goes on, unless the caller sees to it.

    Raises
    ------
    UserError
        Whatever stops it, after ``status.json`` says so in the same words.
    """
    report = as_now(on_report) if on_report else None
    try:
        with spoken("en"):  # What a run's files hold is told again in the reader's language.
            _train(run, report, until)
    finally:
        if goes_on:
            go_on(run)


def go_on(run: Run) -> None:
    """Let the queue that a run was in go on, in other processes."""
    # It is not this run's failure if the next cannot be started: a page's timer tries again.
    with contextlib.suppress(OSError, UserError):
        queue.start_next(run.directory.parent)


def next_here(run: Run) -> Run | None:
    """Return the run that this process trains after ``run``, printing to its log; or None.

    One that uses much memory, or works for a study, takes none.
    """
    if psutil.Process().memory_info().rss > _FRESH_BYTES or run.status().study:
        return None
    with contextlib.suppress(OSError, UserError):
        following = queue.take_next(run.directory.parent)
        if following is not None:
            workers.print_to(following.directory / runs.LOG_FILE)
        return following
    return None


def _train(run: Run, on_report: Callable[[Report], None] | None, until: int | None) -> None:
    if run.status().state == "done" and not run.config.shipped:
        return
    runs.claim(run, until)
    recorder = None
    try:
        _check_asked(run)
        data = load_for(run.config.data)
        check_images(run.config.model, data)
        state = _restored_state(run)
        recorder = Recorder(run, state, data)
        for report in fit(run.config, data, state, _BeforeStep(run, state, recorder)):
            _check_ours(run)
            recorder.add(report)
            if on_report:
                on_report(report)
            # After the last epoch there is nothing left to stop.
            if isinstance(report, EpochReport) and state.epoch < run.config.train.epochs:
                _check_wanted(run, state)
        recorder.finish()
        _mark(run, "done")
        _forget(run, STOP_FILE, LIVE_FILE)
        if run.status().study:
            # Hundreds of runs: no one of them is to go on after its last epoch.
            _forget(run, RESUME_FILE)
    except KeyboardInterrupt:
        _mark_quietly(run, "interrupted")
        raise
    except _Stopped as stopped:
        if recorder is not None:
            recorder.pause()
        _mark(run, stopped.state, stopped.reason)
        rests = stopped.state in ("paused", "queued")
        _forget(run, STOP_FILE, *([] if rests else [LIVE_FILE]))
    except _LostError:
        raise
    except UserError as error:
        _check_there(run)
        _mark_quietly(run, "failed", str(error))
        raise
    except OSError as error:
        _check_staying(run, error)
        message = _("cannot write {directory}: {reason}.").format(
            directory=run.directory, reason=error.strerror or error
        )
        _mark_quietly(run, "failed", message)
        raise RunError(message) from error
    except Exception as error:
        if not _out_of_memory(error):
            # A defect, or a device that was lost: the caller shows it whole.
            _mark_quietly(run, "failed", _("the training failed: {error}").format(error=error))
            raise
        message = _("the device is out of memory: train with a smaller batch, or fewer samples.")
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
