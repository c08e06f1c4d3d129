"""The settings of a run: frozen, validated, JSON both ways.

The bounds stand here once; the sliders of the pages and the options of the command line read them
with :func:`bounds` and :func:`help_text`.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from vae.errors import ConfigError, sentence

SCHEMA_VERSION: Literal[1] = 1

Arch = Literal["mlp", "conv"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bf16"]
Init = Literal["lecun", "he", "torch"]

DEFAULT_HIDDEN: dict[str, tuple[int, ...]] = {"mlp": (512, 256), "conv": (32, 64)}
"""Hidden sizes when none are given: neurons a dense layer, or channels a strided convolution."""

C = TypeVar("C", bound=BaseModel)

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check_name(name: str) -> str:
    """Return ``name`` if it can name a run's directory.

    Raises
    ------
    ConfigError
        If it is empty, longer than 64, only dots, or has other characters than letters, digits,
        dot, dash and underscore.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or set(name) <= {"."}:
        raise ConfigError(
            f"{name!r} cannot name a run: use letters, digits, dot, dash and underscore, "
            "64 characters at most, and not dots alone."
        )
    return name


def parse_hidden(text: str) -> tuple[int, ...]:
    """Read hidden sizes as typed by a person: ``"512,256"`` gives ``(512, 256)``.

    Raises
    ------
    ConfigError
        If a part is not a whole number.
    """
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError:
        raise ConfigError(
            f"hidden sizes are whole numbers between commas, as in 512,256, not {text!r}."
        ) from None


def _valid_name(name: str) -> str:
    try:
        return check_name(name)
    except ConfigError as error:
        raise ValueError(str(error)) from None


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(_Settings):
    """Which images a run sees."""

    dataset: str = Field("mnist", description="Name of a data set in the registry.")


class ModelConfig(_Settings):
    """Everything that fixes the shape of a model and its objective."""

    family: str = Field("vae", description="Kind of model.")
    arch: Arch = Field("mlp", description="Dense layers (mlp) or strided convolutions (conv).")
    hidden: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field(
        DEFAULT_HIDDEN["mlp"],
        min_length=1,
        max_length=8,
        description="Hidden sizes of the encoder, from the image inwards; the decoder mirrors "
        "them. Neurons a layer for mlp (512,256 unless given), channels a convolution of "
        "stride 2 for conv (32,64 unless given).",
    )
    latent_dim: int = Field(
        2, ge=1, le=1024, description="Latent size d: how many numbers describe an image."
    )
    beta: float = Field(
        1.0, ge=0, le=1000, description="Weight of the KL term: 1 is the ELBO, more is stricter."
    )
    init: Init = Field(
        "lecun", description="How weights are drawn at first: lecun, he, or torch's own way."
    )
    image_shape: tuple[int, int, int] = Field(
        (1, 28, 28), description="Channels, height, width of an image."
    )

    @model_validator(mode="before")
    @classmethod
    def _default_hidden(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("hidden") is None:
            # An arch that is wrong, or no string at all, is reported by its own field.
            arch = "conv" if values.get("arch") == "conv" else "mlp"
            values = {**values, "hidden": DEFAULT_HIDDEN[arch]}
        return values

    @model_validator(mode="after")
    def _fits_image(self) -> Self:
        channels, height, width = self.image_shape
        if channels not in (1, 3) or not (4 <= height <= 256 and 4 <= width <= 256):
            raise ValueError(
                "images must have 1 or 3 channels and sides of 4 to 256 pixels, "
                f"not {channels} x {height} x {width}"
            )
        most = int(math.log2(min(height, width)))
        if self.arch == "conv" and len(self.hidden) > most:
            raise ValueError(
                f"{len(self.hidden)} convolutions of stride 2 are too many for {height} x {width} "
                f"images: give at most {most} hidden sizes"
            )
        return self


class TrainConfig(_Settings):
    """How a model is trained."""

    epochs: int = Field(20, ge=1, le=10_000, description="Passes over the training images.")
    batch_size: int = Field(128, ge=1, le=65_536, description="Images a step.")
    lr: float = Field(1e-3, gt=0, le=1, description="Learning rate of Adam.")
    samples: int = Field(1, ge=1, le=1000, description="Monte Carlo samples L of z for each image.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of weights, order and noise.")
    device: Device = Field("auto", description="auto takes CUDA, then MPS, then the CPU.")
    precision: Precision = Field(
        "float32", description="bf16 trains with bfloat16 matrix products, losses in float32."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class RunConfig(_Settings):
    """A whole run: what ``config.json`` holds."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: Annotated[str, BeforeValidator(_valid_name)] = "run"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    created: str = Field(default_factory=_now)
    versions: dict[str, str] = Field(default_factory=dict)
    shipped: bool = Field(False, description="Came with the program: read-only.")

    def to_json(self) -> str:
        """Return the config as indented JSON."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read a config.

        Raises
        ------
        ConfigError
            If the text is not JSON or a value is out of bounds.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(sentence(error)) from None


def make(kind: type[C], **values: Any) -> C:
    """Build a config, with a sentence instead of pydantic's report where a value is wrong.

    Raises
    ------
    ConfigError
        If a value is out of bounds or unknown.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise ConfigError(sentence(error)) from None


def bounds(kind: type[BaseModel], field: str) -> tuple[float, float]:
    """Return the least and the greatest value of a numeric field (an open bound as it stands)."""
    low, high = -math.inf, math.inf
    for rule in kind.model_fields[field].metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high


def help_text(kind: type[BaseModel], field: str) -> str:
    """Return what a field means, with its bounds where it has any."""
    text = kind.model_fields[field].description or ""
    low, high = bounds(kind, field)
    return f"{text} [{low:g} to {high:g}]" if math.isfinite(low) and math.isfinite(high) else text


def automatic_name(data: DataConfig, model: ModelConfig, train: TrainConfig) -> str:
    """Name a run after its settings and the time (UTC, to the second)."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    beta = "" if model.beta == 1 else f"-beta{model.beta:g}"
    kind = model.family if model.arch == "mlp" else f"{model.arch}-{model.family}"
    settings = f"{data.dataset}-{kind}-{model.latent_dim}d{beta}-s{train.seed}"
    # Too long a name loses from its settings: the time is what tells two runs apart.
    return f"{settings[: 63 - len(stamp)]}-{stamp}"
