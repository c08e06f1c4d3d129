"""The latent map's names, honest cursor, axes, links and files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from map_page import (
    CODES,
    ROOT,
    Made,
    Open,
    assert_picture,
    at,
    box,
    next_frame,
    overlap,
    sent,
    shown_z,
    zoom_of,
)
from paths import SHIPPED
from PIL import Image

from vae.analysis.explore import TestCodes, explorer_payload
from vae.latent.density import CodeDensity
from vae.latent.extent import principal_axes
from vae.runs import open_run
from vae.training.metrics import Codes

if TYPE_CHECKING:
    from conftest import ComponentServer
    from playwright.sync_api import Page


COVER = """
async () => {
  const { Tiles } = await import("/component/lib/tiles.js");
  const { Thumbnails } = await import("/component/lib/thumbnails.js");
  const { Frame } = await import("/component/lib/frame.js");
  const run = [...globalThis.__latentExplorer.runs.values()][0];
  const { Decoder } = await import("/component/network/model.js");
  const decoder = new Decoder(run.header, run.arrays);
  const canvas = new OffscreenCanvas(1, 1);
  const tiles = new Tiles(canvas, decoder, run.header.image_shape);
  const filled = (one) => {
    const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
    return data.filter((value, i) => i % 4 === 3 && value).length / (data.length / 4);
  };
  const place = (at) => Array.from(
    canvas.getContext("2d").getImageData(28 * at, 28 * at, 28, 28).data);
  tiles.begin(new Frame(700, 700, [[-3, 3], [-3, 3]]), new Float32Array(2));
  tiles.decodeBatch();
  const found = { cover: filled(canvas), first: place(5) };
  while (!tiles.isDone) tiles.decodeBatch();
  const x = -3 + 6 * 5.5 / tiles.columns;
  const mean = decoder.decode([x, -x]);
  found.last = place(5);
  found.wanted = Array.from({ length: 4 * 784 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.round(255 * mean[Math.floor(i / 4)]));
  const thumbs = new OffscreenCanvas(64, 64);
  const theme = { classColour: () => "rgb(200 0 0)" };
  const codes = { at: () => [0, 0], label: [0] };
  const pictures = new Thumbnails(decoder, run.header.image_shape, codes);
  pictures.begin([{ index: 0, x: 32, y: 32 }]);
  pictures.draw(thumbs.getContext("2d"), theme);
  found.before = filled(thumbs);
  pictures.work(thumbs.getContext("2d"), theme);
  return { ...found, after: filled(thumbs) };
}
"""


def test_something_is_shown_before_all_is_decoded(open_clumps: Open) -> None:
    """Large tiles cover the map at once; a thumbnail that waits is a mark of its class."""
    found = open_clumps(2).evaluate(COVER)
    assert found["cover"] == 1
    assert found["first"] != found["last"]
    assert np.abs(np.subtract(found["last"], found["wanted"])).max() <= 1
    assert 0 < found["before"] < found["after"]


def test_classes_are_named_where_they_are_the_majority(
    open_clumps: Open, clumps: dict[int, Made]
) -> None:
    page = open_clumps(2)
    _, mu, _, label, _ = clumps[2]
    names = page.get_by_test_id("class-label")
    assert names.count() == 3
    boxes = []
    for name in names.all():
        assert name.is_visible()
        boxes.append(dict(name.bounding_box() or {}))
        z = np.array([float(part) for part in (name.get_attribute("data-z") or "").split(",")])
        nearest = np.argsort(((mu - z) ** 2).sum(1))[:50]
        assert (label[nearest] == int(name.get_attribute("data-class") or -1)).mean() > 0.5
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    # The cursor on a name's very place: the name makes way.
    middle = boxes[0]["x"] + boxes[0]["width"] / 2, boxes[0]["y"] + boxes[0]["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    next_frame(page)
    cursor = box(page, "[data-testid=cursor]")
    for name in names.all():
        if name.is_visible():
            assert not overlap(dict(name.bounding_box() or {}), cursor)
    page.mouse.up()


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_the_cursor_says_what_python_says(
    latent_dim: int, open_clumps: Open, clumps: dict[int, Made]
) -> None:
    _, mu, logvar, _, _ = clumps[latent_dim]
    density = CodeDensity(Codes(torch.from_numpy(mu), torch.from_numpy(logvar)))
    page = open_clumps(latent_dim)
    rng = np.random.default_rng(0)
    near = mu[rng.integers(0, CODES, 12)] + rng.normal(size=(12, latent_dim)) * 0.3
    for turn, z in enumerate([*near.round(3), np.full(latent_dim, 2.9)]):
        page.evaluate("([z, turn]) => rerun({ z, revision: `r${turn}` })", [z.tolist(), turn])
        next_frame(page)
        place = torch.tensor(np.array([shown_z(page)]))
        root = page.locator(ROOT)
        typicality = float(root.get_attribute("data-typicality") or -1)
        assert typicality == pytest.approx(float(density.typicality(place)), abs=2e-3)
        inside = root.get_attribute("data-inside") == "true"
        assert inside == bool(density.is_near(place))


def test_dragging_along_principal_components_decodes(
    open_clumps: Open, clumps: dict[int, Made]
) -> None:
    model, mu, _, _, _ = clumps[5]
    page = open_clumps(5)
    page.get_by_test_id("axis-x").select_option("pca")
    next_frame(page)
    assert page.get_by_test_id("axis-y").input_value() == "pca"
    assert sent(page)["axes"] == "pca"
    axes = principal_axes(mu)
    page.mouse.move(*at(page, (0.5, 0.5)))
    page.mouse.down()
    page.mouse.move(*at(page, (0.75, 0.4)), steps=4)
    next_frame(page)
    z = np.array(shown_z(page))
    half = max(3.0, float(np.ceil(2 * np.abs(mu @ axes.T).max()) / 2))
    np.testing.assert_allclose(axes @ z, [0.5 * half, 0.2 * half], atol=0.03)
    np.testing.assert_allclose(z, axes.T @ (axes @ z), atol=2e-3)
    assert_picture(page, model)
    page.mouse.up()
    page.get_by_test_id("axis-y").select_option("3")
    next_frame(page)
    assert page.get_by_test_id("axis-y").input_value() == "3"
    assert page.get_by_test_id("axis-x").input_value() != "pca"


def test_dimensions_have_names_and_pictures_of_their_ends(
    open_clumps: Open, clumps: dict[int, Made]
) -> None:
    page = open_clumps(5, data={"z": [0.5, 0, 0, 0, 0]})
    page.get_by_test_id("name-2").click()
    page.keyboard.type("slant: or not")
    page.keyboard.press("Enter")
    slider = page.get_by_test_id("latent-slider-2")
    assert slider.get_attribute("aria-label") == "slant  or not (z2)"
    assert sent(page)["names"] == {"1": "slant  or not"}
    page.get_by_test_id("name-1").click()
    page.keyboard.type("width")
    page.keyboard.press("Escape")
    assert page.get_by_test_id("name-1").inner_text() == "z1"
    page.wait_for_timeout(300)
    low = float(slider.get_attribute("min") or 0)
    levels = page.locator('.slider[data-dim="1"] canvas.low').evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data)"
    )
    with torch.no_grad():
        expected = clumps[5][0].generate(torch.tensor([[0.5, low, 0, 0, 0]]))[0, 0].numpy() * 255
    assert np.abs(np.array(levels).reshape(28, 28, 4)[..., 0] - expected).max() < 0.55
    for dim in range(1, 6):
        slider = page.get_by_test_id(f"latent-slider-{dim}")
        slider.scroll_into_view_if_needed()
        assert slider.is_visible()


def test_what_python_names_is_shown_and_not_told_back(open_clumps: Open) -> None:
    display = {
        "mode": "both",
        "axes": [3, 1],
        "zoom": [2.5, 0.5, -0.25],
        "opacity": 35,
        "focus": 2,
        "names": {"3": "slant"},
    }
    page = open_clumps(5, data={"display": display})
    next_frame(page)
    root = page.locator(ROOT)
    assert root.get_attribute("data-mode") == "both"
    assert zoom_of(page) == 2.5
    assert page.get_by_test_id("opacity").input_value() == "35"
    assert page.get_by_test_id("axis-x").input_value() == "3"
    assert page.get_by_test_id("name-4").inner_text() == "slant"
    assert page.get_by_role("button", name="cow").get_attribute("aria-pressed") == "true"
    assert page.evaluate("sent") == []
    page.get_by_role("button", name="cow").click()
    told = sent(page)
    assert {name: told[name] for name in display} == {**display, "focus": None}


def test_files_of_what_is_seen(open_clumps: Open, clumps: dict[int, Made]) -> None:
    _, mu, _, label, _ = clumps[2]
    page = open_clumps(2, data={"display": {"zoom": [3, 1.5, -1.5], "names": {"0": "a,b"}}})
    page.wait_for_selector('[data-tiles="done"]')
    page.get_by_test_id("save").click()
    with page.expect_download() as download:
        page.get_by_test_id("save-codes").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert rows[0] == ["index", "label", "class", "a,b", "z2"]
    seen = (np.abs(mu - [1.5, -1.5]) <= 1).all(1)
    assert [int(row[0]) for row in rows[1:]] == np.flatnonzero(seen).tolist()
    assert [int(row[1]) for row in rows[1:]] == label[seen].tolist()
    for name, end in (("save-map", "t-map.png"), ("save-picture", ".png")):
        with page.expect_download() as download:
            page.get_by_test_id(name).click()
        assert download.value.suggested_filename.endswith(end)
        assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_saved_map_holds_every_layer(open_clumps: Open) -> None:
    page = open_clumps(2)
    page.wait_for_selector('[data-tiles="done"]')

    def red_pixels() -> int:
        with page.expect_download() as download:
            page.get_by_test_id("save-map").click()
        picture = np.asarray(Image.open(download.value.path()).convert("RGB")).astype(int)
        return int(((picture - [255, 0, 0]) ** 2).sum(2).__lt__(50).sum())

    page.get_by_test_id("save").click()
    before = red_pixels()
    # A square on each layer that there is: points, thumbnails, posterior, path, fog, marks.
    count = page.locator(ROOT).evaluate("""root => {
      const layers = [...root.querySelectorAll("canvas.layer")];
      layers.forEach((layer, place) => {
        layer.width = layer.width; // resets it
        const context = layer.getContext("2d");
        context.fillStyle = "#f00";
        context.fillRect((0.1 + 0.1 * place) * layer.width, layer.height / 2,
          0.05 * layer.width, 0.05 * layer.height);
      });
      return layers.length;
    }""")
    assert count == 6
    frame = page.locator(ROOT).evaluate(
        "root => root.querySelector('canvas.layer').getBoundingClientRect().toJSON()"
    )
    each = 4 * 0.05 * frame["width"] * 0.05 * frame["height"]
    assert red_pixels() - before >= 0.8 * count * each


@pytest.mark.parametrize(
    ("run", "most", "least_wide"), [("mnist-vae-2d", 10, 25), ("mnist-vae-20d", 15, 85)]
)
def test_draws_from_the_prior_are_seldom_outside(
    run: str, most: int, least_wide: int, page: Page, component_server: ComponentServer
) -> None:
    codes = TestCodes(open_run(run, SHIPPED))
    page.goto(component_server.add(run, explorer_payload(open_run(run, SHIPPED), codes)))
    page.wait_for_selector(f"{ROOT}[data-ready=true]")
    z = torch.randn(100, codes.codes.mu.shape[1], generator=torch.Generator().manual_seed(1))
    outside = []
    for scale in (1, 2):
        places = (scale * z).numpy().round(3)
        found = page.evaluate(
            """async (places) => {
              const root = document.querySelector("#view").shadowRoot.querySelector(
                "[data-testid=latent-view]");
              const found = [];
              for (const z of places) {
                rerun({ z, revision: String(Math.random()) });
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                found.push([root.dataset.inside === "true", Number(root.dataset.typicality)]);
              }
              return found;
            }""",
            places.tolist(),
        )
        density = codes.density()
        inside = density.is_near(torch.from_numpy(places)).tolist()
        assert [one for one, _ in found] == inside
        expected = density.typicality(torch.from_numpy(places)).numpy()
        np.testing.assert_allclose([share for _, share in found], expected, atol=2e-3)
        outside.append(100 - sum(inside))
    assert outside[0] <= most
    assert outside[1] >= least_wide
