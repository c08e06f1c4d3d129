"""The files of a run's folder; ``docs/architecture.md`` says what each holds. Needs no torch."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from vae.config import RunConfig
from vae.errors import ConfigError, RunError
from vae.locale import _
from vae.runs.processes import ProcessId, is_alive
from vae.storage.files import read_bytes

CONFIG_FILE = "config.json"
MODEL_FILE = "model.safetensors"
RESUME_FILE = "resume.safetensors"
STATUS_FILE = "status.json"
METRICS_FILE = "metrics.jsonl"
CODES_FILE = "codes.safetensors"
PICTURES_FILE = "pictures.safetensors"
EMBEDDINGS_FILE = "embeddings.safetensors"
EVALUATION_FILE = "evaluation.json"
LOG_FILE = "log.txt"
STOP_FILE = "stop"
PAUSE = b"pause"
"""What it holds where a pause is asked for."""
LOCK_FILE = ".queue.lock"
"""Beside the runs: who holds it says which of them run."""
STUDIES_FOLDER = "studies"
"""Beside the runs: the results of studies."""
CLASSIFIERS_FOLDER = "classifiers"

State = Literal["queued", "running", "paused", "done", "failed", "cancelled", "interrupted"]


class Status(ProcessId):
    """What ``status.json`` holds."""

    state: State = "queued"
    epoch: int = Field(0, ge=0, lt=2**31)
    epochs: int = Field(0, ge=0, lt=2**31)
    error: str | None = None
    queued_at: float | None = None
    """When it was put in the queue; a run that is only a config is not in it. While a process that
    the queue started has not claimed its run yet, it stays beside "running"."""
    started_at: float | None = None
    """When the queue started its process last."""
    estimate: float = Field(0.0, ge=0)
    """About how many seconds the whole training takes on a usual laptop; 0 if nobody knows."""
    until: int | None = Field(None, ge=0, lt=2**31)
    """The epoch at whose end it pauses."""
    study: str = ""
    """The result folder of the study that has put it in the queue; empty for a person."""
    places: int = Field(1, ge=1, lt=2**31)
    """How many runs of that study may train at the same time."""
    study_process: ProcessId | None = None
    """The process of that study: once it is gone, nobody waits for the run."""

    @property
    def waits(self) -> bool:
        return self.state == "queued" and self.queued_at is not None

    @property
    def is_abandoned(self) -> bool:
        """Whether the process of the study that asked for it is gone."""
        return self.study_process is not None and not is_alive(self.study_process)


def read_config(directory: Path) -> RunConfig:
    """Read a run's config.

    Raises RunError if there is none; ConfigError if it cannot be read as one.
    """
    try:
        text = read_bytes(directory / CONFIG_FILE).decode()
    except (OSError, UnicodeDecodeError):
        raise RunError(
            _(
                "{directory} is no run: it holds no readable {config_file}. `python -m "
                "vae runs` lists the runs there are."
            ).format(directory=directory, config_file=CONFIG_FILE)
        ) from None
    try:
        return RunConfig.from_json(text)
    except ConfigError as error:
        raise ConfigError(
            _("{config_file} is no config of a run: {error}").format(
                config_file=directory / CONFIG_FILE, error=error
            )
        ) from None
