"""The Reconstructions page in Chromium: what its pictures are, on a wide screen and on a phone."""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from paths import SHIPPED
from playwright.sync_api import Locator, Page, expect
from screen import fits, wait_for_script
from server import app_server

from vae.analysis.reconstructions import choose, per_image_terms, reconstruct
from vae.data import load
from vae.runs import Run
from vae.runs.checkpoint import load_model

pytestmark = pytest.mark.browser
RUN = "digits-vae-2d"
IMAGE = "[data-testid=recon-image]"


def open_page(page: Page, app: str, query: str = "") -> Page:
    page.goto(f"{app}/reconstructions?run={RUN}{query}")
    page.locator(IMAGE).first.wait_for(timeout=60_000)
    page.locator("[data-testid=stPlotlyChart]").first.wait_for(timeout=60_000)
    return page


def indices(page: Page) -> list[int]:
    found = page.locator(IMAGE).evaluate_all("items => items.map(item => item.dataset.index)")
    return [int(index) for index in found]


def levels(picture: Locator) -> np.ndarray[Any, Any]:
    """Return the pixels of a picture as they came, ``(H, W, 3)``."""
    width, height, values = picture.evaluate(
        """async image => { await image.decode();
             const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
             const context = canvas.getContext('2d');
             context.drawImage(image, 0, 0);
             const all = context.getImageData(0, 0, canvas.width, canvas.height).data;
             return [canvas.width, canvas.height, Array.from(all).filter((_, i) => i % 4 < 3)]; }"""
    )
    return np.array(values).reshape(height, width, 3)


def expect_image(page: Page, index: int) -> None:
    """Wait until an image is the first that is shown."""
    expect(page.locator(IMAGE).first).to_have_attribute("data-index", str(index))


def test_pictures_are_what_torch_makes_of_the_worst_images(page, app):
    page = open_page(page, app, "&order=worst&class=8&seed=4")
    model, test = load_model(SHIPPED / RUN), load("digits").test
    terms = per_image_terms(model, test.images)
    expected = choose(test.labels.numpy(), terms.recon_loss, label=8, order="worst")
    assert indices(page) == expected.tolist()
    found = reconstruct(model, test.images[expected.tolist()], seed=4)
    pictures = page.locator(IMAGE).nth(1).locator("img")
    expect(pictures).to_have_count(4)
    shown = [levels(picture) for picture in pictures.all()]
    np.testing.assert_array_equal(shown[0][:, :, 0], test.images[expected[1]][0])
    np.testing.assert_allclose(shown[1][:, :, 0], found.mean[1, 0] * 255, atol=1)
    np.testing.assert_array_equal(shown[2][:, :, 0], found.sample[1, 0] * 255)
    # The greatest error is the lightest pixel.
    assert shown[3].sum(2).argmax() == found.error[1, 0].argmax()
    loss = f"loss {terms.recon_loss[expected[1]]:.1f}"
    expect(page.locator(IMAGE).nth(1)).to_contain_text(loss)


def test_wide_screen_shows_ten_columns_with_named_rows(page, app):
    page = open_page(page, app)
    boxes = [item.bounding_box() for item in page.locator(IMAGE).all()]
    assert len({round(box["y"]) for box in boxes if box}) == 1
    first = page.locator(IMAGE).first
    for name in ("original", "reconstruction", "sample", "error"):
        caption = first.locator("figcaption", has_text=name).bounding_box()
        picture = first.get_by_role("img", name=re.compile(name, re.I)).first.bounding_box()
        assert caption["x"] + caption["width"] <= picture["x"]
        assert picture["width"] % 8 == 0  # whole pixels
        assert picture["width"] >= 80
        assert picture["width"] == pytest.approx(picture["height"], abs=0.5)
    image = first.locator("img").first
    assert image.evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"
    expect(page.locator("[data-testid=error-scale]")).to_be_visible()


def test_controls_write_the_address_and_a_reload_gives_the_page_again(page, app):
    page = open_page(page, app)
    drawn = indices(page)
    page.get_by_role("radio", name="best", exact=True).or_(
        page.get_by_role("button", name="best", exact=True)
    ).first.click()
    page.wait_for_url(re.compile(r"order=best"))
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="5", exact=True).click()
    page.wait_for_url(re.compile(r"class=5"))
    page.get_by_text("samples", exact=True).click()
    page.wait_for_url(re.compile(r"decode=samples"))
    page.get_by_role("slider", name="Samples L").press("ArrowRight")
    page.wait_for_url(re.compile(r"L=11"))
    expect(page.get_by_text("L = 11 draws of z")).to_be_visible()
    test = load("digits").test
    losses = per_image_terms(load_model(SHIPPED / RUN), test.images).recon_loss
    expected = choose(test.labels.numpy(), losses, label=5, order="best").tolist()
    expect_image(page, expected[0])
    wait_for_script(page)
    assert indices(page) == expected != drawn
    pictures = [levels(picture) for picture in page.locator(f"{IMAGE} img").all()[:8]]
    page.reload()
    expect_image(page, expected[0])
    wait_for_script(page)
    assert indices(page) == expected
    again = [levels(picture) for picture in page.locator(f"{IMAGE} img").all()[:8]]
    for one, other in zip(pictures, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_image_leads_to_its_place_on_the_map(page, app):
    page = open_page(page, app)
    (index, *_) = indices(page)
    mu = reconstruct(load_model(SHIPPED / RUN), load("digits").test.images[index : index + 1]).mu
    page.locator(IMAGE).first.get_by_role("link").click()
    view = page.locator("[data-testid=latent-view][data-ready=true]")
    view.wait_for(timeout=60_000)
    z = [float(part) for part in (view.get_attribute("data-z")).split(",")]
    assert z == pytest.approx(mu[0].tolist(), abs=1e-3)


def test_epochs_are_played_again_by_keyboard(page, app):
    page = open_page(page, app)
    slider = page.get_by_test_id("stSlider").filter(has_text="Epoch").get_by_role("slider")
    slider.press("ArrowLeft")
    before = int(Run(SHIPPED / RUN).pictures()["epochs"][-2])
    words = f"Test images above, their reconstructions below, after epoch {before}"
    expect(page.get_by_text(words, exact=True)).to_be_visible()


def test_phone_shows_a_row_of_pictures_for_each_image(phone, app):
    page = open_page(phone, app, "&count=20")
    assert fits(page)
    first, second = (page.locator(IMAGE).nth(place) for place in (0, 1))
    boxes = [picture.bounding_box() for picture in first.locator("img").all()]
    assert len(boxes) == 4
    assert len({round(box["y"]) for box in boxes if box}) == 1
    for box in boxes:
        assert 64 <= box["width"] <= 88
        assert box["x"] + box["width"] <= 390
    for item in (first, second):
        captions = [caption.bounding_box() for caption in item.locator("figcaption").all()]
        edges = [(box["x"], box["x"] + box["width"]) for box in captions if box]
        assert all(one[1] <= other[0] for one, other in pairwise(edges))
    link = first.get_by_role("link").bounding_box()
    assert link["height"] >= 40


def test_deep_link_on_a_cold_server_without_the_data(page, tmp_path):
    with app_server({"VAE_DATA_DIR": str(tmp_path)}) as url:
        page.goto(f"{url}/reconstructions?run=mnist-vae-2d")
        page.locator(IMAGE).first.wait_for(timeout=60_000)
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()
        expect(page.get_by_role("button", name="Get MNIST")).to_be_visible()
        expect(page.locator(IMAGE)).to_have_count(10)
        expect(page.locator(f"{IMAGE} img")).to_have_count(20)
