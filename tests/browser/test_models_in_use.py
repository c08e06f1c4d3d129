"""Evaluate, Denoise and Detect in Chromium, by keyboard and finger, on small runs of digits."""

import re
from pathlib import Path

import pytest
from family_runs import make_family_run
from playwright.sync_api import Locator, Page, expect
from screen import fits

from vae.runs import EVALUATION_FILE

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
NONE = re.compile(r"^0\D")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_family_run("vae", folder, "knows-all")
    make_family_run("vae", folder, "knows-ones", classes=(1,))
    return folder


def slider(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stSlider").filter(has_text=label).get_by_role("slider")


def test_more_noise_is_seen_at_once_and_the_address_keeps_it(page, app):
    page.goto(f"{app}/denoise?run=knows-all&denoise_kind=gaussian")
    cards = page.get_by_test_id("denoise-cards")
    cards.wait_for(timeout=PATIENCE_MS)
    before = cards.text_content() or ""
    amount = slider(page, "Amount")
    value = float(amount.input_value())
    amount.press("ArrowRight")
    expect(amount).to_have_value(f"{value + 0.05:g}")
    expect(cards).not_to_have_text(before)
    more = cards.text_content() or ""
    expect(page).to_have_url(re.compile("denoise_gaussian="))
    page.reload()
    cards.wait_for(timeout=PATIENCE_MS)
    expect(cards).to_have_text(more)
    assert page.get_by_test_id("stException").count() == 0


def test_denoise_by_finger_on_a_phone(phone, app):
    phone.goto(f"{app}/denoise?run=knows-all")
    cards = phone.get_by_test_id("denoise-cards")
    cards.wait_for(timeout=PATIENCE_MS)
    assert fits(phone)
    before = cards.text_content() or ""
    box = slider(phone, "Amount").locator("xpath=ancestor::*[@data-testid='stSlider']")
    place = box.bounding_box()
    handle = slider(phone, "Amount").bounding_box()
    phone.touchscreen.tap(place["x"] + place["width"] * 0.9, handle["y"] + handle["height"] / 2)
    expect(cards).not_to_have_text(before)


def test_a_threshold_is_moved_by_keyboard_and_the_counts_follow(page, app):
    page.goto(f"{app}/detect?run=knows-ones")
    counts = page.get_by_test_id("detect-counts")
    counts.wait_for(timeout=PATIENCE_MS)
    threshold = slider(page, "Threshold")
    threshold.press("Home")
    # Below every score: all images are taken for unknown, the known ones too.
    rows = counts.locator("tbody tr")
    expect(rows.first.locator("td").last).to_have_text(NONE)
    expect(rows.last.locator("td").last).to_have_text(NONE)
    threshold.press("End")
    expect(rows.first.locator("td").last).not_to_have_text(NONE)
    expect(rows.last.locator("td").last).not_to_have_text(NONE)
    assert page.get_by_test_id("stException").count() == 0


def test_a_model_that_knows_all_classes_says_that_nothing_is_unknown(page, app):
    page.goto(f"{app}/detect?run=knows-all")
    page.get_by_text("nothing is unknown to it").wait_for(timeout=PATIENCE_MS)


def test_a_run_is_measured_while_its_reader_looks_at_another_page(page, app, root):
    page.goto(f"{app}/evaluate?run=knows-ones")
    page.get_by_role("button", name="Measure", exact=True).click(timeout=PATIENCE_MS)
    page.get_by_test_id("stProgress").wait_for()
    page.goto(f"{app}/detect?run=knows-ones")
    page.get_by_test_id("detect-counts").wait_for(timeout=PATIENCE_MS)
    page.goto(f"{app}/evaluate?run=knows-ones")
    page.get_by_role("button", name="Measure again").wait_for(timeout=PATIENCE_MS)
    assert (root / "knows-ones" / EVALUATION_FILE).is_file()
    expect(page.get_by_text("Standard figures")).to_be_visible()
    assert fits(page)
    # All are of one class: what separates classes cannot be measured, and says so.
    expect(page.get_by_text("n/a").first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
