"""ONNX: another runtime computes of the files what torch computes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from vae.errors import ConfigError
from vae.latent.export import decoder_onnx, encoder_onnx
from vae.models import FAMILIES, LatentModel, build, configure

CASES = [
    (family, arch, shape)
    for family, kind in FAMILIES.items()
    if kind.model.is_continuous
    for arch in ("mlp", "conv")
    for shape in ((1, 28, 28), (3, 9, 12))
    if arch == "mlp" or not kind.model.grows
]
CLASSES = 5


def session(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def run(content: bytes, given: Mapping[str, Tensor]) -> dict[str, Any]:
    opened = session(content)
    assert {each.name for each in opened.get_inputs()} == given.keys()
    found = opened.run(None, {name: value.numpy() for name, value in given.items()})
    return {each.name: array for each, array in zip(opened.get_outputs(), found, strict=True)}


def close(found: Any, expected: Tensor) -> None:
    assert found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-4)


def make(family: str, arch: str = "mlp", shape: tuple[int, ...] = (1, 8, 8), **given: Any) -> Any:
    torch.manual_seed(3)
    sizes = {"hidden": (7, 10), "latent_dim": 4, "num_classes": CLASSES, "image_shape": shape}
    model: LatentModel = build(configure(family, arch=arch, **sizes, **given)).eval()
    for parameter in model.parameters():  # biases start at zero, where a lost one would not show
        nn.init.normal_(parameter, std=0.2)
    return model.requires_grad_(False)


@pytest.mark.parametrize(("family", "arch", "shape"), CASES)
def test_onnxruntime_computes_as_torch(family, arch, shape):
    model = make(family, arch, shape)
    encoder, decoder = encoder_onnx(model), decoder_onnx(model)
    for batch in (1, 6):
        x, labels = torch.rand(batch, *shape), torch.arange(batch) % CLASSES
        told = {"y": labels} if model.is_conditional else {}
        mu, logvar = model.encode(x, labels)
        found = run(encoder, {"x": x, **told})
        close(found.pop("mu"), mu)
        if logvar is not None:
            close(found.pop("logvar"), logvar)
        assert not found
        found = run(decoder, {"z": mu, **told})
        close(found.pop("x_mean"), model.generate(mu, labels))
        assert not found


def test_the_files_say_what_comes_out():
    for given, words in (
        ({"family": "vae"}, ("vae", "bernoulli", "probability of each pixel to be 1")),
        ({"family": "vae", "likelihood": "gaussian"}, ("vae", "gaussian", "mean of each pixel")),
        ({"family": "ae"}, ("ae", "none", "picture")),
    ):
        about = session(decoder_onnx(make(**given))).get_modelmeta()
        found = about.custom_metadata_map
        assert (found["family"], found["likelihood"]) == words[:2]
        assert words[2] in about.description
    assert "0 to 4" in session(encoder_onnx(make("cvae"))).get_modelmeta().description


def test_what_cannot_be_written_is_said(monkeypatch):
    discrete = build(configure("vq-vae", hidden=(6, 9), image_shape=(1, 12, 12)))
    with pytest.raises(ConfigError, match="codes of a vq-vae are discrete"):
        decoder_onnx(discrete)
    monkeypatch.setattr("vae.latent.export.to_onnx.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install onnx"):
        encoder_onnx(make("vae"))
