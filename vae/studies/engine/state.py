"""Where a study is: ``study.json`` in its folder."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from vae.runs import STUDIES_FOLDER, library_versions, workers
from vae.runs.processes import ProcessId, cores, identify, processor_name
from vae.storage.files import write_atomic
from vae.studies.engine.base import StudySettings

STATE_FILE = "study.json"
LOCK_FILE = ".lock"
COLLECTION = STUDIES_FOLDER
"""Name of a folder that holds the result folders of studies."""
SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints" / COLLECTION
"""Result folders that came with the program; read-only."""

State = Literal["new", "running", "done", "stopped", "failed", "interrupted"]


class StudyState(ProcessId):
    """What ``study.json`` holds."""

    settings: StudySettings
    state: State = "new"
    error: str | None = None
    doing: str = ""
    """In words for a page."""
    runs: int = 0
    runs_done: int = 0
    epochs: int = 0
    """Of all runs together."""
    epochs_done: float = 0.0
    seconds_left: float | None = None
    machine: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    records_sha256: str = ""
    """Of the records when the study was done: what is changed by hand later is noticed."""

    @property
    def share(self) -> float:
        """What is done of it, 0 to 1."""
        return min(1.0, self.epochs_done / self.epochs) if self.epochs else 0.0


def read(folder: Path) -> StudyState | None:
    """Return where the study in a folder is; one whose process died reads as interrupted."""
    try:
        text = (folder / STATE_FILE).read_text(encoding="utf-8")
        found = StudyState.model_validate_json(text)
    except (OSError, ValidationError):
        return None
    if found.state == "running" and not workers.backend.is_alive(found):
        return found.model_copy(update={"state": "interrupted"})
    return found


def write(folder: Path, state: StudyState, *, flush: bool = True) -> None:
    """Replace ``study.json``."""
    text = state.model_dump_json(indent=2) + "\n"
    write_atomic(folder / STATE_FILE, text.encode(), flush=flush)


def begun(settings: StudySettings) -> StudyState:
    """Return the state of a study that this process has just taken up."""
    return StudyState(
        settings=settings,
        state="running",
        machine=machine(),
        versions=library_versions(),
        **identify(os.getpid()).model_dump(),
    )


def machine() -> str:
    """Say what the runs are trained on, in few words."""
    import torch

    words = f"{processor_name()}, {cores()} cores"
    return f"{torch.cuda.get_device_name()}; {words}" if torch.cuda.is_available() else words


def default_folder(settings: StudySettings, root: Path) -> Path:
    """Return where the result of these settings lies unless asked otherwise."""
    name = f"{settings.study}-{settings.dataset}-e{settings.epochs}-s{settings.seeds}"
    if settings.samples is not None:
        name += f"-L{settings.samples}"
    if settings.values is not None:
        text = json.dumps(settings.values)
        name += "-" + hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:6]
    return root / COLLECTION / "".join(c if c.isalnum() or c in "._-" else "-" for c in name)


def list_folders(collection: Path) -> Iterator[Path]:
    """Yield the result folders in a collection, by name."""
    try:
        found = sorted(collection.iterdir())
    except OSError:
        return
    yield from (folder for folder in found if (folder / STATE_FILE).is_file())
