"""The time machine and the path of the Explore page in Chromium."""

import io
import re
from pathlib import Path

import pytest
from family_runs import create_run, make_run
from PIL import Image
from playwright.sync_api import Page, expect

from vae.analysis.film import COLUMNS, MOST_PLACES
from vae.runs import Run, open_run, queue

pytestmark = pytest.mark.browser
ROOT = "[data-testid=latent-view]"
MAP = "[data-testid=latent-map]"
TEXT = "[data-testid=epochs-text]"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "four", epochs=4, latent_dim=2)
    make_run(folder, "deep", epochs=2, latent_dim=3)
    return folder


def explore(page: Page, app: str, run: str, query: str = "") -> Page:
    page.goto(f"{app}/explore?run={run}{query}")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)
    return page


def ground(page: Page) -> str:
    """Return what stands on the layer of the points."""
    url: str = page.locator(ROOT).evaluate(
        "root => root.querySelector('[data-ref=ground]').toDataURL()"
    )
    return url


def test_the_codes_glide_from_epoch_to_epoch(page: Page, app: str) -> None:
    explore(page, app, "four")
    page.get_by_test_id("epochs").click()
    # They come on demand and play from the first epoch to the last.
    expect(page.locator(TEXT)).to_have_text("Epoch 4 of 4", timeout=30_000)
    expect(page.get_by_test_id("epochs-play")).to_have_text("Play")
    expect(page).to_have_url(re.compile("epoch=4"))
    last = ground(page)
    slider = page.get_by_test_id("epochs-slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(TEXT)).to_have_text("Epoch 0 of 4")
    assert ground(page) != last
    # An older epoch has codes alone: the tiles are of the newest weights.
    expect(page.locator("[data-ref=tiles]")).to_be_hidden()
    expect(page).to_have_url(re.compile("epoch=0"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(TEXT)).to_have_text("Epoch 1 of 4")
    page.keyboard.press("End")
    expect(page.locator("[data-ref=tiles]")).to_be_visible()
    page.get_by_test_id("epochs").click()
    expect(page.get_by_test_id("epochs-bar")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("epoch="))


def test_a_link_shows_its_epoch(page: Page, app: str) -> None:
    explore(page, app, "four", "&epoch=3")
    expect(page.locator(TEXT)).to_have_text("Epoch 3 of 4", timeout=30_000)
    expect(page.get_by_test_id("epochs-play")).to_have_text("Play")
    here = ground(page)
    page.get_by_test_id("epochs-slider").press("Home")
    expect(page.locator(TEXT)).to_have_text("Epoch 0 of 4")
    assert ground(page) != here


def test_principal_components_have_epochs_too(page: Page, app: str) -> None:
    explore(page, app, "deep", "&axes=pca&epoch=1")
    expect(page.locator(TEXT)).to_have_text("Epoch 1 of 2", timeout=30_000)
    first = ground(page)
    page.get_by_test_id("epochs-slider").press("End")
    expect(page.locator(TEXT)).to_have_text("Epoch 2 of 2")
    assert ground(page) != first


def test_a_running_training_brings_its_newest_epochs(page: Page, app: str, root: Path) -> None:
    run: Run = create_run(root, "running", epochs=4000, latent_dim=2)
    queue.submit(run)
    try:
        while not open_run("running", root).has_model:
            page.wait_for_timeout(200)
        explore(page, app, "running")
        page.get_by_test_id("epochs").click()
        text = page.locator(TEXT)
        expect(text).to_have_text(re.compile(r"of \d+$"), timeout=30_000)
        before = text.inner_text().split()[-1]
        expect(text).not_to_have_text(re.compile(rf"of {before}$"), timeout=60_000)
    finally:
        queue.cancel(run)


def fog(page: Page, x: float, y: float) -> float:
    """Return the opacity of the fog at shares of the plot, from its upper left corner."""
    found: float = page.locator(ROOT).evaluate(
        """(root, [x, y]) => {
          const layer = root.querySelector('[data-testid=fog-layer]');
          const map = root.querySelector('[data-testid=latent-map]').getBoundingClientRect();
          const box = layer.getBoundingClientRect();
          const scale = layer.width / box.width;
          const at = [map.left - box.left + x * map.width, map.top - box.top + y * map.height];
          const pixel = layer.getContext('2d').getImageData(at[0] * scale, at[1] * scale, 1, 1);
          return pixel.data[3] / 255;
        }""",
        [x, y],
    )
    return found


def test_fog_lies_where_nothing_is_encoded_while_a_key_or_the_button_is_held(
    page: Page, app: str
) -> None:
    explore(page, app, "four")
    root = page.locator(ROOT)
    page.locator(MAP).focus()
    page.keyboard.down("f")
    expect(root).to_have_attribute("data-fog", "done")
    corners = [fog(page, x, y) for x in (0.02, 0.98) for y in (0.02, 0.98)]
    assert max(corners) > 0.8
    assert min(fog(page, x, y) for x in (0.4, 0.5, 0.6) for y in (0.4, 0.5, 0.6)) < 0.05
    page.keyboard.up("f")
    expect(root).to_have_attribute("data-fog", "off")
    assert fog(page, 0.02, 0.02) == 0
    page.get_by_test_id("fog").hover()
    page.mouse.down()
    expect(root).to_have_attribute("data-fog", "done")
    page.mouse.up()
    expect(root).to_have_attribute("data-fog", "off")


def test_a_drawn_path_becomes_a_strip_and_files(page: Page, app: str) -> None:
    explore(page, app, "four")
    strip = page.get_by_test_id("film-strip")
    page.get_by_test_id("path").click()
    expect(strip).to_be_hidden()
    box = page.locator(MAP).bounding_box()
    assert box
    x, y = box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.5 * box["width"], y - 0.4 * box["height"], steps=10)
    page.mouse.up()
    expect(strip).to_be_visible()
    expect(strip).to_have_attribute("aria-label", f"{MOST_PLACES} pictures along the path")
    with page.expect_download() as download:
        page.get_by_role("button", name="Film strip (PNG)").click()
    picture = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert picture.format == "PNG"
    assert picture.width > picture.height * COLUMNS / 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Animation (GIF)").click()
    assert download.value.suggested_filename == "four-path.gif"
    frames = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert 2 <= getattr(frames, "n_frames", 1) <= 2 * MOST_PLACES
    # By keys the path grows; shut, it is gone with its files.
    page.locator(MAP).press("ArrowRight")
    expect(strip).to_be_visible()
    page.get_by_test_id("path").click()
    expect(strip).to_be_hidden()
    expect(page.get_by_role("button", name="Animation (GIF)")).to_have_count(0)
