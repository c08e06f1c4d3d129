"""The models that come with the program: their settings, and how they are made again."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vae import runs
from vae.checkpoint import CONFIG_FILE, RESUME_FILE, load_model, save_model
from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import load
from vae.errors import RunError
from vae.files import write_arrays, write_atomic
from vae.metrics import evaluate
from vae.runs import CODES_FILE, EVALUATION_FILE, METRICS_FILE, PICTURES_FILE, STATUS_FILE
from vae.train import Report
from vae.work import train_run

DEFAULT_RUN = "mnist-vae-2d"
"""The run that Explore opens when none is asked for."""

KEPT_FILES = (
    CONFIG_FILE,
    STATUS_FILE,
    METRICS_FILE,
    EVALUATION_FILE,
    CODES_FILE,
    PICTURES_FILE,
    "model.safetensors",
)


def _recipe(name: str, dataset: str, model: ModelConfig, epochs: int) -> RunConfig:
    return RunConfig(
        name=name,
        data=DataConfig(dataset=dataset),
        # They were made, and measured, before LeCun's initialisation became the default.
        model=model.model_copy(update={"init": "he"}),
        train=TrainConfig(epochs=epochs, device="cpu"),
    )


def _mlp(latent_dim: int, **others: Any) -> ModelConfig:
    return ModelConfig(latent_dim=latent_dim, **others)


RECIPES: dict[str, RunConfig] = {
    config.name: config
    for config in (
        _recipe(DEFAULT_RUN, "mnist", _mlp(2), 50),
        _recipe("mnist-vae-20d", "mnist", _mlp(20), 50),
        _recipe("mnist-conv-vae-2d", "mnist", ModelConfig(arch="conv", latent_dim=2), 20),
        _recipe("fashion-vae-2d", "fashion-mnist", _mlp(2), 50),
        _recipe("digits-vae-2d", "digits", _mlp(2, image_shape=(1, 8, 8)), 150),
    )
}


def _refuse_own(run: runs.Run) -> None:
    """Keep what is not a shipped model from being replaced by one."""
    if run.directory.exists() and not run.config.shipped:
        raise RunError(
            f"{run.directory} is a run of your own: rename or delete it before the shipped model "
            "of that name is made again."
        )


def halve_codes(run: runs.Run) -> None:
    """Store a run's codes as float16, half the size; no map shows the difference."""
    arrays = run.codes()
    halves = {name: arrays[name].astype(np.float16) for name in ("mu", "logvar")}
    write_arrays(run.directory / CODES_FILE, arrays | halves)


def make_shipped(
    name: str, root: Path = runs.DEFAULT_ROOT, on_report: Callable[[Report], None] | None = None
) -> dict[str, Any]:
    """Train a shipped model from its recipe, measure it, and put it in its place.

    Its weights and codes are stored as float16, and measured as stored. The one that was there
    stays until the new one is whole.

    Returns
    -------
    dict
        What :func:`vae.metrics.evaluate` measured.

    Raises
    ------
    RunError
        If there is no recipe of that name, or a run of the user's own has it.
    """
    if name not in RECIPES:
        raise RunError(f"no shipped model is called {name!r}: there are {', '.join(RECIPES)}.")
    _refuse_own(runs.Run(root / name))
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".making-") as folder:
        run = runs.create(RECIPES[name], Path(folder))
        train_run(run, on_report)
        halve_codes(run)
        config = run.config.model_copy(update={"shipped": True})
        save_model(run.directory, load_model(run.directory), config, config.train.epochs, half=True)
        figures = evaluate(load_model(run.directory), load(config.data.dataset))
        write_atomic(run.directory / EVALUATION_FILE, json.dumps(figures, indent=2).encode())
        write_atomic(run.directory / CONFIG_FILE, config.to_json().encode())
        # No process of this machine has a meaning on another one.
        done = run.status().model_copy(update={"pid": None, "pid_started": None})
        run.write_status(done)
        for path in run.directory.iterdir():
            if path.name not in KEPT_FILES or path.name == RESUME_FILE:
                path.unlink()
        shutil.rmtree(root / name, ignore_errors=True)
        run.directory.rename(root / name)
    return figures
