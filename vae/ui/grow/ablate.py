"""What the neurons of a run are worth, with progress and without touching the shared model."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vae.data import Split, pixels
from vae.measures.ablation import MAX_DECODED, Ablation, ablate
from vae.models import LatentModel
from vae.models.surgery import dense_layers

IMAGES = 500
"""Test images that neurons are measured on, at most."""
WORST = 10


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
