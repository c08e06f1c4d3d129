"""The latent map's modes, zoom, names, axes and files, under mouse, finger and keys."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
import torch

from vae.config import ModelConfig
from vae.latent.density import CodeDensity
from vae.latent.export import run_payload
from vae.latent.extent import principal_axes
from vae.models import LatentModel, build
from vae.training.metrics import Codes

if TYPE_CHECKING:
    from conftest import ComponentServer
    from playwright.sync_api import Browser, Page

Made = tuple[LatentModel, np.ndarray, np.ndarray, np.ndarray, bytes]
Open = Callable[..., "Page"]
ROOT = "[data-testid=latent-view]"
CODES = 600


def make(latent_dim: int) -> Made:
    """A model, mu, logvar and labels of codes in three clumps, and its payload."""
    torch.manual_seed(latent_dim)
    model = build(ModelConfig(hidden=(64, 32), latent_dim=latent_dim)).eval()
    rng = np.random.default_rng(latent_dim)
    label = np.arange(CODES) % 3
    centres = np.array([[-1.5], [0], [1.5]]) * np.linspace(1, -1, latent_dim)
    mu = (centres[label] + rng.normal(size=(CODES, latent_dim)) * 0.2).astype(np.float32)
    logvar = np.full_like(mu, -3)
    payload = run_payload(
        f"w{latent_dim}", model, mu, logvar, label, ["ant", "bee", "cow"], title="t"
    )
    return model, mu, logvar, label, payload


@pytest.fixture(scope="module")
def made() -> dict[int, Made]:
    return {latent_dim: make(latent_dim) for latent_dim in (1, 2, 5)}


@pytest.fixture
def open_map(
    browser: Browser, component_server: ComponentServer, made: dict[int, Made]
) -> Iterator[Open]:
    """Open the harness with a model of some latent size; fail on any error in the page."""
    contexts = []
    errors: list[str] = []

    def open_page(latent_dim: int = 2, data: Any = None, width: int = 1280, **more: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **more))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        url = component_server.add(f"w{latent_dim}", made[latent_dim][-1])
        page.goto(url + (f"&data={quote(json.dumps(data))}" if data else ""))
        page.wait_for_selector(f"{ROOT}[data-ready=true]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def shown_z(page: Page) -> list[float]:
    text = page.locator(ROOT).get_attribute("data-z") or ""
    return [float(part) for part in text.split(",")]


def box(page: Page, selector: str = "[data-testid=latent-map]") -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def next_frame(page: Page) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def at(page: Page, share: tuple[float, float]) -> tuple[float, float]:
    area = box(page)
    return area["x"] + share[0] * area["width"], area["y"] + share[1] * area["height"]


def sent(page: Page, name: str = "display") -> Any:
    return page.evaluate("sent").pop() if name is None else dict(page.evaluate("sent")).get(name)


def wait_for_display(page: Page, words: str) -> Any:
    page.wait_for_function(f"(() => {{ const d = Object.fromEntries(sent).display; {words} }})()")
    return sent(page)


def zoom_of(page: Page) -> float:
    return float(page.locator(ROOT).get_attribute("data-zoom") or 0)


def assert_picture(page: Page, model: LatentModel) -> None:
    """The picture shows what torch decodes at the z that is shown."""
    levels = page.get_by_test_id("decoded-image").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    picture = np.array(levels).reshape(28, 28, 4)[..., 0]
    with torch.no_grad():
        expected = model.generate(torch.tensor([shown_z(page)]))[0, 0].numpy() * 255
    assert np.abs(picture - expected).max() < 0.55


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0 and down > 0


# Names of classes, and the honest cursor --------------------------------------------------------


def test_classes_are_named_where_they_are_the_majority(
    open_map: Open, made: dict[int, Made]
) -> None:
    page = open_map(2)
    _, mu, _, label, _ = made[2]
    names = page.get_by_test_id("class-label")
    assert names.count() == 3
    boxes = []
    for name in names.all():
        assert name.is_visible()
        boxes.append(dict(name.bounding_box() or {}))
        z = np.array([float(part) for part in (name.get_attribute("data-z") or "").split(",")])
        nearest = np.argsort(((mu - z) ** 2).sum(1))[:50]
        assert (label[nearest] == int(name.get_attribute("data-class") or -1)).mean() > 0.5
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    # The cursor on a name's very place: the name makes way.
    middle = boxes[0]["x"] + boxes[0]["width"] / 2, boxes[0]["y"] + boxes[0]["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    next_frame(page)
    cursor = box(page, "[data-testid=cursor]")
    for name in names.all():
        if name.is_visible():
            assert not overlap(dict(name.bounding_box() or {}), cursor)
    page.mouse.up()


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_the_cursor_says_what_python_says(
    latent_dim: int, open_map: Open, made: dict[int, Made]
) -> None:
    _, mu, logvar, _, _ = made[latent_dim]
    density = CodeDensity(Codes(torch.from_numpy(mu), torch.from_numpy(logvar)))
    page = open_map(latent_dim)
    rng = np.random.default_rng(0)
    near = mu[rng.integers(0, CODES, 12)] + rng.normal(size=(12, latent_dim)) * 0.3
    for turn, z in enumerate([*near.round(3), np.full(latent_dim, 2.9)]):
        page.evaluate("([z, turn]) => rerun({ z, revision: `r${turn}` })", [z.tolist(), turn])
        next_frame(page)
        place = torch.tensor(np.array([shown_z(page)]))
        root = page.locator(ROOT)
        typicality = float(root.get_attribute("data-typicality") or -1)
        assert typicality == pytest.approx(float(density.typicality(place)), abs=2e-3)
        inside = root.get_attribute("data-inside") == "true"
        assert inside == bool(density.is_near(place))


# Modes, legend, opacity -------------------------------------------------------------------------


def layer(page: Page, ref: str) -> int:
    """How many pixels of a layer are drawn on."""
    count: int = page.locator(f'[data-ref="{ref}"]').evaluate(
        """c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
             let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n; }"""
    )
    return count


def test_tiles_come_first_and_the_rest_is_one_press_away(open_map: Open) -> None:
    page = open_map(2)
    root = page.locator(ROOT)
    assert root.get_attribute("data-mode") == "tiles"
    assert page.locator('[data-ref="tiles"]').is_visible()
    bare = layer(page, "ground")
    assert page.get_by_test_id("opacity").count() == 0
    page.get_by_text("Points", exact=True).click()
    next_frame(page)
    assert not page.locator('[data-ref="tiles"]').is_visible()
    assert layer(page, "ground") > bare
    assert sent(page)["mode"] == "codes"
    page.keyboard.press("ArrowRight")
    next_frame(page)
    page.wait_for_function(
        "!isNaN(Number(document.querySelector('#view').shadowRoot"
        ".querySelector('[data-testid=latent-view]').dataset.thumbnails))"
    )
    assert root.get_attribute("data-mode") == "pictures"
    assert int(root.get_attribute("data-thumbnails") or 0) > 10
    assert layer(page, "thumbs") > 10 * 30 * 30
    page.keyboard.press("ArrowRight")
    next_frame(page)
    opaque = layer(page, "ground")
    page.get_by_test_id("opacity").fill("0")
    next_frame(page)
    assert layer(page, "ground") < opaque
    assert sent(page) == {**sent(page), "mode": "both", "opacity": 0}


def test_legend_brings_forward_and_isolates(open_map: Open) -> None:
    page = open_map(2, data={"display": {"mode": "codes"}})
    frame, legend = box(page, "[data-testid=map-frame]"), box(page, ".legend")
    assert overlap(frame, legend)
    assert legend["y"] >= frame["y"]
    assert legend["y"] + legend["height"] <= frame["y"] + frame["height"]
    drawn = page.evaluate_handle("() => document.querySelector('#view').shadowRoot")
    everyone = layer(page, "ground")
    bee = page.get_by_role("button", name="bee")
    bee.hover()
    next_frame(page)
    assert sent(page) is None
    assert layer(page, "ground") > 0.9 * everyone
    bee.click()
    page.mouse.move(1, 1)
    next_frame(page)
    assert sent(page)["focus"] == 1
    assert bee.get_attribute("aria-pressed") == "true"
    assert layer(page, "ground") < everyone
    assert page.get_by_test_id("class-label").all_inner_texts() == ["bee"]
    page.keyboard.press("Enter")
    next_frame(page)
    assert sent(page)["focus"] is None
    assert drawn is not None


# Zoom and pan -----------------------------------------------------------------------------------


def test_the_wheel_zooms_where_the_pointer_is(open_map: Open, made: dict[int, Made]) -> None:
    page = open_map(2)
    spot = at(page, (0.7, 0.3))
    page.mouse.click(*spot)
    next_frame(page)
    page.keyboard.press("Escape")
    before = shown_z(page)
    page.mouse.move(*spot)
    page.mouse.wheel(0, 300)  # nothing to zoom out of
    next_frame(page)
    assert zoom_of(page) == 1
    page.mouse.wheel(0, -600)
    next_frame(page)
    assert zoom_of(page) == pytest.approx(np.exp(1.2), rel=0.02)
    page.mouse.down()
    page.mouse.move(spot[0] + 60, spot[1], steps=3)
    next_frame(page)
    # 60 pixels of the zoomed window are so much of z1.
    width = 6 / zoom_of(page)
    assert shown_z(page)[0] - before[0] == pytest.approx(60 / box(page)["width"] * width, abs=0.05)
    assert_picture(page, made[2][0])
    page.mouse.up()
    assert wait_for_display(page, "return d?.zoom")["zoom"][0] == pytest.approx(3.32, abs=0.05)


def test_tiles_are_redrawn_for_the_window(open_map: Open, made: dict[int, Made]) -> None:
    page = open_map(2, data={"display": {"zoom": [4, 1.0, -1.0]}})
    page.wait_for_selector('[data-tiles="done"]')
    width, height, levels = page.locator('[data-ref="tiles"]').evaluate(
        """c => [c.width, c.height,
          Array.from(c.getContext("2d").getImageData(28, 0, 28, 28).data)]"""
    )
    columns, rows = width // 28, height // 28
    z = [1 + (3 / columns - 1) * 0.75, -1 + (1 - 1 / rows) * 0.75]
    with torch.no_grad():
        expected = made[2][0].generate(torch.tensor([z]))[0, 0].numpy() * 255
    assert np.abs(np.array(levels).reshape(28, 28, 4)[..., 0] - expected).max() < 0.6


def test_buttons_keys_and_double_press(open_map: Open) -> None:
    page = open_map(2)
    page.get_by_test_id("zoom-in").click()
    assert zoom_of(page) == 1.5
    page.locator("[data-testid=latent-map]").focus()
    page.keyboard.press("+")
    next_frame(page)
    assert zoom_of(page) == 2.25
    page.keyboard.press("-")
    page.keyboard.press("-")
    next_frame(page)
    assert zoom_of(page) == 1
    page.mouse.dblclick(*at(page, (0.25, 0.25)))
    next_frame(page)
    assert zoom_of(page) == 2
    page.keyboard.press("0")
    next_frame(page)
    assert zoom_of(page) == 1
    # Arrow keys take the window along.
    for _ in range(6):
        page.keyboard.press("+")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    next_frame(page)
    area, cursor = box(page), box(page, "[data-testid=cursor]")
    middle = cursor["x"] + cursor["width"] / 2
    assert area["x"] <= middle <= area["x"] + area["width"]


def test_shift_and_drag_pans(open_map: Open) -> None:
    page = open_map(2, data={"display": {"zoom": [3, 0, 0]}, "z": [0.25, 0.5]})
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, (0.5, 0.5)))
    page.mouse.down()
    page.mouse.move(*at(page, (0.25, 0.5)), steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert shown_z(page) == [0.25, 0.5]
    zoom = wait_for_display(page, "return d?.zoom && d.zoom[1] > 0.3")["zoom"]
    assert zoom == pytest.approx([3, 0.5, 0], abs=0.02)


def test_two_fingers_zoom_and_one_drags(open_map: Open) -> None:
    page = open_map(2, width=390, has_touch=True, is_mobile=True)
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    x, y = at(page, (0.5, 0.5))
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 5):
        touch("touchMove", (x - 20 - 10 * step, y), (x + 20 + 10 * step, y))
    touch("touchEnd")
    next_frame(page)
    assert zoom_of(page) == pytest.approx(3, rel=0.1)


def test_zoomed_in_points_turn_into_pictures(open_map: Open) -> None:
    page = open_map(2, data={"display": {"mode": "codes"}})
    root = page.locator(ROOT)
    assert root.get_attribute("data-thumbnails") == "0"
    page.mouse.move(*at(page, (0.25, 0.25)))
    page.mouse.wheel(0, -700)
    page.wait_for_function(
        "Number(document.querySelector('#view').shadowRoot"
        ".querySelector('[data-testid=latent-view]').dataset.thumbnails) > 3"
    )
    assert layer(page, "thumbs") > 3 * 30 * 30


# More than two dimensions -----------------------------------------------------------------------


def test_dragging_along_principal_components_decodes(open_map: Open, made: dict[int, Made]) -> None:
    model, mu, _, _, _ = made[5]
    page = open_map(5)
    page.get_by_test_id("axis-x").select_option("pca")
    next_frame(page)
    assert page.get_by_test_id("axis-y").input_value() == "pca"
    assert sent(page)["axes"] == "pca"
    axes = principal_axes(mu)
    page.mouse.move(*at(page, (0.5, 0.5)))
    page.mouse.down()
    page.mouse.move(*at(page, (0.75, 0.4)), steps=4)
    next_frame(page)
    z = np.array(shown_z(page))
    half = max(3.0, float(np.ceil(2 * np.abs(mu @ axes.T).max()) / 2))
    np.testing.assert_allclose(axes @ z, [0.5 * half, 0.2 * half], atol=0.03)
    np.testing.assert_allclose(z, axes.T @ (axes @ z), atol=2e-3)
    assert_picture(page, model)
    page.mouse.up()
    page.get_by_test_id("axis-y").select_option("3")
    next_frame(page)
    assert page.get_by_test_id("axis-y").input_value() == "3"
    assert page.get_by_test_id("axis-x").input_value() != "pca"


def test_dimensions_have_names_and_pictures_of_their_ends(
    open_map: Open, made: dict[int, Made]
) -> None:
    page = open_map(5, data={"z": [0.5, 0, 0, 0, 0]})
    page.get_by_test_id("name-2").click()
    page.keyboard.type("slant: or not")
    page.keyboard.press("Enter")
    slider = page.get_by_test_id("latent-slider-2")
    assert slider.get_attribute("aria-label") == "slant  or not (z2)"
    assert sent(page)["names"] == {"1": "slant  or not"}
    page.get_by_test_id("name-1").click()
    page.keyboard.type("width")
    page.keyboard.press("Escape")
    assert page.get_by_test_id("name-1").inner_text() == "z1"
    page.wait_for_timeout(300)
    low = float(slider.get_attribute("min") or 0)
    levels = page.locator('.slider[data-dim="1"] canvas.low').evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data)"
    )
    with torch.no_grad():
        expected = made[5][0].generate(torch.tensor([[0.5, low, 0, 0, 0]]))[0, 0].numpy() * 255
    assert np.abs(np.array(levels).reshape(28, 28, 4)[..., 0] - expected).max() < 0.55
    for dim in range(1, 6):
        slider = page.get_by_test_id(f"latent-slider-{dim}")
        slider.scroll_into_view_if_needed()
        assert slider.is_visible()


# Links and files --------------------------------------------------------------------------------


def test_what_python_names_is_shown_and_not_told_back(open_map: Open) -> None:
    display = {
        "mode": "both",
        "axes": [3, 1],
        "zoom": [2.5, 0.5, -0.25],
        "opacity": 35,
        "focus": 2,
        "names": {"3": "slant"},
    }
    page = open_map(5, data={"display": display})
    next_frame(page)
    root = page.locator(ROOT)
    assert root.get_attribute("data-mode") == "both"
    assert zoom_of(page) == 2.5
    assert page.get_by_test_id("opacity").input_value() == "35"
    assert page.get_by_test_id("axis-x").input_value() == "3"
    assert page.get_by_test_id("name-4").inner_text() == "slant"
    assert page.get_by_role("button", name="cow").get_attribute("aria-pressed") == "true"
    assert page.evaluate("sent") == []
    page.get_by_role("button", name="cow").click()
    assert sent(page) == {**display, "focus": None}


def test_files_of_what_is_seen(open_map: Open, made: dict[int, Made]) -> None:
    _, mu, _, label, _ = made[2]
    page = open_map(2, data={"display": {"zoom": [3, 1.5, -1.5], "names": {"0": "a,b"}}})
    page.wait_for_selector('[data-tiles="done"]')
    page.get_by_test_id("save").click()
    with page.expect_download() as download:
        page.get_by_test_id("save-codes").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert rows[0] == ["index", "label", "class", "a,b", "z2"]
    seen = (np.abs(mu - [1.5, -1.5]) <= 1).all(1)
    assert [int(row[0]) for row in rows[1:]] == np.flatnonzero(seen).tolist()
    assert [int(row[1]) for row in rows[1:]] == label[seen].tolist()
    for name, end in (("save-map", "t-map.png"), ("save-picture", ".png")):
        with page.expect_download() as download:
            page.get_by_test_id(name).click()
        assert download.value.suggested_filename.endswith(end)
        assert download.value.path().read_bytes().startswith(b"\x89PNG")
