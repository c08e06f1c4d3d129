"""The map of every family: labels, spaces without a prior, each family's own measure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from family_models import CONTINUOUS, generate, make

from vae.models import FAMILIES, LatentModel
from vae.runs import Run
from vae.runs.checkpoint import load_model

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect
from screen import go_to

if TYPE_CHECKING:
    from conftest import ComponentServer

pytestmark = pytest.mark.browser
MAP = "[data-testid=latent-map]"
ROOT = "[data-testid=latent-view]"


@pytest.fixture
def blank(browser: Browser, component_server: ComponentServer) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(component_server.url)
    yield page
    page.close()


def test_ticks_of_any_range(blank: Page) -> None:
    script = """async (ranges) => {
      const { ticks } = await import("/component/lib/frame.js");
      return ranges.map((range) => ticks(range));
    }"""
    ends = [(-3, 3), (-3.5, 3.5), (-6, 6), (-12, 5), (60, 83), (-0.004, 0.011), (1000, 1000.5)]
    ranges = [*ends, (-40, 40)]
    found = blank.evaluate(script, ranges)
    assert found[0] == [-3, -2, -1, 0, 1, 2, 3]
    assert found[1] == [-3, -2, -1, 0, 1, 2, 3]
    assert found[3] == [-12, -10, -8, -6, -4, -2, 0, 2, 4]
    assert found[5] == pytest.approx([-0.004 + 0.002 * step for step in range(8)])
    for (low, high), values in zip(ranges, found, strict=True):
        assert 4 <= len(values) <= 11
        assert low <= min(values)
        assert max(values) <= high


Open = Callable[..., Page]


@pytest.fixture
def open_map(browser: Browser, component_server: ComponentServer) -> Iterator[Open]:
    """Open the map of a family outside Streamlit; fail on any error in the page."""
    contexts = []
    errors: list[str] = []

    def show(payload: bytes, width: int = 1280, data: str = "", **context: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **context))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(component_server.add("shown", payload) + data)
        page.wait_for_selector(f"{ROOT}[data-ready=true]")
        return page

    yield show
    for context in contexts:
        context.close()
    assert errors == []


def next_frame(page: Page) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def shown_z(page: Page) -> list[float]:
    return [float(part) for part in (page.locator(ROOT).get_attribute("data-z") or "").split(",")]


def levels_of(page: Page, selector: str) -> np.ndarray:
    """Return a canvas as (H, W, 3)."""
    height, width, levels = page.locator(selector).evaluate(
        """c => [c.height, c.width,
          Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)]"""
    )
    return np.array(levels).reshape(height, width, 4)[..., :3]


def assert_picture(page: Page, model: LatentModel, label: int = 0, canvas: str = "") -> None:
    """The picture shows what torch decodes at the z and under the label that are shown."""
    channels, height, width = model.config.image_shape
    mean = generate(model, torch.tensor([shown_z(page)]), torch.tensor([label]))
    expected = mean.reshape(channels, height, width).transpose(1, 2, 0) * 255
    shown = levels_of(page, canvas or "[data-testid=decoded-image]")
    assert np.abs(shown - expected).max() < 0.55


def test_label_by_mouse_and_keys(open_map: Open) -> None:
    model, _, payload = make("cvae")
    page = open_map(payload)
    row = page.get_by_role("radiogroup", name="Label that the decoder is told")
    assert row.get_by_role("radio").count() == 10
    assert page.get_by_test_id("label-0").is_checked()
    assert_picture(page, model, 0)
    row.get_by_text("class 4").click()
    next_frame(page)
    assert_picture(page, model, 4)
    assert page.evaluate("sent") == [["label", 4]]
    page.keyboard.press("ArrowRight")
    next_frame(page)
    assert page.get_by_test_id("label-5").is_checked()
    assert_picture(page, model, 5)
    assert page.evaluate("sent").pop() == ["label", 5]
    # Dragging keeps the label, and every class shows the same z.
    box = page.locator(MAP).bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 300, steps=3)
    next_frame(page)
    assert_picture(page, model, 5)
    page.mouse.up()
    page.wait_for_timeout(100)
    for label in (0, 5, 9):
        canvas = f"[data-testid=label-{label}] + span canvas"
        assert_picture(page, model, label, canvas)


def test_clicked_code_brings_its_label_and_escape_takes_it_back(open_map: Open) -> None:
    model, mu, payload = make("cvae", latent_dim=2)
    page = open_map(payload, data="&data=" + '{"label":8}')
    assert page.get_by_test_id("label-8").is_checked()
    box = page.locator(MAP).bounding_box()
    assert box
    half = 3.0
    across, up = mu[21].tolist()
    x = box["x"] + (across / half + 1) / 2 * box["width"]
    y = box["y"] + (1 - up / half) / 2 * box["height"]
    page.mouse.click(x, y)
    next_frame(page)
    sent = dict(page.evaluate("sent"))
    label = sent["selected"] % 10
    assert sent["label"] == label
    assert page.get_by_test_id(f"label-{label}").is_checked()
    assert_picture(page, model, label)
    image = np.random.default_rng(0).integers(0, 256, (1, 12, 12), dtype=np.uint8)
    answer = {
        "index": sent["selected"],
        "original": base64.b64encode(image.tobytes()).decode(),
        "recon_loss": 1,
        "kl": 2,
        "note": "",
    }
    # The loss at the code's own place is that under its own label, whatever is told now.
    page.get_by_test_id(f"label-{(label + 3) % 10}").check(force=True)
    page.evaluate("a => rerun({ selected: a })", answer)
    next_frame(page)
    z = torch.from_numpy(mu[sent["selected"]].round(3))[None]
    with torch.no_grad():
        logits = model.decode(z, torch.tensor([label]))
        own = model.recon_loss(logits, torch.from_numpy(image) / 255).item()
    shown = page.get_by_test_id("loss-at-mu").inner_text()
    assert float(shown) == pytest.approx(own, abs=0.11)
    page.keyboard.press("Escape")
    next_frame(page)
    assert page.get_by_test_id("label-8").is_checked()
    assert shown_z(page) == [0, 0]
    assert_picture(page, model, 8)


def test_tiles_and_walk_keep_the_label(open_map: Open) -> None:
    model, _, payload = make("cvae", latent_dim=2)
    page = open_map(payload, data='&data={"label":6}')
    page.locator("input[value=tiles]").check(force=True)
    page.wait_for_selector('[data-tiles="done"]')
    tiles = levels_of(page, '[data-ref="tiles"]')
    columns = tiles.shape[1] // 12
    half = 3.0
    z = torch.tensor([[(3 / columns - 1) * half, (1 - 1 / columns) * half]])
    expected = generate(model, z, torch.tensor([6])).reshape(12, 12) * 255
    assert np.abs(tiles[:12, 12:24, 0] - expected).max() < 0.55
    page.get_by_test_id("label-2").check(force=True)
    next_frame(page)
    page.wait_for_selector('[data-tiles="done"]')
    page.wait_for_timeout(300)
    again = levels_of(page, '[data-ref="tiles"]')[:12, 12:24, 0]
    expected = generate(model, z, torch.tensor([2])).reshape(12, 12) * 255
    assert np.abs(again - expected).max() < 0.55
    page.get_by_test_id("walk").click()
    page.wait_for_timeout(400)
    page.keyboard.press("Shift")
    next_frame(page)
    assert shown_z(page) != [0, 0]
    assert_picture(page, model, 2)


def test_a_space_without_a_prior(open_map: Open) -> None:
    model, mu, payload = make("ae", latent_dim=2)
    page = open_map(payload)
    centre = mu.mean(0)
    assert shown_z(page) == pytest.approx(centre.tolist(), abs=1e-3)
    text = page.locator(ROOT).inner_text()
    for word in ("prior draws", "KL 0", "Sample the prior", "Bernoulli"):
        assert word not in text
    assert "no prior" in text
    assert "spread" in text
    # Sliders reach from the lowest codes to the highest, each in its own scale.
    for dim in (0, 1):
        slider = page.get_by_test_id(f"latent-slider-{dim + 1}")
        low, high = (float(slider.get_attribute(end) or "nan") for end in ("min", "max"))
        inside = (mu[:, dim] >= low) & (mu[:, dim] <= high)
        assert inside.mean() >= 0.99
        assert high - low < 1.5 * np.ptp(mu[:, dim])
    # Corners of the map are the ends of the sliders.
    box = page.locator(MAP).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 9, box["y"] - 9, steps=3)
    next_frame(page)
    ends = [page.get_by_test_id(f"latent-slider-{dim}").get_attribute("max") for dim in (1, 2)]
    assert shown_z(page) == pytest.approx([float(end or "nan") for end in ends])
    assert_picture(page, model)
    page.mouse.up()
    page.get_by_role("button", name="Mean code").click()
    next_frame(page)
    assert shown_z(page) == pytest.approx(centre.tolist(), abs=1e-3)
    drawn = []
    for _ in range(40):
        page.get_by_role("button", name="Random code").click()
        next_frame(page)
        drawn.append(shown_z(page))
    spread = mu.std(0)
    np.testing.assert_allclose(np.mean(drawn, axis=0), centre, atol=float(0.7 * spread.max()))
    assert (np.std(drawn, axis=0) / spread > 0.5).all()
    assert (np.std(drawn, axis=0) / spread < 1.6).all()
    # A step of the keys is a share of the range.
    page.get_by_test_id("origin").click()
    page.locator(MAP).focus()
    page.keyboard.press("Shift+ArrowRight")
    next_frame(page)
    step = shown_z(page)[0] - centre[0]
    assert 0.02 < step / np.ptp(mu[:, 0]) < 0.15


def test_selected_point_has_no_ellipse_and_no_kl(open_map: Open) -> None:
    _, mu, payload = make("ae", latent_dim=2)
    page = open_map(payload)
    box = page.locator(MAP).bounding_box()
    assert box
    ends = [
        [
            float(page.get_by_test_id(f"latent-slider-{dim}").get_attribute(end) or "nan")
            for end in ("min", "max")
        ]
        for dim in (1, 2)
    ]
    share = [(float(mu[7, dim]) - low) / (high - low) for dim, (low, high) in enumerate(ends)]
    page.mouse.click(box["x"] + share[0] * box["width"], box["y"] + (1 - share[1]) * box["height"])
    next_frame(page)
    index = dict(page.evaluate("sent"))["selected"]
    assert shown_z(page) == pytest.approx(mu[index].tolist(), abs=1e-3)
    answer = {"index": index, "original": None, "note": "n"}
    page.evaluate("a => rerun({ selected: a })", answer)
    assert page.get_by_test_id("selection-kl").inner_text() == "n/a"


def test_gaussian_pixels_are_drawn_around_their_means(open_map: Open) -> None:
    _, _, payload = make("vae", likelihood="gaussian", sigma=0.1)
    page = open_map(payload)
    mean = levels_of(page, "[data-testid=decoded-image]").astype(float)
    page.get_by_text("Gaussian sample").click()
    next_frame(page)
    sample = levels_of(page, "[data-testid=decoded-image]")
    inside = (mean > 80) & (mean < 175)
    assert inside.sum() > 100
    noise = (sample - mean)[inside]
    assert noise.std() == pytest.approx(25.5, rel=0.25)
    assert len(np.unique(sample)) > 10


def test_labels_fit_a_phone(open_map: Open) -> None:
    _, _, payload = make("cvae", latent_dim=2)
    page = open_map(payload, width=390, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for label in range(10):
        size = page.locator(f"[data-testid=label-{label}] + span").bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 40
        assert size["x"] + size["width"] <= 390


# In the app -------------------------------------------------------------------------------------


def explore(page: Page, app: str, family: str, more: str = "") -> Page:
    page.goto(f"{app}/explore?run=small-{family}{more}")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    return page


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_opens(
    family: str, page: Page, family_app: str, family_runs: dict[str, Run]
) -> None:
    if family not in CONTINUOUS:
        page.goto(f"{family_app}/explore?run=small-{family}")
        expect(page.get_by_text("are discrete")).to_be_visible(timeout=60_000)
        return
    page = explore(page, family_app, family)
    assert_picture(page, load_model(family_runs[family].directory))
    page.locator(MAP).click(position={"x": 210, "y": 190})
    page.wait_for_timeout(200)
    label = int(page.locator(ROOT).get_attribute("data-label") or 0)
    assert_picture(page, load_model(family_runs[family].directory), label)
    expect(page.get_by_test_id("python-answer")).to_have_attribute(
        "data-z", page.locator(ROOT).get_attribute("data-z") or ""
    )


def test_label_stands_in_the_address_and_survives(
    page: Page, family_app: str, browser: Browser
) -> None:
    page = explore(page, family_app, "cvae")
    page.get_by_test_id("label-7").check(force=True)
    expect(page).to_have_url(re.compile(r"[?&]label=7"))
    expect(page.get_by_test_id("python-answer")).to_contain_text("under the label 7")
    page.get_by_test_id("latent-slider-1").fill("0.5")
    expect(page).to_have_url(re.compile(r"[?&]z=0\.500"))
    other = browser.new_context().new_page()
    other.goto(page.url)
    other.locator(f"{ROOT}[data-ready=true]").wait_for()
    assert other.get_by_test_id("label-7").is_checked()
    assert shown_z(other) == [0.5, 0]
    other.context.close()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Your models")).to_be_visible()
    go_to(page, "Explore", "Latent map")
    page.get_by_test_id("label-7").wait_for()
    assert page.get_by_test_id("label-7").is_checked()
    assert shown_z(page) == [0.5, 0]
    # The code's own label is told when the code is clicked, and Python knows both.
    page.locator(MAP).click(position={"x": 300, "y": 300})
    page.wait_for_timeout(300)
    label = page.locator(ROOT).get_attribute("data-label")
    expect(page).to_have_url(re.compile(rf"[?&]label={label}"))
