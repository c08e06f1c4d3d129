"""A decoder as data: the operations and weights that the browser runs, packed into bytes.

A torch decoder becomes a short list of operations (linear, relu, reshape, convolutions, sigmoid)
with their weights, so that one small interpreter decodes every family alike. The interpreter is
``vae/ui/component/network/model.js``; a test holds it to torch.

The packed bytes are, little-endian::

    4 bytes   length of the header in bytes
    header    JSON in UTF-8; its ``arrays`` gives dtype, shape and offset of each array
    padding   up to a multiple of 4
    arrays    raw, each at its offset (counted from here), each padded to a multiple of 4
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vae.errors import ConfigError
from vae.latent.extent import extent_of, z_range
from vae.models import LatentModel
from vae.models.pixels import pixel_sigma
from vae.training.metrics import Codes, active_dims, kl_per_dim

Op = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

MAX_CODES = 10_000
"""Test codes that travel to the browser at most."""

MAX_CODE_VALUES = 1_000_000
"""Values of mu that travel at most: with 1,024 latent dimensions, 976 codes are sent."""

DTYPES = ("float32", "int32", "uint8")
"""What an array may be; each has a typed array of its own in the browser."""

UNUSED_SHARE = 0.01
"""Without a prior a dimension is unused when its codes spread less than this share of the most."""


class DimInfo(TypedDict):
    """One latent dimension."""

    kl: float | None
    """Mean KL of q(z_j|x) from N(0, 1) over the test codes, in nats; None without a prior."""
    spread: float
    """Standard deviation of the test codes."""
    active: bool
    """False where the dimension has collapsed to the prior, or is as good as constant."""


class PixelModel(TypedDict):
    """How a family sees its pixels."""

    likelihood: Literal["bernoulli", "gaussian"] | None
    """What a pixel is drawn from; None where the decoder gives pictures, no distribution."""
    pixel_sigma: float | None
    """Standard deviation of a Gaussian pixel."""
    loss: str
    """Reconstruction loss of an image: ``bernoulli``, ``gaussian``, ``bce`` (nats) or ``mse``."""


class RunHeader(PixelModel):
    """The header of a run's payload, beside the ``arrays`` that :func:`pack` adds.

    The arrays are ``mu`` and, with a prior, ``logvar`` (float32, ``(n, latent_dim)``), ``label``
    (int32, ``(n,)``, an index into ``class_names`` or -1) and those that the ``ops`` name.
    """

    run: str
    """Names the run in the page; must change when the run's weights change."""
    title: str
    latent_dim: int
    image_shape: list[int]
    """``[C, H, W]``."""
    class_names: list[str]
    dims: list[DimInfo]
    z_range: float
    """Half width of a square map around the origin that holds the codes."""
    z_low: list[float]
    z_high: list[float]
    """What map and sliders show of each dimension."""
    centre: list[float]
    """Where z begins: the origin, or the mean code where there is no prior."""
    decimals: int
    """Decimals that z is rounded to."""
    has_prior: bool
    """Whether codes have the prior N(0, I); the map of a plain autoencoder has none."""
    num_labels: int
    """Classes that the decoder is told of, one-hot behind z; 0 where it is told nothing."""
    labels: list[int]
    """Those of them that the model was trained on; empty where it is told nothing."""
    ops: list[Op]


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy(), dtype=np.float32)


def _pair(value: Any) -> list[int]:
    return [int(value)] * 2 if isinstance(value, int) else [int(part) for part in value]


def _linear(module: nn.Linear) -> Op:
    return {"op": "linear", "in": module.in_features, "out": module.out_features}


def _reshape(module: nn.Unflatten) -> Op:
    if module.dim != 1:
        raise ConfigError(
            f"the browser can only unflatten dimension 1, and this decoder unflattens {module.dim}."
        )
    return {"op": "reshape", "shape": [int(size) for size in module.unflattened_size]}


def _convolution(module: nn.Conv2d | nn.ConvTranspose2d) -> Op:
    plain = module.groups == 1 and _pair(module.dilation) == [1, 1]
    if not plain or module.padding_mode != "zeros" or isinstance(module.padding, str):
        raise ConfigError(
            "the browser runs convolutions with one group, no dilation and zero padding given in "
            f"pixels, not {module}."
        )
    op: Op = {
        "op": "conv2d",
        "in": module.in_channels,
        "out": module.out_channels,
        "kernel": _pair(module.kernel_size),
        "stride": _pair(module.stride),
        "padding": _pair(module.padding),
    }
    if isinstance(module, nn.ConvTranspose2d):
        op |= {"op": "conv_transpose2d", "output_padding": _pair(module.output_padding)}
    return op


_OPS: dict[type[nn.Module], Callable[[Any], Op]] = {
    nn.Linear: _linear,
    nn.ReLU: lambda module: {"op": "relu"},
    nn.Unflatten: _reshape,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
}


def _flat(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules of a Sequential in order; those that do nothing when decoding fall out."""
    if isinstance(module, nn.Sequential):
        for part in module:
            yield from _flat(part)
    elif not isinstance(module, nn.Identity | nn.Dropout):
        yield module


def decoder_ops(model: LatentModel) -> tuple[list[Op], Arrays]:
    """List what ``model.decoder`` does, ending in the sigmoid that makes means of its logits.

    Returns
    -------
    ops
        Dicts with ``op`` (``linear``, ``relu``, ``reshape``, ``conv2d``, ``conv_transpose2d``,
        ``sigmoid``), the sizes it needs, and ``weight`` and ``bias``: names of arrays (``bias`` is
        None where there is none).
    arrays
        float32: ``(out, in)`` for linear, ``(out, in, kh, kw)`` for conv2d, ``(in, out, kh, kw)``
        for conv_transpose2d, as torch keeps them.

    Raises
    ------
    ConfigError
        If the decoder has a module that the browser cannot run.
    """
    ops: list[Op] = []
    arrays: Arrays = {}
    for module in _flat(model.decoder):
        make = _OPS.get(type(module))
        if make is None:
            known = ", ".join(kind.__name__ for kind in _OPS)
            raise ConfigError(
                f"the browser cannot run a {type(module).__name__} in a decoder; it knows {known}."
            )
        op = make(module)
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            op["weight"] = f"weight{len(ops)}"
            arrays[op["weight"]] = _array(module.weight)
            op["bias"] = None if module.bias is None else f"bias{len(ops)}"
            if module.bias is not None:
                arrays[op["bias"]] = _array(module.bias)
        ops.append(op)
    ops.append({"op": "sigmoid"})
    return ops, arrays


def _padding(length: int) -> bytes:
    return b"\0" * (-length % 4)


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Join a header and arrays into bytes; equal input gives equal bytes.

    Raises
    ------
    ValueError
        If an array's dtype is not one of :data:`DTYPES`.
    """
    listing: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise ValueError(f"array {name} is {array.dtype}, not one of {', '.join(DTYPES)}")
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        listing[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        parts += [raw, _padding(len(raw))]
        offset += len(raw) + len(parts[-1])
    text = json.dumps({**header, "arrays": listing}, allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(text)), text, _padding(len(text)), *parts])


def unpack(payload: bytes) -> tuple[dict[str, Any], Arrays]:
    """Undo :func:`pack`: the header without its ``arrays``, and the arrays.

    Raises
    ------
    ValueError
        If the bytes end before their header or arrays do.
    """
    (length,) = struct.unpack_from("<I", payload)
    header = json.loads(payload[4 : 4 + length])
    start = 4 + length + (-length % 4)
    arrays: Arrays = {}
    for name, info in header.pop("arrays").items():
        count = int(np.prod(info["shape"], dtype=np.int64))
        dtype = np.dtype(info["dtype"]).newbyteorder("<")
        values = np.frombuffer(payload, dtype, count, start + info["offset"])
        arrays[name] = values.reshape(info["shape"])
    return header, arrays


def pixel_model(model: LatentModel) -> PixelModel:
    """Return what a family takes its pixels for, and how it weighs a reconstruction."""
    config = model.config
    if "likelihood" not in model.options:
        return {"likelihood": None, "pixel_sigma": None, "loss": config.reconstruction}
    if config.likelihood == "bernoulli":
        return {"likelihood": "bernoulli", "pixel_sigma": None, "loss": "bernoulli"}
    return {"likelihood": "gaussian", "pixel_sigma": pixel_sigma(model), "loss": "gaussian"}


def _dim_infos(codes: Codes, *, has_prior: bool) -> list[DimInfo]:
    """Describe each latent dimension by its test codes; with few of them all count as active."""
    d = codes.mu.shape[1]
    mean_kl = kl_per_dim(codes) if len(codes.mu) else torch.zeros(d)
    kls = [None] * d if mean_kl is None else [round(value, 6) for value in mean_kl.tolist()]
    if len(codes.mu) < 2:
        return [{"kl": kl, "spread": 0.0, "active": True} for kl in kls]
    spread = codes.mu.std(0)
    # Without a prior there is no unit to measure by but the codes themselves.
    active = active_dims(codes.mu) if has_prior else spread > UNUSED_SHARE * spread.max()
    return [
        {"kl": kl, "spread": round(wide, 9), "active": bool(on)}
        for kl, wide, on in zip(kls, spread.tolist(), active, strict=True)
    ]


def run_payload(
    run: str,
    model: LatentModel,
    mu: NDArray[np.float32],
    logvar: NDArray[np.float32] | None,
    label: NDArray[np.integer[Any]] | None,
    class_names: Sequence[str],
    *,
    title: str = "",
    classes: Sequence[int] | None = None,
) -> bytes:
    """Pack all that the browser needs of a run: decoder, test codes, dimensions.

    Parameters
    ----------
    run
        Names the run in the page; must change when the run's weights change.
    mu, logvar
        ``(n, d)``: q(z|x) of test images; ``logvar`` is None where codes are points. The first ones
        travel, as many as :data:`MAX_CODES` and :data:`MAX_CODE_VALUES` allow, so that an index in
        the browser is an index here.
    label
        ``(n,)``: indices into ``class_names``, or -1; None where there are no labels.
    classes
        Labels that the model was trained on; all unless given.

    Raises
    ------
    ConfigError
        If the decoder has a module that the browser cannot run.
    ValueError
        If the shapes do not fit the model.
    """
    latent_dim = model.config.latent_dim
    if mu.ndim != 2 or mu.shape[1] != latent_dim:
        raise ValueError(f"mu {mu.shape} must be (n, {latent_dim})")
    if logvar is not None and logvar.shape != mu.shape:
        raise ValueError(f"logvar {logvar.shape} must be as mu {mu.shape}")
    if not model.is_continuous:
        raise ConfigError(
            f"the codes of a {model.config.family} are discrete: there is no place between them "
            "to drag to."
        )
    if label is not None and label.shape != mu.shape[:1]:
        raise ValueError(f"label {label.shape} must be ({len(mu)},)")
    count = min(len(mu), MAX_CODES, max(1, MAX_CODE_VALUES // latent_dim))
    codes = Codes(torch.from_numpy(mu), None if logvar is None else torch.from_numpy(logvar))
    extent = extent_of(mu, has_prior=model.has_prior)
    num_labels = model.config.num_classes if model.is_conditional else 0
    ops, arrays = decoder_ops(model)
    header: RunHeader = {
        "run": run,
        "title": title,
        "latent_dim": latent_dim,
        "image_shape": list(model.config.image_shape),
        "class_names": list(class_names),
        "dims": _dim_infos(codes, has_prior=model.has_prior),
        "z_range": z_range(mu),
        "z_low": extent.low,
        "z_high": extent.high,
        "centre": extent.centre,
        "decimals": extent.decimals,
        "has_prior": model.has_prior,
        "num_labels": num_labels,
        "labels": [label for label in classes or range(num_labels) if label < num_labels],
        **pixel_model(model),
        "ops": ops,
    }
    sent: Arrays = {
        "mu": np.asarray(mu[:count], dtype=np.float32),
        **({} if logvar is None else {"logvar": np.asarray(logvar[:count], dtype=np.float32)}),
        "label": np.full(count, -1, np.int32)
        if label is None
        else np.asarray(label[:count], dtype=np.int32),
    }
    return pack(header, sent | arrays)
