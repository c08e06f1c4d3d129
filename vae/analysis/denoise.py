"""How well a model cleans corrupted images: what the Denoise page and ``vae denoise`` show.

No Streamlit here: the page shows what these functions return.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.config import CORRUPTIONS
from vae.data import Split, pixels, spec_of
from vae.models import LatentModel
from vae.models.corruption import corrupt
from vae.models.losses import squared_error
from vae.runs import Run
from vae.training.metrics import EVAL_BATCH, EVAL_SEED, model_device

Floats = NDArray[np.float64]

CURVE_IMAGES = 500
"""Test images that a point of a curve is the mean of."""
CURVE_SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0)
"""Amounts of a curve, as shares of the greatest one."""


def psnr(mean: Tensor, x: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each image: ``(..., C, H, W)`` to ``(...)``, in dB.

    ``10 log10(1 / MSE)``, the peak being 1. Infinite where the two are the same.
    """
    return -10 * torch.log10(squared_error(mean, x))


@dataclass(frozen=True)
class Gains:
    """The ratio of each image before and after it was cleaned, ``(n,)`` each, in dB.

    An image that the corruption has not changed has an infinite ratio before. Means are over the
    others: infinite where a cleaned image is the original to the last bit, NaN where every image is
    unchanged.
    """

    before: Floats
    after: Floats

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which images the corruption has changed: ``(n,)``."""
        return np.isfinite(self.before)

    @property
    def mean_before(self) -> float:
        """Mean ratio of the corrupted images, in dB."""
        return _mean(self.before[self.changed])

    @property
    def mean_after(self) -> float:
        """Mean ratio of the cleaned images, in dB."""
        return _mean(self.after[self.changed])

    @property
    def gain(self) -> float:
        """Mean of what cleaning adds, in dB; below 0 it makes the images worse."""
        return self.mean_after - self.mean_before

    @property
    def worse(self) -> int:
        """How many images are farther from the original after the cleaning than before."""
        return int((self.after < self.before).sum())

    def figures(self) -> dict[str, Any]:
        """Return the figures by name, None where one is not finite."""
        return {
            "images": len(self.before),
            "changed": int(self.changed.sum()),
            "psnr_before": _finite(self.mean_before),
            "psnr_after": _finite(self.mean_after),
            "gain": _finite(self.gain),
            "worse": self.worse,
        }


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def choose(split: Split, count: int, seed: int) -> Split:
    """Draw ``count`` images of a split, all if there are fewer; the same seed draws the same."""
    order = torch.randperm(len(split), generator=Generator().manual_seed(seed))
    return split[order[:count]]


def why_not(run: Run) -> str:
    """Return "": whatever reconstructs can clean.

    Raises DataError if the run's data set is not registered (any more).
    """
    spec_of(run.config.data.dataset)
    return ""


class Cleaned(NamedTuple):
    """Images as they were corrupted and as the model has cleaned them."""

    corrupted: Tensor
    """``(n, C, H, W)`` in [0, 1], on the CPU."""
    cleaned: Tensor
    """``(n, C, H, W)`` in [0, 1], on the CPU."""
    gains: Gains


@torch.inference_mode()
def reconstruct(model: LatentModel, x: Tensor, labels: Tensor, passes: int = 1) -> Tensor:
    """Reconstruct images ``passes`` times in a row; the labels are for conditional models."""
    device = model_device(model)
    x, labels = x.to(device), labels.to(device)
    for _ in range(passes):
        x = model.reconstruct(x, labels)
    return x.float().cpu()


@torch.inference_mode()
def clean(
    model: LatentModel, split: Split, corruption: str, seed: int = EVAL_SEED, passes: int = 1
) -> Cleaned:
    """Corrupt all images of a split and let the model clean them.

    The encoder is given the corrupted image, and what its code decodes to is the cleaned one: for
    families with a q(z|x), the decode of its mean. Use it for a few images; :func:`measure` keeps
    none.

    The corruption is one of :func:`vae.models.corruption.corrupt`; its noise is drawn on the CPU:
    the same on every device.

    Raises ConfigError if there is no such corruption.
    """
    x = pixels(split.images)
    corrupted = corrupt(x, corruption, Generator().manual_seed(seed))
    cleaned = reconstruct(model, corrupted, split.labels, passes)
    return Cleaned(corrupted, cleaned, Gains(_array(psnr(corrupted, x)), _array(psnr(cleaned, x))))


def _array(values: Tensor) -> Floats:
    return np.asarray(values.numpy(), dtype=np.float64)


def measure(
    model: LatentModel, split: Split, corruption: str, seed: int = EVAL_SEED, passes: int = 1
) -> Gains:
    """Return how well a model cleans the images of a whole split."""
    parts = [
        clean(model, batch, corruption, seed + place, passes).gains
        for place, batch in enumerate(split.batches(EVAL_BATCH))
    ]
    return Gains(
        np.concatenate([part.before for part in parts]),
        np.concatenate([part.after for part in parts]),
    )


class Curve(NamedTuple):
    """Mean ratios against the amount of a kind of corruption."""

    amounts: Floats
    """``(A,)``, rising."""
    before: Floats
    """``(A,)``, in dB; NaN where the amount is too small to change any image."""
    after: Floats
    """``(A,)``, in dB."""
    clean: float
    """Of reconstructions of the original images: about the best the model can do."""
    images: int

    def helps_from(self) -> float | None:
        """Return the least amount from which on cleaning never makes the mean worse."""
        worse = np.flatnonzero(~(self.after >= self.before))
        first = int(worse[-1]) + 1 if len(worse) else 0
        return float(self.amounts[first]) if first < len(self.amounts) else None


def amounts_of(kind: str) -> list[float]:
    """Return the amounts of a curve of a kind of corruption, rising."""
    return [round(share * CORRUPTIONS[kind], 6) for share in CURVE_SHARES]


def curve(
    model: LatentModel,
    split: Split,
    kind: str,
    amounts: Sequence[float] | None = None,
    passes: int = 1,
) -> Curve:
    """Measure how well a model cleans up to :data:`CURVE_IMAGES` images, amount by amount.

    Raises ConfigError if there is no such kind of corruption, or an amount is out of bounds.
    """
    chosen = choose(split, CURVE_IMAGES, EVAL_SEED)
    values = amounts_of(kind) if amounts is None else list(amounts)
    found = [measure(model, chosen, f"{kind}:{amount}", passes=passes) for amount in values]
    x = pixels(chosen.images)
    drawn = psnr(reconstruct(model, x, chosen.labels, passes), x)
    return Curve(
        np.array(values, dtype=np.float64),
        np.array([gains.mean_before for gains in found]),
        np.array([gains.mean_after for gains in found]),
        float(drawn.mean()),
        len(chosen),
    )
