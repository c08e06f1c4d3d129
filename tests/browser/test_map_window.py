"""The latent map's modes, legend and zoom, under mouse, finger and keys."""

import numpy as np
import pytest
import torch
from map_page import (
    ROOT,
    Made,
    Open,
    assert_picture,
    at,
    box,
    layer,
    next_frame,
    overlap,
    sent,
    shown_z,
    wait_for_display,
    zoom_of,
)


def test_tiles_come_first_and_the_rest_is_one_press_away(open_clumps: Open) -> None:
    page = open_clumps(2)
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


def test_legend_brings_forward_and_isolates(open_clumps: Open) -> None:
    page = open_clumps(2, data={"display": {"mode": "codes"}})
    frame, legend = box(page, "[data-testid=map-frame]"), box(page, ".legend")
    assert overlap(frame, legend)
    assert legend["y"] >= frame["y"]
    assert legend["y"] + legend["height"] <= frame["y"] + frame["height"]
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


def test_the_wheel_zooms_where_the_pointer_is(open_clumps: Open, clumps: dict[int, Made]) -> None:
    page = open_clumps(2)
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
    assert_picture(page, clumps[2][0])
    page.mouse.up()
    assert wait_for_display(page, "return d?.zoom")["zoom"][0] == pytest.approx(3.32, abs=0.05)


def test_tiles_are_redrawn_for_the_window(open_clumps: Open, clumps: dict[int, Made]) -> None:
    page = open_clumps(2, data={"display": {"zoom": [4, 1.0, -1.0]}})
    page.wait_for_selector('[data-tiles="done"]')
    width, height, levels = page.locator('[data-ref="tiles"]').evaluate(
        """c => [c.width, c.height,
          Array.from(c.getContext("2d").getImageData(28, 0, 28, 28).data)]"""
    )
    columns, rows = width // 28, height // 28
    z = [1 + (3 / columns - 1) * 0.75, -1 + (1 - 1 / rows) * 0.75]
    with torch.no_grad():
        expected = clumps[2][0].generate(torch.tensor([z]))[0, 0].numpy() * 255
    assert np.abs(np.array(levels).reshape(28, 28, 4)[..., 0] - expected).max() < 0.6


def test_buttons_keys_and_double_press(open_clumps: Open) -> None:
    page = open_clumps(2)
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


def test_shift_and_drag_pans(open_clumps: Open) -> None:
    page = open_clumps(2, data={"display": {"zoom": [3, 0, 0]}, "z": [0.25, 0.5]})
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, (0.5, 0.5)))
    page.mouse.down()
    page.mouse.move(*at(page, (0.25, 0.5)), steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert shown_z(page) == [0.25, 0.5]
    zoom = wait_for_display(page, "return d?.zoom && d.zoom[1] > 0.3")["zoom"]
    assert zoom == pytest.approx([3, 0.5, 0], abs=0.02)


def test_two_fingers_zoom_and_one_drags(open_clumps: Open) -> None:
    page = open_clumps(2, width=390, has_touch=True, is_mobile=True)
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


def test_zoomed_in_points_turn_into_pictures(open_clumps: Open) -> None:
    page = open_clumps(2, data={"display": {"mode": "codes"}})
    root = page.locator(ROOT)
    assert root.get_attribute("data-thumbnails") == "0"
    page.mouse.move(*at(page, (0.25, 0.25)))
    page.mouse.wheel(0, -700)
    page.wait_for_function(
        "Number(document.querySelector('#view').shadowRoot"
        ".querySelector('[data-testid=latent-view]').dataset.thumbnails) > 3"
    )
    assert layer(page, "thumbs") > 3 * 30 * 30
