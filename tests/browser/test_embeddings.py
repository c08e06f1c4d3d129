"""The Embeddings page in Chromium: first click, keys, lasso, finger, and t-SNE from the page."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import SHIPPED
from playwright.sync_api import BrowserContext, Page, expect
from screen import fits, go_to

from vae.analysis.explore import run_codes
from vae.runs import Run, tasks

pytestmark = pytest.mark.browser
RUN = "digits-vae-2d"
ROOT = "[data-testid=scatter]"
PLOT = "[data-testid=scatter-plot]"
LONG_MS = 90_000


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Iterator[Path]:
    """Runs in a folder of their own; whatever is computed there is ended."""
    folder = tmp_path_factory.mktemp("embeddings") / "runs"
    for name in (RUN, "mnist-vae-2d"):
        shutil.copytree(SHIPPED / name, folder / name)
    yield folder
    for key in tasks.all_tasks(tasks.folder_of(folder)):
        tasks.stop(folder, key)


def open_page(page: Page, app: str, query: str = "", run: str = RUN) -> Page:
    page.goto(f"{app}/embeddings?run={run}{query}")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=LONG_MS)
    return page


def places(root: Path, run: str = RUN) -> np.ndarray[Any, Any]:
    return np.asarray(run_codes(Run(root / run))[0].mu.numpy(), dtype=np.float64)


Where = Callable[[int], tuple[float, float]]


def where(page: Page, root: Path, run: str = RUN) -> Where:
    """Return where a test code stands in the window: one scale for both axes, and a margin."""
    mu = places(root, run)
    box = page.locator(PLOT).bounding_box()
    middle = (mu.max(0) + mu.min(0)) / 2
    half = (mu.max(0) - mu.min(0)).max() / 2 * 1.1

    def at(index: int) -> tuple[float, float]:
        x, y = (mu[index] - middle) / half
        return box["x"] + box["width"] * (1 + x) / 2, box["y"] + box["height"] * (1 - y) / 2

    return at


def alone(root: Path, run: str = RUN) -> int:
    """Return the test code that is farthest from its nearest neighbour."""
    mu = places(root, run)
    gaps = np.linalg.norm(mu[:, None] - mu[None, :], axis=-1) + 1e9 * np.eye(len(mu))
    return int(gaps.min(1).argmax())


def data(page: Page, name: str) -> str | None:
    return page.locator(ROOT).get_attribute(f"data-{name}")


def answered(page: Page, index: int) -> None:
    expect(page.locator(ROOT)).to_have_attribute("data-answered", str(index), timeout=LONG_MS)


def test_the_very_first_click_is_shown_and_answered(page, app, root):
    index = alone(root)
    for _ in range(3):
        open_page(page, app)
        page.mouse.click(*where(page, root)(index))
        # The browser marks it by itself; Python's answer follows.
        assert data(page, "picked") == str(index)
        answered(page, index)
    expect(page.get_by_test_id("picked-original")).to_be_visible()
    expect(page.get_by_test_id("picked-recon")).to_be_visible()
    expect(page.get_by_test_id("picked-loss")).to_have_text(re.compile(r"^\d+\.\d nats$"))
    assert page.get_by_text(f"Test image {index}, class").count()


def test_a_click_the_instant_the_points_are_drawn(page, app):
    """No time at all between drawing and clicking: the page clicks itself."""
    page.add_init_script(
        """
        const search = (node) => {
          for (const one of node.querySelectorAll("*")) {
            if (one.dataset?.testid === "scatter") return one;
            const found = one.shadowRoot && search(one.shadowRoot);
            if (found) return found;
          }
          return null;
        };
        const look = () => {
          const root = search(document);
          if (root?.dataset.ready !== "true") return requestAnimationFrame(look);
          const plot = root.querySelector("[data-testid=scatter-plot]");
          const box = plot.getBoundingClientRect();
          const to = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
                       pointerId: 1, button: 0, bubbles: true };
          plot.setPointerCapture = () => {};
          plot.dispatchEvent(new PointerEvent("pointerdown", to));
          plot.dispatchEvent(new PointerEvent("pointerup", to));
        };
        addEventListener("DOMContentLoaded", look);
        """
    )
    # Ten thousand points: there is one under any place near the middle.
    open_page(page, app, run="mnist-vae-2d")
    picked = data(page, "picked")
    assert picked
    answered(page, int(picked))


def test_keys_go_from_point_to_point(page, app, root):
    open_page(page, app)
    plot = page.locator(PLOT)
    plot.focus()
    plot.press("ArrowRight")
    plot.press("Enter")
    first = int(data(page, "picked"))
    answered(page, first)
    plot.press("ArrowRight")
    assert data(page, "picked") == str(first)  # Only Enter picks.
    plot.press("Enter")
    second = int(data(page, "picked"))
    answered(page, second)
    mu = places(root)
    step = mu[second] - mu[first]
    assert step[0] > abs(step[1])
    plot.press("Escape")
    assert data(page, "picked") == ""
    expect(page.get_by_test_id("picked")).to_be_hidden()


@pytest.mark.parametrize("how", ["mode", "shift"])
def test_lasso_counts_classes(how, page, app, root):
    open_page(page, app)
    box = page.locator(PLOT).bounding_box()
    left, top, side = box["x"], box["y"], box["width"]
    if how == "mode":
        page.get_by_text("Lasso", exact=True).click()
    else:
        page.keyboard.down("Shift")
    # The right half of the plot.
    page.mouse.move(left + side / 2, top + 1)
    page.mouse.down()
    for x, y in ((side - 1, 1), (side - 1, side - 1), (side / 2, side - 1)):
        page.mouse.move(left + x, top + y, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    at = where(page, root)
    inside = [i for i in range(len(places(root))) if at(i)[0] > left + side / 2]
    labels = run_codes(Run(root / RUN))[1].numpy()[inside]
    expect(page.get_by_test_id("group-title")).to_have_text(f"{len(inside)} points selected")
    expect(page.locator(ROOT)).to_have_attribute("data-group-answered", str(len(inside)))
    rows = page.get_by_test_id("counts").locator("li").all_inner_texts()
    found = {row.split()[0]: int(row.split()[-1]) for row in rows}
    assert found == {str(c): int((labels == c).sum()) for c in np.unique(labels)}
    # It stays in another view of the same codes, and on the way back from another page.
    page.get_by_text("PCA", exact=True).click()
    expect(page.locator(f"{ROOT}[data-points^=pca]")).to_be_visible()
    expect(page.get_by_test_id("group-title")).to_have_text(f"{len(inside)} points selected")
    page.get_by_test_id("clear-group").click()
    expect(page.get_by_test_id("group")).to_be_hidden()


def test_from_a_point_to_explore_and_back(page, app, root):
    open_page(page, app)
    index = alone(root)
    page.mouse.click(*where(page, root)(index))
    answered(page, index)
    link = page.get_by_test_id("open-in-explore")
    z = ",".join(f"{value:.3f}" for value in places(root)[index])
    assert link.get_attribute("href") == f"explore?run={RUN}&z={z}"
    link.click()
    view = page.locator("[data-testid=latent-view][data-ready=true]")
    view.wait_for(timeout=LONG_MS)
    expect(view).to_have_attribute("data-z", z)
    go_to(page, "Explore", "Embeddings")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=LONG_MS)
    expect(page.locator(ROOT)).to_have_attribute("data-picked", str(index))


def test_points_travel_once(page, received, app, root):
    open_page(page, app, run="mnist-vae-2d")
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text("1.000", timeout=LONG_MS)
    points = 16 * 10_000
    assert sum(size > points for size in received) == 1
    received.clear()
    index = alone(root, RUN)
    for _ in range(3):
        page.mouse.click(*where(page, root, "mnist-vae-2d")(index))
        answered(page, int(data(page, "picked")))
        index += 100
    assert received
    assert max(received) < points


def test_wheel_zooms_and_all_comes_back(page, app, root):
    open_page(page, app)
    index = alone(root)
    at = where(page, root)(index)
    page.mouse.move(*at)
    page.mouse.wheel(0, -400)
    expect(page.locator(ROOT)).not_to_have_attribute("data-zoom", "1.00")
    # What lies under the pointer stays there.
    page.mouse.click(*at)
    assert data(page, "picked") == str(index)
    page.get_by_role("button", name="Show the whole map").click()
    expect(page.locator(ROOT)).to_have_attribute("data-zoom", "1.00")


def test_a_finger_picks_and_nothing_scrolls_sideways(browser, app, root):
    context: BrowserContext = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = open_page(context.new_page(), app)
    page.locator(PLOT).scroll_into_view_if_needed()
    index = alone(root)
    page.touchscreen.tap(*where(page, root)(index))
    assert data(page, "picked") == str(index)
    answered(page, index)
    expect(page.get_by_test_id("picked-original")).to_be_in_viewport()
    assert fits(page)
    context.close()


def test_coordinates_are_downloaded(page, app, root):
    open_page(page, app)
    with page.expect_download(timeout=LONG_MS) as waiting:
        page.get_by_role("button", name="Coordinates (CSV)").click()
    rows = Path(waiting.value.path()).read_text().splitlines()
    assert rows[0].startswith("index,label,x,y,recon_loss,kl,mu_1")
    assert len(rows) == 1 + len(places(root))


@pytest.mark.slow
def test_tsne_is_started_reloaded_stopped_and_finished(page, app, root):
    page.goto(f"{app}/embeddings?run=mnist-vae-2d&method=tsne&points=10000")
    page.get_by_role("button", name="Start").click(timeout=LONG_MS)
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=LONG_MS)
    page.reload()
    expect(stop).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("t-SNE of 10,000 codes")).to_be_visible()
    stop.click()
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=LONG_MS)
    assert not tasks.all_tasks(tasks.folder_of(root))

    page.goto(f"{app}/embeddings?run=mnist-vae-2d&method=tsne&points=200&perplexity=10")
    page.get_by_role("button", name="Start").click(timeout=LONG_MS)
    page.locator(f"{ROOT}[data-ready=true][data-points^=tsne]").wait_for(timeout=LONG_MS)
    expect(page.get_by_text("has no inverse")).to_be_visible()
    page.locator(PLOT).focus()
    page.locator(PLOT).press("ArrowUp")
    page.locator(PLOT).press("Enter")
    answered(page, int(data(page, "picked")))


@pytest.mark.parametrize(("width", "height", "least"), [(1440, 900, 560), (1024, 768, 420)])
def test_the_plot_is_seen_whole_beside_its_controls(page, app, width, height, least):
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, app)
    plot, method = (
        each.bounding_box()
        for each in (page.locator(PLOT), page.get_by_test_id("stButtonGroup").first)
    )
    assert plot["width"] >= least
    assert plot["y"] + plot["height"] <= height
    assert method["x"] + method["width"] <= plot["x"]
    assert method["y"] < plot["y"] + 40
    assert fits(page)
