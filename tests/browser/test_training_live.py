"""The Train page in Chromium: a run is started, watched, stopped and taken up again."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from screen import wait_for_script
from server import app_server

from vae.runs import STOP_FILE, Run, list_runs, queue

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TIMEOUT_MS = 90_000


@pytest.fixture
def root(tmp_path) -> Iterator[Path]:
    """A folder of runs; whatever still trains in it is stopped in the end."""
    folder = tmp_path / "runs"
    yield folder
    for run in list_runs(folder):
        queue.cancel(run)


@pytest.fixture
def app(root, tmp_path) -> Iterator[str]:
    with app_server({"VAE_RUNS_DIR": str(root), "VAE_DATA_DIR": str(tmp_path / "data")}) as url:
        yield url


def open_train(page: Page, app: str) -> None:
    page.goto(f"{app}/train")
    page.get_by_role("button", name="Start").wait_for(timeout=TIMEOUT_MS)


def progress(page: Page) -> str:
    # In one question: the page may be drawn anew between two.
    shown = page.get_by_test_id("stProgress").all_inner_texts()
    return shown[0] if len(shown) == 1 else ""


def pictures_epoch(page: Page) -> int:
    """Return the epoch of the pictures on screen, 0 if there are none yet."""
    samples = page.get_by_text(re.compile(r"^Samples from the prior, after epoch \d+$"))
    shown = samples.all_inner_texts()
    return int(re.findall(r"\d+", shown[0])[-1]) if len(shown) == 1 else 0


def set_epochs(page: Page, epochs: int) -> None:
    field = page.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    wait_for_script(page)


def wait_for_epoch(page: Page, least: int) -> int:
    stop_at = time.monotonic() + TIMEOUT_MS / 1000
    while time.monotonic() < stop_at:
        found = pictures_epoch(page)
        if found >= least:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"no pictures of epoch {least}; {progress(page)!r}")


def test_quick_digits_is_watched_from_start_to_end(page, app):
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
    expect(page.get_by_text("Samples from the prior, after epoch 39")).to_be_visible()
    page.get_by_role("link", name="Open the map").click()
    expect(page).to_have_url(re.compile(r"/explore\?run=digits-vae-2d"))
    page.locator("[data-testid=latent-view][data-ready=true]").wait_for(timeout=TIMEOUT_MS)


def test_reload_second_browser_stop_and_resume(page, app, browser):
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
    expect(page.get_by_test_id("stProgress")).to_contain_text("stopped")
    expect(second.get_by_role("button", name="Resume")).to_be_visible(timeout=TIMEOUT_MS)
    stopped = pictures_epoch(page)

    resume.click()
    assert wait_for_epoch(page, stopped + 1) > stopped
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=TIMEOUT_MS)
    other.close()


def start(page: Page, app: str, root: Path) -> Run:
    """Start a run that no test waits for, and wait for its first epoch."""
    open_train(page, app)
    set_epochs(page, 2000)
    page.get_by_role("button", name="Start").click()
    wait_for_epoch(page, 1)
    (run,) = list_runs(root)
    return run


def signal_to(run: Run, number: int) -> None:
    pid = run.status().pid
    os.kill(pid, number)


def test_charts_stay_while_their_data_change(page, app, root):
    start(page, app, root)
    charts = page.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2)
    expect(charts.locator("canvas")).to_have_count(2, timeout=TIMEOUT_MS)
    # A mark that only these very nodes carry, and a record of every moment without one of them.
    charts.locator("canvas").evaluate_all("all => all.forEach((one) => { one.mark = true; })")
    page.evaluate(
        """() => {
          const marked = () => [...document.querySelectorAll('[data-testid=stEChartsChart] canvas')]
            .filter((one) => one.mark).length;
          const place = () => document.querySelectorAll('[data-testid=stEChartsChart]')[1]
            .getBoundingClientRect().height;
          window.seen = { least: marked(), heights: new Set() };
          new MutationObserver(() => {
            window.seen.least = Math.min(window.seen.least, marked());
            window.seen.heights.add(place());
          }).observe(document.body, { subtree: true, childList: true, attributes: true });
        }"""
    )
    picture = "all => all.map((one) => one.toDataURL())"
    before = charts.locator("canvas").evaluate_all(picture)
    wait_for_epoch(page, pictures_epoch(page) + 4)
    after = charts.locator("canvas").evaluate_all(picture)
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True]
    assert page.evaluate("window.seen.least") == 2
    assert page.evaluate("[...window.seen.heights]") == [380]


def test_killed_and_hanging_workers_are_seen_without_a_reload(page, app, root):
    run = start(page, app, root)
    signal_to(run, signal.SIGKILL)
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_text("Interrupted: its process ended before the last epoch")).to_be_visible()
    reached = run.status().epoch
    resume.click()
    wait_for_epoch(page, reached + 1)
    expect(page.get_by_text("Interrupted:")).to_have_count(0)

    signal_to(run, signal.SIGSTOP)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Stopping")).to_be_disabled()
    # As if it had been asked long ago.
    os.utime(run.directory / STOP_FILE, (1, 1))
    force = page.get_by_role("button", name="Force stop")
    force.click(timeout=TIMEOUT_MS)
    expect(page.get_by_text("it did not react to Stop, so its process was ended")).to_be_visible(
        timeout=TIMEOUT_MS
    )
    expect(resume).to_be_visible()
    assert run.status().state == "interrupted"


def test_on_a_phone_the_run_comes_first(browser, app, root):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    run = start(page, app, root)
    heading = page.get_by_role("heading", name=run.name)
    expect(heading).to_be_in_viewport()
    expect(page.get_by_test_id("stProgress")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()
    form = page.get_by_role("button", name="Start")
    expect(form).not_to_be_in_viewport()
    # The way back to the form, and from the list at its end to a run.
    page.get_by_role("link", name="New run").tap()
    expect(page.get_by_role("heading", name="New run")).to_be_in_viewport()
    expect(heading).not_to_be_in_viewport()
    page.get_by_role("button", name=run.name).tap()
    expect(heading).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(page.url)
    expect(heading).to_be_in_viewport(timeout=TIMEOUT_MS)
    context.close()
