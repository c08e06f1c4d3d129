"""The Draw page reads a drawing by itself: as Python does, and before it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawing import PAD, ZERO, levels, open_draw, wait_for_answer
from playwright.sync_api import Page

from vae.analysis import draw
from vae.analysis.draw import RASTER_SIDE, Levels
from vae.config import DataConfig
from vae.data import DATASETS

if TYPE_CHECKING:
    from conftest import ComponentServer

pytestmark = pytest.mark.browser

PREPARE = """async ([rasters, side, shape, placing]) => {
  const { prepareDrawing } = await import("/component/draw/prepare.js");
  const { fromBase64 } = await import("/component/lib/picture.js");
  return rasters.map((text) => {
    const found = prepareDrawing(fromBase64(text), side, shape, placing);
    return found && Array.from(found);
  });
}"""


def some_rasters() -> list[Levels]:
    """Strokes, dots, lines, noise, and shapes whose halves and centres are exact."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(30):
        raster = np.zeros((RASTER_SIDE, RASTER_SIDE), np.uint8)
        for _ in range(rng.integers(1, 5)):
            (y, x), (high, wide) = rng.integers(0, 130, 2), rng.integers(1, 70, 2)
            part = raster[y : y + high, x : x + wide]
            part[:] = rng.choice([255, 128, rng.integers(1, 256)])
        found.append(raster)
        noisy = rng.integers(0, 256, raster.shape, dtype=np.uint8)
        found.append(np.where(raster > 0, noisy, 0).astype(np.uint8))
    for y, x in [(0, 0), (139, 139), (70, 70)]:
        dot = np.zeros_like(found[0])
        dot[y, x] = 1
        found.append(dot)
    return [
        *found,
        np.zeros_like(found[0]),
        np.full_like(found[0], 255),
        np.eye(140, dtype=np.uint8),
    ]


@pytest.mark.parametrize("binarise", ["none", "static"])
@pytest.mark.parametrize("name", [name for name, spec in DATASETS.items() if spec.shape[0] == 1])
def test_the_page_prepares_a_drawing_as_python_does(
    page: Page, component_server: ComponentServer, name: str, binarise: str
) -> None:
    spec, rasters = DATASETS[name], some_rasters()
    config = DataConfig(dataset=name, binarise=binarise)
    placing = {
        "box": draw.box_side(spec.shape, spec.placing),
        "centre": spec.placing.centre,
        "binary": draw.sees_black_and_white(config),
    }
    page.goto(component_server.url)
    texts = [base64.b64encode(raster.tobytes()).decode() for raster in rasters]
    answers = page.evaluate(PREPARE, [texts, RASTER_SIDE, list(spec.shape), placing])
    for raster, answer in zip(rasters, answers, strict=True):
        image = draw.prepare(raster, spec.shape, spec.placing)
        if image is None:
            assert answer is None
        else:
            np.testing.assert_array_equal(answer, draw.as_seen(image, config).ravel())


OWN_ANSWER = """async ([pad, places]) => {
  const box = pad.getBoundingClientRect();
  const send = (kind, [x, y]) => pad.dispatchEvent(new PointerEvent(kind, {
    pointerId: 1, bubbles: true, button: 0,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height,
  }));
  pad.setPointerCapture = () => {};  // no pointer of the browser's own is down
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  send("pointerdown", places[0]);
  for (const place of places.slice(1)) send("pointermove", place);
  await frame();
  const { state, mu, answered } = pad.closest("[data-testid=draw-view]").dataset;
  return { state, mu, answered };
}"""


@pytest.mark.parametrize(
    "run", ["mnist-vae-2d", "mnist-conv-vae-2d", "mnist-cvae-2d", "mnist-vqvae"]
)
def test_the_page_answers_in_a_frame_as_python_does_later(page: Page, app: str, run: str) -> None:
    open_draw(page, app, run)
    page.wait_for_function("globalThis.__latentExplorer?.runs.size")
    pad = page.locator(PAD).element_handle()
    at_once = page.evaluate(OWN_ANSWER, [pad, [list(place) for place in ZERO]])
    # Python has answered nothing yet.
    assert (at_once["state"], at_once["answered"]) == ("read", "")
    seen, recon = levels(page, "seen-image"), levels(page, "recon-image")
    assert seen.max() == 255
    pad.dispatch_event("pointerup", {"pointerId": 1})
    mu = wait_for_answer(page)
    assert [float(part) for part in at_once["mu"].split(",")] == pytest.approx(mu, abs=2e-3)
    np.testing.assert_array_equal(levels(page, "seen-image"), seen)
    np.testing.assert_allclose(levels(page, "recon-image"), recon, atol=1)


LATE_ANSWER = """async ([pad, reading]) => {
  const view = pad.closest("[data-testid=draw-view]");
  const seen = view.querySelector("[data-testid=seen-image]");
  const ink = () => {
    const { data } = seen.getContext("2d").getImageData(0, 0, seen.width, seen.height);
    return data.some((level, i) => i % 4 === 0 && level > 0);
  };
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const { publishAnswer } = await import(loaded.find((name) => name.includes("/lib/store.js")));
  const { answer } = globalThis.__latentExplorer;
  const box = pad.getBoundingClientRect();
  // From here on without a pause, in which the page would tell Python of the move.
  pad.dispatchEvent(new PointerEvent("pointermove", {
    pointerId: 1, clientX: box.left + 0.3 * box.width, clientY: box.top + 0.3 * box.height,
  }));
  return [reading, null].map((late) => {
    publishAnswer({ ...answer, drawing: view.dataset.drawing, reading: late });
    return [view.dataset.state, view.dataset.mu, ink()];
  });
}"""


def test_a_late_answer_does_not_take_the_picture_back(page: Page, app: str) -> None:
    """What Python says of an earlier state of a stroke is no news of its picture and its place."""
    open_draw(page, app, "digits-vae-2d")
    page.wait_for_function("globalThis.__latentExplorer?.answer")
    pad = page.locator(PAD).element_handle()
    page.evaluate(OWN_ANSWER, [pad, [list(place) for place in ZERO]])
    blank = base64.b64encode(bytes(levels(page, "seen-image").size)).decode()
    reading = {
        "image": blank,
        "recon": blank,
        "mu": [1.5, 2.5],
        "logvar": [0, 0],
        "elbo": -1,
        "recon_loss": 1,
        "kl": 0,
        "loss": {},
        "label": None,
        "told": "",
        "how": "",
        "note": "",
        "nearest": [],
        "typical": None,
    }
    found, empty = page.evaluate(LATE_ANSWER, [pad, reading])
    assert found == empty
    assert found[0] == "read"
    assert found[1] not in ("", "1.500,2.500")
    assert found[2]
