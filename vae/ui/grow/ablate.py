"""What the neurons of a run are worth, measured on a thread of its own: one run after the other."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from vae.data import Split, pixels
from vae.errors import UserError
from vae.measures.ablation import MAX_DECODED, Ablation, ablate
from vae.models import LatentModel
from vae.models.surgery import dense_layers

IMAGES = 500
"""Test images that neurons are measured on, at most."""
WORST = 10
MAX_KEPT = 32

Key = tuple[str, int]
"""A run's version, and the hidden layer."""
Load = Callable[[], tuple[LatentModel, Split]]


class Progress(NamedTuple):
    """How a measurement stands."""

    state: Literal["none", "waiting", "running", "done", "failed"]
    share: float = 0.0
    """What is done of it, 0 to 1."""
    error: str = ""
    found: Ablation | None = None


class _StoppedError(Exception):
    """Somebody has asked for it to stop."""


class _Job:
    def __init__(self) -> None:
        self.progress = Progress("waiting")
        self.is_stopped = threading.Event()


class Ablations:
    """The measurements of this server: those that wait, the one under way, and the last results.

    Methods may be called from any thread. A model that is handed over is copied, not changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Key, _Job] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ablate")

    def look(self, key: Key) -> Progress:
        """Return how a measurement stands."""
        with self._lock:
            job = self._jobs.get(key)
            return Progress("none") if job is None else job.progress

    def submit(self, key: Key, load: Load, layer: int) -> None:
        """Measure a layer, unless that is done, under way or waits; one that failed begins anew.

        Parameters
        ----------
        load
            Gives the model and the images; called on the thread.
        """
        with self._lock:
            old = self._jobs.get(key)
            if old is not None and old.progress.state != "failed":
                return
            job = self._jobs[key] = _Job()
            self._jobs.move_to_end(key)
            ended = [one for one, other in self._jobs.items() if _is_over(other)]
            for one in ended[: max(0, len(self._jobs) - MAX_KEPT)]:
                del self._jobs[one]
        self._pool.submit(self._work, key, job, load, layer)

    def stop(self, key: Key) -> None:
        """Stop a measurement, or take it from those that wait; nothing of it stays."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not _is_over(job):
                job.is_stopped.set()
                del self._jobs[key]

    def _work(self, key: Key, job: _Job, load: Load, layer: int) -> None:
        def on_progress(share: float) -> None:
            if job.is_stopped.is_set():
                raise _StoppedError
            job.progress = Progress("running", share)

        try:
            on_progress(0.0)
            model, split = load()
            found = measure(model, layer, split, on_progress)
        except _StoppedError:
            return
        except UserError as error:
            job.progress = Progress("failed", error=str(error))
        except (MemoryError, RuntimeError) as error:
            job.progress = Progress("failed", error=f"the measurement broke off: {error}")
        else:
            job.progress = Progress("done", 1.0, found=found)


def _is_over(job: _Job) -> bool:
    return job.progress.state in ("done", "failed")


def measure(
    model: LatentModel, layer: int, split: Split, on_progress: Callable[[float], None]
) -> Ablation:
    """Return what each neuron of a layer does to ``split`` (:func:`vae.measures.ablation.ablate`).

    ``on_progress`` is called with the share done, 0 to 1, before each batch is decoded; what it
    raises ends the work.
    """
    # The measurement hooks into the model, which other sessions use at the same time.
    own = copy.deepcopy(model)
    batches = _batches(own, layer, split)
    done = 0

    def count(module: nn.Module, args: Any) -> None:
        nonlocal done
        on_progress(min(1.0, done / batches))
        done += 1

    own.decoder.register_forward_pre_hook(count)
    return ablate(own, layer, split, worst=WORST)


@torch.inference_mode()
def _batches(model: LatentModel, layer: int, split: Split) -> int:
    """Return about how often an ablation calls the decoder."""
    encoder = getattr(model, "encoder", None)
    hidden = dense_layers(encoder)[:-1] if isinstance(encoder, nn.Sequential) else []
    if not 0 <= layer < len(hidden) or not len(split):
        return 1
    said: list[Tensor] = []
    hook = hidden[layer].register_forward_hook(lambda module, args, out: said.append(out))
    try:
        model.encode(pixels(split.images), split.labels)
    finally:
        hook.remove()
    return -(-len(split) // MAX_DECODED) + -(-int((said[0] > 0).sum()) // MAX_DECODED)


@torch.inference_mode()
def with_and_without(
    model: LatentModel, layer: int, neuron: int, split: Split
) -> tuple[Tensor, Tensor]:
    """Return what images become at mu: with all neurons, and with one silent, in [0, 1].

    Both are ``(n, C, H, W)``.
    """
    silent = copy.deepcopy(model)
    dense = dense_layers(silent.encoder)[layer]  # type: ignore[arg-type]
    dense.weight[neuron] = 0
    dense.bias[neuron] = 0
    x = pixels(split.images)
    return model.reconstruct(x, split.labels), silent.reconstruct(x, split.labels)
