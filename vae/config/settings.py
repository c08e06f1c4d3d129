"""The settings of a run: frozen, validated, JSON both ways.

The bounds stand here once; the sliders of the pages and the options of the command line read them
with :func:`bounds` and :func:`help_text`.
"""

from __future__ import annotations

import contextlib
import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from vae.config.growth import GrowthConfig
from vae.errors import ConfigError, checked_settings
from vae.locale import N_, _
from vae.locale.numbers import formatted

SCHEMA_VERSION: Literal[1] = 1

Arch = Literal["mlp", "conv"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bf16"]
Init = Literal["lecun", "he", "torch"]
Binarise = Literal["none", "static", "dynamic"]
Likelihood = Literal["bernoulli", "gaussian"]
Variance = Literal["fixed", "learned"]
Reconstruction = Literal["mse", "bce"]
Sparsity = Literal["l1", "kl"]

DEFAULT_HIDDEN: dict[str, tuple[int, ...]] = {"mlp": (512, 256), "conv": (32, 64)}
"""Hidden sizes when none are given: neurons a dense layer, or channels a strided convolution."""

C = TypeVar("C", bound=BaseModel)

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check_name(name: str) -> str:
    """Return ``name`` if it can name a run's directory.

    Raises ConfigError if it is empty, longer than 64, only dots, or has other characters than
    letters, digits, dot, dash and underscore.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or set(name) <= {"."}:
        raise ConfigError(
            _(
                "{name!r} cannot name a run: use letters, digits, dot, dash and underscore, 64 "
                "characters at most, and not dots alone."
            ).format(name=name)
        )
    return name


def parse_hidden(text: str) -> tuple[int, ...]:
    """Read hidden sizes as typed by a person: ``"512,256"`` gives ``(512, 256)``.

    Raises ConfigError if a part is not a whole number.
    """
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError:
        raise ConfigError(
            _("hidden sizes are whole numbers between commas, as in 512,256, not {text!r}.").format(
                text=text
            )
        ) from None


class Corruption(NamedTuple):
    """A way of corrupting an image, and how much."""

    kind: str
    amount: float


CORRUPTIONS: dict[str, float] = {"gaussian": 2.0, "salt-pepper": 1.0, "mask": 1.0}
"""Kinds of corruption: name -> its greatest amount. :mod:`vae.models.corruption` does them."""


def parse_corruption(text: str) -> Corruption:
    """Read a corruption as typed: ``"gaussian:0.5"``.

    Raises ConfigError if there is no such kind, or its amount is out of bounds.
    """
    kind, _colon, amount = text.partition(":")
    with contextlib.suppress(ValueError):
        found = Corruption(kind.strip(), float(amount))
        if 0 < found.amount <= CORRUPTIONS.get(found.kind, 0):
            return found
    kinds = ", ".join(
        _("{name}:AMOUNT (up to {most})").format(name=name, most=formatted(most, "g"))
        for name, most in CORRUPTIONS.items()
    )
    raise ConfigError(
        _("{text!r} is no corruption: give one of {kinds}.").format(text=text, kinds=kinds)
    )


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(_Settings):
    """Which images a run sees."""

    dataset: str = Field("mnist", description=N_("Name of a data set in the registry."))
    classes: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None,
        min_length=1,
        description=N_(
            "Classes to train and test on, by label or name, as in 1,7; all unless given."
        ),
    )
    binarise: Binarise = Field(
        "none",
        description=N_(
            "Pixels as 0 or 1: static (1 above 0.5) or dynamic (drawn again for every "
            "batch, with the grey level as probability; tests are static)."
        ),
    )


class ModelConfig(_Settings):
    """Everything that fixes the shape of a model and its objective."""

    family: str = Field("vae", description=N_("Kind of model."))
    arch: Arch = Field("mlp", description=N_("Dense layers (mlp) or strided convolutions (conv)."))
    hidden: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field(
        DEFAULT_HIDDEN["mlp"],
        min_length=1,
        max_length=8,
        description=N_(
            "Hidden sizes of the encoder, from the image inwards; the decoder mirrors "
            "them. Neurons a layer for mlp (512,256 unless given), channels a convolution "
            "of stride 2 for conv (32,64 unless given)."
        ),
    )
    latent_dim: int = Field(
        2, ge=1, le=1024, description=N_("Latent size d: how many numbers describe an image.")
    )
    init: Init = Field(
        "lecun", description=N_("How weights are drawn at first: lecun, he, or torch's own way.")
    )
    beta: float = Field(
        1.0,
        ge=0,
        le=1000,
        description=N_("Weight of the KL term: 1 is the ELBO, more is stricter."),
    )
    likelihood: Likelihood = Field(
        "bernoulli", description=N_("What a pixel is drawn from: bernoulli or gaussian.")
    )
    variance: Variance = Field(
        "fixed",
        description=N_("Variance of a Gaussian pixel: fixed (by sigma), or learned, one for all."),
    )
    sigma: float = Field(
        math.sqrt(0.5),
        gt=0,
        le=10,
        description=N_(
            "Standard deviation of a Gaussian pixel, or where learning it begins; at "
            "0.7071 the loss is the squared error plus the KL."
        ),
    )
    reconstruction: Reconstruction = Field(
        "mse",
        description=N_(
            "Reconstruction loss: mse (mean squared error per pixel) or bce (binary "
            "cross-entropy, summed over pixels)."
        ),
    )
    sparsity: Sparsity = Field(
        "l1", description=N_("Penalty on the code: l1, or kl (to a target mean activation).")
    )
    sparsity_weight: float = Field(
        1e-4, ge=0, le=1000, description=N_("Weight of the penalty on the code.")
    )
    sparsity_target: float = Field(
        0.05, gt=0, lt=1, description=N_("Mean activation of a code unit that kl asks for.")
    )
    corruption: str = Field(
        "gaussian:0.5",
        description=N_(
            "How the input is corrupted: gaussian:0.5 (standard deviation), "
            "salt-pepper:0.3 or mask:0.5 (share of the pixels)."
        ),
    )
    contraction: float = Field(
        1e-4, ge=0, le=1000, description=N_("Weight of the squared Jacobian of the encoder.")
    )
    codebook: int = Field(128, ge=2, le=8192, description=N_("Number of codes in the codebook."))
    commitment: float = Field(
        0.25,
        ge=0,
        le=100,
        description=N_("Weight that holds the encoder to its code (VQ-VAE's beta)."),
    )
    growth: GrowthConfig | None = Field(
        None,
        description=N_(
            "When and how much the encoder grows while it is trained; hidden is its "
            "target. Its size is fixed unless given."
        ),
    )
    num_classes: int = Field(
        0, ge=0, le=1000, description=N_("Classes that a conditional model is told of.")
    )
    image_shape: tuple[int, int, int] = Field(
        (1, 28, 28), description=N_("Channels, height, width of an image.")
    )

    @model_validator(mode="before")
    @classmethod
    def _default_hidden(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("hidden") is None:
            # An arch that is wrong, or no string at all, is reported by its own field.
            arch = "conv" if values.get("arch") == "conv" else "mlp"
            values = {**values, "hidden": DEFAULT_HIDDEN[arch]}
        return values

    @field_validator("corruption")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        parse_corruption(text)
        return text

    @model_validator(mode="after")
    def _fits_image(self) -> Self:
        channels, height, width = self.image_shape
        if channels not in (1, 3) or not (4 <= height <= 256 and 4 <= width <= 256):
            raise ValueError(
                _(
                    "images must have 1 or 3 channels and sides of 4 to 256 pixels, not {channels} "
                    "x {height} x {width}"
                ).format(channels=channels, height=height, width=width)
            )
        most = int(math.log2(min(height, width)))
        if self.arch == "conv" and len(self.hidden) > most:
            raise ValueError(
                _(
                    "{n_hidden} convolutions of stride 2 are too many for {height} x {width} "
                    "images: give at most {most} hidden sizes"
                ).format(n_hidden=len(self.hidden), height=height, width=width, most=most)
            )
        if self.growth is not None:
            if self.arch != "mlp":
                raise ValueError(_("only dense layers grow: choose the architecture mlp"))
            self.growth.check(self.hidden)
        return self


OF_THE_DATA = ("num_classes", "image_shape")
"""Fields of :class:`ModelConfig` that nobody chooses: the data set fixes them."""


class TrainConfig(_Settings):
    """How a model is trained."""

    epochs: int = Field(20, ge=1, le=10_000, description=N_("Passes over the training images."))
    batch_size: int = Field(128, ge=1, le=65_536, description=N_("Images a step."))
    lr: float = Field(1e-3, gt=0, le=1, description=N_("Learning rate of Adam."))
    samples: int = Field(
        1, ge=1, le=1000, description=N_("Monte Carlo samples L of z for each image.")
    )
    kl_warmup: int = Field(
        0,
        ge=0,
        le=10_000,
        description=N_("Epochs over which the KL's weight rises from 0 to beta."),
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description=N_("Seed of weights, order and noise."))
    device: Device = Field("auto", description=N_("auto takes CUDA, then MPS, then the CPU."))
    precision: Precision = Field(
        "float32", description=N_("bf16 trains with bfloat16 matrix products, losses in float32.")
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class RunConfig(_Settings):
    """A whole run: what ``config.json`` holds."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: Annotated[str, BeforeValidator(check_name)] = "run"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    created: str = Field(default_factory=_now)
    versions: dict[str, str] = Field(default_factory=dict)
    shipped: bool = Field(False, description=N_("Came with the program: read-only."))

    def to_json(self) -> str:
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read a config.

        Raises ConfigError if the text is not JSON or a value is out of bounds.
        """
        with checked_settings():
            return cls.model_validate_json(text)


def make(kind: type[C], **values: Any) -> C:
    """Build a config, with a sentence instead of pydantic's report where a value is wrong.

    Raises ConfigError if a value is out of bounds or unknown.
    """
    with checked_settings():
        return kind(**values)


def bounds(kind: type[BaseModel], field: str) -> tuple[float, float]:
    """Return the least and the greatest value of a numeric field (an open bound as it stands)."""
    low, high = -math.inf, math.inf
    for rule in kind.model_fields[field].metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high


def help_text(kind: type[BaseModel], field: str) -> str:
    """Return what a field means, with its bounds where it has any."""
    message = kind.model_fields[field].description or ""
    text = _(message)
    low, high = bounds(kind, field)
    if not (math.isfinite(low) and math.isfinite(high)):
        return text
    span = {"low": formatted(low, "g"), "high": formatted(high, "g")}
    return _("{text} [{low} to {high}]").format(text=text, **span)


def automatic_name(data: DataConfig, model: ModelConfig, train: TrainConfig) -> str:
    """Name a run after its settings and the time (UTC, to the second)."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    beta = "" if model.beta == 1 else f"-beta{model.beta:g}"
    kind = model.family if model.arch == "mlp" else f"{model.arch}-{model.family}"
    classes = "" if data.classes is None else "-only" + "-".join(map(str, data.classes))
    settings = f"{data.dataset}{classes}-{kind}-{model.latent_dim}d{beta}-s{train.seed}"
    settings = re.sub(r"[^A-Za-z0-9._-]", "-", settings)
    # Too long a name loses from its settings: the time is what tells two runs apart.
    return f"{settings[: 63 - len(stamp)]}-{stamp}"
