"""From Start to the first figure on disk: by a process that waits, and by one that has to begin."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from vae import runs
from vae.bench.training import Echo
from vae.config import RunConfig
from vae.data import status
from vae.locale import _
from vae.runs import LIVE_FILE, queue, warm
from vae.training.recipes import RECIPES

CASES = ("digits-vae-2d", "mnist-vae-2d", "mnist-conv-vae-2d")
"""Recipes whose first epochs are begun."""
_POLL_S = 0.002
_IDLE_S = 1.0


def start(echo: Echo, *, rounds: int = 5) -> dict[str, Any]:
    """Time how long the first pictures and the first loss take from Start on.

    Returns medians in seconds, for ``cold`` and ``warm`` and each recipe: ``pictures`` (of the
    untrained model), ``loss``, and ``trained``: the first pictures after a step.
    """
    before = os.environ.get(warm.MINUTES)
    found: dict[str, Any] = {}
    here = [name for name in CASES if status(RECIPES[name].data.dataset).ready]
    try:
        with tempfile.TemporaryDirectory() as folder:
            # Cold ones first: once a process waits, the next run is its.
            for kind in ("cold", "warm"):
                os.environ[warm.MINUTES] = "60" if kind == "warm" else "0"
                found[kind] = {}
                for name in here:
                    times = [_time(Path(folder), RECIPES[name]) for _ in range(rounds)]
                    found[kind][name] = {what: median(t[what] for t in times) for what in times[0]}
                    words = ", ".join(f"{what} {s:.2f}" for what, s in found[kind][name].items())
                    echo(
                        _("  {kind}, {name}: {words} s (medians of {rounds})").format(
                            kind=kind, name=name, words=words, rounds=rounds
                        )
                    )
    finally:
        os.environ[warm.MINUTES] = "0"
        if before is not None:
            os.environ[warm.MINUTES] = before
    return found


def _time(root: Path, config: RunConfig) -> dict[str, float]:
    warm.keep()
    if os.environ[warm.MINUTES] != "0":
        _wait_for_spare()
    longer = config.train.model_copy(update={"epochs": 1000})
    run = runs.create(config.model_copy(update={"train": longer}), root, numbered=True)
    began = time.monotonic()
    queue.submit(run)

    def seconds(is_there: Callable[[], bool]) -> float:
        while not is_there():
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def is_trained() -> bool:
        live = run.live()
        return live is not None and live.at > 0

    found = {
        "pictures": seconds((run.directory / LIVE_FILE).exists),
        "loss": seconds(lambda: bool(run.metrics())),
        "trained": seconds(is_trained),
    }
    queue.cancel(run)
    seconds(lambda: run.status().state != "running")
    runs.delete(run)
    return found


def _wait_for_spare() -> None:
    """Wait until a process waits and has nothing left to prepare."""
    while (pid := warm.spare.pid()) is None:
        time.sleep(_POLL_S)
    process = psutil.Process(pid)
    while process.cpu_percent(_IDLE_S) > 1.0:
        pass
