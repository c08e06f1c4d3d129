"""The settings of a run."""

from vae.config.settings import (
    CORRUPTIONS,
    DEFAULT_HIDDEN,
    Arch,
    Binarise,
    DataConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    automatic_name,
    bounds,
    check_name,
    help_text,
    make,
    parse_corruption,
    parse_hidden,
)

__all__ = [
    "CORRUPTIONS",
    "DEFAULT_HIDDEN",
    "Arch",
    "Binarise",
    "DataConfig",
    "ModelConfig",
    "RunConfig",
    "TrainConfig",
    "automatic_name",
    "bounds",
    "check_name",
    "help_text",
    "make",
    "parse_corruption",
    "parse_hidden",
]
