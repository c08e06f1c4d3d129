"""Every page in both themes: nothing serious that axe-core finds, and the order of the keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from screen import wait_for_script
from server import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py"))
# Contrast of text at least 4.5 is among its serious rules; Streamlit's own frame counts as well.
FIND = """async () => {
  const found = await axe.run({ resultTypes: ["violations"] });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
      `${id}: ${html.slice(0, 200)} (${[...any, ...all, ...none][0]?.message})`));
}"""
# Each focused element once, by what tells it apart, through the shadows of components.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return null;
  window.stops ??= new Map();
  if (!window.stops.has(at)) window.stops.set(at, window.stops.size);
  const box = at.getBoundingClientRect();
  const name = at.getAttribute("aria-label") || at.textContent.trim() || at.title || at.tagName;
  return { stop: window.stops.get(at), name, seen: box.width > 0 && box.height > 0 };
}"""


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    viewport: Any = {"width": 1440, "height": 900}
    page = browser.new_context(viewport=viewport, color_scheme=request.param).new_page()
    yield page
    page.context.close()


def _open(page: Page, app: str, name: str) -> None:
    page.goto(f"{app}/{'' if name == 'home' else name}")
    page.get_by_role("heading", level=1).first.wait_for()
    wait_for_script(page)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(themed, shipped_app, name):
    if not AXE.exists():
        if shutil.which("npm"):
            pytest.fail("axe-core is missing: run `npm ci`")
        pytest.skip("axe-core comes from npm, which is not here")
    _open(themed, shipped_app, name)
    themed.evaluate(AXE.read_text(encoding="utf-8"))
    assert themed.evaluate(FIND) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything_in_order_and_nothing_holds_it(page, shipped_app, name):
    _open(page, shipped_app, name)
    stops: list[dict[str, Any]] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None or (stops and found["stop"] == 0):
            break
        # A table takes Tab from cell to cell.
        is_same = bool(stops) and found["stop"] == stops[-1]["stop"]
        is_new = found["stop"] == len({stop["stop"] for stop in stops})
        assert is_new or is_same, f"back at {found['name']!r}"
        stops.append(found)
    else:
        pytest.fail(f"the keyboard does not leave the page: {stops[-5:]}")
    assert "Skip to main content" in stops[0]["name"]
    assert all(stop["name"] for stop in stops)
    assert len(stops) >= 8
