"""Embeddings for every family: what its codes cost, what can be decoded, and the page itself."""

import base64
import csv
import io
from collections.abc import Callable
from typing import Any

import driver
import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from vae.analysis.embeddings import terms
from vae.analysis.explore import parse_z, run_codes
from vae.data import load, load_for, pixels
from vae.latent.extent import extent_of
from vae.models import FAMILIES
from vae.runs.checkpoint import load_model
from vae.ui.embeddings import data as embed_data

TWO = (3, 7)


Open = Callable[..., AppTest]


@pytest.fixture
def open_page(made) -> Open:
    def show(key: str, **query: str) -> AppTest:
        app = driver.open_page("embeddings", **({"run": made[key].name} | query))
        assert not app.error
        return app

    return show


def levels(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), np.uint8)


def chosen(labels: torch.Tensor, *which: int) -> np.ndarray[Any, Any]:
    found = np.zeros(len(labels), dtype=np.bool_)
    found[list(which)] = True
    return found


@pytest.mark.parametrize("family", [*FAMILIES, "two"])
def test_code_i_is_told_of_with_image_i(family, made):
    run = made[family]
    model, data = load_model(run.directory), load_for(run.config.data)
    codes, labels = run_codes(run)
    assert len(codes.mu) == len(data.test)
    told = terms.picked_answer(model, codes, labels, 7, data, "")
    image, label = data.test.images[7:8], data.test.labels[7:8]
    with torch.inference_mode():
        expected = model.reconstruct(pixels(image), label)
    assert told["recon"] is not None
    assert told["original"] is not None
    np.testing.assert_allclose(levels(told["recon"]), 255 * expected.flatten().numpy(), atol=0.51)
    np.testing.assert_array_equal(levels(told["original"]), image.flatten().numpy())
    every = terms.code_terms(model, data, len(codes.mu))
    assert told["recon_loss"] == pytest.approx(float(every.recon_loss[7]), rel=1e-4)
    assert (told["kl"] is None) == (not model.has_prior)
    if told["kl"] is not None:
        assert told["kl"] == pytest.approx(float(every.kl[7]), rel=1e-3)
    is_mse = told["loss"]["loss"] == "mse"
    assert is_mse == (not model.has_prior)
    if is_mse:
        error = ((expected - pixels(image)) ** 2).mean()
        assert told["recon_loss"] == pytest.approx(float(error), rel=1e-4)


def test_without_the_data_set_only_places_decode(made):
    for family in FAMILIES:
        model = load_model(made[family].directory)
        codes, labels = run_codes(made[family])
        told = terms.picked_answer(model, codes, labels, 7, None, "gone")
        assert (told["original"], told["recon_loss"], told["note"]) == (None, None, "gone")
        assert (told["recon"] is None) == (not model.is_continuous)
        assert (told["kl"] is None) == (codes.logvar is None)


def test_group_is_decoded_under_its_most_frequent_label(made):
    run = made["two"]
    model = load_model(run.directory)
    codes, labels = run_codes(run)
    sevens, threes = (torch.nonzero(labels == label)[:, 0].tolist() for label in (7, 3))
    which = [sevens[0], sevens[1], threes[0]]
    told = terms.group_answer(model, codes, labels, chosen(labels, *which), None, list("abcdefgh"))
    assert told["labels"] == [7, 3]
    assert "most frequent label here, h." in told["note"]
    with torch.inference_mode():
        expected = model.generate(codes.mu[which].mean(0)[None], torch.tensor([7]))
    assert told["decoded"] is not None
    np.testing.assert_allclose(levels(told["decoded"]), 255 * expected.flatten().numpy(), atol=0.51)


def test_group_of_discrete_codes_has_no_decode(made):
    run = made["vq-vae"]
    codes, labels = run_codes(run)
    group = chosen(labels, 1, 2)
    told = terms.group_answer(load_model(run.directory), codes, labels, group, load("digits"))
    assert told["decoded"] is None
    assert "not applicable" in told["note"]
    assert told["mean"] is not None


@pytest.mark.parametrize("family", [*FAMILIES, "two"])
def test_page_of_a_family(family, made, open_page, shown):
    run = made[family]
    kind = FAMILIES[run.config.model.family].model
    codes, labels = run_codes(run)
    app = open_page(family)
    app.session_state[f"selected-{run.name}"] = (5, terms.write_mask(chosen(labels, 1, 2, 3)))
    app.run()
    assert not app.exception
    assert shown["picked"]["index"] == 5
    assert shown["group"]["count"] == 3
    href = shown["picked"]["href"]
    assert (href is None) == (not kind.is_continuous)
    if href is not None:
        # Explore takes the address as it is.
        query = dict(part.split("=") for part in href.split("?")[1].split("&"))
        extent = extent_of(codes.mu.numpy(), has_prior=kind.has_prior)
        z = parse_z(query["z"], 2, limit=extent.limit, decimals=extent.decimals)
        assert z == pytest.approx(codes.mu[5].tolist(), abs=10.0**-extent.decimals)
        assert query.get("label") == (str(int(labels[5])) if kind.is_conditional else None)
    axes = embed_data.mu_embedding(run, run.version, (0, 1)).axes
    is_cloud = kind.has_prior and kind.is_continuous
    assert axes[0] == ("mu 1" if is_cloud else "code 1" if kind.is_continuous else "mean code 1")
    for method in ("pca", "tsne"):
        driver.fill(app, "", method=method)
    explore = [link for link in app.get("page_link") if "Decode places" in link.proto.label]
    assert bool(explore) == kind.is_continuous


@pytest.mark.parametrize("family", [*FAMILIES, "two"])
def test_colours_of_a_family(family, made, open_page, shown):
    run = made[family]
    kind = FAMILIES[run.config.model.family].model
    app = open_page(family, colour="recon_loss")
    driver.until(app, lambda: shown["values"] is not None)
    assert not app.exception
    driver.fill(app, "", colour="kl")
    words = " ".join(info.value for info in app.info)
    if kind.has_prior:
        assert shown["values"].startswith("kl-")
        assert "KL" not in words
    else:
        assert shown["values"] is None
        assert kind.not_applicable["kl"] in words
    unit = embed_data.unit_of(run.config.model)
    assert unit == ("nats" if kind.has_prior else "mean squared error per pixel")


def test_csv_leaves_out_what_does_not_apply(made):
    for family in ("ae", "vq-vae", "cvae"):
        run = made[family]
        found = embed_data.pca_embedding(run, run.version)
        rows = list(csv.DictReader(io.StringIO(embed_data.as_csv(run, found).decode())))
        assert len(rows) == len(run_codes(run)[1])
        assert float(rows[3]["recon_loss"]) > 0
        assert (rows[3]["kl"] == "") == (family == "ae")


def test_a_run_of_some_classes_shows_its_own_images(made):
    run = made["two"]
    images, missing = embed_data.originals_or_why(run)
    assert not missing
    assert set(images.test.labels.tolist()) == set(TWO)
    assert set(images.test.images.unique().tolist()) <= {0, 255}
