"""A page with the latent map alone: models whose codes lie in three clumps, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from vae.config import ModelConfig
from vae.latent.export import run_payload
from vae.models import LatentModel, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

Made = tuple[LatentModel, np.ndarray, np.ndarray, np.ndarray, bytes]
Open = Callable[..., "Page"]
ROOT = "[data-testid=latent-view]"
CODES = 600


def make(latent_dim: int) -> Made:
    """A model, mu, logvar and labels of codes in three clumps, and its payload."""
    torch.manual_seed(latent_dim)
    model = build(ModelConfig(hidden=(64, 32), latent_dim=latent_dim)).eval()
    rng = np.random.default_rng(latent_dim)
    label = np.arange(CODES) % 3
    centres = np.array([[-1.5], [0], [1.5]]) * np.linspace(1, -1, latent_dim)
    mu = (centres[label] + rng.normal(size=(CODES, latent_dim)) * 0.2).astype(np.float32)
    logvar = np.full_like(mu, -3)
    payload = run_payload(
        f"w{latent_dim}", model, mu, logvar, label, ["ant", "bee", "cow"], title="t"
    )
    return model, mu, logvar, label, payload


def shown_z(page: Page) -> list[float]:
    text = page.locator(ROOT).get_attribute("data-z") or ""
    return [float(part) for part in text.split(",")]


def box(page: Page, selector: str = "[data-testid=latent-map]") -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def next_frame(page: Page) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def at(page: Page, share: tuple[float, float]) -> tuple[float, float]:
    area = box(page)
    return area["x"] + share[0] * area["width"], area["y"] + share[1] * area["height"]


def sent(page: Page, name: str = "display") -> Any:
    return page.evaluate("sent").pop() if name is None else dict(page.evaluate("sent")).get(name)


def wait_for_display(page: Page, words: str) -> Any:
    page.wait_for_function(f"(() => {{ const d = Object.fromEntries(sent).display; {words} }})()")
    return sent(page)


def zoom_of(page: Page) -> float:
    return float(page.locator(ROOT).get_attribute("data-zoom") or 0)


def assert_picture(page: Page, model: LatentModel) -> None:
    """The picture shows what torch decodes at the z that is shown."""
    levels = page.get_by_test_id("decoded-image").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    picture = np.array(levels).reshape(28, 28, 4)[..., 0]
    with torch.no_grad():
        expected = model.generate(torch.tensor([shown_z(page)]))[0, 0].numpy() * 255
    assert np.abs(picture - expected).max() < 0.55


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0 and down > 0


def layer(page: Page, ref: str) -> int:
    """How many pixels of a layer are drawn on."""
    count: int = page.locator(f'[data-ref="{ref}"]').evaluate(
        """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
             let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n; }"""
    )
    return count
