"""Measure how long each page makes a person wait: ``python tests/browser/report_waiting.py``.

Frame is the page's heading, content is everything: the script has ended, nothing turns, a map has
been painted. Warm is a press in the navigation of a server that has shown the page before, loaded
is the same by its address in a new tab, first is the address on a server that has just started.
Medians of five, in milliseconds. MNIST's images are read where ``VAE_DATA_DIR`` is.
"""

import json
import sys
import time
from statistics import median

from conftest import ARGS
from playwright.sync_api import Browser, Page, sync_playwright
from server import PROJECT, app_server

from vae.ui.shared.navigation import SECTIONS

ROUNDS = 5
WAIT_MS = 60_000
PAGES = [path.stem for path in sorted((PROJECT / "pages").glob("*.py"))]
SECTION_OF = {
    entry.name: title
    for title, section in SECTIONS.items()
    for entry in section
    if not entry.is_hidden
}
# What is seen is asked in each frame, so that the answer is no later than the painting.
_WATCH = """(path) => new Promise((resolve) => {
  const began = performance.now();
  const at = { frame: 0 };
  const before = document.querySelector("[data-testid=stMain] h1")?.textContent;
  let still = 0;
  const look = () => {
    const app = document.querySelector("[data-testid=stApp]");
    const heading = document.querySelector("[data-testid=stMain] h1");
    const here = location.pathname.replace(/\\/$/, "") === path;
    const is_new = here && heading && heading.textContent !== before;
    if (is_new && !at.frame) at.frame = performance.now();
    const busy = app?.dataset.testScriptState !== "notRunning"
      || document.querySelector("[data-testid=stSpinner], [data-testid=stSkeleton]")
      || [...document.querySelectorAll("[data-testid=stBidiComponentRegular]")].some((host) =>
        [...(host.shadowRoot ?? host).querySelectorAll("[data-ready]")].some((view) =>
          view.dataset.ready !== "true"));
    if (!at.frame || busy) still = 0;
    else if (!still) still = performance.now();
    // A script that ends may begin again at once; what is shown then counts.
    if (still && performance.now() - still > 250) resolve([at.frame, still, began]);
    else requestAnimationFrame(look);
  };
  look();
})"""


def _path(name: str) -> str:
    return "" if name == "home" else f"/{name}"


def _open(page: Page, url: str, name: str) -> tuple[float, float]:
    """Return ms from the start of the loading to frame and content."""
    page.goto(f"{url}{_path(name)}", wait_until="commit")
    frame, content, _ = page.evaluate(_WATCH, _path(name))
    return frame, content


def _press(page: Page, name: str) -> tuple[float, float]:
    """Return ms from a press in the navigation to frame and content."""
    if name in SECTION_OF:
        page.get_by_test_id("stTopNavSection").filter(has_text=SECTION_OF[name]).click()
        page.get_by_test_id("stTopNavPopoverBody").wait_for()
    page.evaluate(
        """([path, watch]) => {
          const links = [...document.querySelectorAll("[data-testid^=stTopNav] a")];
          const to = ({ href }) => new URL(href).pathname.replace(/\\/$/, "");
          const link = links.find((link) => to(link) === path);
          window.taken = eval(watch)(path);
          link.click();
        }""",
        [_path(name), _WATCH],
    )
    frame, content, began = page.evaluate("window.taken")
    return frame - began, content - began


def _new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(WAIT_MS)
    return page


def measure(browser: Browser, pages: list[str]) -> dict[str, dict[str, float]]:
    """Return, for each page, frame and content of each kind of opening."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in pages}

    def keep(name: str, kind: str, times: tuple[float, float]) -> None:
        for part, taken in zip(("frame", "content"), times, strict=True):
            found[name].setdefault(f"{kind}_{part}", []).append(taken)

    for name in pages * ("warm" not in sys.argv):
        for _ in range(ROUNDS):
            with app_server() as url:
                page = _new_page(browser)
                keep(name, "first", _open(page, url, name))
                page.context.close()
    linked = [name for name in pages if name in SECTION_OF or name == "home"]
    with app_server() as url:
        page = _new_page(browser)
        other = "sheet" if linked[-1:] == ["home"] else "home"
        _open(page, url, other)
        for round_ in range(ROUNDS + 1):
            for name in linked:
                times = _press(page, name)
                if round_:
                    keep(name, "warm", times)
                if linked == [name]:  # a press that stays where it is shows nothing new
                    _press(page, other)
        page.context.close()
        for round_ in range(ROUNDS + 1):
            for name in pages:
                page = _new_page(browser)
                times = _open(page, url, name)
                page.context.close()
                if round_:
                    keep(name, "loaded", times)
    return {
        name: {kind: round(median(values)) for kind, values in kinds.items()}
        for name, kinds in found.items()
    }


def main() -> None:
    """Print a line a page, then all of it as JSON."""
    pages = [name for name in PAGES if name in sys.argv[1:]] or PAGES
    began = time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        found = measure(browser, pages)
        browser.close()
    for name, times in found.items():
        print(f"{name:16}", "  ".join(f"{kind} {value:5.0f}" for kind, value in times.items()))
    print(json.dumps({"pages": found, "seconds": round(time.monotonic() - began)}))


if __name__ == "__main__":
    main()
