"""Which device trains: CUDA, MPS or the CPU."""

import torch

from vae.errors import TrainingError
from vae.locale import _


def _available() -> dict[str, bool]:
    return {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }


def pick_device(wanted: str = "auto") -> torch.device:
    """Return the device to use; ``auto`` takes CUDA, then MPS, then the CPU.

    Raises TrainingError if the device asked for is not on this machine.
    """
    there = _available()
    if wanted == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if not there.get(wanted, False):
        names = ", ".join(name for name, found in there.items() if found)
        raise TrainingError(
            _(
                "this machine has no {wanted} device: choose auto, or one of those found ({names})."
            ).format(wanted=wanted, names=names)
        )
    return torch.device(wanted)


def describe_device() -> str:
    """Say in a few words what ``auto`` would train on."""
    device = pick_device()
    if device.type == "cuda":
        return f"GPU: {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return _("GPU: Apple (MPS)")
    return _("CPU, {get_num_threads} threads").format(get_num_threads=torch.get_num_threads())
