"""Encoder and decoder as ONNX, of the same lists of operations that the browser runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vae.errors import ConfigError
from vae.latent.export.network import Op, decoder_ops, encoder_ops
from vae.latent.export.packing import Arrays
from vae.latent.export.pixels import pixel_model
from vae.locale import _
from vae.models import LatentModel

if TYPE_CHECKING:
    from onnx import NodeProto, ValueInfoProto

_OPSET = 17
_IR_VERSION = 8
"""Of ONNX 1.12, from 2022, which every runtime in use reads."""

_SAYS = {
    "bernoulli": "x_mean is the probability of each pixel to be 1 (a Bernoulli likelihood).",
    "gaussian": "x_mean is the mean of each pixel (a Gaussian likelihood).",
    None: "x_mean is the picture that a code decodes to.",
}


class _Graph:
    """Nodes one after the other, with the shape of what the last one gives, without the batch."""

    def __init__(self, source: str, shape: tuple[int, ...], arrays: Arrays) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.last, self.shape = source, shape
        self._arrays = arrays

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: Any, kind: type = np.int64) -> str:
        self.constants[name] = np.asarray(values, dtype=kind)
        return name

    def add(self, ops: list[Op]) -> None:
        for op in ops:
            match op["op"]:
                case "linear":
                    self.last = self.node("Gemm", self.last, *self._weights(op), transB=1)
                    self.shape = (op["out"],)
                case "conv2d" | "conv_transpose2d":
                    self._convolve(op)
                case "reshape":
                    self._reshape(tuple(op["shape"]))
                case "label":
                    self._tell(op["classes"])
                case "residual":
                    before = self.last
                    self.add(op["ops"])
                    self.last = self.node("Add", before, self.last)
                case "relu" | "sigmoid" as name:
                    self.last = self.node(name.capitalize(), self.last)

    def _weights(self, op: Op) -> list[str]:
        names = [name for name in (op["weight"], op["bias"]) if name is not None]
        for name in names:
            self.constant(name, self._arrays[name], np.float32)
        return names

    def _convolve(self, op: Op) -> None:
        sizes = {"kernel_shape": op["kernel"], "strides": op["stride"], "pads": op["padding"] * 2}
        around = list(zip(self.shape[1:], op["kernel"], op["stride"], op["padding"], strict=True))
        if op["op"] == "conv2d":
            kind = "Conv"
            sides = [(n + 2 * pad - kernel) // stride + 1 for n, kernel, stride, pad in around]
        else:
            kind = "ConvTranspose"
            sizes["output_padding"] = op["output_padding"]
            sides = [
                (n - 1) * stride - 2 * pad + kernel + more
                for (n, kernel, stride, pad), more in zip(around, op["output_padding"], strict=True)
            ]
        self.last = self.node(kind, self.last, *self._weights(op), **sizes)
        self.shape = (op["out"], *sides)

    def _reshape(self, shape: tuple[int, ...]) -> None:
        # The batch, 0 to ONNX, stays what it is.
        target = self.constant(f"shape_{len(self.nodes)}", (0, *shape))
        self.last = self.node("Reshape", self.last, target)
        size, known = int(np.prod(self.shape)), int(np.prod([n for n in shape if n > 0]))
        self.shape = tuple(size // known if n < 0 else n for n in shape)

    def _tell(self, classes: int) -> None:
        depth = self.constant("classes", classes)
        values = self.constant("off_on", (0, 1), np.float32)
        told = self.node("OneHot", "y", depth, values)
        if len(self.shape) > 1:
            column = self.constant("column", (0, classes, 1, 1))
            planes = self.constant("planes", (1, 1, *self.shape[1:]))
            told = self.node("Expand", self.node("Reshape", told, column), planes)
        self.last = self.node("Concat", self.last, told, axis=1)
        self.shape = (self.shape[0] + classes, *self.shape[1:])

    def name_last(self, name: str) -> None:
        """Give what the last node makes a name of its own."""
        self.nodes[-1].output[0] = self.last = name


def _checked(model: LatentModel) -> LatentModel:
    if not model.is_continuous:
        raise ConfigError(
            _(
                "the codes of a {family} are discrete: only models with continuous codes "
                "become ONNX."
            ).format(family=model.config.family)
        )
    if find_spec("onnx") is None:
        raise ConfigError(_("this Python lacks the package onnx: pip install onnx."))
    return model


def _bytes(
    graph: _Graph,
    model: LatentModel,
    name: str,
    takes: Mapping[str, tuple[int, ...]],
    gives: Mapping[str, tuple[int, ...]],
    says: str,
) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper

    def floats(sizes: Mapping[str, tuple[int, ...]]) -> list[ValueInfoProto]:
        return [
            helper.make_tensor_value_info(each, TensorProto.FLOAT, ("batch", *size))
            for each, size in sizes.items()
        ]

    inputs = floats(takes)
    if model.is_conditional:
        inputs.append(helper.make_tensor_value_info("y", TensorProto.INT64, ("batch",)))
        says += f" y is the label, 0 to {model.config.num_classes - 1}."
    constants = [numpy_helper.from_array(array, each) for each, array in graph.constants.items()]
    made = helper.make_model(
        helper.make_graph(graph.nodes, name, inputs, floats(gives), constants),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="vae-latent-explorer",
        doc_string=f"The {name} of a model of the family {model.config.family}. {says}",
    )
    about = {
        "family": model.config.family,
        "likelihood": pixel_model(model)["likelihood"] or "none",
    }
    helper.set_model_props(made, about)
    checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString())


def encoder_onnx(model: LatentModel) -> bytes:
    """Return the encoder: ``x`` ``(batch, C, H, W)`` in [0, 1] to ``mu`` and, if any, ``logvar``.

    A conditional model takes the labels ``y`` ``(batch,)``, int64, too. Raises ConfigError if the
    codes are discrete, or the package ``onnx`` is missing.
    """
    config = model.config
    ops, arrays = encoder_ops(_checked(model))
    graph = _Graph("x", config.image_shape, arrays)
    graph.add(ops)
    d = config.latent_dim
    outputs = {"mu": (d,)}
    if graph.shape == (2 * d,):
        graph.name_last("mu_logvar")
        sizes = graph.constant("halves", (d, d))
        graph.node("Split", "mu_logvar", sizes, output="mu", axis=1)
        graph.nodes[-1].output.append("logvar")
        outputs["logvar"] = (d,)
        says = "q(z|x) is a Gaussian with the means mu and the logarithms of its variances, logvar."
    else:
        graph.name_last("mu")
        says = "mu is the code."
    return _bytes(graph, model, "encoder", {"x": config.image_shape}, outputs, says)


def decoder_onnx(model: LatentModel) -> bytes:
    """Return the decoder: ``z`` ``(batch, d)`` to ``x_mean`` ``(batch, C, H, W)`` in [0, 1].

    For labels and errors see :func:`encoder_onnx`.
    """
    config = model.config
    ops, arrays = decoder_ops(_checked(model))
    graph = _Graph("z", (config.latent_dim,), arrays)
    graph.add(ops)
    graph.name_last("x_mean")
    says = _SAYS[pixel_model(model)["likelihood"]]
    outputs = {"x_mean": config.image_shape}
    return _bytes(graph, model, "decoder", {"z": (config.latent_dim,)}, outputs, says)
