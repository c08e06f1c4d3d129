"""A study from its settings to its result folder; it can be stopped, and goes on where it was."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vae.data import load_for
from vae.data import status as data_status
from vae.errors import DataError, RunError, UserError
from vae.locale import _, as_now, spoken
from vae.runs import DEFAULT_ROOT, STOP_FILE
from vae.runs.processes import ProcessId
from vae.storage import locks
from vae.studies.engine import records, state
from vae.studies.engine.base import Result, Study, StudySettings, configs
from vae.studies.engine.folder import read_result, write_result
from vae.studies.engine.state import StudyState, begun
from vae.studies.engine.stopping import Stopped, stoppable
from vae.studies.engine.training import Headway, Task, at_once, prepare, problems, train_all

OnState = Callable[[StudyState], None]
_NO_PROCESS: dict[str, Any] = ProcessId().model_dump()


class _StateFile:
    """``study.json`` of a study that runs here."""

    def __init__(self, folder: Path, first: StudyState, on_state: OnState | None) -> None:
        self.folder, self.now, self.on_state = folder, first, on_state

    def update(self, *, flush: bool = False, **changed: object) -> None:
        self.now = self.now.model_copy(update=changed)
        state.write(self.folder, self.now, flush=flush)
        if self.on_state:
            self.on_state(self.now)

    def headway(self, found: Headway) -> None:
        self.update(
            **found._asdict(),
            doing=_("{runs_done} of {runs} runs are trained").format(
                runs_done=found.runs_done, runs=found.runs
            ),
        )


def run_study(
    study: Study,
    settings: StudySettings,
    folder: Path,
    root: Path = DEFAULT_ROOT,
    *,
    count: int | None = None,
    on_state: OnState | None = None,
) -> Result:
    """Train what is missing, measure, and write the result folder.

    Finished runs under ``root`` with the same settings are used as they are; ``count`` is how many
    to train at once, as many as the machine bears if not given. ``on_state`` is called about twice
    a second.

    Raises Stopped if it was asked to stop; what is trained stays, and the result holds what is
    measured; UserError if a setting is wrong, the images are not there, a run fails, another
    process is at it, or a folder cannot be written.
    """
    wanted = configs(study, settings)
    if not data_status(settings.dataset).ready:
        raise DataError(
            _(
                "the images of {dataset} are not here: get them first with `python -m "
                "vae data get {dataset}`."
            ).format(dataset=settings.dataset)
        )
    for _arm, _seed, config in wanted[:1]:
        load_for(config.data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locks.hold(folder / state.LOCK_FILE) as mine:
            if not mine:
                raise RunError(
                    _("the study in {folder} is running already: look at it, or stop it.").format(
                        folder=folder
                    )
                )
            first = begun(settings)
            _forget_stop(folder / STOP_FILE, first.pid_started or 0.0)
            told = as_now(on_state) if on_state else None
            with spoken("en"):  # What the folder holds is told again in the reader's language.
                file = _StateFile(folder, first, told)
                file.update(flush=True, doing=_("Starting"))
                return _run(study, settings, prepare(wanted, root), file, count or at_once())
    except OSError as error:
        where = error.filename or folder
        raise RunError(
            _("cannot write {where}: {reason}.").format(where=where, reason=error.strerror or error)
        ) from None


def _forget_stop(path: Path, began: float) -> None:
    """Remove what asked an earlier process to stop; asked since this one began, it is for this."""
    with contextlib.suppress(FileNotFoundError):
        # The start of a process is known to about a second.
        if path.stat().st_mtime < began - 1.0:
            path.unlink()


def _run(
    study: Study, settings: StudySettings, tasks: list[Task], file: _StateFile, count: int
) -> Result:
    folder = file.folder

    def stop_asked() -> bool:
        return (folder / STOP_FILE).exists()

    def measured(task: Task) -> None:
        file.update(doing=_("Measuring {run}").format(run=task.run.name))
        pictures = study.pictures if task.seed == 0 else None
        with stoppable(stop_asked):
            records.measure(task.run, study.measure, pictures, folder)

    try:
        train_all(tasks, folder, count, file.headway, measured, stop_asked)
        found = read_result(study, settings, folder)
        failed = problems(tasks)
        file.update(doing=_("Drawing"))
        with stoppable(stop_asked):
            write_result(found, file.now)
        if failed:
            raise RunError(
                _(
                    "{n_failed} of {n_tasks} runs could not be trained ({failed}): start the "
                    "study again to try them once more."
                ).format(n_failed=len(failed), n_tasks=len(tasks), failed="; ".join(failed))
            )
    except (Stopped, KeyboardInterrupt):
        file.update(flush=True, state="stopped", doing="", **_NO_PROCESS)
        (folder / STOP_FILE).unlink(missing_ok=True)
        raise
    except UserError as error:
        file.update(flush=True, state="failed", error=str(error), doing="", **_NO_PROCESS)
        raise
    except Exception as error:
        with contextlib.suppress(OSError):
            file.update(
                flush=True,
                state="failed",
                error=_("it failed: {error}").format(error=error),
                doing="",
            )
        raise
    file.update(
        flush=True,
        state="done",
        doing="",
        error=None,
        seconds_left=0.0,
        records_sha256=records.digest(folder),
        **_NO_PROCESS,
    )
    return found
