"""Studies behind the pages: one at a time, in a process of its own that outlives the server.

As with runs, the files are all there is: every reader of ``study.json`` sees the same study.
"""

import contextlib
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vae import runs
from vae.config import RunConfig
from vae.errors import RunError, UserError
from vae.locale import N_, _, retold
from vae.people import note_owner, owner_of, refuse_others
from vae.runs import LOG_FILE, STOP_FILE, Run, queue, workers
from vae.runs.processes import cores
from vae.runs.spawn import Command
from vae.storage import locks
from vae.studies.engine import state
from vae.studies.engine.base import Study, StudySettings, configs
from vae.studies.engine.sharing import by_fingerprint, fingerprint
from vae.studies.engine.state import StudyState
from vae.studies.engine.training import OVERHEAD_S, at_once, time_left

STOP_PATIENCE_S = 90.0
"""How long a study that was asked to stop has for it: it may be measuring a run."""
_START_LOCK = ".start.lock"
_TIMED_RUNS = 12


def own_folders(root: Path) -> list[Path]:
    """Return the result folders under the folder of the runs."""
    return list(state.list_folders(root / state.COLLECTION))


def running(root: Path) -> tuple[Path, StudyState] | None:
    """Return the study that runs under ``root``, from wherever it was started, if one does."""
    workers.backend.reap()
    for folder in own_folders(root):
        now = state.read(folder)
        if now is not None and now.state == "running":
            return folder, now
    return None


def start(settings: StudySettings, root: Path, folder: Path | None = None) -> Path:
    """Start a study, or let it go on where it was; return its result folder.

    ``root`` is the folder of the runs, ``folder`` that of the result: the usual one if not given.

    Raises RunError if another study runs under ``root``, its folder cannot be written, or no
    process started.
    """
    folder = folder or state.default_folder(settings, root)
    try:
        if not (folder / state.STATE_FILE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            note_owner(folder)
        refuse_others(folder, N_("started"))
        with locks.hold(folder.parent / _START_LOCK) as mine:
            at_work = running(root)
            if at_work is not None:
                raise RunError(
                    _(
                        "the study {study} is running: wait until it is done, or stop it first."
                    ).format(study=at_work[1].settings.study)
                )
            if not mine:
                raise RunError(_("another study is being started at this moment: try again."))
            _spawn(settings, root, folder)
    except OSError as error:
        raise RunError(
            _("cannot start a study in {folder}: {reason}.").format(
                folder=error.filename or folder, reason=error.strerror or error
            )
        ) from None
    return folder


def _spawn(settings: StudySettings, root: Path, folder: Path) -> None:
    (folder / STOP_FILE).unlink(missing_ok=True)
    first = StudyState(settings=settings, doing=N_("Starting"))
    state.write(folder, first)
    places = ("--out", str(folder.resolve()), "--runs", str(root.resolve()))
    arguments = ("vae", *settings.arguments(), *places)
    count = max(1, cores() - 1)
    command = Command(
        arguments, folder / LOG_FILE, count, outlives=True, owner=owner_of(folder) or ""
    )
    process = workers.backend.start(command)
    now = state.read(folder)
    if now is None or now.state == "new":
        alive = {"state": "running", **process.model_dump()}
        state.write(folder, first.model_copy(update=alive))


def stop(folder: Path) -> None:
    """Ask a study to stop; what is trained and measured stays.

    Raises RunError if its folder cannot be written.
    """
    refuse_others(folder, N_("stopped"))
    with queue.writable(folder):
        (folder / STOP_FILE).touch()


def force_stop(folder: Path, root: Path) -> None:
    """End the processes of a study that does not react to :func:`stop`; it can go on later.

    Raises RunError if they are another user's, or the folder of the runs cannot be written.
    """
    refuse_others(folder, N_("stopped"))
    now = state.read(folder)
    if now is None or now.state != "running":
        return
    # Itself first: it would take the end of a run for a reason to try it again.
    workers.backend.stop(now)
    for run in runs.list_runs(root):
        status = run.status()
        if status.study != str(folder.resolve()):
            continue
        if status.state == "running":
            workers.backend.stop(status)
        elif status.waits:
            queue.cancel(run)
    queue.start_next(root)


def why_it_ended(folder: Path, now: StudyState) -> str:
    """Return in Markdown why a study is not at its end, empty where it runs or is done."""
    if now.state == "failed":
        reason = retold(now.error or "") or _("no reason is known.")
        return _("Failed: {reason}").format(reason=reason)
    if now.state == "stopped":
        return _("Stopped: what is trained and measured is kept.")
    if now.state == "new":
        return _("Not started yet.")
    if now.state != "interrupted":
        return ""
    words = workers.backend.last_words(folder / LOG_FILE)
    # As code, with its own marks taken out: nothing else in it is taken for Markdown.
    quoted = words.replace("`", "'")
    text = (
        _("Interrupted: its process ended before the last run was measured.")
        if now.machine
        else _("Interrupted: its process ended before it began.")
    )
    last = _("The last line of its {file}: `{line}`").format(file=LOG_FILE, line=quoted)
    return f"{text} {last}" if quoted else text


# ---- what is to be expected ----------------------------------------------------------------------


class Outlook(NamedTuple):
    """What starting a study would mean."""

    runs: int
    there: int
    """How many of them are trained already."""
    seconds: float | None
    """About how long the others take; None where no run here tells how long an epoch takes."""


def outlook(study: Study, settings: StudySettings, root: Path) -> Outlook:
    """Return how many runs a study has, how many are there, and about how long the others take.

    Raises UserError if a setting is wrong or the folder of the runs cannot be read.
    """
    known = by_fingerprint(runs.list_runs(root))
    done = {key: run for key, run in known.items() if run.status().state == "done"}
    wanted = {fingerprint(config): config for _, _, config in configs(study, settings)}
    missing = [config for key, config in wanted.items() if key not in done]
    if not missing:
        return Outlook(len(wanted), len(wanted), 0.0)
    paces = _paces(done.values(), settings.dataset)
    if not paces:
        return Outlook(len(wanted), len(wanted) - len(missing), None)
    typical = statistics.median(pace for pace, _ in paces)
    each = []
    for config in missing:
        alike = [pace for pace, other in paces if _is_alike(config, other)]
        pace = statistics.median(alike) if alike else typical
        each.append(config.train.epochs * pace + OVERHEAD_S)
    return Outlook(len(wanted), len(wanted) - len(missing), time_left(each, at_once()))


def _paces(done: Iterable[Run], dataset: str) -> list[tuple[float, RunConfig]]:
    """Return the seconds an epoch of runs that were trained here on a data set, some of them."""
    found: list[tuple[float, RunConfig]] = []
    for run in done:
        config = run.config
        if config.shipped or config.data.dataset != dataset:
            continue
        with contextlib.suppress(UserError, KeyError, TypeError):
            reports = run.epochs()
            if reports and reports[-1]["epoch"]:
                found.append((reports[-1]["seconds"] / reports[-1]["epoch"], config))
        if len(found) == _TIMED_RUNS:
            break
    return found


def _is_alike(one: RunConfig, other: RunConfig) -> bool:
    """Whether epochs of two runs take about the same time."""
    return one.train.samples == other.train.samples and all(
        getattr(one.model, name) == getattr(other.model, name)
        for name in ("family", "arch", "hidden")
    )
