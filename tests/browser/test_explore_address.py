"""The Explore page at three sizes of screen, by keyboard from its top, and through its links."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from paths import SHIPPED
from playwright.sync_api import Browser, Page, expect
from test_explore import MAP, ROOT, explore, python_answers, shown_z

from vae.models import check_family
from vae.runs import list_runs, open_run

pytestmark = pytest.mark.browser

SCREENS = [(1440, 900), (1024, 768), (390, 844)]


def shown_on_explore() -> list[str]:
    """The shipped runs whose codes are places."""
    runs = list_runs(SHIPPED)
    return [run.name for run in runs if check_family(run.config.model.family).model.is_continuous]


@pytest.mark.parametrize("run", shown_on_explore())
def test_what_matters_is_seen_without_scrolling(run: str, browser: Browser, app: str) -> None:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True).new_page()
    config = open_run(run, SHIPPED).config
    parts = [MAP, "[data-testid=decoded-image]", ".legend", ".hint", ".map-side .bar"]
    parts += ["[data-testid=label-side]"] * check_family(config.model.family).model.is_conditional
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        explore(page, app, run)
        page.wait_for_timeout(300)
        sliders = page.locator(".slider")
        found = [page.locator(part).first for part in parts]
        found += [sliders.nth(i) for i in range(min(2, config.model.latent_dim))]
        for part in found:
            box = part.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width, (part, width)
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height, (part, width)
        picture, map_box = found[1].bounding_box(), found[0].bounding_box()
        assert picture
        assert map_box
        is_large = width == 1440
        assert picture["width"] >= (400 if is_large else 112)
        assert map_box["width"] >= (500 if is_large else 210)
        if run.startswith("mnist"):
            assert picture["width"] % 28 == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_map_is_near_the_link_that_skips_the_navigation(page: Page, app: str) -> None:
    explore(page, app, "mnist-vae-2d")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.locator(f"{MAP}:focus").count():
            break
    expect(page.locator(MAP)).to_be_focused()


def seen(page: Page) -> dict[str, Any]:
    """What is in view: as its controls and its root say."""
    found: dict[str, Any] = page.locator(ROOT).evaluate(
        """root => ({ z: root.dataset.z, mode: root.dataset.mode, zoom: root.dataset.zoom,
             label: root.dataset.label,
             axes: ["axis-x", "axis-y"].map(
               (name) => root.querySelector(`[data-testid=${name}]`).value),
             opacity: root.querySelector("[data-testid=opacity]")?.value,
             alone: root.querySelector(".legend [aria-pressed=true]")?.textContent,
             names: [...root.querySelectorAll("button.name")].map((node) => node.textContent),
             code: root.querySelector("[data-ref=selectionTitle]").textContent })"""
    )
    return found


def test_everything_in_view_travels_in_the_link(page: Page, browser: Browser, app: str) -> None:
    explore(page, app, "mnist-vae-20d")
    changes: list[tuple[str, Callable[[], object]]] = [
        ("mode", lambda: page.locator("input[value=both]").check(force=True)),
        ("opacity", lambda: page.get_by_test_id("opacity").fill("30")),
        ("axes", lambda: page.get_by_test_id("axis-x").select_option("pca")),
        ("class", lambda: page.locator(".legend [data-class='7']").click()),
        ("zoom", lambda: page.get_by_test_id("zoom-in").click()),
        ("code", lambda: page.locator(MAP).click(position={"x": 260, "y": 260})),
    ]
    page.get_by_test_id("name-10").click()
    page.keyboard.type("slant & more=1")
    page.keyboard.press("Enter")
    for name, change in changes:
        change()
        expect(page).to_have_url(re.compile(rf"[?&]{name}="))
    expect(page).to_have_url(re.compile(r"[?&]names=10%3Aslant"))
    python_answers(page, shown_z(page))
    expect(page).to_have_url(re.compile(r"[?&]z="))
    other = browser.new_context(viewport=page.viewport_size).new_page()
    explore_url = page.url
    other.goto(explore_url)
    other.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    expect(other.get_by_test_id("selection")).to_be_visible()
    assert seen(other) == seen(page)
    # What is taken back leaves the address.
    page.keyboard.press("Escape")
    page.locator(".legend [data-class='7']").click()
    page.get_by_test_id("zoom-reset").click()
    expect(page).not_to_have_url(re.compile(r"[?&](code|class|zoom)="))
    other.context.close()


def test_a_path_and_pinned_pictures_travel_in_the_link(
    page: Page, browser: Browser, app: str
) -> None:
    explore(page, app, "digits-vae-2d")
    page.get_by_test_id("path").click()
    area = page.locator(MAP).bounding_box()
    assert area
    page.mouse.move(area["x"] + 80, area["y"] + 90)
    page.mouse.down()
    for x, y in ((200, 60), (240, 180), (150, 260)):
        page.mouse.move(area["x"] + x, area["y"] + y, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]path="))
    shape = """root => ({ strip: root.querySelector("[data-testid=film-strip]").width,
        pinned: root.querySelector("[data-testid=original-image]").toDataURL(),
        title: root.querySelector("[data-ref=selectionTitle]").textContent })"""
    other = browser.new_context(viewport=page.viewport_size).new_page()
    for name in ("pin", "picture"):
        if name == "picture":
            page.get_by_test_id("clear-selection").click()
            page.get_by_text("Bernoulli sample", exact=True).first.click()
        page.get_by_test_id("pin-picture").click()
        expect(page).to_have_url(re.compile(rf"[?&]{name}="))
        python_answers(page, shown_z(page))
        other.goto(page.url)
        other.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
        expect(other.get_by_test_id("selection")).to_be_visible()
        found, wanted = (one.locator(ROOT).evaluate(shape) for one in (other, page))
        assert found["pinned"] == wanted["pinned"]
        assert found["strip"] == wanted["strip"] > 0
    # An epoch as well: what is pinned lies where it lies.
    page.get_by_test_id("epochs").click()
    expect(page.get_by_test_id("epochs-slider")).to_be_enabled()
    page.get_by_test_id("epochs-slider").press("Home")
    expect(page).to_have_url(re.compile(r"[?&]epoch=1(&|$)"))
    expect(page).to_have_url(re.compile(r"[?&]picture="))
    other.goto(page.url)
    expect(other.locator(ROOT)).to_have_attribute("data-epoch", "1", timeout=60_000)
    expect(other.get_by_test_id("selection")).to_be_visible()
    found = other.locator(ROOT).evaluate(shape)
    assert found["pinned"] == page.locator(ROOT).evaluate(shape)["pinned"]
    page.get_by_test_id("epochs").click()
    page.get_by_test_id("clear-selection").click()
    page.get_by_test_id("path").click()
    expect(page).not_to_have_url(re.compile(r"[?&](path|pin|picture)="))
    other.goto(f"{app}/explore?run=digits-vae-2d&picture=eJw&pin=1&path=1")
    for word in ("picture", "pinned picture", "path"):
        expect(other.get_by_text(f"The {word} in the address does not fit")).to_be_visible()
    other.context.close()


def test_a_link_to_a_code_shows_it(page: Page, app: str) -> None:
    page.goto(f"{app}/explore?run=digits-vae-2d&code=7")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    expect(page.get_by_test_id("selection")).to_contain_text("Test code 7")
    mu = open_run("digits-vae-2d", SHIPPED).codes()["mu"][7].astype(float)
    assert shown_z(page) == pytest.approx(mu.tolist(), abs=6e-4)


def test_an_address_that_does_not_fit_is_said(page: Page, app: str) -> None:
    explore(page, app, "digits-vae-2d&zoom=900&mode=dots&class=77")
    for word in ("zoom", "mode", "class"):
        expect(page.get_by_text(f"The {word} in the address does not fit")).to_be_visible()
    assert page.locator(ROOT).get_attribute("data-mode") == "tiles"
