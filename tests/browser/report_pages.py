"""Measure Embeddings and Draw in Chromium: ``python tests/browser/report_pages.py``.

Click to picture and stroke to answer are from the pointer's release to the frame in which Python's
answer is painted; move to reconstruction is from a pointer's move on the pad to the frame in which
the page's own reconstruction is painted. Both pages are warm. MNIST's images are read where
``VAE_DATA_DIR`` is.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from conftest import ARGS
from playwright.sync_api import Browser, Page, sync_playwright
from server import PROJECT, app_server

RUN = "mnist-vae-2d"
WAIT_MS = 90_000
_WATCH = """(root) => {
  window.taken = [];
  let up = 0;
  root.addEventListener("pointerup", () => { up = performance.now(); }, true);
  new MutationObserver(() => {
    const { answered } = root.dataset;
    if (!up || !answered || answered !== (root.dataset.drawing ?? root.dataset.picked)) return;
    const began = up;
    up = 0;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.taken.push(performance.now() - began);
      channel.port2.postMessage(0);
    });
  }).observe(root, { attributes: true, attributeFilter: ["data-answered"] });
}"""

# The drawing's code changes within the frame that paints it: a message from there arrives after it.
_WATCH_MOVES = """(root) => {
  window.moved = [];
  let at = 0;
  root.addEventListener("pointermove", (event) => { at = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!at) return;
    const began = at;
    at = 0;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.moved.push(performance.now() - began);
    channel.port2.postMessage(0);
  }).observe(root, { attributes: true, attributeFilter: ["data-mu"] });
}"""


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1440, "height": 900}).new_page()


def _taken(page: Page, what: str = "taken") -> dict[str, float]:
    times: list[float] = page.evaluate(f"window.{what}")
    return {
        "count": len(times),
        "median_ms": median(times) if times else float("nan"),
        "p95_ms": float(np.quantile(times, 0.95)) if times else float("nan"),
    }


def embeddings(browser: Browser, url: str, clicks: int = 40, opens: int = 5) -> dict[str, Any]:
    """Time opening 10,000 points, clicks on them, and t-SNE of 2,000 codes from Start to shown."""
    ready = "[data-testid=scatter][data-ready=true]"
    times = []
    for _ in range(opens + 1):
        page = _page(browser)
        began = time.perf_counter()
        page.goto(f"{url}/embeddings?run={RUN}")
        page.locator(ready).wait_for(timeout=WAIT_MS)
        times.append(time.perf_counter() - began)
        if len(times) <= opens:
            page.context.close()
    page.wait_for_timeout(4000)
    page.locator("[data-testid=scatter]").evaluate(_WATCH)
    box = page.locator("[data-testid=scatter-plot]").bounding_box()
    assert box
    rng = np.random.default_rng(0)
    for x, y in rng.normal(0.5, 0.12, (clicks, 2)).clip(0.1, 0.9):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(400)
    found = {"open_s": times[0], "open_warm_s": median(times[1:]), "click": _taken(page)}
    page.get_by_text("t-SNE", exact=True).click()
    start = page.get_by_role("button", name="Start")
    start.wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(1500)
    began = time.perf_counter()
    start.click()
    page.locator(ready).wait_for(timeout=WAIT_MS)
    found["tsne_s"] = time.perf_counter() - began
    page.context.close()
    return found


def draw(browser: Browser, url: str, run: str, strokes: int = 15) -> dict[str, Any]:
    """Time moves of the pen to the painted reconstruction, and strokes to Python's answer."""
    page = _page(browser)
    page.goto(f"{url}/draw?run={run}")
    page.locator("[data-testid=draw-view][data-ready=true]").wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(6000)
    for script in (_WATCH, _WATCH_MOVES):
        page.locator("[data-testid=draw-view]").evaluate(script)
    box = page.locator("[data-testid=draw-pad]").bounding_box()
    assert box
    for number in range(strokes):
        across = 0.3 + 0.4 * (number % 5) / 5
        page.mouse.move(box["x"] + across * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(
            box["x"] + (across + 0.1) * box["width"], box["y"] + 0.8 * box["height"], steps=12
        )
        page.mouse.up()
        page.wait_for_timeout(700)
    found = {"move": _taken(page, "moved"), "stroke": _taken(page)}
    page.context.close()
    return found


def main() -> int:
    """Measure and print."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The report needs Chromium: install it (Debian: apt-get install chromium).")
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = Path(folder) / "runs"
        for name in (RUN, "mnist-conv-vae-2d"):
            shutil.copytree(PROJECT / "checkpoints" / name, runs / name)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        with app_server({"VAE_RUNS_DIR": str(runs)}) as url:
            found = {
                "load": os.getloadavg()[0],
                "embeddings": embeddings(browser, url),
                "draw": {name: draw(browser, url, name) for name in (RUN, "mnist-conv-vae-2d")},
            }
        browser.close()
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
