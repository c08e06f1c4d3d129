"""The bound and the true posterior of a pinned image in Chromium, against torch."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from family_models import make
from pinned import ROOT, answer, number, open_pinned
from server import PROJECT

from vae.analysis.explore import explorer_payload, run_codes
from vae.data import load, pixels
from vae.latent.export import run_payload
from vae.models import LatentModel, build, configure
from vae.models.losses import gaussian_kl
from vae.runs import open_run
from vae.runs.checkpoint import load_model

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

__all__ = ["open_pinned"]
pytestmark = pytest.mark.browser
Open = Callable[..., Page]
TOLERANCE = 0.05

JOB = """
async ([name, pinned]) => {
  const { Decoder } = await import("/component/network/model.js");
  const { reconLoss } = await import("/component/network/losses.js");
  const { unpack } = await import("/component/network/payload.js");
  const { lossesAt, PosteriorJob } = await import("/component/elbo/job.js");
  const bytes = new Uint8Array(await (await fetch(`/payload/${name}`)).arrayBuffer());
  const { header, arrays } = unpack(bytes);
  const [decoder, job] = [new Decoder(header, arrays), new PosteriorJob(pinned)];
  const lossOf = reconLoss(header).of;
  for (let chunk = job.next(); chunk; chunk = job.next()) {
    job.take(chunk, lossesAt(decoder, lossOf, pinned, chunk.codes));
  }
  const { grid, average } = job;
  const leaves = grid.leaves();
  return {
    cells: leaves.map((i) => grid.places.map((axis) => axis[i])),
    areas: leaves.map((i) => grid.logArea(grid.level[i])),
    evidence: grid.logEvidence(),
    elbo: average.elbo,
  };
}
"""


def log_joint(model: LatentModel, z: torch.Tensor, x: torch.Tensor, label: int) -> torch.Tensor:
    """log p(x, z) in float64 at places ``(n, d)``."""
    found = []
    with torch.inference_mode():
        for part in z.float().split(2_000):
            labels = torch.full((len(part),), label)
            recon = model.recon_loss(model.decode(part, labels), x).double()
            prior = -0.5 * (part.double().square() + math.log(2 * math.pi)).sum(1)
            found.append(prior - recon)
    return torch.cat(found)


def integral(model: LatentModel, x: torch.Tensor, label: int = 0, cells: int = 500) -> float:
    """log p(x) of a model with one or two dimensions, on a fine grid."""
    d = model.config.latent_dim
    edge = torch.linspace(-4, 4, cells + 1, dtype=torch.float64)
    middles = (edge[1:] + edge[:-1]) / 2
    z = torch.cartesian_prod(*[middles] * d).reshape(-1, d)
    values = log_joint(model, z, x, label)
    return float(torch.logsumexp(values, 0) + d * math.log(8 / cells))


def elbo_of(
    model: LatentModel, mu: torch.Tensor, logvar: torch.Tensor, x: torch.Tensor, label: int = 0
) -> float:
    """The ELBO of a model with one or two dimensions, averaged over a fine grid of eps."""
    line = torch.linspace(-6, 6, 121, dtype=torch.float64)
    eps = torch.cartesian_prod(*[line] * len(mu)).reshape(-1, len(mu))
    weights = torch.softmax(-0.5 * eps.square().sum(1), 0)
    z = (mu + torch.exp(0.5 * logvar) * eps).float()
    with torch.inference_mode():
        recon = model.recon_loss(model.decode(z, torch.full((len(z),), label)), x).double()
    return float(-(weights * recon).sum() - gaussian_kl(mu, logvar))


CASES: dict[str, dict[str, Any]] = {
    "vae": {"latent_dim": 2},
    "vae-1d": {"family": "vae", "latent_dim": 1},
    "gaussian": {"family": "vae", "latent_dim": 2, "likelihood": "gaussian", "sigma": 0.2},
    "learned": {
        "family": "vae", "latent_dim": 2, "likelihood": "gaussian", "variance": "learned",
        "sigma": 0.3,
    },
    "cvae": {"latent_dim": 2},
    "conv": {"family": "vae", "latent_dim": 2, "arch": "conv", "image_shape": (3, 8, 8)},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_grid_and_average_are_torchs(open_pinned: Open, case: str) -> None:
    settings = dict(CASES[case])
    torch.manual_seed(2)
    model, _, payload = make(settings.pop("family", case), **settings)
    page = open_pinned(payload)
    shape, d = model.config.image_shape, model.config.latent_dim
    image = torch.randint(0, 256, shape, dtype=torch.uint8)
    x, label = pixels(image), 3
    with torch.inference_mode():
        mu, logvar = (part[0] for part in model.encode(x[None], torch.tensor([label])))
    pinned = {
        "pixels": image.flatten().tolist(), "label": label,
        "mu": mu.tolist(), "logvar": logvar.tolist(),
        "axes": torch.eye(d).tolist(), "rest": [0.0] * d, "low": [-4] * d, "high": [4] * d,
    }  # fmt: skip
    found = page.evaluate(JOB, ["pinned", pinned])
    cells = torch.tensor(found["cells"], dtype=torch.float64)
    assert len(cells) >= (3_600 if d == 2 else 500)
    areas = torch.tensor(found["areas"], dtype=torch.float64)
    same = float(torch.logsumexp(log_joint(model, cells, x, label) + areas, 0))
    assert found["evidence"] == pytest.approx(same, abs=TOLERANCE)
    assert found["evidence"] == pytest.approx(integral(model, x, label), abs=TOLERANCE)
    assert found["elbo"] == pytest.approx(elbo_of(model, mu, logvar, x, label), abs=TOLERANCE)
    assert found["elbo"] <= found["evidence"] + 0.01


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    run = open_run("digits-vae-2d", PROJECT / "checkpoints")
    codes, _ = run_codes(run)
    return {
        "payload": explorer_payload(run),
        "model": load_model(run.directory),
        "images": load("digits").test.images,
        "mu": codes.mu,
        "logvar": codes.logvar,
    }


def pin_digit(open_pinned: Open, digits: dict[str, Any], index: int, **context: Any) -> Page:
    data = {"selected": answer(index, digits["images"][index].numpy())}
    page: Page = open_pinned(digits["payload"], data, **context)
    page.wait_for_selector(f"{ROOT}[data-posterior=done]")
    return page


@pytest.mark.parametrize("index", [0, 10])
def test_the_gap_of_a_digit(open_pinned: Open, digits: dict[str, Any], index: int) -> None:
    page = pin_digit(open_pinned, digits, index)
    x = pixels(digits["images"][index])
    mu, logvar = digits["mu"][index], digits["logvar"][index]
    evidence = integral(digits["model"], x)
    elbo = elbo_of(digits["model"], mu, logvar, x)
    assert number(page, "negative-evidence") == pytest.approx(-evidence, abs=0.1)
    assert number(page, "negative-elbo") == pytest.approx(-elbo, abs=0.1)
    assert number(page, "elbo-gap") == pytest.approx(evidence - elbo, abs=TOLERANCE + 0.01)
    kl = float(gaussian_kl(mu, logvar))
    assert number(page, "selection-kl") == pytest.approx(kl, abs=0.01)
    entries = "performance.getEntriesByName('vae:posterior').map(entry => entry.duration)"
    assert len(page.evaluate(entries)) == 1


def test_this_z_moves_and_q_stays(open_pinned: Open, digits: dict[str, Any]) -> None:
    page = pin_digit(open_pinned, digits, 0)
    fixed = [number(page, name) for name in ("selection-kl", "negative-elbo", "elbo-gap")]
    page.get_by_test_id("latent-slider-1").fill("-1.5")
    expect(page.locator(ROOT)).to_have_attribute("data-z", re.compile(r"^-1\.5"))
    x = pixels(digits["images"][0])
    z = [float(part) for part in (page.locator(ROOT).get_attribute("data-z") or "").split(",")]
    with torch.inference_mode():
        recon = float(digits["model"].recon_loss(digits["model"].decode(torch.tensor([z])), x))
    assert number(page, "loss-here") == pytest.approx(recon, abs=0.06)
    assert number(page, "sum-here") == pytest.approx(recon + fixed[0], abs=0.06)
    assert fixed == [number(page, name) for name in ("selection-kl", "negative-elbo", "elbo-gap")]


def amber(page: Page) -> int:
    """Pixels of the posterior's layer that are coloured."""
    return int(
        page.locator("[data-ref=posterior]").evaluate(
            """(canvas) => {
              const { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              let count = 0;
              for (let i = 0; i < data.length; i += 4) {
                if (data[i] > 200 && data[i + 2] < 140) count++;
              }
              return count;
            }"""
        )
    )


def test_the_posterior_is_shaded_until_the_image_is_let_go(
    open_pinned: Open, digits: dict[str, Any]
) -> None:
    page = pin_digit(open_pinned, digits, 10)
    assert amber(page) > 500
    expect(page.get_by_test_id("posterior-inset")).to_be_visible()
    page.get_by_test_id("clear-selection").click()
    page.wait_for_selector(f"{ROOT}[data-posterior=none]")
    assert amber(page) == 0
    expect(page.get_by_test_id("elbo-table")).to_be_hidden()


def test_on_a_line_the_posterior_lies_behind_the_points(open_pinned: Open) -> None:
    _, _, payload = make("vae", latent_dim=1)
    image = np.random.default_rng(1).integers(0, 256, (1, 12, 12), dtype=np.uint8)
    page = open_pinned(payload, {"selected": answer(3, image), "display": {"mode": "both"}})
    page.wait_for_selector(f"{ROOT}[data-posterior=done]")
    layers = page.locator("canvas.layer").evaluate_all("all => all.map(one => one.dataset.ref)")
    assert layers.index("posterior") < layers.index("ground")
    # It leaves the strip of tiles alone, and is seen in the rows below it.
    seen = page.locator("[data-ref=posterior]").evaluate(
        """(canvas) => {
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const rows = [];
          for (let i = 3; i < data.length; i += 4) if (data[i]) rows.push(i / 4 / width);
          return [rows[0] / height, rows.at(-1) / height];
        }"""
    )
    assert 0.12 < seen[0] < 0.4
    assert seen[1] > 0.8


@pytest.mark.parametrize("axes", [None, "pca"])
def test_more_dimensions_show_a_slice_and_a_bound(open_pinned: Open, axes: str | None) -> None:
    _, _, payload = make("vae", latent_dim=5)
    image = np.random.default_rng(1).integers(0, 256, (1, 12, 12), dtype=np.uint8)
    page = open_pinned(payload, {"selected": answer(3, image), "display": {"axes": axes}})
    page.wait_for_selector(f"{ROOT}[data-posterior=slice]")
    expect(page.get_by_test_id("axis-x")).to_have_value(re.compile("pca" if axes else r"\d"))
    expect(page.get_by_test_id("posterior-words")).to_contain_text("the slice of p(z|x) through μ")
    expect(page.get_by_text("gap log p(x) − ELBO, at least")).to_be_visible()
    assert number(page, "elbo-gap") >= 0
    assert amber(page) > 500


def test_codes_that_are_points_have_no_bound(open_pinned: Open) -> None:
    model, _, payload = make("ae", latent_dim=2)
    image = np.random.default_rng(1).integers(0, 256, model.config.image_shape, dtype=np.uint8)
    page = open_pinned(payload, {"selected": answer(3, image)})
    expect(page.get_by_test_id("elbo-caution")).to_contain_text("no posterior p(z|x)")
    expect(page.get_by_test_id("loss-here")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("negative-elbo")).to_be_hidden()
    expect(page.get_by_test_id("flow-posterior")).to_be_hidden()
    assert page.locator(ROOT).get_attribute("data-posterior") == "none"


def test_another_label_has_a_posterior_and_a_bound_of_its_own(open_pinned: Open) -> None:
    model, _, payload = make("cvae", latent_dim=2)
    image = np.random.default_rng(1).integers(0, 256, model.config.image_shape, dtype=np.uint8)
    page = open_pinned(payload, {"selected": answer(3, image), "label": 3})
    page.wait_for_selector(f"{ROOT}[data-posterior=done]")
    page.get_by_test_id("label-5").check(force=True)
    expect(page.get_by_test_id("posterior-words")).to_contain_text("another label")
    page.wait_for_selector(f"{ROOT}[data-posterior=done]")
    evidence = integral(model, pixels(torch.from_numpy(image)), 5)
    assert number(page, "negative-evidence") == pytest.approx(-evidence, abs=0.1)
    assert number(page, "elbo-gap") >= 0


def test_beta_is_named(open_pinned: Open) -> None:
    model = build(configure("beta-vae", hidden=(8,), latent_dim=2, image_shape=(1, 8, 8), beta=4.0))
    mu = np.zeros((3, 2), np.float32)
    payload = run_payload("beta", model.eval(), mu, mu - 1, None, [])
    image = np.zeros((1, 8, 8), np.uint8)
    page = open_pinned(payload, {"selected": answer(1, image)})
    expect(page.get_by_text("Trained with β = 4")).to_be_visible()


def test_the_picture_shown_can_be_pinned(open_pinned: Open, digits: dict[str, Any]) -> None:
    """Without the data set the decoder's own picture is an image as any other."""
    page = open_pinned(digits["payload"], {"z": [0.5, -0.7]})
    page.get_by_test_id("pin-picture").click()
    page.wait_for_selector(f"{ROOT}[data-posterior=done]")
    expect(page.get_by_test_id("selection")).to_contain_text("no test image")
    with torch.inference_mode():
        mean = digits["model"].generate(torch.tensor([[0.5, -0.7]]))
        x = torch.round(255 * mean) / 255
        mu, logvar = (part[0] for part in digits["model"].encode(x))
    assert number(page, "selection-kl") == pytest.approx(float(gaussian_kl(mu, logvar)), abs=0.02)
    assert number(page, "negative-evidence") == pytest.approx(
        -integral(digits["model"], x[0]), abs=0.1
    )
    page.get_by_test_id("clear-selection").click()
    expect(page.get_by_test_id("selection")).to_be_hidden()
    assert page.locator(ROOT).get_attribute("data-z") == "0.500,-0.700"


def test_grey_pixels_are_named_for_what_they_are(open_pinned: Open, digits: dict[str, Any]) -> None:
    page = pin_digit(open_pinned, digits, 0)
    expect(page.get_by_test_id("elbo-caution")).to_contain_text("no log-likelihood")
    model, _, payload = make("vae", latent_dim=2)
    image = np.zeros(model.config.image_shape, np.uint8)
    page = open_pinned(payload, {"selected": answer(1, image)})
    expect(page.get_by_test_id("negative-elbo")).to_be_visible()
    expect(page.get_by_test_id("elbo-caution")).to_be_hidden()
