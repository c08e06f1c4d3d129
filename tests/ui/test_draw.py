"""The Draw page and its states, without a browser: the pad's state is faked."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver import checked, components, message, open_page, until, words
from streamlit.testing.v1 import AppTest

from vae.analysis import draw, draw_reading
from vae.analysis.draw import Drawing


def drawing(name: str = "a-1", raster: bytes | None = None) -> Drawing:
    """A drawing of a bar, or of a given raster."""
    if raster is None:
        levels = np.zeros((draw.RASTER_SIDE, draw.RASTER_SIDE), np.uint8)
        levels[20:120, 60:80] = 255
        raster = levels.tobytes()
    return Drawing(name, [[80, 500, 140, 500, 860]], base64.b64encode(raster).decode())


def answer(app: AppTest) -> dict[str, Any]:
    return message(app, "drawing")


def view(app: AppTest) -> dict[str, Any]:
    return message(app, "start")


def open_draw(kept: Drawing | None = None, **query: str) -> AppTest:
    return open_page("draw", {} if kept is None else {"drawing": kept}, **query)


def link(app: AppTest) -> Any:
    (found,) = app.get("page_link")
    return found.proto


def test_without_a_run_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "none"))
    app = open_draw()
    assert "make pretrained" in words(app)
    assert not components(app)


def test_blank_pad_computes_nothing(own_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("nothing is drawn")

    monkeypatch.setattr(draw_reading, "read_drawing", refuse)
    app = open_draw(run="small-2d")
    assert answer(app)["reading"] is None
    assert view(app)["subject"] == "a digit"
    assert view(app)["shape"] == [1, 8, 8]
    assert link(app).disabled
    # Cleared: the same.
    app = open_draw(Drawing("a-2", [], ""), run="small-2d")
    assert answer(app) == {**answer(app), "reading": None, "problem": "", "drawing": "a-2"}
    # Only black arrives.
    app = open_draw(drawing(raster=bytes(draw.RASTER_SIDE**2)), run="small-2d")
    assert answer(app)["reading"] is None


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_kept_drawing_is_read_for_any_latent_size(d: int, own_runs: Path) -> None:
    app = open_draw(drawing(), run=f"small-{d}d")
    found = answer(app)
    assert found["drawing"] == "a-1"
    assert found["run"] == view(app)["run"]
    assert len(found["reading"]["mu"]) == d
    assert len(found["reading"]["nearest"]) == 5
    assert len(base64.b64decode(found["reading"]["image"])) == 64
    assert view(app)["start"] == {"id": "a-1", "strokes": drawing().strokes}
    assert not link(app).disabled
    z = ",".join(f"{value:.3f}" for value in found["reading"]["mu"])
    assert f"run=small-{d}d" in link(app).query_string
    assert z in link(app).query_string.replace("%2C", ",")


def test_the_drawing_stays_when_the_run_changes(own_runs: Path) -> None:
    app = open_draw(drawing(), run="small-2d")
    first = answer(app)
    checked(app.selectbox[0].select("small-3d").run())
    second = answer(app)
    assert (first["drawing"], second["drawing"]) == ("a-1", "a-1")
    assert first["reading"]["image"] == second["reading"]["image"]
    assert len(second["reading"]["mu"]) == 3


def test_typical_comes_once_the_test_images_have_been_measured(own_runs: Path) -> None:
    app = open_draw(drawing(), run="small-2d")

    def is_measured() -> bool:
        reading = answer(app)["reading"]
        assert reading["typical"] is not None or "being measured" in reading["note"]
        return reading["typical"] is not None

    until(app, is_measured)
    reading = answer(app)["reading"]
    assert sum(reading["typical"]["histogram"]["counts"]) == 360
    assert "360 test images" in reading["typical"]["words"]
    assert all(one["original"] for one in reading["nearest"])


def test_without_the_data_all_else_works(without_data: None) -> None:
    app = open_draw(drawing(), run="fashion-vae-2d")
    reading = answer(app)["reading"]
    assert reading["typical"] is None
    assert "once the images of Fashion-MNIST are on this machine" in reading["note"]
    assert not any(one["original"] for one in reading["nearest"])
    assert any("Get Fashion-MNIST" in button.label for button in app.button)
    # It knows nothing but clothes, and says so.
    assert "T-shirt/top, Trouser" in words(app)
    assert view(app)["subject"] == "a piece of clothing"


def test_a_raster_that_did_not_arrive_is_a_sentence(own_runs: Path) -> None:
    app = open_draw(drawing(raster=b"short"), run="small-2d")
    assert answer(app)["reading"] is None
    assert "did not arrive whole" in answer(app)["problem"]


@pytest.mark.parametrize("name", ["model.safetensors", "codes.safetensors"])
def test_a_damaged_run_is_a_sentence(name: str, own_run: Path) -> None:
    (own_run / name).write_bytes(b"not safetensors")
    app = open_draw(drawing())
    assert any("damaged" in error.value for error in app.error)


def edit_config(run: Path, **changes: dict[str, Any]) -> None:
    config = json.loads((run / "config.json").read_text())
    for part, values in changes.items():
        config[part] |= values
    (run / "config.json").write_text(json.dumps(config))


def test_colour_images_are_refused_in_words(own_run: Path) -> None:
    edit_config(own_run, model={"image_shape": [3, 8, 8]})
    app = open_draw()
    assert any("colour images" in info.value for info in app.info)
    assert not components(app)


def test_a_run_of_an_unknown_data_set_still_reads(own_run: Path) -> None:
    edit_config(own_run, data={"dataset": "elsewhere"})
    app = open_draw(drawing())
    assert not app.error
    assert answer(app)["reading"]["note"].count("elsewhere") == 1
    assert view(app)["subject"] == "a picture"


def test_images_of_another_shape_are_a_note(own_run: Path, mnist_dir: Path) -> None:
    edit_config(own_run, data={"dataset": "mnist"})
    app = open_draw(drawing())
    until(app, lambda: "being measured" not in answer(app)["reading"]["note"])
    assert "do not belong together" in answer(app)["reading"]["note"]
    assert not answer(app)["reading"]["nearest"][0]["original"]
