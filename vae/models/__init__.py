"""The registry of model families, and :func:`build`."""

from __future__ import annotations

from dataclasses import dataclass

from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.models.base import LatentModel, LossTerms
from vae.models.vae import VAE


@dataclass(frozen=True)
class Family:
    """A kind of model: its class and how it is called on a page."""

    model: type[LatentModel]
    title: str


FAMILIES: dict[str, Family] = {
    "vae": Family(VAE, "Variational autoencoder"),
}


def check_family(name: str) -> Family:
    """Return the family of that name.

    Raises
    ------
    ConfigError
        If it is not in :data:`FAMILIES`.
    """
    family = FAMILIES.get(name)
    if family is None:
        raise ConfigError(f"there is no family {name!r}: choose one of {', '.join(FAMILIES)}.")
    return family


def build(config: ModelConfig) -> LatentModel:
    """Make the model that ``config`` describes, with fresh weights from the global generator.

    Raises
    ------
    ConfigError
        If the family is not in :data:`FAMILIES`.
    """
    return check_family(config.family).model(config)


__all__ = ["FAMILIES", "Family", "LatentModel", "LossTerms", "build", "check_family"]
