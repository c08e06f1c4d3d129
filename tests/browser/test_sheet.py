"""The laboratory sheet in French, step by step, from an empty folder; files to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from screen import wait_for_script

from vae.locale import _, spoken

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINED_MS = 240_000
THE_SAME = ("Film (GIF)", "Reconstructions")
"""Words that French has too."""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty")


def fr(message: str) -> str:
    with spoken("fr"):
        said = _(message)
    assert said != message or message in THE_SAME, f"not in French: {message}"
    return said


def open_step(page: Page, app: str, label: str) -> None:
    """Open a page by its link on the sheet."""
    page.goto(f"{app}/sheet?lang=fr")
    page.get_by_test_id("stMain").get_by_role("link", name=fr(label), exact=True).last.click()
    wait_for_script(page)


def kept(page: Page, button: Locator, folder: Path) -> Path:
    """Press what saves a file; return the file."""
    with page.expect_download(timeout=60_000) as coming:
        button.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def take_away(page: Page, folder: Path, label: str) -> Path:
    """Save the first thing on a page that offers it."""
    page.get_by_role("button", name=fr("Take away")).first.click()
    return kept(page, page.get_by_role("button", name=fr(label)).first, folder)


def test_the_sheet_is_walked_through_in_french(page, app, tmp_path):
    page.goto(f"{app}/?lang=fr")
    page.get_by_role("heading", level=1).wait_for()
    open_step(page, app, "Train")
    page.get_by_role("button", name=fr("Start"), exact=True).click()
    page.get_by_text(fr("As training went on")).wait_for(timeout=TRAINED_MS)
    wait_for_script(page)
    grid = Image.open(kept(page, page.get_by_role("button", name=fr("Grid (PNG)")), tmp_path))
    assert grid.height > grid.width / 2
    film = kept(page, page.get_by_role("button", name=fr("Film (GIF)")), tmp_path)
    assert Image.open(film).n_frames > 5
    page.get_by_text(fr("Samples from the prior"), exact=True).first.click()
    wait_for_script(page)
    samples = kept(page, page.get_by_role("button", name=fr("Grid (PNG)")), tmp_path)
    assert "samples" in samples.name

    open_step(page, app, "Reconstructions")
    page.locator("[data-testid=recon-image]").first.wait_for(timeout=60_000)
    take_away(page, tmp_path, "Picture (PNG)")
    open_step(page, app, "Generate")
    page.locator(".gen img").first.wait_for(timeout=60_000)
    take_away(page, tmp_path, "Picture (PNG)")

    open_step(page, app, "Latent map")
    view = page.locator("[data-testid=latent-view][data-ready=true]")
    view.wait_for(timeout=60_000)
    box = page.get_by_test_id("latent-map").bounding_box()
    before = view.get_attribute("data-z")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, steps=5)
    page.mouse.up()
    assert view.get_attribute("data-z") != before
    page.get_by_test_id("save").click()
    kept(page, page.get_by_role("button", name=fr("Map as PNG")), tmp_path)
    assert page.evaluate("document.documentElement.lang") == "fr"

    open_step(page, app, "Embeddings")
    page.locator("[data-testid=scatter][data-ready=true]").wait_for(timeout=60_000)
    take_away(page, tmp_path, "Picture (PNG)")
    files = sorted(path.name for path in tmp_path.iterdir())
    assert len(files) == 7
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 50
