"""What the teacher does to a whole class: end all work, fix settings, put everything back."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

from vae import runs
from vae.config import RunConfig
from vae.errors import LimitError, NotYoursError, UserError
from vae.locale import _
from vae.people import acting, owner_of
from vae.people.classroom import EMPTY, classroom, set_classroom
from vae.runs import queue, tasks
from vae.runs.files import STUDIES_FOLDER

LOCKABLE = ("family", "dataset", "latent_dim", "beta", "hidden", "epochs", "batch_size", "lr")
"""Settings that the teacher can fix for all."""


def refuse_unlocked(config: RunConfig, root: Path) -> None:
    """Refuse from a visitor what differs from settings that the teacher has fixed.

    Raises LimitError with the settings.
    """
    if acting().is_teacher:
        return
    wrong = {
        name: value
        for name, value in classroom(root).locked.items()
        if not _is_like(_setting(config, name), value)
    }
    if wrong:
        raise LimitError(
            _("the teacher has fixed these settings for the class: {settings}.").format(
                settings=", ".join(f"{name} = {value}" for name, value in wrong.items())
            )
        )


def _setting(config: RunConfig, name: str) -> Any:
    for part in (config.model, config.data, config.train):
        if name in type(part).model_fields:
            return getattr(part, name)
    return None


def _is_like(found: Any, wanted: Any) -> bool:
    if isinstance(found, tuple):
        return ",".join(map(str, found)) == str(wanted).replace(" ", "")
    return bool(found == wanted)


def cancel_all(root: Path) -> int:
    """End all trainings and other work of a class; return how many there were.

    Raises NotYoursError unless the teacher asks for it.
    """
    _refuse_all_but_teacher()
    count = 0
    # What waits first, so that the end of one is not the start of the next.
    found = [(run, run.status()) for run in runs.list_runs(root)]
    for run, status in sorted(found, key=lambda one: one[1].state == "running"):
        if status.waits or status.state == "running":
            with contextlib.suppress(UserError):
                queue.cancel(run)
                count += 1
    for key in tasks.all_tasks(tasks.folder_of(root)):
        with contextlib.suppress(UserError):
            tasks.stop(root, key)
            count += 1
    return count


def put_back(root: Path) -> list[str]:
    """Remove what visitors have made, and what is set for the class; return what could not go.

    Runs and studies that the machine's owner made stay, as do shipped ones. A run that trains has
    been asked to stop: it can go a moment later.

    Raises NotYoursError unless the teacher asks for it.
    """
    cancel_all(root)
    left = []
    for run in runs.list_runs(root):
        if not run.config.shipped and owner_of(run.directory) != "":
            try:
                runs.delete(run)
            except UserError:
                left.append(run.name)
    studies = root / STUDIES_FOLDER
    with contextlib.suppress(OSError):
        for folder in studies.iterdir():
            if folder.is_dir() and owner_of(folder) != "":
                shutil.rmtree(folder, ignore_errors=True)
    empty = EMPTY.model_dump(exclude={"changed_at"})
    set_classroom(root, **empty)
    return left


def _refuse_all_but_teacher() -> None:
    if not acting().is_teacher:
        raise NotYoursError(_("only the teacher can do this for the whole class."))
