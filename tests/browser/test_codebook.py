"""The path of an image through a codebook on Explore."""

import re

import pytest
import torch

from vae.data import load, pixels
from vae.models.vq import VQVAE
from vae.runs import Run
from vae.runs.checkpoint import load_model

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
VIEW = "[data-testid=codebook-view]"


@pytest.fixture
def model(family_runs: dict[str, Run]) -> VQVAE:
    found = load_model(family_runs["vq-vae"].directory)
    assert isinstance(found, VQVAE)
    return found


def entries(page: Page) -> list[int]:
    text = page.locator(VIEW).get_attribute("data-entries") or ""
    return [int(entry) for entry in text.split(",")]


def test_an_image_becomes_the_models_entries_and_they_can_be_replaced(
    page: Page, family_app: str, model: VQVAE
) -> None:
    page.goto(f"{family_app}/explore?run=small-vq-vae&image=5")
    page.locator(f"{VIEW}[data-ready=true]").wait_for(timeout=60_000)
    x = pixels(load("digits").test.images[5])[None]
    with torch.inference_mode():
        indices = model.indices(x)[0]
        loss = float(model.recon_loss(model.decode_indices(indices), x[0]))
    assert entries(page) == indices.flatten().tolist()
    shown = page.get_by_test_id("codebook-loss")
    number = re.search(r"[\d.]+(?= nats)", shown.inner_text())
    assert number is not None
    assert float(number[0]) == pytest.approx(loss, abs=0.2)

    grid = page.get_by_test_id("entry-grid")
    grid.focus()
    for key in ("ArrowUp", "ArrowLeft") * 4:
        page.keyboard.press(key)
    other = (int(indices[0, 0]) + 1) % model.config.codebook
    page.get_by_test_id("entry-number").fill(str(other))
    page.keyboard.press("Enter")
    changed = [other, *indices.flatten().tolist()[1:]]
    expect(page.locator(VIEW)).to_have_attribute("data-entries", ",".join(map(str, changed)))
    expect(page.get_by_test_id("distance-words")).to_contain_text(f"chosen: {other}")
    page.get_by_test_id("reset-entries").click()
    own = ",".join(map(str, indices.flatten().tolist()))
    expect(page.locator(VIEW)).to_have_attribute("data-entries", own)

    page.get_by_test_id("flow-distances").click()
    expect(page.get_by_test_id("flow-panel").locator("pre").first).to_contain_text("def nearest")
    page.get_by_test_id("next-image").click()
    expect(page).to_have_url(re.compile(r"[?&]image=6"))
    with torch.inference_mode():
        following = model.indices(pixels(load("digits").test.images[6])[None]).flatten().tolist()
    expect(page.locator(VIEW)).to_have_attribute("data-entries", ",".join(map(str, following)))
