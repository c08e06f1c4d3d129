"""The Explore page in Chromium, driven as a student would: mouse, keyboard, touch, links."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from paths import SHIPPED
from playwright.sync_api import Browser, Page, expect
from server import app_server

from vae.runs import open_run
from vae.runs.checkpoint import load_model

Touch = Callable[..., None]
pytestmark = pytest.mark.browser
MAP = "[data-testid=latent-map]"
ROOT = "[data-testid=latent-view]"


def explore(page: Page, app: str, run: str, z: str | None = None) -> Page:
    page.goto(f"{app}/explore?run={run}" + (f"&z={z}" if z else ""))
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    return page


def shown_z(page: Page) -> list[float]:
    text = page.locator(ROOT).get_attribute("data-z")
    assert text
    return [float(part) for part in text.split(",")]


def shown_frame(page: Page) -> tuple[list[float], np.ndarray[Any, Any]]:
    """Return z and picture of one and the same frame."""
    z, size, levels = page.locator(ROOT).evaluate(
        """root => { const c = root.querySelector('[data-testid=decoded-image]');
             const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
             const grey = Array.from(d).filter((_, i) => i % 4 == 0);
             return [root.dataset.z, [c.height, c.width], grey]; }"""
    )
    return [float(part) for part in z.split(",")], np.array(levels).reshape(size)


def decoded(run: str, z: list[float]) -> np.ndarray[Any, Any]:
    model = load_model(open_run(run, SHIPPED).directory)
    with torch.inference_mode():
        mean = model.generate(torch.tensor([z]))[0, 0]
    return np.asarray(mean.numpy() * 255)


def assert_picture_is_decode(page: Page, run: str) -> list[float]:
    z, picture = shown_frame(page)
    np.testing.assert_allclose(picture, decoded(run, z), atol=1.0)
    return z


def map_point(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(MAP).bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def python_answers(page: Page, z: list[float]) -> None:
    text = ",".join(f"{value:.3f}" for value in z)
    expect(page.locator("[data-testid=python-answer]")).to_have_attribute("data-z", text)


def test_deep_link_on_a_cold_server_shows_the_whole_page(page: Page) -> None:
    with app_server() as url:
        explore(page, url, "digits-vae-2d", "0.500,-0.250")
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()
        expect(page.get_by_role("heading", name="Explore")).to_be_visible()
        assert shown_z(page) == [0.5, -0.25]


def test_deep_link_to_train_on_a_cold_server_shows_the_whole_page(page: Page) -> None:
    with app_server() as url:
        page.goto(f"{url}/train")
        expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()


def test_drag_on_the_map_morphs_the_picture_before_release(page: Page, app: str) -> None:
    page = explore(page, app, "mnist-vae-2d")
    _, before = shown_frame(page)
    page.mouse.move(*map_point(page, 0.5, 0.5))
    page.mouse.down()
    zs = []
    for step in range(1, 8):
        page.mouse.move(*map_point(page, 0.5 + 0.04 * step, 0.5 - 0.03 * step))
        page.wait_for_timeout(60)
        zs.append(assert_picture_is_decode(page, "mnist-vae-2d"))
    assert len({tuple(z) for z in zs}) == len(zs)
    assert zs == sorted(zs)  # rightwards is towards greater z1
    assert zs[-1][1] > zs[0][1]  # upwards is towards greater z2
    assert "z=" not in page.url  # Python hears of it on release
    _, during = shown_frame(page)
    assert np.abs(during - before).max() > 50
    page.mouse.up()
    python_answers(page, zs[-1])
    expect(page).to_have_url(re.compile(r"[?&]z=" + re.escape(f"{zs[-1][0]:.3f}")))
    assert shown_z(page) == zs[-1]  # the rerun leaves the place alone


def test_a_copied_link_opens_the_same_picture(page: Page, browser: Browser, app: str) -> None:
    page = explore(page, app, "mnist-vae-2d")
    page.mouse.click(*map_point(page, 0.72, 0.31))
    z, picture = shown_frame(page)
    python_answers(page, z)
    expect(page).to_have_url(re.compile(r"[?&]z="))
    other = browser.new_context().new_page()
    other.goto(page.url)
    other.locator(f"{ROOT}[data-ready=true]").wait_for()
    again, same = shown_frame(other)
    assert again == z
    np.testing.assert_array_equal(same, picture)
    other.context.close()


@pytest.mark.parametrize("run", ["mnist-vae-2d", "mnist-conv-vae-2d"])
def test_the_canvas_is_what_torch_decodes(run: str, page: Page, app: str) -> None:
    page = explore(page, app, run)
    rng = np.random.default_rng(0)
    for values in rng.uniform(-2.9, 2.9, size=(20, 2)).round(2):
        for index, value in enumerate(values, start=1):
            page.locator(f"[data-testid=latent-slider-{index}]").fill(f"{value:.2f}")
        page.wait_for_timeout(50)
        assert assert_picture_is_decode(page, run) == pytest.approx(values.tolist(), abs=1e-9)


@pytest.mark.parametrize("index", [1, 2])
def test_slider_by_mouse_and_keyboard(index: int, page: Page, app: str) -> None:
    page = explore(page, app, "mnist-vae-2d")
    slider = page.locator(f"[data-testid=latent-slider-{index}]")
    expect(slider).to_have_attribute("aria-label", f"z{index}")
    assert 0 < float(slider.get_attribute("step") or 1) <= 0.01
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    assert box["width"] >= 240
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=4)
    page.wait_for_timeout(60)
    dragged = assert_picture_is_decode(page, "mnist-vae-2d")
    assert dragged[index - 1] > 0.5
    assert dragged[2 - index] == 0
    page.mouse.up()
    python_answers(page, dragged)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(60)
    pressed = assert_picture_is_decode(page, "mnist-vae-2d")
    assert pressed[index - 1] < dragged[index - 1]
    python_answers(page, pressed)


def test_arrow_keys_move_on_the_map_and_shift_moves_farther(page: Page, app: str) -> None:
    page = explore(page, app, "mnist-vae-2d")
    page.locator(MAP).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(60)
    small = shown_z(page)
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_timeout(60)
    large = assert_picture_is_decode(page, "mnist-vae-2d")
    assert small[0] > 0
    assert small[1] == 0
    assert large[0] == small[0]
    assert large[1] > 2 * small[0]
    python_answers(page, large)


def test_clicking_a_code_shows_it_and_clear_takes_it_back(page: Page, app: str) -> None:
    page = explore(page, app, "digits-vae-2d")
    codes = open_run("digits-vae-2d", SHIPPED).codes()
    # The code farthest from the others is the one that a click cannot miss.
    mu = codes["mu"].astype(float)
    inside = np.abs(mu).max(1) < 2.5
    gaps = np.linalg.norm(mu[:, None] - mu[None], axis=2) + 9 * np.eye(len(mu))
    index = int(np.argmax(gaps.min(1) * inside))
    for slider, value in zip((1, 2), mu[index], strict=True):
        page.locator(f"[data-testid=latent-slider-{slider}]").fill(f"{value:.2f}")
    # Where that z lies on the map is read off the map's own cursor by moving there and back.
    box = page.locator(MAP).bounding_box()
    assert box
    half = page.locator("[data-testid=latent-slider-1]").evaluate("s => Number(s.max)")
    probe = []
    for x, y in ((0.3, 0.3), (0.7, 0.7)):
        page.mouse.click(*map_point(page, x, y))
        page.wait_for_timeout(80)
        page.keyboard.press("Escape")
        probe.append(shown_z(page))
    assert half > 0
    page.mouse.move(*map_point(page, 0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*map_point(page, 0.31, 0.3), steps=3)
    page.mouse.move(*map_point(page, 0.3, 0.3), steps=3)
    page.wait_for_timeout(60)
    first = shown_z(page)
    page.mouse.move(*map_point(page, 0.7, 0.7), steps=3)
    page.wait_for_timeout(60)
    second = shown_z(page)
    page.mouse.up()
    scale = [0.4 / (second[i] - first[i]) for i in (0, 1)]
    place = [0.3 + (mu[index][i] - first[i]) * scale[i] for i in (0, 1)]
    page.mouse.click(*map_point(page, *place))
    expect(page.locator("[data-testid=selection]")).to_be_visible()
    page.wait_for_timeout(60)
    z = assert_picture_is_decode(page, "digits-vae-2d")
    assert z == pytest.approx(mu[index].tolist(), abs=6e-4)
    # The digits are embedded, so the original is there, with what it costs.
    expect(page.locator("[data-testid=original-image]")).to_be_visible()
    expect(page.locator("[data-testid=loss-here]")).to_have_text(re.compile(r"\d"))
    page.locator("[data-testid=clear-selection]").click()
    expect(page.locator("[data-testid=selection]")).to_be_hidden()


def test_without_the_data_a_clicked_code_says_that_it_is_a_reconstruction(
    page: Page, app: str
) -> None:
    page = explore(page, app, "mnist-vae-2d")
    for x in np.linspace(0.45, 0.6, 8):
        page.mouse.click(*map_point(page, float(x), 0.5))
        if page.locator("[data-testid=selection]").is_visible():
            break
    expect(page.locator("[data-testid=selection]")).to_contain_text("not on this machine")
    expect(page.get_by_role("button", name="Get MNIST")).to_be_visible()


def test_buttons(page: Page, app: str) -> None:
    page = explore(page, app, "mnist-vae-2d")
    page.locator("[data-testid=sample-prior]").click()
    page.wait_for_timeout(100)
    drawn = assert_picture_is_decode(page, "mnist-vae-2d")
    assert drawn != [0, 0]
    python_answers(page, drawn)
    page.locator("[data-testid=origin]").click()
    page.wait_for_timeout(100)
    assert assert_picture_is_decode(page, "mnist-vae-2d") == [0, 0]
    page.locator("[data-testid=walk]").click()
    page.wait_for_timeout(700)
    one = assert_picture_is_decode(page, "mnist-vae-2d")
    page.wait_for_timeout(700)
    two = assert_picture_is_decode(page, "mnist-vae-2d")
    assert one != two
    page.locator("[data-testid=walk]").click()
    page.wait_for_timeout(100)
    stopped = shown_z(page)
    python_answers(page, stopped)
    page.get_by_text("Bernoulli sample").click()
    page.wait_for_timeout(100)
    _, sample = shown_frame(page)
    assert set(np.unique(sample)) <= {0, 255}


def test_weights_travel_once(page: Page, received: list[int], app: str) -> None:
    explore(page, app, "mnist-vae-2d")
    page.wait_for_timeout(500)
    weights = 4 * (2 * 256 + 256 + 256 * 512 + 512 + 512 * 784 + 784)
    assert sum(size > weights for size in received) == 1
    received.clear()
    for x in (0.3, 0.5, 0.7):
        page.mouse.move(*map_point(page, x, 0.4))
        page.mouse.down()
        page.mouse.move(*map_point(page, x + 0.1, 0.5), steps=4)
        page.mouse.up()
        page.wait_for_timeout(100)
        python_answers(page, shown_z(page))
    assert received
    assert max(received) < 4_000


def test_a_click_on_a_code_sends_little(page: Page, received: list[int], app: str) -> None:
    """All that one click brings, original included: the script and its HTML do not travel."""
    explore(page, app, "digits-vae-2d")
    for x in (0.45, 0.55):
        page.wait_for_timeout(500)
        received.clear()
        page.mouse.click(*map_point(page, x, 0.5))
        expect(page.locator("[data-testid=selection-kl]")).to_have_text(re.compile(r"\d"))
        expect(page.locator("[data-testid=original-image]")).to_be_visible()
        python_answers(page, shown_z(page))
        assert 0 < sum(received) < 4_000


def test_many_dimensions(page: Page, app: str) -> None:
    page = explore(page, app, "mnist-vae-20d")
    sliders = page.locator("input[type=range]")
    expect(sliders).to_have_count(20)
    # The four with the most KL come first; a button brings the others.
    expect(page.locator("input[type=range]:visible")).to_have_count(4)
    page.get_by_test_id("all-sliders").click()
    expect(page.locator("input[type=range]:visible")).to_have_count(20)
    last = page.locator("[data-testid=latent-slider-20]")
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box
    assert box["width"] >= 240
    last.fill("1.50")
    page.wait_for_timeout(60)
    z = assert_picture_is_decode(page, "mnist-vae-20d")
    assert z[19] == 1.5
    assert not any(z[:19])
    page.locator("[data-testid=axis-x]").select_option(index=3)
    page.locator(MAP).scroll_into_view_if_needed()
    page.mouse.move(*map_point(page, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*map_point(page, 0.7, 0.6), steps=4)
    page.wait_for_timeout(60)
    moved = assert_picture_is_decode(page, "mnist-vae-20d")
    page.mouse.up()
    assert sum(a != b for a, b in zip(z, moved, strict=True)) == 2


def test_finger_on_a_phone(phone: Page, touch: Touch, app: str) -> None:
    page = explore(phone, app, "mnist-vae-2d")
    page.locator(MAP).scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    start = shown_z(page)
    touch("touchStart", map_point(page, 0.5, 0.5))
    scrolled = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    for step in range(1, 6):
        touch("touchMove", map_point(page, 0.5 + 0.04 * step, 0.5 - 0.05 * step))
        page.wait_for_timeout(40)
    page.wait_for_timeout(60)
    during = assert_picture_is_decode(page, "mnist-vae-2d")
    assert during[0] > start[0]
    assert during[1] > start[1]
    # The finger moves z, not the page, and the picture is in sight while it does.
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == scrolled
    expect(page.locator("[data-testid=decoded-image]")).to_be_in_viewport()
    touch("touchEnd")
    python_answers(page, during)


@pytest.mark.parametrize("path", ["", "explore", "train"])
def test_no_sideways_scroll_at_390(path: str, phone: Page, app: str) -> None:
    phone.goto(f"{app}/{path}")
    expect(phone.get_by_role("heading").first).to_be_visible()
    phone.wait_for_timeout(1500)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    main = "document.querySelector('[data-testid=stMain]')"
    assert phone.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")


def test_from_home_to_a_run(page: Page, app: str) -> None:
    page.goto(app)
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    page.locator(MAP).click(position={"x": 60, "y": 60})
    moved = page.locator(ROOT).get_attribute("data-z")
    page.get_by_test_id("stMain").get_by_role("link", name="Explore", exact=True).click()
    page.get_by_test_id("latent-slider-1").wait_for()
    assert page.locator(ROOT).get_attribute("data-z") == moved
    expect(page).to_have_url(re.compile(r"/explore\?.*run=mnist-vae-2d"))
