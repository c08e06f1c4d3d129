"""Encoder and decoder bodies: dense and convolutional, for images of any shape.

An encoder body maps images ``(B, C, H, W)`` to ``out_features`` numbers each; a decoder body maps
codes ``(N, latent_dim)`` to logits ``(N, C, H, W)``. Both are plain ``nn.Sequential``, so that
:mod:`vae.export` can list a decoder's operations for the browser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from torch import nn

ImageShape = tuple[int, int, int]
Hidden = tuple[int, ...]


def mlp_encoder(image_shape: ImageShape, hidden: Hidden, out_features: int) -> nn.Sequential:
    """Return ``flatten -> (linear, ReLU) for each hidden size -> linear``."""
    sizes = [math.prod(image_shape), *hidden]
    layers: list[nn.Module] = [nn.Flatten()]
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], out_features))


def mlp_decoder(latent_dim: int, hidden: Hidden, image_shape: ImageShape) -> nn.Sequential:
    """Return the mirror of :func:`mlp_encoder`, ending in logits of the image's shape."""
    sizes = [latent_dim, *reversed(hidden)]
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    layers += [nn.Linear(sizes[-1], math.prod(image_shape)), nn.Unflatten(1, image_shape)]
    return nn.Sequential(*layers)


def _stage_sizes(image_shape: ImageShape, stages: int) -> list[tuple[int, int]]:
    """Heights and widths before the first convolution and after each (kernel 4, stride 2)."""
    sizes = [(image_shape[1], image_shape[2])]
    for _ in range(stages):
        height, width = sizes[-1]
        sizes.append((height // 2, width // 2))
    return sizes


CONV_DENSE = 256
"""Neurons of the dense layer between the convolutions and the code: with two latent dimensions,
a linear map from the code to feature maps would leave too little that is not linear."""


def conv_encoder(image_shape: ImageShape, hidden: Hidden, out_features: int) -> nn.Sequential:
    """Return ``(convolution of stride 2, ReLU) for each hidden size -> dense, ReLU -> linear``."""
    channels = [image_shape[0], *hidden]
    layers: list[nn.Module] = []
    for c_in, c_out in pairwise(channels):
        layers += [nn.Conv2d(c_in, c_out, kernel_size=4, stride=2, padding=1), nn.ReLU()]
    height, width = _stage_sizes(image_shape, len(hidden))[-1]
    flat = channels[-1] * height * width
    dense = (nn.Linear(flat, CONV_DENSE), nn.ReLU(), nn.Linear(CONV_DENSE, out_features))
    return nn.Sequential(*layers, nn.Flatten(), *dense)


def conv_decoder(latent_dim: int, hidden: Hidden, image_shape: ImageShape) -> nn.Sequential:
    """Return the mirror of :func:`conv_encoder` with transposed convolutions, ending in logits.

    Where a side was odd on the way down, ``output_padding`` brings the lost row or column back.
    """
    sizes = _stage_sizes(image_shape, len(hidden))[::-1]
    channels = [*reversed(hidden), image_shape[0]]
    height, width = sizes[0]
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, CONV_DENSE),
        nn.ReLU(),
        nn.Linear(CONV_DENSE, channels[0] * height * width),
        nn.Unflatten(1, (channels[0], height, width)),
    ]
    stages = zip(pairwise(channels), pairwise(sizes), strict=True)
    for (c_in, c_out), (before, after) in stages:
        extra = (after[0] - 2 * before[0], after[1] - 2 * before[1])
        layers += [
            nn.ReLU(),
            nn.ConvTranspose2d(
                c_in, c_out, kernel_size=4, stride=2, padding=1, output_padding=extra
            ),
        ]
    return nn.Sequential(*layers)


EncoderMaker = Callable[[ImageShape, Hidden, int], nn.Sequential]
DecoderMaker = Callable[[int, Hidden, ImageShape], nn.Sequential]

ARCHS: dict[str, tuple[EncoderMaker, DecoderMaker]] = {
    "mlp": (mlp_encoder, mlp_decoder),
    "conv": (conv_encoder, conv_decoder),
}
"""Architectures: name -> makers of the encoder and the decoder body."""


def _fan_in(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """Inputs that meet in one output; a transposed convolution spreads its kernel by its stride."""
    if isinstance(module, nn.Linear):
        return module.in_features
    area: float = module.kernel_size[0] * module.kernel_size[1]
    if isinstance(module, nn.ConvTranspose2d):
        area = area / (module.stride[0] * module.stride[1])
    return module.in_channels * area


INITS: dict[str, float] = {"he": 2.0, "lecun": 1.0}
"""Initialisations: name -> variance of a weight times its fan-in."""


def initialise(module: nn.Module, scheme: str) -> None:
    """Draw weights from ``N(0, gain / fan_in)`` and set biases to zero.

    ``scheme`` is a name in :data:`INITS` (He et al. 2015; LeCun et al. 1998), or ``"torch"``,
    which keeps PyTorch's own uniform draw. ``python -m vae bench init`` measures them;
    ``docs/measurements.md`` has the figures that the config's default rests on.
    """
    if scheme == "torch":
        return
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            if part.weight.is_meta:
                # Nothing to draw: a saved model's weights come next. (PyTorch would import its
                # compiler for a normal draw without storage, which takes two seconds.)
                continue
            nn.init.normal_(part.weight, std=math.sqrt(INITS[scheme] / _fan_in(part)))
            if part.bias is not None:
                nn.init.zeros_(part.bias)
