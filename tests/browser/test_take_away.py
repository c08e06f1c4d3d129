"""What pages give out, in a real browser: a figure as PNG, SVG and CSV, pictures as one PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
IMAGE = "[data-testid=recon-image] img"


def taken(page: Page, place: int, label: str, folder: Path, *, by_camera: bool = False) -> Path:
    """Open a menu, press one of its buttons, and return the file that comes."""
    menu = page.get_by_role("button", name="Take away").nth(place)
    button = page.get_by_role("button", name=label)
    menu.click()
    with page.expect_download(timeout=60_000) as coming:
        button.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    # Plotly's camera presses a link of its own on the page, which closes the menu by itself.
    if not by_camera:
        menu.click()
    button.wait_for(state="detached")
    return path


def test_figures_and_pictures_are_saved_as_they_are_shown(page, app, tmp_path):
    page.goto(f"{app}/reconstructions?run=digits-vae-2d")
    page.locator(".js-plotly-plot").first.wait_for(timeout=60_000)
    name = "digits-vae-2d-reconstructions.png"
    path = taken(page, 0, "Picture (PNG)", tmp_path)
    assert path.name == name
    found = np.asarray(Image.open(path).convert("RGB")).astype(int)
    part = page.locator(".st-key-reconstructions").bounding_box()
    image = page.locator(IMAGE).first
    at, black_on = image.bounding_box(), image.evaluate("image => image.naturalWidth")
    assert abs(found.shape[1] - 2 * part["width"]) < 100
    # Each pixel of the first image is a square of its own level, twice as large as on the page.
    side = 2 * at["width"] / black_on
    left = round(2 * (at["x"] - part["x"]))
    colours = {tuple(value) for value in found[::7, left : left + round(side)].reshape(-1, 3)}
    assert len(colours) > 3
    # Beside pictures there are words, on the page's own ground.
    assert tuple(found[0, 0]) == (255, 255, 255)
    assert (found[:, : max(1, left - 10)] < 120).any()
    svg = taken(page, 1, "Drawing (SVG)", tmp_path, by_camera=True)
    assert svg.name == "classes-digits-vae-2d.svg"
    assert "nats per image, mean" in svg.read_text()
    png = taken(page, 1, "Picture (PNG)", tmp_path, by_camera=True)
    box = page.locator(".js-plotly-plot").first.bounding_box()
    assert Image.open(png).width == pytest.approx(2 * box["width"], abs=4)
    head, *rows = taken(page, 1, "Numbers (CSV)", tmp_path).read_text().splitlines()
    assert head == "panel,x,y,error,images"
    assert len(rows) == 10
    film = Image.open(taken(page, 2, "Animation (GIF)", tmp_path))
    assert film.n_frames == 12


def test_a_table_is_saved_as_text_and_a_plot_of_ones_own_with_its_legend(page, app, tmp_path):
    page.goto(f"{app}/grow?run=digits-growing")
    page.locator(".st-key-structures table").wait_for(timeout=60_000)
    menus = page.get_by_role("button", name="Take away")
    place = menus.evaluate_all(
        "all => all.findIndex(one => one.closest('[class*=st-key-take-away-structures]'))"
    )
    head, *rows = taken(page, place, "Table (CSV)", tmp_path).read_text().splitlines()
    cells = page.locator(".st-key-structures table tr").first.locator("th").all_inner_texts()
    assert head.split(",")[0] == cells[0]
    assert len(rows) == 8
    page.goto(f"{app}/embeddings?run=digits-vae-2d")
    page.locator("[data-testid=scatter][data-ready=true]").wait_for(timeout=60_000)
    found = np.asarray(Image.open(taken(page, 0, "Picture (PNG)", tmp_path)).convert("RGB"))
    legend = page.locator("button[data-class='0']").first.bounding_box()
    part = page.locator(".st-key-embedding").bounding_box()
    # The entry of a class in the legend has its colour, which the points have too.
    row = round(2 * (legend["y"] - part["y"] + legend["height"] / 2))
    blue = abs(found.astype(int) - (0x49, 0x92, 0xFF)).max(axis=-1) < 8
    assert blue.sum() > 500
    assert blue[max(0, row - 60) : row + 60].any()
