"""The browser's encoders and decoders against torch's."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from family_models import CONTINUOUS, generate
from family_models import make as make_family
from torch import nn

from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.latent.export import codebook_payload, run_payload
from vae.models import FAMILIES, LatentModel, build, configure
from vae.models.losses import bernoulli_nll

if TYPE_CHECKING:
    from conftest import ComponentServer
    from playwright.sync_api import Browser, Page

TOLERANCE = 1e-4

CASES: dict[str, dict[str, Any]] = {
    "mlp": {"arch": "mlp", "hidden": (512, 256), "latent_dim": 2},
    "conv": {"arch": "conv", "hidden": (32, 64), "latent_dim": 2},
    "small": {"arch": "mlp", "hidden": (17,), "latent_dim": 1, "image_shape": (1, 8, 8)},
    "odd": {"arch": "conv", "hidden": (5, 6, 7), "latent_dim": 5, "image_shape": (1, 13, 21)},
    "rgb": {"arch": "conv", "hidden": (8, 12), "latent_dim": 20, "image_shape": (3, 32, 32)},
}

DECODE = """
async ([name, codes]) => {
  const { Decoder } = await import("/component/network/model.js");
  const { unpack } = await import("/component/network/payload.js");
  const response = await fetch(`/payload/${name}`);
  const { header, arrays } = unpack(new Uint8Array(await response.arrayBuffer()));
  const decoder = new Decoder(header, arrays);
  const single = codes.map((z) => Array.from(decoder.decode(z)));
  const flat = Float32Array.from(codes.flat());
  const batch = Array.from(decoder.decodeBatch(flat, codes.length));
  const logits = Array.from(decoder.logitsBatch(flat, codes.length));
  return { single, batch, logits };
}
"""


def make(**settings: Any) -> LatentModel:
    torch.manual_seed(3)
    model = build(ModelConfig(**settings))
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            assert part.bias is not None
            nn.init.normal_(part.bias, std=0.3)  # zeros would hide a bias that is lost
    return model.eval()


def payload_of(model: LatentModel, name: str) -> bytes:
    mu = np.zeros((1, model.config.latent_dim), np.float32)
    return run_payload(name, model, mu, mu, None, [])


@pytest.fixture
def page(browser: Browser, component_server: ComponentServer) -> Page:
    page = browser.new_page()
    page.goto(component_server.url)
    yield page
    page.close()


@pytest.mark.parametrize("case", CASES)
def test_browser_decodes_as_torch(page: Page, component_server: ComponentServer, case: str) -> None:
    model = make(**CASES[case])
    component_server.add(case, payload_of(model, case))
    z = 1.5 * torch.randn(20, model.config.latent_dim, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        expected = model.generate(z).flatten(1).numpy()
        logits = model.decode(z).flatten().numpy()
    answer = page.evaluate(DECODE, [case, z.tolist()])
    assert np.abs(np.array(answer["logits"]) - logits).max() < TOLERANCE * np.abs(logits).max()
    assert np.abs(np.array(answer["single"]) - expected).max() < TOLERANCE
    batch = np.array(answer["batch"]).reshape(expected.shape)
    assert np.abs(batch - expected).max() < TOLERANCE
    assert np.abs(batch - np.array(answer["single"])).max() < 1e-5


@pytest.mark.parametrize("count", [1, 3, 4, 7, 9])
def test_batches_of_any_size(page: Page, component_server: ComponentServer, count: int) -> None:
    model = make(**CASES["odd"])
    component_server.add("odd", payload_of(model, "odd"))
    answer = page.evaluate(DECODE, ["odd", torch.randn(count, 5).tolist()])
    assert np.abs(np.array(answer["batch"]) - np.array(answer["single"]).ravel()).max() < 1e-5


def test_plain_convolution(page: Page, component_server: ComponentServer) -> None:
    model = make(arch="conv", hidden=(4,), latent_dim=3, image_shape=(1, 8, 8))
    model.decoder = nn.Sequential(
        nn.Linear(3, 2 * 4 * 4),
        nn.Unflatten(1, (2, 4, 4)),
        nn.ConvTranspose2d(2, 5, (2, 3), stride=(2, 1), padding=(0, 1), bias=False),
        nn.ReLU(),
        nn.Conv2d(5, 2, (3, 2), padding=(1, 1), stride=(1, 2)),
    ).eval()
    component_server.add("plain", payload_of(model, "plain"))
    z = torch.randn(6, 3)
    with torch.no_grad():
        expected = torch.sigmoid(model.decoder(z)).flatten(1).numpy()
    answer = page.evaluate(DECODE, ["plain", z.tolist()])
    assert np.abs(np.array(answer["single"]) - expected).max() < TOLERANCE


def test_payload_at_any_address(page: Page, component_server: ComponentServer) -> None:
    """A message's bytes may begin anywhere in their buffer."""
    model = make(**CASES["small"])
    component_server.add("small", payload_of(model, "small"))
    same = page.evaluate(
        """async () => {
          const { unpack } = await import("/component/network/payload.js");
          const bytes = new Uint8Array(await (await fetch("/payload/small")).arrayBuffer());
          const shifted = new Uint8Array(bytes.length + 3);
          shifted.set(bytes, 3);
          const text = (run) => JSON.stringify(run.arrays["decoder.0.weight"]);
          return text(unpack(bytes)) === text(unpack(shifted.subarray(3)));
        }"""
    )
    assert same


def test_loss_is_torchs(page: Page) -> None:
    generator = torch.Generator().manual_seed(1)
    logits = 30 * torch.randn(1, 8, 8, generator=generator)
    pixels = torch.randint(0, 256, (1, 8, 8), generator=generator, dtype=torch.uint8)
    expected = bernoulli_nll(logits, pixels / 255).item()
    text = base64.b64encode(pixels.numpy().tobytes()).decode()
    loss = page.evaluate(
        """async ([logits, text]) => {
          const { bernoulliLoss } = await import("/component/network/losses.js");
          const { fromBase64 } = await import("/component/lib/picture.js");
          return bernoulliLoss(Float32Array.from(logits), fromBase64(text));
        }""",
        [logits.flatten().tolist(), text],
    )
    assert loss == pytest.approx(expected, rel=1e-5)


def test_unknown_operation_is_named(page: Page) -> None:
    message = page.evaluate(
        """async () => {
          const { Decoder } = await import("/component/network/model.js");
          const header = { latent_dim: 1, decoder: [{ op: "fold" }, { op: "sigmoid" }] };
          try {
            new Decoder(header, {});
          } catch (error) {
            return error.message;
          }
        }"""
    )
    assert "fold" in message


DECODE_LABELS = """
async ([name, codes, labels]) => {
  const { Decoder } = await import("/component/network/model.js");
  const { unpack } = await import("/component/network/payload.js");
  const bytes = await (await fetch(`/payload/${name}`)).arrayBuffer();
  const { header, arrays } = unpack(new Uint8Array(bytes));
  const decoder = new Decoder(header, arrays);
  const single = codes.map((z, i) => Array.from(decoder.decode(z, labels[i])));
  const batch = Array.from(decoder.decodeBatch(codes.flat(), codes.length, undefined, labels));
  decoder.label = labels[1];
  return { single, batch, told: Array.from(decoder.decode(codes[1])) };
}
"""


@pytest.mark.parametrize(
    ("family", "arch"),
    [
        (family, arch)
        for family in CONTINUOUS
        for arch in ("mlp", "conv")
        if arch == "mlp" or not FAMILIES[family].model.grows  # only dense layers grow
    ],
)
def test_browser_decodes_every_family_as_torch(
    page: Page, component_server: ComponentServer, family: str, arch: str
) -> None:
    model, _, payload = make_family(family, arch=arch, image_shape=(3, 16, 12))
    component_server.add(family, payload)
    z = 2 * torch.randn(13, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(13) * 7 % 10
    expected = generate(model, z, labels)
    answer = page.evaluate(DECODE_LABELS, [family, z.tolist(), labels.tolist()])
    assert np.abs(np.array(answer["single"]) - expected).max() < TOLERANCE
    batch = np.array(answer["batch"]).reshape(expected.shape)
    assert np.abs(batch - expected).max() < TOLERANCE
    assert np.abs(np.array(answer["told"]) - expected[1]).max() < TOLERANCE


ENCODE = """
async ([name, images, labels]) => {
  const { Encoder } = await import("/component/network/model.js");
  const { unpack } = await import("/component/network/payload.js");
  const bytes = await (await fetch(`/payload/${name}`)).arrayBuffer();
  const { header, arrays } = unpack(new Uint8Array(bytes));
  const encoder = new Encoder(header, arrays);
  return images.map((image, i) => {
    const { mu, logvar } = encoder.encode(image, labels[i]);
    return [Array.from(mu), logvar && Array.from(logvar)];
  });
}
"""


@pytest.mark.parametrize(
    ("family", "given"),
    [
        (family, {"arch": arch, **given})
        for family in CONTINUOUS
        for arch in ("mlp", "conv")
        for given in ([{"sparsity": "l1"}, {"sparsity": "kl"}] if "sparse" in family else [{}])
        if arch == "mlp" or not FAMILIES[family].model.grows
    ],
)
def test_browser_encodes_every_family_as_torch(
    page: Page, component_server: ComponentServer, family: str, given: dict[str, Any]
) -> None:
    model, _, payload = make_family(family, image_shape=(3, 16, 12), **given)
    component_server.add(family, payload)
    x = torch.rand(5, 3, 16, 12, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(5) * 7 % 10
    with torch.no_grad():
        mu, logvar = model.encode(x, labels)
    answers = page.evaluate(ENCODE, [family, x.flatten(1).tolist(), labels.tolist()])
    for i, (found_mu, found_logvar) in enumerate(answers):
        assert np.abs(np.array(found_mu) - mu[i].numpy()).max() < TOLERANCE
        assert (found_logvar is None) == (logvar is None)
        if logvar is not None:
            assert np.abs(np.array(found_logvar) - logvar[i].numpy()).max() < TOLERANCE


QUANTISE = """
async ([name, image]) => {
  const { Codebook } = await import("/component/network/codebook.js");
  const { unpack } = await import("/component/network/payload.js");
  const bytes = await (await fetch(`/payload/${name}`)).arrayBuffer();
  const { header, arrays } = unpack(new Uint8Array(bytes));
  const model = new Codebook(header, arrays);
  const features = model.features(image);
  const distances = model.distances(features);
  const nearest = model.nearest(distances);
  return [features, distances, nearest, model.decode(nearest)].map((part) => Array.from(part));
}
"""


@pytest.mark.parametrize("arch", ["mlp", "conv"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 13, 22)])
def test_browser_quantises_as_torch(
    page: Page, component_server: ComponentServer, arch: str, shape: tuple[int, int, int]
) -> None:
    torch.manual_seed(4)
    sizes = {"hidden": (12, 16), "latent_dim": 5, "codebook": 32, "image_shape": shape}
    model = build(configure("vq-vae", arch=arch, **sizes)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.15)
    x = torch.rand(1, *shape)
    with torch.no_grad():
        vectors = model.vectors(x)[0]
        model.codebook.copy_(torch.randn(32, 5) * vectors.std() + vectors.mean((0, 1)))
        expected = [
            vectors,
            torch.cdist(vectors, model.codebook).square(),
            model.indices(x)[0],
            model.reconstruct(x)[0],
        ]
    assert len(expected[2].unique()) > 3
    component_server.add("codebook", codebook_payload("codebook", model))
    answer = page.evaluate(QUANTISE, ["codebook", x.flatten().tolist()])
    for found, part in zip(answer, expected, strict=True):
        assert np.abs(np.array(found) - part.flatten().numpy()).max() < TOLERANCE


def test_browser_refuses_no_family_silently() -> None:
    """What is not decoded in the browser says so."""
    for family in set(FAMILIES) - set(CONTINUOUS):
        model = build(configure(family, image_shape=(1, 8, 8)))
        codes = np.zeros((2, model.config.latent_dim), np.float32)
        with pytest.raises(ConfigError, match="discrete"):
            run_payload("r", model, codes, None, None, [])


MEASURES = [(family, {}) for family in CONTINUOUS] + [
    ("vae", {"likelihood": "gaussian", "sigma": 0.2}),
    ("vae", {"likelihood": "gaussian", "variance": "learned"}),
    ("ae", {"reconstruction": "bce"}),
]


@pytest.mark.parametrize(("family", "given"), MEASURES)
def test_loss_is_the_familys_own(
    page: Page, component_server: ComponentServer, family: str, given: dict[str, Any]
) -> None:
    model, _, payload = make_family(family, **given)
    component_server.add("measured", payload)
    generator = torch.Generator().manual_seed(2)
    logits = 4 * torch.randn(1, 12, 12, generator=generator)
    image = torch.randint(0, 256, (1, 12, 12), generator=generator, dtype=torch.uint8)
    with torch.no_grad():
        expected = model.recon_loss(logits, image / 255).item()
    found = page.evaluate(
        """async ([logits, text]) => {
          const { reconLoss } = await import("/component/network/losses.js");
          const { fromBase64 } = await import("/component/lib/picture.js");
          const { unpack } = await import("/component/network/payload.js");
          const bytes = await (await fetch("/payload/measured")).arrayBuffer();
          const loss = reconLoss(unpack(new Uint8Array(bytes)).header);
          const value = loss.of(Float32Array.from(logits), fromBase64(text));
          return [value, loss.text(value), loss.title];
        }""",
        [logits.flatten().tolist(), base64.b64encode(image.numpy().tobytes()).decode()],
    )
    assert found[0] == pytest.approx(expected, rel=1e-5)
    assert ("nats" in found[1]) == (given.get("reconstruction") == "bce" or model.has_prior)
