"""The Generate page in Chromium: chosen, shown at whole pixels, downloaded, small screens."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Page, expect
from screen import fits
from server import app_server

pytestmark = pytest.mark.browser
TIMEOUT_MS = 60_000


def generate(page: Page, app: str, run: str = "digits-vae-2d", **query: str) -> Page:
    extra = "".join(f"&{key}={value}" for key, value in query.items())
    page.goto(f"{app}/generate?run={run}{extra}")
    expect(page.get_by_role("heading", name="Generate")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_role("radio", name="Samples")).to_be_visible(timeout=TIMEOUT_MS)
    return page


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def fetch(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=TIMEOUT_MS) as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value.suggested_filename, content(waiting.value)


def test_deep_link_on_a_cold_server_shows_the_view(page):
    with app_server() as url:
        generate(page, url, view="traversals")
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()
        expect(page.get_by_test_id("gen-row")).to_have_count(2)


def test_views_are_chosen_by_mouse_and_kept_in_the_address(page, app):
    page = generate(page, app)
    wall = page.get_by_test_id("gen-wall")
    expect(wall.locator("img")).to_have_count(100)
    page.get_by_role("radio", name="Arithmetic").click()
    expect(page.get_by_text("mean code of 1")).to_be_visible()
    expect(page).to_have_url(re.compile(r"view=arithmetic"))
    page.reload()
    expect(page.get_by_text("mean code of 1")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_role("radio", name="Codebook")).to_have_count(0)
    page.get_by_role("radio", name="Manifold").click()
    expect(page).to_have_url(re.compile(r"view=manifold"))
    page.go_back()
    expect(page.get_by_text("mean code of 1")).to_be_visible()


def test_a_slider_moved_by_keyboard_changes_the_picture_and_the_address(page, app):
    page = generate(page, app, n="9")
    images = page.get_by_test_id("gen-wall").locator("img")
    expect(images).to_have_count(9)
    page.get_by_role("slider", name="Images").focus()
    page.keyboard.press("ArrowRight")
    expect(images).to_have_count(10)
    expect(page).to_have_url(re.compile(r"n=10"))


def test_draw_anew_draws_others_and_the_seed_gives_them_again(page, app):
    page = generate(page, app, n="4")
    first = page.get_by_test_id("gen-wall").locator("img").first
    before = first.get_attribute("src")
    page.get_by_role("button", name="Resample").click()
    expect(first).not_to_have_attribute("src", before or "")
    expect(page).to_have_url(re.compile(r"seed=\d+"))
    drawn = first.get_attribute("src")
    page.reload()
    expect(first).to_have_attribute("src", drawn or "", timeout=TIMEOUT_MS)


def test_pictures_are_enlarged_by_whole_pixels(page, app):
    page = generate(page, app)
    size: dict[str, Any] = (
        page.get_by_test_id("gen-wall")
        .locator("img")
        .first.evaluate(
            "i => ({ shown: i.getBoundingClientRect().width, real: i.naturalWidth,"
            " how: getComputedStyle(i).imageRendering })"
        )
    )
    assert size == {"shown": 80, "real": 8, "how": "pixelated"}


def test_the_animation_plays_stops_and_is_downloaded(page, app):
    page = generate(page, app, view="interpolation", ends="classes", path="spherical", steps="5")
    expect(page.get_by_test_id("animation")).to_be_visible()
    name, gif = fetch(page, "Animation (GIF)")
    assert name == "digits-vae-2d-spherical.gif"
    with Image.open(io.BytesIO(gif)) as picture:
        assert picture.format == "GIF"
        assert getattr(picture, "n_frames", 1) > 20
        assert picture.size == (168, 168)
    name, png = fetch(page, "Strip (PNG)")
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size[0] == 5 * picture.size[1]
    page.locator("label", has_text="Play").click()
    expect(page.get_by_test_id("animation")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"play=0"))


def test_whoever_asks_for_less_motion_sees_none(browser, app):
    context = browser.new_context(reduced_motion="reduce")
    page = generate(context.new_page(), app, view="interpolation")
    expect(page.get_by_test_id("no-animation")).to_be_visible()
    expect(page.get_by_test_id("animation")).to_be_hidden()
    context.close()


def test_a_generated_set_is_downloaded_whole(page, app):
    page = generate(page, app, view="dataset", side="40", spacing="even")
    expect(page.get_by_test_id("gen-wall").locator("img")).to_have_count(225)
    name, npz = fetch(page, "1,600 images (NPZ)")
    assert name == "digits-vae-2d-grid-1600.npz"
    with np.load(io.BytesIO(npz), allow_pickle=False) as found:
        assert found["images"].shape == (1600, 8, 8)
        assert found["z"].shape == (1600, 2)
        assert json.loads(str(found["config"]))["name"] == "digits-vae-2d"
        assert json.loads(str(found["plan"]))["even"] is True
        images = found["images"]
    _, png = fetch(page, "One sheet (PNG)")
    with Image.open(io.BytesIO(png)) as picture:
        sheet = np.asarray(picture)
    assert sheet.shape == (320, 320)
    assert np.array_equal(sheet[8:16, 16:24], images[42])


@pytest.mark.parametrize("view", ["samples", "manifold", "traversals", "interpolation", "dataset"])
def test_a_phone_needs_no_sideways_scroll_and_buttons_are_large(view, browser, app):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = generate(context.new_page(), app, view=view)
    page.locator(".gen img, [data-testid=stImage] img").first.wait_for()
    assert fits(page)
    for button in page.get_by_test_id("stButtonGroup").first.get_by_role("radio").all():
        box = button.bounding_box()
        assert box["height"] >= 40
    page.get_by_role("radio", name="Data set", exact=True).tap()
    expect(page.get_by_role("button", name="images (NPZ)")).to_be_visible()
    context.close()
