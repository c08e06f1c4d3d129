"""The Grow page in Chromium: the drawing, the marks, a run that grows as one watches."""

import shutil
from base64 import b64decode
from pathlib import Path

import pytest
from paths import SHIPPED
from playwright.sync_api import Page, expect
from screen import fits

from vae.runs import Run

pytestmark = pytest.mark.browser
DRAWING = "[data-testid=grow-drawing]"
CHART = "[data-testid=stPlotlyChart]"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name in ("digits-growing", "digits-target"):
        shutil.copytree(SHIPPED / name, folder / name)
    return folder


def open_page(page: Page, app: str, query: str = "") -> Page:
    page.goto(f"{app}/grow{query}")
    page.locator(DRAWING).wait_for(timeout=60_000)
    page.locator(f"{CHART} path.js-line").first.wait_for(timeout=60_000)
    return page


def test_network_beside_the_loss_with_a_mark_at_each_expansion(page, app):
    page = open_page(page, app)
    chart, drawing = page.locator(CHART).first, page.locator(DRAWING)
    # A mark is a line in each of the two panels.
    expect(chart.locator(".shapelayer path")).to_have_count(14)
    for label in ("64/32", "128/64", "256/128"):
        expect(chart.get_by_text(label, exact=True)).to_be_visible()
    expect(chart.get_by_text("digits-target, test", exact=True)).to_be_visible()
    boxes = chart.bounding_box(), drawing.bounding_box()
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"]
    assert boxes[1]["y"] < boxes[0]["y"] + boxes[0]["height"]


def test_the_slider_moves_the_drawing_by_keyboard_and_leaves_the_chart(page, app):
    page = open_page(page, app)
    page.locator(".js-plotly-plot").first.evaluate("plot => { plot.dataset.same = 'yes'; }")
    drawing = page.locator(DRAWING)
    expect(drawing).to_have_attribute("data-sizes", "256/128")
    slider = page.get_by_test_id("stSlider").get_by_role("slider")
    slider.press("Home")
    expect(drawing).to_have_attribute("data-sizes", "32/16")
    for _ in range(10):
        slider.press("ArrowRight")
    expect(drawing).to_have_attribute("data-sizes", "64/32")
    picture = drawing.locator("img")
    expect(picture).to_have_attribute("alt", "Encoder with hidden layers of 64 and 32 neurons, of "
                                      "256 and 128 in the end, 32 and 16 of them new; 6,900 "
                                      "parameters")  # fmt: skip
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    svg = b64decode((picture.get_attribute("src") or "").split("base64,")[1]).decode()
    assert svg.count("<circle") == 32 + 16
    expect(page.locator(".js-plotly-plot[data-same=yes]")).to_have_count(1)


def test_neurons_are_measured_and_another_one_can_be_looked_at(page, app):
    page = open_page(page, app)
    page.get_by_role("button", name="Measure", exact=True).click()
    page.get_by_text("What suffers most without neuron").wait_for(timeout=60_000)
    expect(page.locator(CHART)).to_have_count(2)
    bars = page.locator(CHART).nth(1)
    expect(bars.locator(".legendtext")).to_have_count(8)
    expect(bars.locator(".point")).to_have_count(256)
    expect(page.locator(".gen-strip img")).to_have_count(10)
    # All of the page in sight: a list that opens while the page scrolls closes again.
    page.set_viewport_size({"width": 1440, "height": 2800})
    expect(bars).to_be_in_viewport(ratio=1)
    page.get_by_role("combobox", name="Neuron").click()
    second = page.get_by_role("option").nth(1)
    neuron = second.inner_text().partition(":")[0]
    second.click()
    expect(page.get_by_text(f"What suffers most without {neuron}", exact=True)).to_be_visible()
    expect(bars.get_by_text(neuron, exact=True)).to_be_visible()


def test_a_run_is_watched_as_it_grows_and_then_its_target(page, app, root):
    page = open_page(page, app)
    page.get_by_text("Start a growing run").click()
    epochs = page.get_by_test_id("stNumberInput").filter(has_text="Epochs").first
    epochs.get_by_role("spinbutton").fill("16")
    epochs.get_by_role("spinbutton").press("Tab")
    expect(page.get_by_text("neurons, after epoch 2, 4, 6, 8, 10, 12, 14")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    # The panel has folded, and the new run is the one shown.
    page.wait_for_url("**/grow?run=digits-growing-vae-*", timeout=30_000)
    expect(page.get_by_role("button", name="Start", exact=True)).not_to_be_visible()
    expect(page.locator(DRAWING)).to_have_attribute("data-sizes", "256/128", timeout=120_000)
    chart = page.locator(CHART).first
    expect(chart.get_by_text("digits-vae-20d", exact=False).first).to_be_visible(timeout=120_000)
    expect(page.locator("[data-testid=grow-table] tbody tr")).to_have_count(8)
    grown = next(root.glob("digits-growing-vae-*"))
    assert [line["hidden"] for line in Run(grown).epochs()][::2] == [
        [32 * step, 16 * step] for step in range(1, 9)
    ]


def test_phone_has_no_horizontal_scroll(phone, app):
    page = open_page(phone, app, "?run=digits-growing")
    assert fits(page)
    box = page.locator(f"{DRAWING} img").bounding_box()
    assert box["x"] + box["width"] <= 390
    table = page.get_by_role("region", name="Structures")
    assert table.evaluate("part => part.scrollWidth > part.clientWidth")
