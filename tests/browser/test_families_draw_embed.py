"""Draw and Embeddings of families whose codes are no clouds, or that are told a label."""

import re

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
DRAW = "[data-testid=draw-view]"
SCATTER = "[data-testid=scatter]"
FAMILIES = ("cvae", "ae", "vq-vae")


def draw_a_bar(page: Page) -> None:
    pad = page.locator("[data-testid=draw-pad]")
    box = pad.bounding_box()
    assert box
    across = box["x"] + box["width"] / 2
    page.mouse.move(across, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(across, box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    page.locator(f"{DRAW}[data-state=read]").wait_for()


@pytest.mark.parametrize("family", FAMILIES)
def test_draw(family: str, family_app: str, page: Page) -> None:
    page.goto(f"{family_app}/draw?run=small-{family}")
    page.locator(f"{DRAW}[data-ready=true]").wait_for(timeout=60_000)
    draw_a_bar(page)
    name = "Reconstruction loss" if family == "ae" else "ELBO"
    mark = page.get_by_role("img", name=re.compile(f"^{name} of test images from"))
    expect(mark).to_be_visible(timeout=30_000)
    expect(page.locator("[data-testid=draw-elbo]")).to_contain_text(
        "Mean squared error" if family == "ae" else "nats"
    )
    told = page.locator("[data-testid=draw-told]")
    if family == "cvae":
        expect(told).to_contain_text("Read as class")
    else:
        expect(told).to_be_hidden()
    expect(page.locator("[data-testid=draw-near] li canvas")).to_have_count(5)
    # Both pictures side by side, whatever their captions say.
    seen, recon = (
        page.locator(f"[data-testid={canvas}]").bounding_box()
        for canvas in ("seen-image", "recon-image")
    )
    assert seen
    assert recon
    assert seen["y"] == recon["y"]
    chart = page.locator("[data-testid=draw-map]")
    if family == "vq-vae":
        expect(page.get_by_text("There is no map")).to_be_visible()
        expect(chart).to_be_hidden()
        return
    hint = page.locator(f"{DRAW} .hint")
    expect(hint).to_contain_text("Shaded: 1 and 2 sigma" if family == "cvae" else "a point")
    box, cursor = chart.bounding_box(), page.locator(f"{DRAW} .cursor").bounding_box()
    assert box
    assert cursor
    middle = cursor["x"] + cursor["width"] / 2, cursor["y"] + cursor["height"] / 2
    # Wherever its codes lie, the map holds the drawing.
    assert box["x"] <= middle[0] <= box["x"] + box["width"]
    assert box["y"] <= middle[1] <= box["y"] + box["height"]


def test_from_a_run_without_a_map_to_one_with_it(family_app: str, page: Page) -> None:
    page.goto(f"{family_app}/draw?run=small-vq-vae")
    expect(page.get_by_text("There is no map")).to_be_visible(timeout=60_000)
    draw_a_bar(page)
    page.get_by_test_id("stSelectbox").get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("^small-ae")).click()
    expect(page.locator("[data-testid=draw-map]")).to_be_visible()
    expect(page.get_by_text("There is no map")).to_be_hidden()
    expect(page.locator(f"{DRAW} .hint")).to_contain_text("Cross: its code")
    page.get_by_test_id("stSelectbox").get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("^small-vq-vae")).click()
    expect(page.get_by_text("There is no map")).to_be_visible()
    expect(page.locator("[data-testid=draw-map]")).to_be_hidden()


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings(family: str, family_app: str, page: Page) -> None:
    page.goto(f"{family_app}/embeddings?run=small-{family}&colour=recon_loss")
    page.locator(f"{SCATTER}[data-ready=true]").wait_for(timeout=60_000)
    unit = "mean squared error per pixel" if family == "ae" else "nats"
    expect(page.locator("[data-testid=scale]")).to_contain_text(unit, timeout=30_000)
    plot = page.locator("[data-testid=scatter-plot]")
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(f"{SCATTER}:not([data-answered=''])").wait_for()
    expect(page.locator("[data-testid=picked-recon]")).to_be_visible()
    expect(page.locator("[data-testid=picked-kl]")).to_have_text(
        "n/a" if family == "ae" else re.compile("nats$")
    )
    loss = re.compile(r"^0\.\d{5}$" if family == "ae" else "nats$")
    expect(page.locator("[data-testid=picked-loss]")).to_have_text(loss)
    box = plot.bounding_box()
    assert box
    places = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)]
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.keyboard.down("Shift")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.locator(f"{SCATTER}:not([data-group-answered=''])").wait_for()
    note = page.locator("[data-testid=group-note]")
    decode = page.get_by_role("img", name="Decode of the mean of the selected codes")
    if family == "vq-vae":
        expect(note).to_contain_text("not applicable")
        expect(decode).to_be_hidden()
        expect(page.locator("[data-testid=open-in-explore]")).to_be_hidden()
        return
    expect(decode).to_be_visible()
    if family == "cvae":
        expect(note).to_contain_text("under the most frequent label")
    page.locator("[data-testid=open-in-explore]").click()
    expect(page).to_have_url(
        re.compile(r"/explore\?.*label=\d" if family == "cvae" else "/explore")
    )
    expect(page.locator("[data-testid=python-answer]")).to_be_visible(timeout=30_000)
