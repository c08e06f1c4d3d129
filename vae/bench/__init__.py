"""Benches: how fast this machine trains, decodes, evaluates and starts.

``python -m vae bench`` runs the usual ones, ``python -m vae bench NAME`` any. Nothing is asserted
about time; ``docs/measurements.md`` keeps the figures that were measured.
"""

import os
import platform
import time
from collections.abc import Callable
from typing import Any

import torch

from vae.bench.serving import decode, evaluate, import_time
from vae.bench.starting import start
from vae.bench.training import Echo, epoch, initialisation
from vae.errors import ConfigError
from vae.locale import _
from vae.runs.devices import pick_device
from vae.runs.processes import processor_name

BENCHES: dict[str, Callable[[Echo], dict[str, Any]]] = {
    "epoch": epoch,
    "decode": decode,
    "evaluate": evaluate,
    "import": import_time,
    "init": initialisation,
    "start": start,
}
"""Name -> function that takes where to print and returns its figures."""

USUAL = ("epoch", "decode", "evaluate", "import")
"""What runs when none is named: under four minutes on two cores."""


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, device and version of torch."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "device": str(pick_device("auto")),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def run_benches(names: list[str], echo: Callable[[str], None]) -> dict[str, Any]:
    """Run benches one after the other.

    Without names, the :data:`USUAL` ones. Returns ``machine``, and the figures of each bench under
    its name.

    Raises ConfigError if there is no bench of a name; before any has run.
    """
    for name in names:
        if name not in BENCHES:
            raise ConfigError(
                _("there is no bench {name!r}: choose one of {benches}.").format(
                    name=name, benches=", ".join(BENCHES)
                )
            )
    found: dict[str, Any] = {"machine": machine()}
    echo(", ".join(f"{key} {value}" for key, value in found["machine"].items()))
    for name in dict.fromkeys(names or USUAL):
        echo(f"\n{name}")
        began = time.perf_counter()
        found[name] = BENCHES[name](echo)
        found[name]["bench_s"] = round(time.perf_counter() - began, 1)
    return found


__all__ = ["BENCHES", "USUAL", "machine", "run_benches"]
