"""The Train page in Chromium: a run is started, watched, stopped and taken up again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from server import app_server

from vae import jobs
from vae.runs import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TIMEOUT_MS = 90_000


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; whatever still trains in it is stopped in the end."""
    folder = tmp_path / "runs"
    yield folder
    for run in list_runs(folder):
        jobs.cancel(run)


@pytest.fixture
def app(root: Path, tmp_path: Path) -> Iterator[str]:
    with app_server({"VAE_RUNS_DIR": str(root), "VAE_DATA_DIR": str(tmp_path / "data")}) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def open_train(page: Page, app: str) -> None:
    page.goto(f"{app}/train")
    page.get_by_role("button", name="Start").wait_for(timeout=TIMEOUT_MS)


def progress(page: Page) -> str:
    shown = page.get_by_test_id("stProgress")
    return shown.inner_text() if shown.count() == 1 else ""


def pictures_epoch(page: Page) -> int:
    """Return the epoch of the pictures on screen, 0 if there are none yet."""
    shown = page.get_by_text(re.compile(r"^Samples of the prior, after epoch \d+$"))
    if shown.count() != 1:
        return 0
    return int(re.findall(r"\d+", shown.inner_text())[-1])


def set_epochs(page: Page, epochs: int) -> None:
    field = page.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    page.wait_for_timeout(500)


def wait_for_epoch(page: Page, least: int) -> int:
    stop_at = time.monotonic() + TIMEOUT_MS / 1000
    while time.monotonic() < stop_at:
        found = pictures_epoch(page)
        if found >= least:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"no pictures of epoch {least}; {progress(page)!r}")


def test_quick_digits_is_watched_from_start_to_end(page: Page, app: str) -> None:
    open_train(page, app)
    began = time.monotonic()
    page.get_by_role("button", name="Start").click()
    seen: set[int] = set()
    while "Finished" not in progress(page) and time.monotonic() - began < TIMEOUT_MS / 1000:
        seen.add(pictures_epoch(page))
        page.wait_for_timeout(100)
    print(f"Start to finished: {time.monotonic() - began:.1f} s, epochs on screen {sorted(seen)}")
    assert len(seen - {0, 40}) >= 2
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    slider = page.get_by_test_id("stSlider").filter(has_text="Epoch")
    slider.get_by_role("slider").press("ArrowLeft")
    expect(page.get_by_text("Samples of the prior, after epoch 39")).to_be_visible()
    page.get_by_role("link", name="Open in Explore").click()
    expect(page).to_have_url(re.compile(r"/explore\?run=digits-vae-2d"))
    page.locator("[data-testid=latent-view][data-ready=true]").wait_for(timeout=TIMEOUT_MS)


def test_reload_second_browser_stop_and_resume(page: Page, app: str, browser: Browser) -> None:
    open_train(page, app)
    set_epochs(page, 2000)
    page.get_by_role("button", name="Start").click()
    before = wait_for_epoch(page, 2)
    page.reload()
    assert wait_for_epoch(page, before) >= before
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    other = browser.new_context()
    second = other.new_page()
    second.goto(page.url)
    first = wait_for_epoch(second, before)
    assert wait_for_epoch(second, first + 1) > first

    page.get_by_role("button", name="Stop").click()
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=TIMEOUT_MS)
    assert "stopped" in progress(page)
    expect(second.get_by_role("button", name="Resume")).to_be_visible(timeout=TIMEOUT_MS)
    stopped = pictures_epoch(page)

    resume.click()
    assert wait_for_epoch(page, stopped + 1) > stopped
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=TIMEOUT_MS)
    other.close()
