"""Explore for every family: what is known of a place, the payload, and the page itself."""

import base64
import math

import driver
import numpy as np
import pytest
import torch
from driver import checked, components, html, message
from streamlit.testing.v1 import AppTest
from torch.nn import functional as F

from vae.analysis.explore import (
    TestCodes,
    explorer_payload,
    format_z,
    parse_label,
    parse_z,
    selected_answer,
)
from vae.data import load, load_for, pixels
from vae.errors import ConfigError
from vae.latent.export import unpack
from vae.models import FAMILIES
from vae.runs.checkpoint import load_model
from vae.ui.shared import loaders

CONTINUOUS = [name for name, family in FAMILIES.items() if family.model.is_continuous]


@pytest.fixture
def open_page(made):
    """Open Explore with a run of a family."""

    def show(key: str, **query: str) -> AppTest:
        return driver.open_page("explore", **({"run": made[key].name} | query))

    return show


@pytest.mark.parametrize("family", CONTINUOUS)
def test_payload_tells_what_the_family_is(family, made):
    run = made[family]
    kind, codes = FAMILIES[family].model, run.codes()
    header, arrays = unpack(explorer_payload(run))
    assert header["has_prior"] == kind.has_prior
    np.testing.assert_allclose(arrays["mu"], codes["mu"])
    assert ("logvar" in arrays) == ("logvar" in codes)
    assert all((dim["kl"] is not None) == kind.has_prior for dim in header["dims"])
    spread = [dim["spread"] for dim in header["dims"]]
    np.testing.assert_allclose(spread, codes["mu"].std(0, ddof=1), rtol=1e-4)
    assert header["num_labels"] == (10 if kind.is_conditional else 0)
    assert header["labels"] == (list(range(10)) if kind.is_conditional else [])
    if not kind.has_prior:
        assert header["likelihood"] is None
        np.testing.assert_allclose(header["centre"], codes["mu"].mean(0), atol=1e-3)
    for low, high, centre in zip(*(header[k] for k in ("z_low", "z_high", "centre")), strict=True):
        assert low < centre < high


def test_a_run_of_some_classes_offers_those_labels(made):
    header, _ = unpack(explorer_payload(made["two"]))
    assert header["num_labels"] == 10
    assert header["labels"] == [3, 7]
    assert len(header["class_names"]) == 10
    assert TestCodes(made["two"]).choices == [3, 7]


@pytest.mark.parametrize("family", CONTINUOUS)
def test_selected_code_is_measured_as_the_family_measures(family, made):
    run = made[family]
    model, nearby, data = load_model(run.directory), TestCodes(run), load("digits")
    answer = selected_answer(model, nearby.codes, 5, data, "missing")
    x = pixels(data.test.images[5:6])
    with torch.inference_mode():
        label = data.test.labels[5:6]
        expected = model.recon_loss(model.decode(nearby.codes.mu[5:6], label), x)[0]
    assert answer["recon_loss"] == pytest.approx(float(expected), rel=1e-5)
    assert (answer["kl"] is None) == (nearby.codes.logvar is None)
    assert answer["note"] == ""


@pytest.mark.parametrize("key", ["cvae", "two"])
def test_index_of_a_code_is_the_index_of_its_image(key, made):
    run = made[key]
    data, nearby = load_for(run.config.data), TestCodes(run)
    assert torch.equal(data.test.labels, nearby.labels)
    model = load_model(run.directory)
    with torch.inference_mode():
        mu, _ = model.encode(pixels(data.test.images), data.test.labels)
    torch.testing.assert_close(mu, nearby.codes.mu, atol=1e-4, rtol=1e-4)
    seen = loaders.data_of(run)
    assert torch.equal(seen.test.images, data.test.images)
    answer = selected_answer(model, nearby.codes, 4, seen, "")
    raw = base64.b64decode(answer["original"] or "")
    assert raw == data.test.images[4].numpy().tobytes()
    if key == "two":
        assert set(raw) == {0, 255}
    else:
        assert seen is loaders.dataset("digits")  # not twice in memory


def test_place_with_a_prior(made):
    nearby = TestCodes(made["vae"])
    place = nearby.at([1.0, 2.0])
    assert place.prior_tail == pytest.approx(math.exp(-5 / 2), rel=1e-4)  # chi-square, 2 degrees
    distances = np.linalg.norm(nearby.codes.mu.numpy() - [1, 2], axis=1)
    assert place.nearest == distances.argmin()
    assert place.distance == pytest.approx(distances.min(), rel=1e-5)
    far = nearby.words([60.0, -60.0])
    assert "0% of samples from the prior lie farther" in far
    assert "the picture is a guess" in far
    assert nearby.at(nearby.codes.mu[3].tolist()).distance == pytest.approx(0, abs=1e-6)


def test_place_without_a_prior(made):
    nearby = TestCodes(made["ae"])
    assert nearby.at([0.0, 0.0]).prior_tail is None
    words = nearby.words(nearby.extent.centre)
    assert "no prior" in words
    assert "samples from the prior" not in words


def test_place_under_a_label_knows_that_class_alone(made):
    nearby = TestCodes(made["cvae"])
    mine = (nearby.labels == 3).nonzero()[:, 0]
    other = (nearby.labels == 5).nonzero()[0, 0]
    z = nearby.codes.mu[other].tolist()
    assert nearby.at(z).distance == pytest.approx(0, abs=1e-6)
    place = nearby.at(z, 3)
    distances = (nearby.codes.mu[mine] - nearby.codes.mu[other]).norm(dim=1)
    assert place.nearest == int(mine[distances.argmin()])
    assert place.distance == pytest.approx(float(distances.min()), rel=1e-5)
    assert "under the label 3" in nearby.words(z, 3)
    none = TestCodes(made["two"]).words(z, 5)  # a label that no test image has
    assert "No test image has this label" in none


@pytest.mark.parametrize("scale", [1.0, 400.0])
def test_z_of_the_address_may_lie_where_codes_do(scale):
    z = [round(0.4567891 * scale, 4), -1.5 * scale]
    assert parse_z(format_z(z, 4), 2, limit=2 * scale, decimals=4) == z
    with pytest.raises(ConfigError, match="takes 2 numbers"):
        parse_z(format_z([3 * scale, 0]), 2, limit=2 * scale)


@pytest.mark.parametrize("text", ["8", "", "three", "-3", "3.0", "9" * 5000])
def test_label_of_the_address(text):
    assert parse_label(" 7", [3, 7]) == 7
    with pytest.raises(ConfigError, match=r"trained on the labels 3, 7\. It starts with 3"):
        parse_label(text, [3, 7])


@pytest.mark.parametrize("family", FAMILIES)
def test_page_opens_with_the_right_words(family, open_page):
    kind = FAMILIES[family].model
    app = open_page(family)
    assert not app.warning
    assert not app.error
    if not kind.is_continuous:
        assert any("are discrete" in text.value for text in app.markdown)
        # The strip of an image through the codebook, and its weights.
        assert len(components(app)) == 2
        return
    answer = html(app)
    assert ("no prior" in answer) == (not kind.has_prior)
    assert ("samples from the prior lie" in answer) == kind.has_prior
    assert ("under the label" in answer) == kind.is_conditional
    data = message(app, "z")
    assert data["label"] == (0 if kind.is_conditional else None)
    assert len(data["z"]) == 2


def test_a_space_without_a_prior_begins_at_its_mean_code(open_page, made):
    centre = TestCodes(made["ae"]).extent.centre
    assert message(open_page("ae"), "z")["z"] == pytest.approx(centre)


def test_label_of_a_link_is_told_and_a_wrong_one_is_a_sentence(open_page):
    app = open_page("cvae", label="4", z="0.100,0.200")
    assert message(app, "z")["label"] == 4
    assert "under the label 4" in html(app)
    wrong = open_page("two", label="4")
    assert any("trained on the labels 3, 7" in warning.value for warning in wrong.warning)
    assert message(wrong, "z")["label"] == 3
    assert "label" not in wrong.query_params
    plain = open_page("vae", label="4")
    assert not plain.warning
    assert "label" not in plain.query_params


def test_another_run_forgets_the_label_of_the_first(open_page, made):
    app = open_page("cvae", label="4")
    checked(app.selectbox[0].select("two").run())
    assert not app.warning
    assert message(app, "z")["label"] == 3


def test_one_hot_of_a_label_is_what_the_first_layer_takes(made):
    """The payload's decoder, run as its operations say, is the model's, label behind z."""
    run = made["cvae"]
    header, arrays = unpack(explorer_payload(run))
    x = torch.tensor([[0.3, -0.4]])
    for op in header["decoder"]:
        if op["op"] == "label":
            x = torch.cat([x, F.one_hot(torch.tensor([6]), op["classes"]).float()], dim=1)
        elif op["op"] == "linear":
            assert arrays[op["weight"]].shape == (op["out"], op["in"])
            weight, bias = (
                torch.tensor(np.array(arrays[op[k]], np.float32)) for k in ("weight", "bias")
            )
            x = F.linear(x, weight, bias)
        elif op["op"] in ("relu", "sigmoid"):
            x = getattr(torch, op["op"])(x)
    expected = load_model(run.directory).generate(torch.tensor([[0.3, -0.4]]), torch.tensor([6]))
    torch.testing.assert_close(x.reshape(expected.shape), expected)
