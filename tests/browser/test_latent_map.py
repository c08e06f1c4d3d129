"""The latent map under mouse, finger and keys, outside Streamlit."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from vae.config import ModelConfig
from vae.latent.export import run_payload
from vae.models import LatentModel, build
from vae.models.losses import bernoulli_nll

if TYPE_CHECKING:
    from conftest import ComponentServer
    from playwright.sync_api import Browser, Page

CODES = 300


def make(latent_dim: int) -> tuple[LatentModel, np.ndarray, bytes]:
    """A model, its test codes in three clumps, and its payload."""
    torch.manual_seed(latent_dim)
    model = build(ModelConfig(hidden=(64, 32), latent_dim=latent_dim)).eval()
    rng = np.random.default_rng(latent_dim)
    label = np.arange(CODES) % 3
    centres = rng.normal(size=(3, latent_dim)) + np.array([[-2], [0], [2]])
    mu = (centres[label] * 0.7 + rng.normal(size=(CODES, latent_dim)) * 0.1).astype(np.float32)
    logvar = np.full_like(mu, -3)
    if latent_dim > 2:
        mu[:, 0] = 0  # a collapsed dimension
        logvar[:, 0] = 0
    names = ["ant", "bee", "cow"]
    return model, mu, run_payload(f"run{latent_dim}", model, mu, logvar, label, names, title="t")


@pytest.fixture(scope="session")
def made() -> dict[int, tuple[LatentModel, np.ndarray, bytes]]:
    return {latent_dim: make(latent_dim) for latent_dim in (1, 2, 20, 1024)}


Open = Callable[..., "Page"]


@pytest.fixture
def open_map(
    browser: Browser,
    component_server: ComponentServer,
    made: dict[int, tuple[LatentModel, np.ndarray, bytes]],
) -> Iterator[Open]:
    """Open the harness with a model of some latent size; fail on any error in the page."""
    contexts = []
    errors: list[str] = []

    def open_page(
        latent_dim: int = 2, width: int = 1280, options: str = "", data: Any = None, **context: Any
    ) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **context))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        url = component_server.add(f"run{latent_dim}", made[latent_dim][2])
        page.goto(url + options + (f"&data={quote(json.dumps(data))}" if data else ""))
        page.wait_for_selector('[data-testid="latent-view"][data-ready="true"]')
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def shown_z(page: Page) -> list[float]:
    text = page.get_by_test_id("latent-view").get_attribute("data-z")
    assert text is not None
    return [float(part) for part in text.split(",")]


def pixels(page: Page) -> np.ndarray:
    """Grey levels of the picture."""
    levels = page.get_by_test_id("decoded-image").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    return np.array(levels).reshape(28, 28, 4)[..., 0]


def decoded(model: LatentModel, z: list[float]) -> np.ndarray:
    with torch.no_grad():
        return model.generate(torch.tensor([z]))[0, 0].numpy()


def assert_picture(page: Page, model: LatentModel) -> None:
    """The picture shows what torch decodes at the z that is shown."""
    assert np.abs(pixels(page) - 255 * decoded(model, shown_z(page))).max() < 0.55


def box(page: Page) -> dict[str, float]:
    found = page.get_by_test_id("latent-map").bounding_box()
    assert found is not None
    return dict(found)


def next_frame(page: Page) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def at(page: Page, z: list[float], half: float = 3.0) -> tuple[float, float]:
    """Where a place of the plane stands in the window."""
    area = box(page)
    up = z[1] if len(z) > 1 else 0
    x = area["x"] + (z[0] / half + 1) / 2 * area["width"]
    return x, area["y"] + (1 - up / half) / 2 * area["height"]


@pytest.mark.parametrize("options", ["", "&late=1"])
def test_drag_decodes_live_and_tells_python_once(
    open_map: Open, made: dict[int, Any], options: str
) -> None:
    page = open_map(2, options=options, data={"z": [0.3, -1.2]})
    model = made[2][0]
    assert page.get_by_test_id("latent-view").get_attribute("data-z") == "0.300,-1.200"
    assert_picture(page, model)
    page.mouse.move(*at(page, [2.5, 2.5]))
    page.mouse.down()
    for z in ([2.0, 2.0], [-2.5, 1.0], [-2.8, -2.8]):
        page.mouse.move(*at(page, z), steps=3)
        next_frame(page)
        assert shown_z(page) == pytest.approx(z, abs=0.02)
        assert_picture(page, model)
        assert page.evaluate("sent") == []
    page.mouse.up()
    assert page.evaluate("sent") == [["z", shown_z(page)]]
    for dim, value in enumerate(shown_z(page), start=1):
        assert float(page.get_by_test_id(f"latent-slider-{dim}").input_value()) == value


def test_finger_drags(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(2, width=390, has_touch=True, is_mobile=True, device_scale_factor=3)
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    before = page.evaluate("scrollY")
    touch("touchStart", at(page, [2.5, 2.5]))
    for step in range(6):
        touch("touchMove", at(page, [2.5 - step * 0.5, 2.5 - step]))
    next_frame(page)
    assert shown_z(page) == pytest.approx([0, -2.5], abs=0.03)
    assert_picture(page, made[2][0])
    touch("touchEnd")
    page.wait_for_function("sent.length === 1")
    assert page.evaluate("scrollY") == before


def test_phone_shows_picture_and_map_together(open_map: Open) -> None:
    for latent_dim in (1, 2, 20):
        page = open_map(latent_dim, width=390)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        area = box(page)
        picture = page.get_by_test_id("decoded-image").bounding_box()
        assert picture is not None
        assert picture["y"] >= 0
        assert area["y"] + area["height"] < 844
        slider = page.locator("input[type=range]:visible").first
        slider.scroll_into_view_if_needed()
        size = slider.bounding_box()
        assert size is not None
        assert size["width"] >= 240
        assert size["x"] + size["width"] <= 390


def test_keys(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(2)
    page.get_by_test_id("latent-map").focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    next_frame(page)
    assert shown_z(page) == [-0.05, 0.45]
    assert_picture(page, made[2][0])
    # Where keys come slower than the rest that they wait for, Python hears of places between.
    page.wait_for_function("sent.at(-1)?.[1][1] === 0.45 && sent.at(-1)[1][0] === -0.05")


def test_sliders(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(20)
    slider = page.get_by_test_id("latent-slider-7")
    expect(slider).to_be_hidden()
    page.get_by_test_id("all-sliders").click()
    assert slider.get_attribute("aria-label") == "z7"
    assert float(slider.get_attribute("step") or 1) <= 0.01
    slider.fill("1.234")
    next_frame(page)
    assert shown_z(page)[6] == 1.234
    assert_picture(page, made[20][0])
    page.wait_for_function("sent.length > 0")
    assert page.evaluate("sent.length") == 1


def test_click_selects_a_code_and_escape_returns(open_map: Open, made: dict[int, Any]) -> None:
    model, mu, _ = made[20]
    page = open_map(20)
    dims = [int(page.get_by_test_id(f"axis-{name}").input_value()) for name in "xy"]
    index = 5
    area = box(page)
    half = float(page.get_by_test_id("latent-slider-2").get_attribute("max") or 0)
    across, up = mu[index, dims].tolist()
    x = area["x"] + (across / half + 1) / 2 * area["width"]
    page.mouse.click(x, area["y"] + (1 - up / half) / 2 * area["height"])
    next_frame(page)
    selected = dict(page.evaluate("sent"))["selected"]
    assert shown_z(page) == pytest.approx(mu[selected].tolist(), abs=6e-4)
    assert page.evaluate("sent") == [["selected", selected], ["z", shown_z(page)]]

    image = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    answer = {"index": selected, "original": base64.b64encode(image.tobytes()).decode()}
    page.evaluate("a => rerun({ selected: a })", {**answer, "recon_loss": 9, "kl": 5, "note": "n"})
    next_frame(page)

    def expected_loss() -> float:
        with torch.no_grad():
            logits = model.decode(torch.tensor([shown_z(page)]))
        return bernoulli_nll(logits, torch.from_numpy(image) / 255).item()

    at_mu = expected_loss()
    assert page.get_by_test_id("loss-at-mu").inner_text() == f"{at_mu:.1f}"
    assert page.get_by_test_id("loss-here").inner_text() == f"{at_mu:.1f}"
    page.get_by_test_id("all-sliders").click()
    page.get_by_test_id("latent-slider-3").fill("-2.5")
    next_frame(page)
    assert page.get_by_test_id("loss-here").inner_text() == f"{expected_loss():.1f}"
    assert page.get_by_test_id("loss-at-mu").inner_text() == f"{at_mu:.1f}"
    page.keyboard.press("Escape")
    next_frame(page)
    assert shown_z(page) == [0.0] * 20
    assert page.evaluate("sent").pop() == ["z", [0] * 20]
    assert not page.get_by_test_id("selection").is_visible()


def test_note_in_place_of_an_original(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(2)
    page.mouse.click(*at(page, made[2][1][4].tolist()))
    index = dict(page.evaluate("sent"))["selected"]
    answer = {"index": index, "original": None, "note": "Not here."}
    page.evaluate("a => rerun({ selected: a })", answer)
    assert "Not here." in page.get_by_test_id("selection").inner_text()
    assert page.get_by_test_id("loss-at-mu").inner_text() == ""
    assert float(page.get_by_test_id("selection-kl").inner_text()) > 0
    assert not page.get_by_test_id("original-image").is_visible()


def test_a_rerun_keeps_the_readers_z_and_a_revision_changes_it(open_map: Open) -> None:
    page = open_map(2, data={"z": [1, 1]})
    page.get_by_test_id("latent-slider-1").fill("-0.5")
    page.evaluate("rerun({ z: [2, 2] })")
    next_frame(page)
    assert shown_z(page) == [-0.5, 1]
    page.evaluate("rerun({ z: [2, -2], revision: 'second' })")
    next_frame(page)
    assert shown_z(page) == [2, -2]


def test_buttons(open_map: Open, made: dict[int, Any]) -> None:
    model = made[2][0]
    page = open_map(2)
    page.get_by_test_id("sample-prior").click()
    next_frame(page)
    assert shown_z(page) != [0, 0]
    assert_picture(page, model)
    page.get_by_test_id("origin").click()
    next_frame(page)
    assert shown_z(page) == [0, 0]
    assert page.evaluate("sent.length") == 2

    page.locator("input[value=sample]").check(force=True)
    next_frame(page)
    first = pixels(page)
    assert set(np.unique(first)) <= {0, 255}
    page.get_by_test_id("sample-again").click()
    next_frame(page)
    assert (pixels(page) != first).any()
    page.locator("input[value=mean]").check(force=True)
    next_frame(page)
    assert_picture(page, model)


def test_walk_moves_until_a_key_and_then_tells_python(open_map: Open) -> None:
    page = open_map(2)
    page.get_by_test_id("walk").click()
    page.wait_for_timeout(400)
    moved = shown_z(page)
    assert moved != [0, 0]
    assert page.evaluate("sent") == []
    page.keyboard.press("Shift")
    next_frame(page)
    rest = shown_z(page)
    page.wait_for_timeout(150)
    assert shown_z(page) == rest
    assert page.evaluate("sent") == [["z", rest]]


@pytest.mark.parametrize("latent_dim", [1, 2, 20])
def test_tiles_are_what_torch_decodes(
    open_map: Open, made: dict[int, Any], latent_dim: int
) -> None:
    page = open_map(latent_dim)
    page.locator("input[value=tiles]").check(force=True)
    page.wait_for_selector('[data-tiles="done"]')
    width, height, levels = page.locator('[data-ref="tiles"]').evaluate(
        """c => [c.width, c.height,
          Array.from(c.getContext("2d").getImageData(28, 0, 28, 28).data)]"""
    )
    columns, rows = width // 28, height // 28
    half = float(
        page.get_by_test_id(
            "latent-slider-2" if latent_dim > 1 else "latent-slider-1"
        ).get_attribute("max")
        or 0
    )
    z = [0.0] * latent_dim
    dims = [0, 1][:latent_dim]
    if latent_dim > 2:
        dims = [int(page.get_by_test_id(f"axis-{name}").input_value()) for name in "xy"]
    z[dims[0]] = (3 / columns - 1) * half
    if latent_dim > 1:
        z[dims[1]] = (1 - 1 / rows) * half
    tile = np.array(levels).reshape(28, 28, 4)[..., 0]
    assert np.abs(tile - 255 * decoded(made[latent_dim][0], z)).max() < 0.55


def test_a_thousand_dimensions(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(1024)
    assert page.locator(".slider input[type=range]").count() == 1024
    assert page.get_by_test_id("latent-slider-1024").is_hidden()
    page.get_by_test_id("all-sliders").click()
    assert page.get_by_test_id("latent-slider-1024").is_visible()
    area = box(page)
    page.mouse.move(area["x"] + 100, area["y"] + 100)
    page.mouse.down()
    page.mouse.move(area["x"] + 300, area["y"] + 200, steps=5)
    page.mouse.up()
    next_frame(page)
    assert_picture(page, made[1024][0])
    # Collapsed dimensions stand last, greyed.
    assert "collapsed" in (page.locator(".slider").last.get_attribute("class") or "")


def test_a_line_is_dragged_sideways(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(1)
    area = box(page)
    half = float(page.get_by_test_id("latent-slider-1").get_attribute("max") or 0)
    page.mouse.move(area["x"] + 5, area["y"] + 5)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.75, area["y"] + 50, steps=4)
    next_frame(page)
    assert shown_z(page) == pytest.approx([half / 2], abs=0.02)
    assert_picture(page, made[1][0])


def test_honest_cursor(open_map: Open, made: dict[int, Any]) -> None:
    page = open_map(2, data={"z": made[2][1][0].tolist()})
    line = page.get_by_test_id("honest-cursor")
    assert "of test images lie in less dense places" in line.inner_text()
    assert "of class ant" in line.inner_text()
    page.evaluate("rerun({ z: [3, -3], revision: 'far' })")
    next_frame(page)
    assert line.inner_text().startswith("Outside the data: 99% of test images")


def test_accessible_names(open_map: Open) -> None:
    page = open_map(2)
    area = page.get_by_role("application")
    assert "latent space" in (area.get_attribute("aria-label") or "")
    assert area.get_attribute("tabindex") == "0"
    assert page.get_by_role("img", name="Decoded image").is_visible()
    for name in ("Sample the prior", "Origin", "Walk"):
        size = page.get_by_role("button", name=name).bounding_box()
        assert size is not None
        assert size["height"] >= 40


def test_unmount_stops_everything(open_map: Open) -> None:
    page = open_map(2)
    page.get_by_test_id("walk").click()
    page.evaluate("endView()")
    z = shown_z(page)
    page.wait_for_timeout(100)
    assert shown_z(page) == z
    page.evaluate("endCarrier()")
