"""Encoder and decoder bodies: dense and convolutional, for images of any shape.

An encoder body maps images ``(B, C, H, W)`` to ``out_features`` numbers each; a decoder body maps
codes ``(N, latent_dim)`` to logits ``(N, C, H, W)``. Both are plain ``nn.Sequential``, so that
:mod:`vae.latent.export` can list a decoder's operations for the browser.
"""

import math
from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn

from vae.config import ModelConfig

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


def _downwards(image_shape: ImageShape, hidden: Hidden) -> list[nn.Module]:
    """Convolutions of stride 2 from the image to ``hidden[-1]`` feature maps, a ReLU after each."""
    layers: list[nn.Module] = []
    for c_in, c_out in pairwise([image_shape[0], *hidden]):
        layers += [nn.Conv2d(c_in, c_out, kernel_size=4, stride=2, padding=1), nn.ReLU()]
    return layers


def _upwards(hidden: Hidden, image_shape: ImageShape) -> list[nn.Module]:
    """The way back of :func:`_downwards`, a ReLU before each transposed convolution.

    Where a side was odd on the way down, ``output_padding`` brings the lost row or column back.
    """
    sizes = _stage_sizes(image_shape, len(hidden))[::-1]
    channels = [*reversed(hidden), image_shape[0]]
    layers: list[nn.Module] = []
    for (c_in, c_out), (before, after) in zip(pairwise(channels), pairwise(sizes), strict=True):
        extra = (after[0] - 2 * before[0], after[1] - 2 * before[1])
        layers += [
            nn.ReLU(),
            nn.ConvTranspose2d(
                c_in, c_out, kernel_size=4, stride=2, padding=1, output_padding=extra
            ),
        ]
    return layers


def conv_encoder(image_shape: ImageShape, hidden: Hidden, out_features: int) -> nn.Sequential:
    """Return ``(convolution of stride 2, ReLU) for each hidden size -> dense, ReLU -> linear``."""
    height, width = _stage_sizes(image_shape, len(hidden))[-1]
    flat = hidden[-1] * height * width
    dense = (nn.Linear(flat, CONV_DENSE), nn.ReLU(), nn.Linear(CONV_DENSE, out_features))
    return nn.Sequential(*_downwards(image_shape, hidden), nn.Flatten(), *dense)


def conv_decoder(latent_dim: int, hidden: Hidden, image_shape: ImageShape) -> nn.Sequential:
    """Return the mirror of :func:`conv_encoder` with transposed convolutions, ending in logits."""
    height, width = _stage_sizes(image_shape, len(hidden))[-1]
    return nn.Sequential(
        nn.Linear(latent_dim, CONV_DENSE),
        nn.ReLU(),
        nn.Linear(CONV_DENSE, hidden[-1] * height * width),
        nn.Unflatten(1, (hidden[-1], height, width)),
        *_upwards(hidden, image_shape),
    )


EncoderMaker = Callable[[ImageShape, Hidden, int], nn.Sequential]
DecoderMaker = Callable[[int, Hidden, ImageShape], nn.Sequential]

ARCHS: dict[str, tuple[EncoderMaker, DecoderMaker]] = {
    "mlp": (mlp_encoder, mlp_decoder),
    "conv": (conv_encoder, conv_decoder),
}
"""Architectures: name -> makers of the encoder and the decoder body."""


def autoencoder_nets(
    config: ModelConfig,
    code: int,
    *,
    seen: ImageShape | None = None,
    hidden: Hidden = (),
    known: int = 0,
) -> tuple[nn.Sequential, nn.Sequential]:
    """Return an encoder to ``code`` numbers and a decoder, with fresh weights.

    The encoder is given ``seen`` and has the sizes ``hidden`` where these are not the config's; the
    decoder gets ``known`` numbers beside z.
    """
    make_encoder, make_decoder = ARCHS[config.arch]
    encoder = make_encoder(seen or config.image_shape, hidden or config.hidden, code)
    decoder = make_decoder(config.latent_dim + known, config.hidden, config.image_shape)
    for net in (encoder, decoder):
        initialise(net, config.init)
    return encoder, decoder


MLP_GRID = (4, 4)
"""The grid of codes of dense layers, which know no places: its rows and columns are numbers."""


def grid_shape(arch: str, hidden: Hidden, image_shape: ImageShape) -> tuple[int, int]:
    """Return rows and columns of the grid of codes that a grid encoder makes of an image."""
    return MLP_GRID if arch == "mlp" else _stage_sizes(image_shape, len(hidden))[-1]


class Residual(nn.Module):
    """``h + conv1x1(relu(conv3x3(relu(h))))``: a feature map sees its neighbours.

    The block of van den Oord et al. 2017 (arXiv:1711.00937), section 4.1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels, channels // 2 or 1, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels // 2 or 1, channels, kernel_size=1),
        )

    def forward(self, h: Tensor) -> Tensor:
        out: Tensor = h + self.body(h)
        return out


def mlp_grid_encoder(image_shape: ImageShape, hidden: Hidden, dim: int) -> nn.Sequential:
    """Return :func:`mlp_encoder` to a grid of 4 x 4 vectors: ``(B, dim, 4, 4)``."""
    flat = dim * math.prod(MLP_GRID)
    return nn.Sequential(*mlp_encoder(image_shape, hidden, flat), nn.Unflatten(1, (dim, *MLP_GRID)))


def mlp_grid_decoder(dim: int, hidden: Hidden, image_shape: ImageShape) -> nn.Sequential:
    """Return :func:`mlp_decoder` from a grid of 4 x 4 vectors."""
    flat = dim * math.prod(MLP_GRID)
    return nn.Sequential(nn.Flatten(), *mlp_decoder(flat, hidden, image_shape))


def conv_grid_encoder(image_shape: ImageShape, hidden: Hidden, dim: int) -> nn.Sequential:
    """Return convolutions of stride 2, two residual blocks, and one vector a place.

    The grid is the image halved once for each hidden size: ``(B, dim, h, w)``.
    """
    return nn.Sequential(
        *_downwards(image_shape, hidden)[:-1],
        Residual(hidden[-1]),
        Residual(hidden[-1]),
        nn.ReLU(),
        nn.Conv2d(hidden[-1], dim, kernel_size=1),
    )


def conv_grid_decoder(dim: int, hidden: Hidden, image_shape: ImageShape) -> nn.Sequential:
    """Return the mirror of :func:`conv_grid_encoder`, ending in logits."""
    return nn.Sequential(
        nn.Conv2d(dim, hidden[-1], kernel_size=3, padding=1),
        Residual(hidden[-1]),
        Residual(hidden[-1]),
        *_upwards(hidden, image_shape),
    )


GRID_ARCHS: dict[str, tuple[EncoderMaker, DecoderMaker]] = {
    "mlp": (mlp_grid_encoder, mlp_grid_decoder),
    "conv": (conv_grid_encoder, conv_grid_decoder),
}
"""Architectures whose code is a grid of vectors: name -> makers of encoder and decoder."""


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
