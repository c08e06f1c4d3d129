"""Small runs of any family, on the data that are always there."""

from pathlib import Path
from typing import Any

from vae import runs
from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import DATASETS
from vae.models import FAMILIES
from vae.runs import Run
from vae.training.plan import plan
from vae.training.trainer import train_run


def make_family_run(
    family: str, root: Path, name: str | None = None, latent_dim: int = 2, **data: object
) -> Run:
    """Train a model of a family on the embedded digits for one epoch."""
    config = plan(
        family,
        name=name or f"small-{family}",
        data={"dataset": "digits", **data},
        model={"latent_dim": latent_dim, "hidden": (8,)},
        train={"epochs": 1, "batch_size": 256, "device": "cpu"},
    )
    run = runs.create(config, root)
    train_run(run)
    return run


def make_families(root: Path) -> dict[str, Run]:
    """Make a run of each family, and one told of two classes only, black and white."""
    found = {family: make_family_run(family, root) for family in FAMILIES}
    found["two"] = make_family_run("cvae", root, "two", classes=(3, 7), binarise="static")
    return found


def create_run(
    root: Path, name: str, dataset: str = "digits", epochs: int = 1, **model: Any
) -> Run:
    """Make a run of a small dense VAE that is not trained yet."""
    config = RunConfig(
        name=name,
        data=DataConfig(dataset=dataset),
        model=ModelConfig(**{"hidden": (16,), "image_shape": DATASETS[dataset].shape} | model),
        train=TrainConfig(epochs=epochs, device="cpu"),
    )
    return runs.create(config, root)


def make_run(root: Path, name: str, dataset: str = "digits", epochs: int = 1, **model: Any) -> Run:
    """Train a small dense VAE."""
    run = create_run(root, name, dataset, epochs, **model)
    train_run(run)
    return run
