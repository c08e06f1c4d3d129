"""What a network is made of, for a drawing of it: layers, the sizes between them, their weights."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from vae.config import ModelConfig, TrainConfig
from vae.models import build
from vae.models.nets import Residual, grid_shape

Size = tuple[int, ...]

KINDS: dict[type[nn.Module], str] = {
    nn.Linear: "linear",
    nn.Conv2d: "convolution",
    nn.ConvTranspose2d: "transposed",
    Residual: "residual",
    nn.ReLU: "relu",
    nn.Flatten: "reshape",
    nn.Unflatten: "reshape",
}
"""What layers are called."""


@dataclass(frozen=True)
class Layer:
    """A layer; ``size`` is the shape of what comes out of it, for one image or code."""

    kind: str
    size: Size
    weights: int
    """How many numbers it learns, biases included."""


@dataclass(frozen=True)
class Network:
    """Layers one after the other, the first of which gets numbers of the shape ``input``."""

    input: Size
    layers: tuple[Layer, ...]

    @property
    def weights(self) -> int:
        return sum(layer.weights for layer in self.layers)


@dataclass(frozen=True)
class Architecture:
    """Encoder and decoder of a model; a label, where a model is told one, is in their inputs."""

    encoder: Network
    decoder: Network
    others: int
    """How many numbers are learnt beside the two, such as a prior over codes."""

    @property
    def weights(self) -> int:
        return self.encoder.weights + self.decoder.weights + self.others


@lru_cache(maxsize=64)
def architecture(config: ModelConfig) -> Architecture:
    """Return what the networks of a model are made of; no number of them is drawn or computed.

    An encoder that grows is shown as it begins.

    Raises ConfigError if there is no such family.
    """
    with torch.device("meta"):
        model = build(config)
    code: Size = (config.latent_dim,)
    if not model.is_continuous:
        code += grid_shape(config.arch, config.hidden, config.image_shape)
    encoder = _network(model.get_submodule("encoder"), config.image_shape)
    decoder = _network(model.decoder, code)
    return Architecture(encoder, decoder, _learnt(model) - encoder.weights - decoder.weights)


def estimate(model: ModelConfig, train: TrainConfig, images: int) -> float:
    """Return about how many seconds a training takes on two cores of a usual laptop.

    ``images`` are trained on in an epoch. Raises ConfigError if there is no such family.
    """
    made = architecture(model)
    each = _products(made.encoder) + train.samples * _products(made.decoder)
    steps = math.ceil(images / train.batch_size)
    return train.epochs * (_S_STEP * steps + _S_PRODUCT * each * images)


_S_STEP, _S_PRODUCT = 8e-4, 6.5e-11
"""Seconds a step, and a product of a weight: of the dense models of the recipes, on two cores."""


def _products(network: Network) -> float:
    """Return how many products of weights an image takes: of convolutions, at each place."""
    return sum(
        layer.weights * (math.prod(layer.size[1:]) if len(layer.size) == 3 else 1)
        for layer in network.layers
    )


def _learnt(part: nn.Module) -> int:
    return sum(each.numel() for each in part.parameters() if each.requires_grad)


def _network(net: nn.Module, given: Size) -> Network:
    """List the layers of a network; beside what it is given there may be a label."""
    parts = list(net.children())
    first = next(part for part in parts if isinstance(part, nn.Linear | nn.Conv2d))
    if isinstance(first, nn.Conv2d):
        given = (first.in_channels, *given[1:])
    elif first.in_features != math.prod(given):
        given = (first.in_features,)
    size, layers = given, []
    for part in parts:
        size = _after(part, size)
        layers.append(Layer(KINDS[type(part)], size, _learnt(part)))
    return Network(given, tuple(layers))


def _after(part: nn.Module, size: Size) -> Size:
    """Return the size of what a layer makes of something of the size ``size``."""
    match part:
        case nn.Linear():
            return (part.out_features,)
        case nn.Flatten():
            return (math.prod(size),)
        case nn.Unflatten():
            return tuple(map(int, part.unflattened_size))
        case nn.Conv2d() | nn.ConvTranspose2d():
            # The formulas of torch's documentation, without a dilation.
            kernels = zip(size[1:], part.kernel_size, part.stride, strict=True)
            pads = [int(pad) for pad in part.padding]
            if isinstance(part, nn.Conv2d):
                sides = [
                    (side + 2 * pad - kernel) // stride + 1
                    for (side, kernel, stride), pad in zip(kernels, pads, strict=True)
                ]
            else:
                sides = [
                    (side - 1) * stride - 2 * pad + kernel + extra
                    for (side, kernel, stride), pad, extra in zip(
                        kernels, pads, part.output_padding, strict=True
                    )
                ]
            return (part.out_channels, *sides)
        case _:
            return size
