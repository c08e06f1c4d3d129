"""The page Studies in Chromium: a study is started, watched, reloaded, and read when it is done."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from screen import fits, wait_for_script
from server import app_server

from vae.studies.engine import background, state

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TIMEOUT_MS = 120_000


@pytest.fixture
def root(tmp_path) -> Iterator[Path]:
    """A folder of runs; a study that still runs in it is ended."""
    folder = tmp_path / "runs"
    yield folder
    for result in background.own_folders(folder):
        now = state.read(result)
        if now is not None and now.pid != os.getpid():
            background.force_stop(result, folder)


@pytest.fixture
def app(root, tmp_path) -> Iterator[str]:
    with app_server({"VAE_RUNS_DIR": str(root), "VAE_DATA_DIR": str(tmp_path / "data")}) as url:
        yield url


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")
    wait_for_script(page)


def open_panel(page: Page) -> None:
    """Unfold the settings, which are folded where a result came with the program."""
    panel = page.get_by_text("Run it yourself")
    panel.wait_for(timeout=TIMEOUT_MS)
    wait_for_script(page)
    start = page.get_by_role("button", name="Start")
    if not start.is_visible():
        panel.click()
    start.wait_for(timeout=TIMEOUT_MS)


@pytest.mark.timeout(600)
def test_a_study_is_started_reloaded_and_read(page, app, root, browser):
    page.goto(f"{app}/studies")
    card = page.get_by_test_id("stColumn").filter(has_text="The latent size")
    card.get_by_role("button", name="Open").click(timeout=TIMEOUT_MS)
    expect(page).to_have_url(re.compile(r"\?study=latent-size$"))
    open_panel(page)
    fill(page, "Epochs", "1")
    fill(page, "Seeds", "1")
    fill(page, "Latent sizes", "1,2")
    expect(page.get_by_text("2 runs.")).to_be_visible(timeout=TIMEOUT_MS)
    page.get_by_role("button", name="Start").click()
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_be_in_viewport(timeout=TIMEOUT_MS)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page).to_have_url(re.compile(r"&result=latent-size-digits-e1-s1-"))

    page.reload()
    expect(progress).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_text("It comes when all runs are measured")).to_be_visible()
    expect(progress).to_contain_text("of 2 runs are trained", timeout=TIMEOUT_MS)

    expect(page.get_by_text(re.compile(r"^-ELBO is \d"))).to_be_visible(timeout=TIMEOUT_MS)
    expect(progress).to_have_count(0, timeout=TIMEOUT_MS)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2, timeout=TIMEOUT_MS)
    # The menu that saves it stands right below a figure.
    chart = page.get_by_test_id("stPlotlyChart").first.bounding_box()
    menu = page.get_by_role("button", name="Take away").first.bounding_box()
    caption = page.get_by_text("Median of the seeds").first.bounding_box()
    assert caption["y"] - menu["y"] < 100
    assert menu["y"] > chart["y"]
    (folder,) = background.own_folders(root)
    now = state.read(folder)
    assert now.state == "done"

    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    text = download.value.path().read_text()
    assert text == (folder / "table.csv").read_text()
    assert len(text.splitlines()) == 3

    page.get_by_role("radio", name="Each run").click()
    grid = page.get_by_test_id("stDataFrame")
    # The grid is a canvas: what stands in it is also there for those who cannot see it.
    expect(grid.get_by_text("digits-vae-1d", exact=False).first).to_be_attached(timeout=TIMEOUT_MS)
    # In the middle of the screen, clear of what lies over its edges.
    grid.evaluate("one => one.scrollIntoView({ block: 'center' })")
    wait_for_script(page)
    page.wait_for_timeout(1000)
    box = grid.bounding_box()
    # The link of the first row: as with a hand, the pointer is there before it is pressed.
    x, y = box["x"] + 30, box["y"] + 55
    page.mouse.move(x - 5, y)
    page.wait_for_timeout(500)
    page.mouse.move(x, y)
    page.wait_for_timeout(500)
    with page.context.expect_page() as opened:
        page.mouse.click(x, y)
    expect(opened.value).to_have_url(re.compile(r"/explore\?run=digits-vae-1d"))
    address = page.url
    page.get_by_role("link", name="Open in Explore").click()
    expect(page).to_have_url(re.compile(r"/explore\?run=digits-vae-1d"))

    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    small = phone.new_page()
    small.goto(address)
    expect(small.get_by_test_id("stPlotlyChart")).to_have_count(2, timeout=TIMEOUT_MS)
    assert fits(small)
    # Rows of pictures keep their shape, and are scrolled within their place.
    rows = small.locator("[class*=st-key-study-pictures]")
    width, place = rows.evaluate("one => [one.scrollWidth, one.clientWidth]")
    assert width > place
    phone.close()


def test_the_way_back_leads_to_the_questions(page, app):
    page.goto(f"{app}/studies")
    opening = page.get_by_role("button", name="Open")
    opening.first.click(timeout=TIMEOUT_MS)
    expect(page.get_by_role("button", name="All questions")).to_be_visible(timeout=TIMEOUT_MS)
    page.go_back()
    expect(opening.first).to_be_visible(timeout=TIMEOUT_MS)
    expect(page).to_have_url(re.compile("/studies$"))
