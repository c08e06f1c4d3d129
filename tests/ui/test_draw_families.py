"""Draw for every family: what a drawing costs it, and the page itself."""

import base64
from typing import Any

import numpy as np
import pytest
import torch
from driver import message, open_page, until
from streamlit.testing.v1 import AppTest

from vae.analysis import draw, draw_reading
from vae.analysis.draw import Drawing, Levels
from vae.analysis.explore import TestCodes
from vae.data import load, load_for, pixels
from vae.models import FAMILIES
from vae.models.losses import squared_error
from vae.runs import Run
from vae.runs.checkpoint import load_model


def read(run: Run, image: Levels, **given: Any) -> draw_reading.Reading:
    nearby = TestCodes(run)
    return draw_reading.read_drawing(
        load_model(run.directory),
        image,
        nearby.codes,
        nearby.labels,
        nearby.class_names,
        choices=nearby.choices,
        **given,
    )


def levels(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), np.uint8)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_test_image_is_read_as_what_it_is(family: str, made: dict[str, Run]) -> None:
    run = made[family]
    model, data = load_model(run.directory), load("digits")
    image = data.test.images[7]
    reading = read(run, image.numpy(), data=data)
    label = None if reading["label"] is None else torch.tensor([reading["label"]])
    with torch.inference_mode():
        expected = model.reconstruct(pixels(image[None]), label)[0]
    np.testing.assert_allclose(
        levels(reading["recon"]), 255 * expected.flatten().numpy(), atol=0.51
    )
    assert (reading["label"] is not None) == model.is_conditional
    assert (reading["elbo"] is not None) == model.has_prior
    assert all(one["original"] for one in reading["nearest"])
    if not model.is_conditional:
        # A unit that is never on gives all the same code: so not which one, but that it is there.
        assert reading["nearest"][0]["distance"] == pytest.approx(0, abs=1e-4)
    if reading["elbo"] is not None:
        assert reading["kl"] is not None
        assert reading["elbo"] == pytest.approx(-reading["recon_loss"] - reading["kl"], abs=1e-3)
    else:
        # The clean image, as it is: nothing is corrupted here, and no penalty counts.
        assert reading["loss"]["loss"] == "mse"
        error = squared_error(expected, pixels(image))
        assert reading["recon_loss"] == pytest.approx(float(error), rel=1e-5)


def test_the_label_is_that_of_the_greatest_elbo(made: dict[str, Run]) -> None:
    run = made["cvae"]
    model, image = load_model(run.directory), load("digits").test.images[3]
    alone = [draw_reading.evidence(model, image[None], label).elbo for label in range(10)]
    elbos = [float(elbo) for elbo in alone if elbo is not None]
    reading = read(run, image.numpy())
    assert reading["label"] == int(np.argmax(elbos))
    assert reading["elbo"] == pytest.approx(max(elbos), abs=1e-4)
    assert reading["told"].startswith(f"Read as class {reading['label']}: of the 10 labels")
    gap = max(elbos) - sorted(elbos)[-2]
    assert f"with {gap:.1f} nats less" in reading["told"]
    # Told the label, a model knows each class alone.
    labels = TestCodes(run).labels
    assert {int(labels[one["index"]]) for one in reading["nearest"]} == {reading["label"]}


def test_only_labels_seen_in_training_are_read(made: dict[str, Run]) -> None:
    images = load("digits").test.images[:12]
    assert {read(made["two"], image.numpy())["label"] for image in images} <= {3, 7}
    assert draw_reading.say_label(["3"], torch.tensor([-4.0])) == (
        "Read as class 3, the only one that it was trained on."
    )


def test_under_the_best_label_each_image_costs_what_it_costs_alone(made: dict[str, Run]) -> None:
    model, images = load_model(made["cvae"].directory), load("digits").test.images[:120]
    choices = (1, 4, 8)
    told = draw_reading.under_best_label(model, images, choices)
    for i in (0, 55, 119):
        label = choices[int(told.place[i])]
        whole = draw_reading.evidence(model, images, label)
        assert whole.kl is not None
        assert told.costs.kl is not None
        assert float(told.costs.kl[i]) == float(whole.kl[i])
        assert float(told.costs.recon_loss[i]) == float(whole.recon_loss[i])
    assert (draw_reading.score_of(told.costs) >= told.scores.max(0).values).all()


@pytest.mark.parametrize("family", ["cvae", "denoising-ae", "sparse-ae", "vq-vae"])
def test_a_reference_is_measured_as_a_drawing_is(family: str, made: dict[str, Run]) -> None:
    run, data = made[family], load("digits")
    model, choices = load_model(run.directory), TestCodes(run).choices
    reference = draw_reading.reference_scores(model, data, choices)
    assert len(reference) == len(data.test)
    assert (np.diff(reference) >= 0).all()
    again = draw_reading.reference_scores(model, data, choices)
    np.testing.assert_array_equal(reference, again)
    reading = read(run, data.test.images[0].numpy(), reference=reference)
    score = reading["recon_loss"] if reading["elbo"] is None else reading["elbo"]
    if model.has_prior and model.is_continuous:
        assert reading["typical"] is not None
    else:  # no noise: the very figure is among them
        assert np.abs(reference - score).min() < 1e-4 * abs(score)


def test_black_and_white_runs_see_black_and_white(made: dict[str, Run]) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(1, 8, 8) * 4
    config = made["two"].config.data
    assert draw.sees_black_and_white(config)
    seen = draw.as_seen(grey, config)
    assert set(seen.ravel()) == {0, 255}
    np.testing.assert_array_equal(seen == 255, grey > 127)
    assert draw.as_seen(grey, made["vae"].config.data) is grey
    # As meant by a data set that is black and white itself.
    meant = config.model_copy(update={"dataset": "mnist-binary", "binarise": "none"})
    assert draw.sees_black_and_white(meant)
    binary = load_for(config).test.images[0].numpy()
    np.testing.assert_array_equal(draw.as_seen(binary, config), binary)


def bar() -> Drawing:
    raster = np.zeros((draw.RASTER_SIDE, draw.RASTER_SIDE), np.uint8)
    raster[20:120, 60:80] = 255
    strokes = [[80, 500, 140, 500, 860]]
    return Drawing("a-1", strokes, base64.b64encode(raster.tobytes()).decode())


def open_draw(run: Run) -> AppTest:
    app = open_page("draw", {"drawing": bar()}, run=run.name)
    assert not app.error
    return app


@pytest.mark.parametrize("key", [*FAMILIES, "two"])
def test_page_of_a_family(key: str, made: dict[str, Run]) -> None:
    run = made[key]
    kind = FAMILIES[run.config.model.family].model
    app = open_draw(run)
    until(app, lambda: message(app, "drawing")["reading"]["typical"] is not None)
    reading = message(app, "drawing")["reading"]
    what = "ELBO" if kind.has_prior else "reconstruction loss"
    words = reading["typical"]["words"]
    assert what in words or "As typical" in words or "Redrawn" in words
    assert bool(reading["told"]) == kind.is_conditional
    assert (reading["logvar"] is not None) == (kind.has_prior and kind.is_continuous)
    links = app.get("page_link")
    assert bool(message(app, "start")["no_map"]) == (not kind.is_continuous)
    assert bool(links) == kind.is_continuous
    if kind.is_conditional:
        assert f"label={reading['label']}" in links[0].proto.query_string
    caption = next(one.value for one in app.caption if "was trained on" in one.value)
    assert ("Digits (8 x 8): 3, 7." if key == "two" else "0, 1, 2, 3") in caption


def test_neighbours_without_the_data(made: dict[str, Run]) -> None:
    image = load("digits").test.images[0].numpy()
    assert all(one["picture"] is None for one in read(made["vq-vae"], image)["nearest"])
    for family in ("cvae", "ae"):
        run = made[family]
        first = read(run, image)["nearest"][0]
        codes, labels = TestCodes(run).codes, TestCodes(run).labels
        at = slice(first["index"], first["index"] + 1)
        with torch.inference_mode():
            decoded = load_model(run.directory).generate(codes.mu[at], labels[at])
        assert first["picture"] is not None
        np.testing.assert_allclose(
            levels(first["picture"]), 255 * decoded.flatten().numpy(), atol=0.51
        )
