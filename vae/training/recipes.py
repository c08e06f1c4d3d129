"""The recipes of the models that come with the program."""

from typing import Any

from vae.config import RunConfig
from vae.config.growth import GrowthConfig
from vae.training.plan import plan

DEFAULT_RUN = "mnist-vae-2d"
"""The run that Explore opens when none is asked for."""


def _recipe(
    name: str,
    dataset: str,
    family: str,
    epochs: int,
    lr: float = 1e-3,
    batch_size: int | None = None,
    classes: tuple[int, ...] | None = None,
    **model: Any,
) -> RunConfig:
    return plan(
        family,
        name=name,
        data={"dataset": dataset, "classes": classes},
        model=model,
        train={"epochs": epochs, "lr": lr, "batch_size": batch_size, "device": "cpu"},
    )


def _first_recipe(name: str, dataset: str, epochs: int, **model: Any) -> RunConfig:
    # These were made, and measured, before LeCun's initialisation became the default.
    return _recipe(name, dataset, "vae", epochs, init="he", **model)


_TARGET: dict[str, Any] = {"batch_size": 64, "lr": 2e-3, "hidden": (256, 128), "latent_dim": 10}
_GROWTH = GrowthConfig(start=(32, 16), add=(32, 16), every=10)

_SMALL: dict[str, Any] = {"batch_size": 64, "lr": 2e-3}
_NO_8 = (0, 1, 2, 3, 4, 5, 6, 7, 9)

RECIPES: dict[str, RunConfig] = {
    config.name: config
    for config in (
        _first_recipe(DEFAULT_RUN, "mnist", 50),
        _first_recipe("mnist-vae-20d", "mnist", 50, latent_dim=20),
        _first_recipe("mnist-conv-vae-2d", "mnist", 20, arch="conv"),
        _first_recipe("fashion-vae-2d", "fashion-mnist", 50),
        _first_recipe("digits-vae-2d", "digits", 150),
        _recipe("mnist-ae-2d", "mnist", "ae", 30),
        _recipe("mnist-cvae-2d", "mnist", "cvae", 40),
        _recipe("mnist-beta4-vae-10d", "mnist", "beta-vae", 30, latent_dim=10),
        _recipe("mnist-denoising-ae", "mnist", "denoising-ae", 20, latent_dim=32),
        _recipe("mnist-vqvae", "mnist", "vq-vae", 7, lr=2e-3, codebook=128),
        # Both work without a download: to clean corrupted digits, and to find the one never seen.
        _recipe("digits-denoising-ae", "digits", "denoising-ae", 100, **_SMALL, latent_dim=16),
        _recipe("digits-without-8", "digits", "vae", 80, **_SMALL, latent_dim=8, classes=_NO_8),
        _recipe("digits-growing", "digits", "growing-vae", 80, growth=_GROWTH, **_TARGET),
        _recipe("digits-target", "digits", "vae", 80, **_TARGET),
    )
}
