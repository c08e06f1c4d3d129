"""A class in Chromium: who is who, whose runs are whose, and a page that follows the teacher's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from server import app_server

from vae import runs
from vae.people import owner_of
from vae.people.person import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

KEY = "open & sesame=1"
ROOT = "[data-testid=latent-view]"
SECRET = "() => localStorage.getItem('vae-person')"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    from family_runs import make_run

    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "seen", latent_dim=2)
    return folder


@pytest.fixture(scope="module")
def school(root: Path) -> Iterator[str]:
    with app_server({"VAE_TEACHER_KEY": KEY, "VAE_RUNS_DIR": str(root)}) as address:
        yield address


def visit(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(address)
    return page


def test_whose_runs_are_whose(browser: Browser, school: str, root: Path) -> None:
    ana = visit(browser, f"{school}/train")
    ana.get_by_role("button", name="Start", exact=True).click()
    expect(ana.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=60_000)
    name = re.search(r"[?&]run=([^&]+)", ana.url)
    assert name
    (run,) = [run for run in runs.list_runs(root) if run.name == name[1]]
    secret = ana.evaluate(SECRET)
    assert owner_of(run.directory) == digest(secret)
    assert secret not in ana.url
    # The browser keeps who she is; on another one she would be somebody else.
    again = ana.context.new_page()
    again.goto(f"{school}/train?run={run.name}")
    expect(again.get_by_text("Your runs")).to_be_visible(timeout=60_000)
    expect(again.get_by_text("somebody else's")).to_have_count(0)
    ben = visit(browser, f"{school}/train?run={run.name}")
    expect(ben.get_by_text("This run is somebody else's")).to_be_visible(timeout=60_000)
    expect(ben.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    ben.context.close()
    ana.context.close()


def test_the_teachers_link_opens_the_page_and_leaves_no_key_in_the_address(
    browser: Browser, school: str
) -> None:
    page = visit(browser, f"{school}/teach#teacher={KEY.replace(' ', '%20').replace('&', '%26')}")
    expect(page.get_by_role("heading", name="At work")).to_be_visible(timeout=60_000)
    assert "sesame" not in page.url
    # The link of the next lesson needs no key: the browser has kept it.
    other = page.context.new_page()
    other.goto(f"{school}/teach")
    expect(other.get_by_role("heading", name="At work")).to_be_visible(timeout=60_000)
    other.close()
    stranger = visit(browser, f"{school}/teach")
    expect(stranger.get_by_label("Key", exact=True)).to_be_visible(timeout=60_000)
    expect(stranger.get_by_role("heading", name="At work")).to_have_count(0)
    stranger.context.close()
    page.context.close()


def test_a_student_follows_the_teachers_map_until_they_let_go(
    browser: Browser, school: str
) -> None:
    key = KEY.replace(" ", "%20").replace("&", "%26")
    teacher = visit(browser, f"{school}/teach#teacher={key}")
    student = visit(browser, f"{school}/draw")
    expect(student.get_by_role("heading", name="Draw")).to_be_visible(timeout=60_000)
    teacher.get_by_text("Let the class follow me").click(timeout=60_000)
    expect(teacher.get_by_role("switch", name="Let the class follow me")).to_be_checked()
    teacher.goto(f"{school}/explore?run=seen")
    teacher.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    student.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    area = teacher.locator(f"{ROOT} [data-ref=map]")
    area.click(position={"x": 90, "y": 60})
    expect(teacher).to_have_url(re.compile(r"[?&]z="))
    z = teacher.locator(ROOT).get_attribute("data-z")
    assert z
    expect(student.locator(ROOT)).to_have_attribute("data-z", z, timeout=60_000)
    student.get_by_role("button", name="Let go").click()
    expect(student.get_by_role("button", name="Follow again")).to_be_visible()
    area.click(position={"x": 200, "y": 200})
    expect(teacher.locator(ROOT)).not_to_have_attribute("data-z", z)
    student.get_by_role("button", name="Follow again").click()
    new = teacher.locator(ROOT).get_attribute("data-z")
    assert new
    expect(student.locator(ROOT)).to_have_attribute("data-z", new, timeout=60_000)
    teacher.context.close()
    student.context.close()
