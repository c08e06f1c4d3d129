"""What a run that trains shows of itself within its epochs: ``live.safetensors``."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae.errors import RunError
from vae.runs.checks import check_live
from vae.storage.files import read_arrays, write_arrays

LIVE_FILE = "live.safetensors"

Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class Live:
    """The model as it was a moment ago."""

    epoch: int
    """How many epochs were done."""
    step: int
    """How many steps of the next one."""
    steps_per_epoch: int
    seconds: float
    """Of training until then."""
    is_fixed: bool
    """Whether the plane stays; before the first epoch is done, that of many dimensions turns."""
    train_recon: Levels
    """As :class:`vae.training.loop.Pictures`, and the same images: ``(10, C, H, W)``."""
    test_recon: Levels
    samples: Levels
    plane: NDArray[np.float32]
    """``(m, 2)``: where the codes of the first m test images lie."""
    label: NDArray[np.int16]
    """``(m,)``"""
    center: NDArray[np.float32]
    """``(d,)`` and ``axes (2, d)``: the plane, as of ``vae.training.projection``."""
    axes: NDArray[np.float32]

    @property
    def at(self) -> float:
        """How many epochs were done, the one under way in part."""
        return self.epoch + self.step / self.steps_per_epoch


_NUMBERS = ("epoch", "step", "steps_per_epoch", "seconds", "is_fixed")
_ARRAYS = ("train_recon", "test_recon", "samples", "plane", "label", "center", "axes")


def write_live(directory: Path, live: Live) -> None:
    """Put it in its place, whole; it need not survive a power cut."""
    arrays = {name: getattr(live, name) for name in _ARRAYS}
    numbers = {name: np.array(getattr(live, name), np.float64) for name in _NUMBERS}
    write_arrays(directory / LIVE_FILE, arrays | numbers, flush=False)


def read_live(directory: Path, latent_dim: int, image_shape: tuple[int, int, int]) -> Live | None:
    """Read it; None where it is not there, or is damaged."""
    try:
        arrays, _ = read_arrays(directory / LIVE_FILE)
        check_live(directory / LIVE_FILE, arrays, latent_dim, image_shape)
        epoch, step, steps, seconds, is_fixed = (float(arrays[name]) for name in _NUMBERS)
    except (RunError, KeyError, TypeError):
        return None
    if not (0 <= step <= steps and steps >= 1 and 0 <= epoch < 2**31 and 0 <= seconds < np.inf):
        return None
    found = {name: arrays[name] for name in _ARRAYS}
    return Live(int(epoch), int(step), int(steps), seconds, bool(is_fixed), **found)  # type: ignore[arg-type]
