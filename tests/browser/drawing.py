"""The Draw page as a test meets it: strokes, answers, and what its canvases show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Page

ROOT = "[data-testid=draw-view]"
PAD = "[data-testid=draw-pad]"

Line = Sequence[tuple[float, float]]
ONE: Line = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]
ZERO: Line = [
    (0.5 + 0.2 * float(np.sin(angle)), 0.5 - 0.32 * float(np.cos(angle)))
    for angle in np.linspace(0, 2 * np.pi, 16)
]


def open_draw(page: Page, app: str, run: str = "mnist-vae-2d") -> None:
    page.goto(f"{app}/draw?run={run}")
    page.locator(f"{ROOT}[data-ready=true]").wait_for(timeout=60_000)


def pad_point(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(PAD).bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page: Page, line: Line) -> None:
    page.mouse.move(*pad_point(page, *line[0]))
    page.mouse.down()
    for point in line[1:]:
        page.mouse.move(*pad_point(page, *point), steps=3)
    page.mouse.up()


def attribute(page: Page, name: str) -> str:
    return page.locator(ROOT).get_attribute(f"data-{name}") or ""


def wait_for_answer(page: Page) -> list[float]:
    """Wait until Python has answered about the drawing as it is; return its mu, if any."""
    page.locator(ROOT).evaluate(
        """root => new Promise((done) => {
             const look = () => {
               const { drawing, answered } = root.dataset;
               if (drawing && drawing === answered) done();
               else setTimeout(look, 20);
             };
             look();
           })"""
    )
    return [float(part) for part in attribute(page, "mu").split(",") if part]


def levels(page: Page, name: str) -> np.ndarray[Any, Any]:
    width, found = page.locator(f"[data-testid={name}]").evaluate(
        """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
             return [c.width, Array.from(d).filter((_, i) => i % 4 == 0)]; }"""
    )
    return np.array(found).reshape(-1, width)
