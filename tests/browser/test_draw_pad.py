"""The Draw page in Chromium: mouse, finger and keys draw; the drawing comes back and is kept."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from drawing import (
    ONE,
    PAD,
    ROOT,
    ZERO,
    levels,
    open_draw,
    pad_point,
    stroke,
    wait_for_answer,
)
from paths import SHIPPED
from playwright.sync_api import Page, expect
from screen import go_to
from server import app_server

from vae.runs import open_run
from vae.runs.checkpoint import load_model

Touch = Callable[..., None]
pytestmark = pytest.mark.browser


def pad_ink(page: Page) -> float:
    return float((levels(page, "draw-pad") > 127).mean())


def bounds(image: np.ndarray[Any, Any]) -> tuple[int, int]:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_a_digit_comes_back_as_an_image_and_stands_on_the_map(page: Page, app: str) -> None:
    open_draw(page, app)
    expect(page.locator("[data-testid=invitation]")).to_have_text("Draw a digit here")
    expect(page.locator(ROOT)).to_have_attribute("data-state", "empty")
    expect(page.locator("[data-testid=draw-score]")).to_be_hidden()
    stroke(page, ONE)
    one = wait_for_answer(page)
    expect(page.locator("[data-testid=invitation]")).to_be_hidden()
    seen = levels(page, "seen-image")
    assert seen.shape == (28, 28)
    assert bounds(seen)[0] == 20
    assert bounds(seen)[1] < 6
    expect(page.locator("[data-testid=draw-near] li")).to_have_count(5)
    expect(page.locator("[data-testid=draw-near] li strong").first).to_have_text("1")
    expect(page.locator("[data-testid=draw-typical]")).to_contain_text("once the images of MNIST")
    expect(page.get_by_role("button", name="Get MNIST")).to_be_visible()
    # What is shown is what this model makes of what is shown.
    model = load_model(open_run("mnist-vae-2d", SHIPPED).directory)
    with torch.inference_mode():
        mu, _ = model.encode(torch.from_numpy(seen / 255).float()[None, None])
        recon = np.asarray(model.generate(mu)[0, 0].numpy() * 255)
    assert mu[0].tolist() == pytest.approx(one, abs=2e-3)
    np.testing.assert_allclose(levels(page, "recon-image"), recon, atol=1.5)

    page.locator("[data-testid=draw-clear]").click()
    stroke(page, ZERO)
    zero = wait_for_answer(page)
    assert np.hypot(zero[0] - one[0], zero[1] - one[1]) > 0.5
    expect(page.locator("[data-testid=draw-near] li strong").first).to_have_text("0")


def test_clear_undo_and_redo(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    stroke(page, ONE)
    first = wait_for_answer(page)
    stroke(page, [(0.3, 0.3), (0.7, 0.3)])
    second = wait_for_answer(page)
    assert first != second
    page.locator("[data-testid=draw-undo]").click()
    assert wait_for_answer(page) == first
    page.locator("[data-testid=draw-redo]").click()
    assert wait_for_answer(page) == second
    page.keyboard.press("Control+z")
    assert wait_for_answer(page) == first
    page.keyboard.press("Control+Shift+z")
    assert wait_for_answer(page) == second
    page.locator("[data-testid=draw-clear]").click()
    assert wait_for_answer(page) == []
    expect(page.locator(ROOT)).to_have_attribute("data-state", "empty")
    expect(page.locator("[data-testid=invitation]")).to_be_visible()
    expect(page.locator("[data-testid=draw-near]")).to_be_hidden()
    assert not levels(page, "seen-image").any()
    assert pad_ink(page) == 0
    # Clear can be undone too, and left the focus on its button.
    page.keyboard.press("Control+z")
    assert wait_for_answer(page) == second
    stroke(page, [(0.5, 0.5), (0.6, 0.6)])
    expect(page.locator("[data-testid=draw-redo]")).to_have_attribute("aria-disabled", "true")


def test_a_dot_and_a_stroke_that_leaves_the_pad(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    page.mouse.click(*pad_point(page, 0.1, 0.9))
    assert len(wait_for_answer(page)) == 2
    assert levels(page, "seen-image").max() == 255
    page.locator("[data-testid=draw-clear]").click()
    stroke(page, [(0.5, 0.5), (1.4, 0.5), (1.4, 1.3)])
    assert len(wait_for_answer(page)) == 2
    expect(page.locator(ROOT)).to_have_attribute("data-strokes", "1")


def test_pen_width(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    stroke(page, ONE)
    wait_for_answer(page)
    thin = pad_ink(page)
    page.locator("[data-testid=draw-clear]").click()
    page.locator("[data-testid=draw-pen]").fill("28")
    stroke(page, ONE)
    wait_for_answer(page)
    assert pad_ink(page) > 1.6 * thin


def test_keys_draw(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    page.locator(PAD).focus()
    for _ in range(2):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press(" ")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    # The answer follows to the last place, though the pen is still down.
    for _ in range(400):
        seen = levels(page, "seen-image")
        if seen.any() and bounds(seen)[1] < 4:
            break
        page.wait_for_timeout(25)
    assert bounds(seen)[1] < 4
    page.keyboard.press(" ")
    wait_for_answer(page)
    expect(page.locator(ROOT)).to_have_attribute("data-state", "read")
    high, wide = bounds(levels(page, "draw-pad") > 127)
    assert high > 3 * wide
    page.keyboard.press("ArrowRight")
    expect(page.locator(ROOT)).to_have_attribute("data-strokes", "1")


def test_the_drawing_is_kept_over_pages_and_runs(page: Page, app: str) -> None:
    open_draw(page, app)
    stroke(page, ZERO)
    mu = wait_for_answer(page)
    ink = pad_ink(page)
    seen = levels(page, "seen-image")
    link = page.get_by_role("link", name="Pin the drawing in Explore")
    place = ",".join(f"{value:.3f}" for value in mu)
    link.click()
    page.locator("[data-testid=latent-view][data-ready=true]").wait_for(timeout=60_000)
    expect(page.locator("[data-testid=latent-view]")).to_have_attribute("data-z", place)
    expect(page.get_by_test_id("selection")).to_contain_text("Pinned picture: not of the test set")
    np.testing.assert_array_equal(levels(page, "original-image"), seen)
    go_to(page, "Explore", "Draw")
    page.locator(f"{ROOT}[data-state=read]").wait_for(timeout=60_000)
    assert wait_for_answer(page) == mu
    np.testing.assert_array_equal(levels(page, "seen-image"), seen)
    assert pad_ink(page) == pytest.approx(ink, abs=1e-3)
    # It goes on from there, stroke by stroke.
    stroke(page, [(0.5, 0.5), (0.9, 0.9)])
    assert wait_for_answer(page) != mu
    page.locator("[data-testid=draw-undo]").click()
    assert wait_for_answer(page) == mu
    page.locator("[data-testid=draw-undo]").click()
    assert wait_for_answer(page) == []
    page.locator("[data-testid=draw-redo]").click()
    assert wait_for_answer(page) == mu
    # Another model reads the same drawing.
    page.get_by_test_id("stSelectbox").get_by_role("combobox").click()
    page.get_by_role("option", name="MNIST, 20 dimensions").click()
    expect(page.locator(ROOT)).to_have_attribute("data-mu", re.compile("^([^,]+,){19}[^,]+$"))
    np.testing.assert_array_equal(levels(page, "seen-image"), seen)
    expect(page.locator("[data-testid=axis-x]")).to_be_visible()
    page.locator("[data-testid=axis-x]").select_option(index=5)
    expect(page.locator("[data-testid=draw-map]")).to_have_attribute(
        "aria-label", re.compile(r"The drawing lies at z\d+ = ")
    )


def test_typical_among_test_images(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    stroke(page, ZERO)
    wait_for_answer(page)
    typical = page.locator("[data-testid=draw-typical]")
    expect(typical).to_contain_text("360 test images", timeout=30_000)
    expect(page.get_by_role("img", name=re.compile("ELBO of test images from"))).to_be_visible()
    page.locator("[data-testid=draw-pen]").fill("3")
    for row in (0.05, 0.35, 0.65, 0.95):
        stroke(page, [(0.05, row), (0.95, row)])
        stroke(page, [(row, 0.05), (row, 0.95)])
    wait_for_answer(page)
    expect(typical).to_contain_text("Unlike anything it was trained on")


def test_a_finger_draws_and_the_page_stays(phone: Page, touch: Touch, app: str) -> None:
    open_draw(phone, app)
    main = "document.querySelector('[data-testid=stMain]')"
    scrolled = phone.evaluate(f"{main}.scrollTop")
    touch("touchStart", pad_point(phone, *ZERO[0]))
    for point in ZERO[1:]:
        touch("touchMove", pad_point(phone, *point))
        phone.wait_for_timeout(15)
    touch("touchEnd")
    assert len(wait_for_answer(phone)) == 2
    assert phone.evaluate(f"{main}.scrollTop") == scrolled
    assert bounds(levels(phone, "draw-pad") > 127)[0] > 150
    expect(phone.locator("[data-testid=draw-near] li strong").first).to_have_text("0")
    # Pad and answer are in sight together, and nothing sticks out.
    expect(phone.locator(PAD)).to_be_in_viewport()
    expect(phone.locator("[data-testid=recon-image]")).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    for name in ("draw-undo", "draw-redo", "draw-clear", "draw-pen"):
        box = phone.locator(f"[data-testid={name}]").bounding_box()
        assert box
        assert box["height"] >= 40


def test_while_a_stroke_is_drawn_the_answer_follows(page: Page, app: str) -> None:
    open_draw(page, app, "digits-vae-2d")
    page.mouse.move(*pad_point(page, *ZERO[0]))
    page.mouse.down()
    for point in ZERO[1:]:
        page.mouse.move(*pad_point(page, *point), steps=2)
        page.wait_for_timeout(60)
    expect(page.locator(ROOT)).to_have_attribute("data-state", "read")
    page.mouse.up()
    assert len(wait_for_answer(page)) == 2


def test_a_stroke_sends_little(page: Page, received: list[int], app: str) -> None:
    open_draw(page, app)
    page.wait_for_timeout(500)
    received.clear()
    stroke(page, ZERO)
    wait_for_answer(page)
    assert received
    assert max(received) < 20_000


def test_deep_link_on_a_cold_server_shows_the_whole_page(page: Page) -> None:
    with app_server() as url:
        open_draw(page, url, "digits-vae-2d")
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        # All of the page is here before its server goes.
        page.get_by_test_id("toolbar").wait_for()
        expect(page.get_by_role("heading", name="Draw", exact=True)).to_be_visible()
