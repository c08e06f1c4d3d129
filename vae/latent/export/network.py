"""The encoder and the decoder of a model as operations that the browser runs.

A torch network becomes a short list of operations (linear, relu, reshape, convolutions, ...) with
their weights, so that one small interpreter runs every family alike. The interpreter is
``vae/ui/component/network/``; tests hold it to torch.

An operation is a dict with ``op`` and the sizes it needs; one with weights names them in ``weight``
and ``bias`` (None where there is none), as torch's ``state_dict`` does.

===================== ===========================================================================
``linear``            ``weight`` is ``(out, in)``
``conv2d``            ``weight`` is ``(out, in, kh, kw)``
``conv_transpose2d``  ``weight`` is ``(in, out, kh, kw)``
``reshape``           to ``shape``, without the batch; one size may be -1
``label``             the image's label one-hot, of ``classes``: behind the numbers of a vector, as
                      planes behind the channels of feature maps
``residual``          its ``ops`` applied to what comes in, plus what comes in
``relu``, ``sigmoid`` of each number
===================== ===========================================================================
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from vae.errors import ConfigError
from vae.latent.export.packing import Arrays
from vae.locale import _
from vae.models import LatentModel
from vae.models.autoencoders import SparseAutoencoder
from vae.models.nets import Residual

Op = dict[str, Any]


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy(), dtype=np.float32)


def _pair(value: Any) -> list[int]:
    return [int(value)] * 2 if isinstance(value, int) else [int(part) for part in value]


def _linear(module: nn.Linear) -> Op:
    return {"op": "linear", "in": module.in_features, "out": module.out_features}


def _flatten(module: nn.Flatten) -> Op:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise ConfigError(
            _("the browser can only flatten whole images, not {module}.").format(module=module)
        )
    return {"op": "reshape", "shape": [-1]}


def _unflatten(module: nn.Unflatten) -> Op:
    if module.dim != 1:
        raise ConfigError(
            _(
                "the browser can only unflatten dimension 1, and this network unflattens {dim}."
            ).format(dim=module.dim)
        )
    return {"op": "reshape", "shape": [int(size) for size in module.unflattened_size]}


def _convolution(module: nn.Conv2d | nn.ConvTranspose2d) -> Op:
    plain = module.groups == 1 and _pair(module.dilation) == [1, 1]
    if not plain or module.padding_mode != "zeros" or isinstance(module.padding, str):
        raise ConfigError(
            _(
                "the browser runs convolutions with one group, no dilation and zero "
                "padding given in pixels, not {module}."
            ).format(module=module)
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
    nn.Sigmoid: lambda module: {"op": "sigmoid"},
    nn.Flatten: _flatten,
    nn.Unflatten: _unflatten,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
    Residual: lambda module: {"op": "residual"},
}


def _flat(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of a Sequential in order; those that do nothing in use fall out."""
    if isinstance(module, nn.Sequential):
        for key, part in module.named_children():
            yield from _flat(part, f"{name}.{key}")
    elif not isinstance(module, nn.Identity | nn.Dropout):
        yield name, module


def _ops_of(network: nn.Module, name: str) -> tuple[list[Op], Arrays]:
    """List what a module of ``state_dict`` name ``name`` does, and its weights."""
    ops: list[Op] = []
    arrays: Arrays = {}
    for place, module in _flat(network, name):
        make = _OPS.get(type(module))
        if make is None:
            known = ", ".join(kind.__name__ for kind in _OPS)
            raise ConfigError(
                _("the browser cannot run a {name} in a network; it knows {known}.").format(
                    name=type(module).__name__, known=known
                )
            )
        op = make(module)
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            op["weight"] = f"{place}.weight"
            arrays[op["weight"]] = _array(module.weight)
            op["bias"] = None if module.bias is None else f"{place}.bias"
            if module.bias is not None:
                arrays[op["bias"]] = _array(module.bias)
        if isinstance(module, Residual):
            op["ops"], inner = _ops_of(module.body, f"{place}.body")
            arrays |= inner
        ops.append(op)
    return ops, arrays


def _label(model: LatentModel) -> Op:
    return {"op": "label", "classes": model.config.num_classes}


def encoder_ops(model: LatentModel) -> tuple[list[Op], Arrays]:
    """List what makes mu and logvar, side by side, of an image ``(C, H, W)`` in [0, 1].

    Where codes are points, it makes the code alone; with a codebook, the grid of vectors.

    Raises
    ------
    ConfigError
        If the encoder has a module that the browser cannot run.
    """
    ops, arrays = _ops_of(model.get_submodule("encoder"), "encoder")
    if model.is_conditional:
        flatten: list[Op] = (
            [] if model.config.arch == "conv" else [{"op": "reshape", "shape": [-1]}]
        )
        ops = [*flatten, _label(model), *ops]
    if isinstance(model, SparseAutoencoder):
        ops.append({"op": "relu" if model.config.sparsity == "l1" else "sigmoid"})
    return ops, arrays


def decoder_ops(model: LatentModel) -> tuple[list[Op], Arrays]:
    """List what makes an image of a code, ending in the sigmoid that makes means of logits.

    Raises
    ------
    ConfigError
        If the decoder has a module that the browser cannot run.
    """
    ops, arrays = _ops_of(model.decoder, "decoder")
    told = [_label(model)] if model.is_conditional else []
    return [*told, *ops, {"op": "sigmoid"}], arrays
