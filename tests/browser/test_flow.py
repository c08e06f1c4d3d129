"""The flow strip in Chromium: boxes, numbers, formulas and code."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from family_models import make
from pinned import ROOT, answer, open_pinned

from vae.models.losses import gaussian_kl_per_dim

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

__all__ = ["open_pinned"]
pytestmark = pytest.mark.browser
Open = Callable[..., Page]
BOXES = ["image", "encoder", "posterior", "noise", "code", "decoder", "picture"]


def pinned(open_pinned: Open, family: str = "vae", **context: Any) -> Page:
    model, _, payload = make(family, latent_dim=2)
    image = np.random.default_rng(1).integers(0, 256, model.config.image_shape, dtype=np.uint8)
    page: Page = open_pinned(payload, {"selected": answer(3, image)}, **context)
    expect(page.get_by_test_id("flow-image")).to_be_visible()
    return page


def numbers(page: Page, box: str) -> list[float]:
    """The numbers of a box, dimension by dimension."""
    text = page.get_by_test_id(f"flow-{box}").locator(".flow-number").inner_text()
    return [float(part.replace("−", "-")) for part in re.split(r"[,\s]+", text.strip())]


def shown_z(page: Page) -> list[float]:
    text = page.locator(ROOT).get_attribute("data-z") or ""
    return [float(part) for part in text.split(",")]


def test_without_an_image_the_strip_begins_at_z(open_pinned: Open) -> None:
    page = open_pinned(make("vae", latent_dim=2)[2])
    for box in BOXES:
        visible = box in ("code", "decoder", "picture")
        expect(page.get_by_test_id(f"flow-{box}")).to_be_visible(visible=visible)


def test_every_box_stands_for_a_pinned_image(open_pinned: Open) -> None:
    page = pinned(open_pinned)
    for box in BOXES:
        expect(page.get_by_test_id(f"flow-{box}")).to_be_visible()
    expect(page.get_by_test_id("flow-encoder")).to_contain_text("144→")
    z = shown_z(page)
    mu_sigma, eps = numbers(page, "posterior"), numbers(page, "noise")
    assert numbers(page, "code") == pytest.approx(z, abs=0.006)
    for dim in (0, 1):
        mu, sigma = mu_sigma[2 * dim : 2 * dim + 2]
        assert z[dim] == pytest.approx(mu + sigma * eps[dim], abs=0.03)


def test_a_drag_moves_eps_and_the_die_draws_it_anew(open_pinned: Open) -> None:
    page = pinned(open_pinned)
    before = numbers(page, "noise")
    page.get_by_test_id("latent-slider-1").fill("1.25")
    expect(page.locator(ROOT)).to_have_attribute("data-z", re.compile(r"^1\.25"))
    after = numbers(page, "noise")
    assert after[0] != before[0]
    assert after[1] == before[1]
    page.get_by_test_id("resample-eps").click()
    expect(page.locator(ROOT)).not_to_have_attribute("data-z", re.compile(r"^1\.25"))
    assert all(abs(eps) < 6 for eps in numbers(page, "noise"))
    page.wait_for_function("sent.some(([name]) => name === 'z')")


def test_a_box_unfolds_to_numbers_and_to_the_projects_own_lines(open_pinned: Open) -> None:
    page = pinned(open_pinned)
    box, panel = page.get_by_test_id("flow-posterior"), page.get_by_test_id("flow-panel")
    box.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(panel).to_contain_text("σ₁ = exp(½ log σ₁²)")
    kl = panel.locator("dd").last.inner_text()
    assert re.fullmatch(r"[\d.]+ nats", kl)
    lines, first = inspect.getsourcelines(gaussian_kl_per_dim)
    code = panel.locator("pre").first.inner_text()
    assert code.splitlines()[-1] == lines[-1].rstrip()
    expect(panel).to_contain_text(f"vae/models/losses.py, line {first}")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_test_id("selection")).to_be_visible()


def test_the_numbers_of_an_open_box_move_with_z(open_pinned: Open) -> None:
    page = pinned(open_pinned)
    page.get_by_test_id("flow-picture").click()
    panel = page.get_by_test_id("flow-panel")
    expect(panel).to_contain_text("−log p(x|z) = −Σ x log x̂ − Σ (1 − x) log(1 − x̂)")
    before = panel.locator("dd").first.inner_text()
    parts = [float(part) for part in re.findall(r"[\d.]+", before)]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=0.11)
    page.get_by_test_id("latent-slider-1").fill("2")
    expect(panel.locator("dd").first).not_to_have_text(before)


@pytest.mark.parametrize("family", ["ae", "cvae"])
def test_other_families_have_the_boxes_that_they_have(open_pinned: Open, family: str) -> None:
    page = pinned(open_pinned, family)
    is_point = family == "ae"
    for box in ("posterior", "noise"):
        expect(page.get_by_test_id(f"flow-{box}")).to_be_visible(visible=not is_point)
    for box in BOXES:
        if is_point and box in ("posterior", "noise"):
            continue
        page.get_by_test_id(f"flow-{box}").click()
        expect(page.get_by_test_id("flow-panel").locator("pre").first).to_be_visible()


def test_the_strip_fits_a_phone(open_pinned: Open) -> None:
    page = pinned(open_pinned, viewport={"width": 390, "height": 844}, has_touch=True)
    for box in BOXES:
        found = page.get_by_test_id(f"flow-{box}").bounding_box()
        assert found
        assert found["x"] >= 0
        assert found["x"] + found["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
