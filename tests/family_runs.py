"""A small run of any family, on the data that are always there."""

from __future__ import annotations

from pathlib import Path

from vae import runs
from vae.runs import Run
from vae.training.plan import plan
from vae.training.work import train_run


def make_family_run(family: str, root: Path, name: str | None = None, **data: object) -> Run:
    """Train a model of a family on the embedded digits for one epoch."""
    config = plan(
        family,
        name=name or f"small-{family}",
        data={"dataset": "digits", **data},
        model={"latent_dim": 2, "hidden": (8,)},
        train={"epochs": 1, "batch_size": 256, "device": "cpu"},
    )
    run = runs.create(config, root)
    train_run(run)
    return run
