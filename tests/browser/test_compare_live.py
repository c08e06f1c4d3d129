"""The Compare page in Chromium: one cursor for all runs, the example, links, small screens."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from family_runs import make_family_run
from playwright.sync_api import Locator, Page, expect
from screen import fits
from server import app_server

from vae.latent.extent import z_range
from vae.models import LatentModel
from vae.runs import open_run
from vae.runs.checkpoint import load_model

Touch = Callable[..., None]
pytestmark = pytest.mark.browser
VIEW = "[data-testid=compare-view]"
MAP = "[data-testid=compare-map]"
EXAMPLE = ("mnist-ae-2d", "mnist-vae-2d")
PAIR = ("small-vae", "other-vae")

FRAME = """root => {
  const panels = [...root.querySelectorAll('[data-testid=compare-panel]')];
  return panels.map(panel => {
    const figure = root.querySelector(`figure[data-run="${panel.dataset.run}"] canvas`);
    const pixels = figure.getContext('2d').getImageData(0, 0, figure.width, figure.height).data;
    return {
      run: panel.dataset.run,
      z: panel.dataset.z.split(',').map(Number),
      cursor: panel.querySelector('.cursor').style.transform,
      size: [figure.height, figure.width],
      levels: Array.from(pixels).filter((_, i) => i % 4 === 0),
      off: !panel.querySelector('.off-map').hidden,
    };
  });
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Small runs on the digits; two have the names of the example's."""
    folder = tmp_path_factory.mktemp("runs")
    make_family_run("ae", folder, EXAMPLE[0])
    make_family_run("vae", folder, EXAMPLE[1])
    make_family_run("cvae", folder)
    make_family_run("vae", folder, PAIR[0])
    make_family_run("vae", folder, PAIR[1], classes=(0, 1))
    return folder


@pytest.fixture(scope="module")
def models(root) -> dict[str, LatentModel]:
    names = (*EXAMPLE, *PAIR, "small-cvae")
    return {name: load_model(open_run(name, root).directory) for name in names}


def compare(page: Page, app: str, *names: str, **query: str) -> Page:
    rest = "".join(f"&{key}={value}" for key, value in query.items())
    page.goto(f"{app}/compare?runs={','.join(names)}{rest}")
    page.locator(f"{VIEW}[data-ready=true]").wait_for(timeout=60_000)
    return page


def frames(page: Page) -> list[dict[str, Any]]:
    """Return what every run shows in one and the same frame."""
    found: list[dict[str, Any]] = page.locator(VIEW).evaluate(FRAME)
    return found


def moved(page: Page, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what every run shows when that is no longer ``before``, and stays."""
    stop_at, last = time.monotonic() + 20, before
    while time.monotonic() < stop_at:
        page.wait_for_timeout(60)
        now = frames(page)
        if now == last != before:
            return now
        last = now
    raise AssertionError("the pictures do not move, or do not come to a stop")


def place_on(target: Locator, x: float, y: float) -> tuple[float, float]:
    box = target.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def assert_decoded(
    found: list[dict[str, Any]], models: dict[str, LatentModel], label: int | None = None
) -> None:
    for shown in found:
        model = models[shown["run"]]
        told = None if label is None or not model.is_conditional else torch.tensor([label])
        with torch.inference_mode():
            mean = model.generate(torch.tensor([shown["z"]], dtype=torch.float32), told)[
                0, 0
            ].numpy()
        picture = np.array(shown["levels"]).reshape(shown["size"])
        np.testing.assert_allclose(picture, 255 * mean, atol=1.0)


def test_a_drag_on_one_map_moves_every_cursor_and_picture_before_release(page, app, models):
    page = compare(page, app, *PAIR, EXAMPLE[1])
    target = page.locator(MAP).nth(1)
    target.scroll_into_view_if_needed()
    before = frames(page)
    assert len(before) == 3
    page.mouse.move(*place_on(target, 0.5, 0.5))
    page.mouse.down()
    for step in range(1, 5):
        page.mouse.move(*place_on(target, 0.5 + 0.09 * step, 0.5 - 0.08 * step))
        now = moved(page, before)
        assert_decoded(now, models)
        assert len({tuple(shown["z"]) for shown in now}) == 1  # the same z everywhere
        for was, shown in zip(before, now, strict=True):
            assert shown["cursor"] != was["cursor"]
            assert shown["levels"] != was["levels"]
            assert shown["z"][0] > was["z"][0]
            assert shown["z"][1] > was["z"][1]
        before = now
    assert "z=" not in page.url  # Python hears of it on release
    page.mouse.up()
    z = "%2C".join(f"{value:.3f}" for value in before[0]["z"])
    expect(page).to_have_url(re.compile(re.escape(f"z={z}")))
    assert [shown["z"] for shown in frames(page)] == [shown["z"] for shown in before]


def test_with_an_autoencoder_the_cursors_share_standard_deviations_or_z(page, app, models, root):
    page = compare(page, app, *EXAMPLE)
    words = page.locator("[data-testid=compare-words]")
    expect(words).to_contain_text("standard deviations")
    target = page.locator(MAP).nth(1)
    target.scroll_into_view_if_needed()
    before = frames(page)
    page.mouse.move(*place_on(target, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*place_on(target, 0.7, 0.35), steps=4)
    during = moved(page, before)
    page.mouse.up()
    assert_decoded(during, models)
    codes = open_run(EXAMPLE[0], root).codes()["mu"].astype(float)
    expected = codes.mean(0) + codes.std(0, ddof=1) * np.array(during[1]["z"])
    np.testing.assert_allclose(during[0]["z"], expected, atol=5e-3)

    page.get_by_text("Same z", exact=True).click()
    expect(words).to_contain_text("very same numbers")
    same = moved(page, during)
    assert same[0]["z"] == during[0]["z"]  # the first run stays where it is
    assert same[1]["z"] == pytest.approx(during[0]["z"], abs=6e-4)
    assert_decoded(same, models)
    expect(page).to_have_url(re.compile("scale=z"))


def test_a_copied_link_opens_the_same_place(page, browser, app, models):
    page = compare(page, app, *EXAMPLE)
    page.locator("[data-testid=compare-random]").click()
    expect(page).to_have_url(re.compile("z="))
    page.get_by_text("Same z", exact=True).click()
    expect(page).to_have_url(re.compile("scale=z"))
    shown = [each["z"] for each in frames(page)]
    other = browser.new_context().new_page()
    other.goto(page.url)
    other.locator(f"{VIEW}[data-ready=true]").wait_for(timeout=60_000)
    assert [each["z"] for each in frames(other)] == shown
    assert_decoded(frames(other), models)
    other.context.close()


def test_keys_move_all_and_a_place_off_a_map_is_told(page, app, models):
    page = compare(page, app, *EXAMPLE, scale="z", z="90.000,0.000")
    far = frames(page)
    assert far[1]["off"]
    page.locator("[data-testid=compare-middle]").click()
    start = moved(page, far)
    assert start[1]["z"] == [0, 0]
    assert not start[1]["off"]
    page.locator(MAP).nth(1).focus()
    page.keyboard.press("Shift+ArrowRight")
    there = moved(page, start)
    assert there[1]["z"][0] > 0
    assert there[0]["cursor"] != start[0]["cursor"]
    assert_decoded(there, models)


def test_a_conditional_run_is_told_the_label(page, app, models):
    page = compare(page, app, "small-cvae", "small-vae")
    zero = frames(page)
    assert_decoded(zero, models, label=0)
    page.locator("[data-testid=compare-label]").select_option("7")
    assert_decoded(moved(page, zero), models, label=7)
    expect(page).to_have_url(re.compile("label=7"))


def test_tiles_come_for_every_map(page, app):
    page = compare(page, app, *PAIR)
    page.get_by_text("Tiles", exact=True).click()
    page.locator(f"{VIEW}[data-tiles=done]").wait_for()
    filled = page.locator(f"{MAP} .tile-layer").evaluate_all(
        """layers => layers.map(layer => {
             const d = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height).data;
             return d.some((level, i) => i % 4 < 3 && level > 0); })"""
    )
    assert filled == [True, True]


def coloured(page: Page) -> list[int]:
    """How many pixels of each map have a colour: those of lit points."""
    counts: list[int] = page.locator(f"{MAP} [data-ref=ground]").evaluate_all(
        """layers => layers.map(layer => {
             const d = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height).data;
             let count = 0;
             for (let i = 0; i < d.length; i += 4) {
               const level = [d[i], d[i + 1], d[i + 2]];
               count += Math.max(...level) - Math.min(...level) > 60;
             }
             return count; })"""
    )
    return counts


def lasso(target: Locator, root: Path) -> tuple[list[tuple[float, float]], int, int]:
    """A path around the right part of the first run's codes, and how many images it catches:
    all, and those that the second run was tested on."""
    codes = open_run(PAIR[0], root).codes()
    mu, half = codes["mu"].astype(float), z_range(codes["mu"].astype(np.float32))
    box = target.bounding_box()
    across = box["x"] + (mu[:, 0] / half + 1) / 2 * box["width"]
    # Whole pixels, and the one that is farthest from any code.
    middle = np.arange(*np.quantile(across, [0.3, 0.7]).round())
    edge = max(middle, key=lambda x: np.abs(across - x).min())
    right = across > edge
    left, top = (edge - box["x"]) / box["width"], 0.01
    path = [(left, top), (0.99, top), (0.99, 0.99), (left, 0.99)]
    places = [place_on(target, *corner) for corner in path]
    return places, int(right.sum()), int((right & (codes["label"] < 2)).sum())


def test_a_lasso_lights_the_same_images_in_the_other_map(page, app, root):
    page = compare(page, app, *PAIR)
    panels = page.locator("[data-testid=compare-panel]")
    words = page.get_by_test_id("compare-lit")
    before = coloured(page)
    target = page.locator(MAP).first
    target.scroll_into_view_if_needed()
    path, caught, shared = lasso(target, root)
    z = [each["z"] for each in frames(page)]
    page.keyboard.down("Shift")
    page.mouse.move(*path[0])
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(words).to_contain_text(f"{caught} test images selected in {PAIR[0]}:")
    expect(panels.nth(0)).to_have_attribute("data-lit", str(caught))
    expect(panels.nth(1)).to_have_attribute("data-lit", str(shared))
    assert all(now < was for now, was in zip(coloured(page), before, strict=True))
    assert [each["z"] for each in frames(page)] == z  # a lasso moves no cursor
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    expect(panels.nth(1)).to_have_attribute("data-lit", "")
    assert coloured(page) == before
    # By keyboard: a class of the legend.
    page.locator(".legend [data-class='1']").focus()
    page.keyboard.press("Enter")
    count = int((open_run(PAIR[0], root).codes()["label"] == 1).sum())
    expect(words).to_contain_text(f"{count} of class 1")
    assert all(now < was for now, was in zip(coloured(page), before, strict=True))
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()


def test_a_finger_draws_a_lasso_in_its_mode(phone, touch, app, root):
    page = compare(phone, app, *PAIR)
    page.get_by_text("Lasso", exact=True).click()
    target = page.locator(MAP).first
    target.evaluate("map => map.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)
    path, caught, _ = lasso(target, root)
    touch("touchStart", path[0])
    for place in path[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    expect(page.get_by_test_id("compare-lit")).to_contain_text(f"{caught} test images selected")
    page.get_by_test_id("compare-clear").click()
    expect(page.get_by_test_id("compare-lit")).to_be_hidden()


def test_the_example_by_one_click(page, app):
    page = compare(page, app, *PAIR)
    page.get_by_role("button", name="Autoencoder against VAE").click()
    expect(page).to_have_url(re.compile(f"runs={'(%2C|,)'.join(EXAMPLE)}"))
    expect(page.get_by_role("heading", name="Holes in the latent space")).to_be_visible()
    expect(page.get_by_text("fall into a hole")).to_have_count(2)
    expect(page.get_by_text("What to see:")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(3)
    panels = page.locator("[data-testid=compare-panel]")
    # The weights of both arrive after the page's words.
    expect(panels.and_(page.locator(f"[data-run={EXAMPLE[1]}]"))).to_be_visible(timeout=60_000)
    assert panels.evaluate_all("p => p.map(e => e.dataset.run)") == list(EXAMPLE)


def test_a_finger_on_a_phone_sees_every_picture_while_it_drags(phone, touch, app, models):
    page = compare(phone, app, *EXAMPLE, PAIR[0])
    main = "document.querySelector('[data-testid=stMain]')"
    assert fits(page)
    target = page.locator(MAP).nth(2)
    target.evaluate("map => map.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)
    before = frames(page)
    touch("touchStart", place_on(target, 0.5, 0.5))
    scrolled = page.evaluate(f"{main}.scrollTop")
    for step in range(1, 5):
        touch("touchMove", place_on(target, 0.5 + 0.05 * step, 0.5 - 0.05 * step))
        page.wait_for_timeout(40)
    during = moved(page, before)
    assert_decoded(during, models)
    for was, shown in zip(before, during, strict=True):
        assert shown["levels"] != was["levels"]
    assert page.evaluate(f"{main}.scrollTop") == scrolled
    for picture in page.locator("[data-testid=compare-picture]").all():
        expect(picture).to_be_in_viewport(ratio=1)
    touch("touchEnd")


def test_deep_link_on_a_cold_server_shows_the_whole_page(page, root):
    with app_server({"VAE_RUNS_DIR": str(root)}) as url:
        compare(page, url, *PAIR)
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()
        expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
