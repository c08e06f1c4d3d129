"""The packed networks: what torch computes, their operations compute too."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.latent.export import (
    MAX_CODE_VALUES,
    MAX_CODES,
    codebook_payload,
    decoder_ops,
    encoder_ops,
    pack,
    pixel_model,
    run_payload,
    unpack,
)
from vae.latent.extent import z_range
from vae.models import FAMILIES, LatentModel, build, configure

SHAPES = [(1, 28, 28), (1, 8, 8), (3, 32, 32), (1, 13, 7), (3, 9, 30)]


def make(arch: str, shape: tuple[int, int, int], latent_dim: int = 3) -> LatentModel:
    torch.manual_seed(7)
    hidden = (24, 12) if arch == "mlp" else (6, 9)
    config = ModelConfig(arch=arch, hidden=hidden, latent_dim=latent_dim, image_shape=shape)
    model = build(config)
    for parameter in model.parameters():  # biases start at zero, where a lost one would not show
        nn.init.normal_(parameter, std=0.3)
    return model.eval()


def run_ops(
    ops: list[dict[str, Any]],
    arrays: dict[str, NDArray[Any]],
    x: torch.Tensor,
    labels: torch.Tensor | None = None,
) -> torch.Tensor:
    """Run the operations as their docstring tells them, from the packed arrays alone."""

    def array(name: str | None) -> torch.Tensor | None:
        return None if name is None else torch.tensor(np.asarray(arrays[name], np.float32))

    for op in ops:
        weight, bias = array(op.get("weight")), array(op.get("bias"))
        match op["op"]:
            case "linear":
                assert weight is not None
                assert weight.shape == (op["out"], op["in"])
                x = F.linear(x, weight, bias)
            case "relu" | "sigmoid" as name:
                x = getattr(torch, name)(x)
            case "reshape":
                x = x.reshape(len(x), *op["shape"])
            case "label":
                assert labels is not None
                told = F.one_hot(labels, op["classes"]).float()
                planes = told.reshape(*told.shape, *(1,) * (x.ndim - 2))
                x = torch.cat([x, planes.expand(-1, -1, *x.shape[2:])], 1)
            case "residual":
                x = x + run_ops(op["ops"], arrays, x)
            case "conv_transpose2d":
                extra = op["output_padding"]
                x = F.conv_transpose2d(x, weight, bias, op["stride"], op["padding"], extra)
            case "conv2d":
                x = F.conv2d(x, weight, bias, op["stride"], op["padding"])
            case other:
                raise AssertionError(other)
    return x


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("arch", ["mlp", "conv"])
def test_packed_ops_decode_as_torch(arch: str, shape: tuple[int, int, int]) -> None:
    model = make(arch, shape)
    ops, arrays = decoder_ops(model)
    header, back = unpack(pack({"ops": ops}, arrays))
    z = torch.randn(11, 3)
    torch.testing.assert_close(run_ops(header["ops"], back, z), model.generate(z))
    assert ops[-1] == {"op": "sigmoid"}
    assert all(array.dtype == np.float32 for array in arrays.values())


CASES = [
    (family, arch, sparsity)
    for family, kind in FAMILIES.items()
    for arch in ("mlp", "conv")
    for sparsity in (("l1", "kl") if family == "sparse-ae" else (None,))
    if arch == "mlp" or not kind.model.grows
]


@pytest.mark.parametrize(("family", "arch", "sparsity"), CASES)
def test_packed_networks_compute_as_torch(family: str, arch: str, sparsity: str | None) -> None:
    torch.manual_seed(3)
    sizes = {"hidden": (7, 10), "latent_dim": 4, "num_classes": 5, "image_shape": (3, 9, 12)}
    given = {} if sparsity is None else {"sparsity": sparsity}
    model = build(configure(family, arch=arch, **sizes, **given)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    x, labels = torch.rand(6, 3, 9, 12), torch.arange(6) % 5
    ops, arrays = encoder_ops(model)
    header, back = unpack(pack({"ops": ops}, arrays))
    found = run_ops(header["ops"], back, x, labels)
    if not model.is_continuous:
        torch.testing.assert_close(found.movedim(1, -1), model.vectors(x))
        return
    mu, logvar = model.encode(x, labels)
    expected = mu if logvar is None else torch.cat([mu, logvar], 1)
    torch.testing.assert_close(found, expected)
    ops, arrays = decoder_ops(model)
    torch.testing.assert_close(run_ops(ops, arrays, mu, labels), model.generate(mu, labels))


def test_codebook_payload() -> None:
    torch.manual_seed(3)
    sizes = {"hidden": (6, 9), "latent_dim": 4, "codebook": 8, "image_shape": (1, 12, 12)}
    model = build(configure("vq-vae", **sizes)).eval()
    model.codebook.normal_()
    model.usage.copy_(torch.arange(8) / 28)
    header, arrays = unpack(codebook_payload("r@1", model, title="A run"))
    assert {key: header[key] for key in ("run", "title", "entries", "grid_shape", "loss")} == {
        "run": "r@1",
        "title": "A run",
        "entries": 8,
        "grid_shape": [3, 3],
        "loss": "bernoulli",
    }
    np.testing.assert_array_equal(arrays["codebook"], model.codebook.numpy())
    np.testing.assert_array_equal(arrays["usage"], model.usage.numpy())
    indices = torch.randint(8, (2, 3, 3))
    grid = torch.tensor(np.asarray(arrays["codebook"]))[indices].movedim(-1, 1)
    expected = torch.sigmoid(model.decode_indices(indices))
    torch.testing.assert_close(run_ops(header["decoder"], arrays, grid), expected)
    with pytest.raises(ConfigError, match="no codebook"):
        codebook_payload("r", make("mlp", (1, 8, 8)))


def test_convolution_without_bias_and_nested_modules() -> None:
    model = make("conv", (1, 8, 8))
    model.decoder = nn.Sequential(
        nn.Sequential(nn.Linear(3, 32, bias=False), nn.Dropout(0.5), nn.Unflatten(1, (2, 4, 4))),
        nn.Identity(),
        nn.ConvTranspose2d(2, 5, (2, 3), stride=(2, 1), padding=(0, 1), bias=False),
        nn.ReLU(),
        nn.Conv2d(5, 1, (3, 2), padding=(1, 1), stride=(1, 1)),
    ).eval()
    ops, arrays = decoder_ops(model)
    assert [op["op"] for op in ops] == [
        "linear",
        "reshape",
        "conv_transpose2d",
        "relu",
        "conv2d",
        "sigmoid",
    ]
    z = torch.randn(4, 3)
    expected = torch.sigmoid(model.decoder(z))
    torch.testing.assert_close(run_ops(ops, arrays, z), expected)


@pytest.mark.parametrize(
    "module",
    [
        nn.Tanh(),
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.ConvTranspose2d(2, 2, 3, groups=2),
        nn.Unflatten(2, (2, 2)),
        nn.Flatten(0),
    ],
)
def test_unknown_module_is_named(module: nn.Module) -> None:
    model = make("mlp", (1, 8, 8))
    model.decoder = nn.Sequential(nn.Linear(3, 4), module)
    with pytest.raises(ConfigError, match=r"browser") as caught:
        decoder_ops(model)
    assert str(caught.value).endswith(".")


def test_pack_round_trip() -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = {
        "a": rng.normal(size=(3, 5)).astype(np.float32),
        "bytes": rng.integers(0, 255, size=7, dtype=np.uint8),
        "empty": np.zeros((0, 2), np.float32),
        "b": rng.integers(-9, 9, size=(2, 2)).astype(np.int32),
        "half": rng.normal(size=(3,)).astype(np.float16),
        "turned": rng.normal(size=(4, 3)).astype(np.float32).T,
    }
    for title in ["", "é", "zero-to-nine", "名前"]:  # headers of every length modulo 4
        payload = pack({"title": title}, arrays)
        header, back = unpack(payload)
        assert header == {"title": title}
        assert payload == pack({"title": title}, arrays)
        assert len(payload) % 4 == 0
        for name, array in arrays.items():
            assert back[name].dtype == array.dtype
            np.testing.assert_array_equal(back[name], array)


def test_pack_refuses_other_dtypes() -> None:
    with pytest.raises(ValueError, match="float64"):
        pack({}, {"a": np.zeros(3)})


def test_half_a_payload_is_refused() -> None:
    payload = pack({}, {"a": np.zeros(9, np.float32)})
    with pytest.raises(ValueError, match="buffer"):
        unpack(payload[:-8])


def test_pixels_are_what_the_family_takes_them_for() -> None:
    def of(family: str = "vae", **given: Any) -> Any:
        sizes = {"hidden": (4,), "latent_dim": 2, "image_shape": (1, 8, 8)}
        return pixel_model(build(configure(family, **{**sizes, **given})))

    assert of() == {"likelihood": "bernoulli", "pixel_sigma": None, "loss": "bernoulli"}
    fixed = of(likelihood="gaussian", sigma=0.3)
    assert fixed == {"likelihood": "gaussian", "pixel_sigma": 0.3, "loss": "gaussian"}
    model = build(
        ModelConfig(likelihood="gaussian", variance="learned", image_shape=(1, 8, 8), hidden=(4,))
    )
    model.load_state_dict({**model.state_dict(), "pixel_logvar": torch.tensor(math.log(0.04))})
    assert pixel_model(model)["pixel_sigma"] == pytest.approx(0.2)
    assert of("ae", reconstruction="bce") == {
        "likelihood": None,
        "pixel_sigma": None,
        "loss": "bce",
    }


def test_payload_of_points() -> None:
    model = build(configure("ae", hidden=(4,), latent_dim=3, image_shape=(1, 8, 8)))
    mu = np.random.default_rng(5).normal(size=(40, 3)).astype(np.float32) * [9, 0.001, 1] + 20
    mu = mu.astype(np.float32)
    header, arrays = unpack(run_payload("r", model, mu, None, None, []))
    assert "logvar" not in arrays
    assert header["has_prior"] is False
    assert [dim["kl"] for dim in header["dims"]] == [None] * 3
    # Scale alone decides what is used: shrunken codes use the same dimensions.
    assert [dim["active"] for dim in header["dims"]] == [True, False, True]
    small, _ = unpack(run_payload("r", model, mu / 1000, None, None, []))
    assert [dim["active"] for dim in small["dims"]] == [True, False, True]
    assert small["decimals"] > header["decimals"]


def test_run_payload() -> None:
    model = make("mlp", (1, 8, 8))
    rng = np.random.default_rng(2)
    mu = rng.normal(size=(50, 3)).astype(np.float32) * np.float32([1, 0.001, 2])
    logvar = np.full((50, 3), -2, np.float32)
    logvar[:, 1] = 0
    label = np.arange(50) % 4
    payload = run_payload("r@1", model, mu, logvar, label, list("abcd"), title="A run")
    header, arrays = unpack(payload)
    assert {key: header[key] for key in ("run", "title", "latent_dim", "image_shape")} == {
        "run": "r@1",
        "title": "A run",
        "latent_dim": 3,
        "image_shape": [1, 8, 8],
    }
    assert [dim["active"] for dim in header["dims"]] == [True, False, True]
    kl = -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).mean(0)
    np.testing.assert_allclose([dim["kl"] for dim in header["dims"]], kl, atol=1e-5)
    np.testing.assert_array_equal(arrays["mu"], mu)
    np.testing.assert_array_equal(arrays["label"], label)
    assert header["z_range"] == z_range(mu)
    assert payload == run_payload("r@1", model, mu, logvar, label, list("abcd"), title="A run")


def test_weights_travel_in_half_precision_where_that_loses_nothing() -> None:
    model = make("mlp", (1, 8, 8))
    codes = np.zeros((2, 3), np.float32)
    whole = run_payload("r", model, codes, codes, None, [])
    model.load_state_dict({key: value.half() for key, value in model.state_dict().items()})
    halved = run_payload("r", model, codes, codes, None, [])
    _, arrays = unpack(halved)
    assert arrays["encoder.1.weight"].dtype == np.float16
    np.testing.assert_array_equal(arrays["encoder.1.weight"], model.encoder[1].weight.detach())
    assert len(halved) < 0.7 * len(whole)
    model.encoder[1].weight.data[0, 0] = 1e6  # beyond what half precision holds
    _, arrays = unpack(run_payload("r", model, codes, codes, None, []))
    assert arrays["encoder.1.weight"].dtype == np.float32


def test_run_payload_is_bounded_and_may_lack_labels() -> None:
    model = make("mlp", (1, 8, 8), latent_dim=200)
    mu = np.zeros((MAX_CODES + 5, 200), np.float32)
    _, arrays = unpack(run_payload("r", model, mu, mu, None, []))
    assert arrays["mu"].shape == (MAX_CODE_VALUES // 200, 200)
    assert set(arrays["label"].tolist()) == {-1}


def test_run_payload_checks_shapes() -> None:
    model = make("mlp", (1, 8, 8))
    with pytest.raises(ValueError, match="must be"):
        run_payload(
            "r", model, np.zeros((4, 2), np.float32), np.zeros((4, 2), np.float32), None, []
        )
    codes = np.zeros((4, 3), np.float32)
    with pytest.raises(ValueError, match="label"):
        run_payload("r", model, codes, codes, np.zeros(3, np.int64), ["a"])
