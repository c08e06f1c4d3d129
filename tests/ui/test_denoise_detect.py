"""The Denoise and the Detect page without a browser: what they show, and each empty state."""

import re
from collections.abc import Callable
from pathlib import Path

import driver
import pytest
from driver import block, charts, fill, press, words
from family_runs import make_family_run
from streamlit.testing.v1 import AppTest

from vae.analysis import detect
from vae.models import FAMILIES
from vae.ui.denoise.view import decibels, signed

Only = Callable[..., Path]
DENOISE, DETECT = "denoise", "detect"
BOTH = pytest.mark.parametrize("page", [DENOISE, DETECT])


@pytest.fixture(scope="module")
def family_root(tmp_path_factory) -> Path:
    """A folder with a small run of each family, on some classes, and one on all of them."""
    root = tmp_path_factory.mktemp("runs")
    for family in FAMILIES:
        make_family_run(family, root, classes=(1, 3, 8))
    make_family_run("vae", root, "whole")
    return root


@pytest.fixture(autouse=True)
def folders(family_root, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_RUNS_DIR", str(family_root))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))


def open_page(page: str, **query: str) -> AppTest:
    app = driver.open_page(page, **query)
    check(app)
    return app


def check(app: AppTest) -> None:
    assert not app.exception, app.exception
    assert not app.error, app.error


# --- Denoise


@pytest.mark.parametrize("family", FAMILIES)
def test_denoise_shows_every_family(family):
    app = open_page(DENOISE, run=f"small-{family}")
    cards = block(app, "denoise-cards")
    assert cards.count("<article>") == 10
    assert cards.count("<img") == 30
    assert charts(app) == 1
    assert ("given the class of each image" in words(app)) == FAMILIES[family].model.is_conditional


def test_denoise_cleans_what_the_controls_say():
    app = open_page(DENOISE, run="small-vae")
    before = block(app, "denoise-cards")
    check(fill(app, "", denoise_gaussian=1.5))
    louder = block(app, "denoise-cards")
    assert louder != before
    # The originals are the same images: only the noise is louder.
    assert re.findall(r"original: \w", louder) == re.findall(r"original: \w", before)
    fill(app, "", denoise_count=4)
    assert block(app, "denoise-cards").count("<article>") == 4
    fill(app, "", denoise_kind="mask")
    assert app.slider(key="denoise_mask").max == 1.0
    fill(app, "", denoise_mask=0.05)
    check(fill(app, "", denoise_seed=7))


def test_denoise_begins_with_what_the_address_says():
    app = open_page(
        DENOISE, run="small-vae", denoise_kind="mask", denoise_mask="0.9", denoise_count="5"
    )
    assert app.selectbox(key="denoise_kind").value == "mask"
    assert app.slider(key="denoise_mask").value == 0.9
    assert block(app, "denoise-cards").count("<article>") == 5


def test_denoise_says_plainly_when_cleaning_makes_it_worse():
    app = open_page(DENOISE, run="small-vae", denoise_gaussian="0.05")
    assert any("makes these images worse" in warning.value for warning in app.warning)


def test_denoise_says_who_would_be_best_and_leads_there():
    app = open_page(DENOISE, run="small-denoising-ae")
    assert "trained to clean just this" in words(app)
    assert not any("Train one" in button.label for button in app.button)
    app = open_page(DENOISE, run="small-vae", denoise_kind="mask", denoise_mask="0.3")
    assert "--family denoising-ae --dataset digits --classes 1,3,8" in app.code[0].value
    press(app, "Train one on mask:0.3")
    check(app)
    held = app.session_state
    assert held["train-family"] == "denoising-ae"
    assert (held["train-corruption_kind"], held["train-corruption_amount"]) == ("mask", 0.3)
    assert (held["train-dataset"], held["train-classes"]) == ("digits", [1, 3, 8])


@pytest.mark.parametrize(
    ("value", "text"), [(12.34, "12.3 dB"), (float("inf"), "∞ dB"), (-0.5, "-0.5 dB")]
)
def test_decibels(value, text):
    assert decibels(value) == text


def test_gains_have_a_sign():
    assert (signed(7.24), signed(-0.5)) == ("+7.2 dB", "−0.5 dB")


# --- Detect


@pytest.mark.parametrize("family", FAMILIES)
def test_detect_shows_every_family(family):
    app = open_page(DETECT, run=f"small-{family}")
    reason = detect.why_no_elbo(family)
    assert charts(app) == (4 if reason is None else 3)
    assert ("n/a" in words(app)) == (reason is not None)
    assert (len(app.get("button_group")) == 1) == (reason is None)
    assert ("every label" in words(app)) == FAMILIES[family].model.is_conditional
    assert "unknown" in block(app, "detect-counts")


def counts(app: AppTest) -> dict[str, int]:
    found = re.findall(r"<b>([\d,]+)</b> ([a-z ]+) \(", block(app, "detect-counts"))
    return {name: int(count) for count, name in found}


def test_threshold_moves_the_counts():
    app = open_page(DETECT, run="small-vae")
    usual = counts(app)
    known = usual["false positives"] + usual["true negatives"]
    assert usual["false positives"] / known == pytest.approx(0.05, abs=0.03)
    slider = app.slider[0]
    slider.set_value(slider.min).run()
    check(app)
    lowest = counts(app)
    assert lowest["false positives"] + lowest["true negatives"] == known
    assert lowest["false negatives"] <= 2  # the bounds are rounded outwards
    assert "none at this threshold" in words(app) or lowest["false negatives"]


def test_the_other_score_has_a_threshold_of_its_own():
    app = open_page(DETECT, run="small-vae")
    first = app.slider[0].label
    fill(app, "", detect_score="elbo")
    assert (first, app.slider[0].label) == (
        "Threshold on the reconstruction loss",
        "Threshold on the negative ELBO",
    )


def test_a_run_on_all_classes_is_told_how_to_leave_some_out(family_root, only):
    only(family_root / "whole")
    app = open_page(DETECT, run="whole", detect_against="digits")
    assert "trained on all classes" in words(app)
    assert charts(app) == 0
    assert "--dataset digits --classes 1" in app.code[0].value
    app.selectbox(key="detect-class-digits").select(8).run()
    press(app, "Train on 8 alone")
    check(app)
    held = app.session_state
    assert (held["train-classes"], held["train-latent_dim"]) == ([8], 8)
    assert (held["train-dataset"], held["train-family"]) == ("digits", "vae")


def test_choosing_another_run_keeps_the_page_whole():
    app = open_page(DETECT, run="small-vae", detect_score="elbo")
    for name in ("small-ae", "small-vq-vae", "small-cvae"):
        check(fill(app, "picked-", run=name))


def test_both_open_on_something_to_learn_from_without_a_download(monkeypatch):
    monkeypatch.delenv("VAE_RUNS_DIR")
    denoise = open_page(DENOISE)
    assert "digits-denoising-ae" in str(denoise.query_params["run"])
    assert "trained on clean images only" not in words(denoise)
    gain = re.search(r"\*\*\+(\d+\.\d) dB\*\*", words(denoise))
    assert gain is not None
    assert float(gain[1]) > 2
    found = open_page(DETECT)
    assert "digits-without-8" in str(found.query_params["run"])
    auc = re.search(r"that is the AUC, (0\.\d+)", words(found))
    assert auc is not None
    assert 0.7 < float(auc[1]) < 0.97


def test_a_model_that_was_not_made_for_it_says_so_before_its_pictures():
    app = open_page(DENOISE, run="small-vae")
    assert "trained on clean images only" in words(app)
    assert "small-denoising-ae" in " ".join(str(link.proto.label) for link in app.get("page_link"))


def test_where_there_is_none_made_for_it_training_one_is_offered(family_root, only):
    only(family_root / "small-vae")
    app = open_page(DENOISE)
    assert "trained on clean images only" in words(app)
    press(app, "Train a model that removes noise")
    held = app.session_state
    assert (held["train-family"], held["train-classes"]) == ("denoising-ae", [1, 3, 8])


def test_what_a_page_begins_with_stays_on_that_page(offered):
    app = driver.open_page("explore", run="small-vae")
    for page, begins in ((DENOISE, "small-denoising-ae"), ("explore", "small-vae")):
        app.query_params.clear()
        app.switch_page(f"pages/{page}.py")
        for _ in range(2):  # the page's own address is no choice
            driver.rerun(app)
        assert app.selectbox(key="picked-run").value == begins
    assert "small-denoising-ae-denoise-curve.csv" in offered
    fill(app, "picked-", run="small-ae")
    app.query_params.clear()
    app.switch_page("pages/generate.py")
    assert driver.rerun(app).selectbox(key="picked-run").value == "small-ae"


def test_detect_survives_an_address_that_does_not_fit():
    app = open_page(DETECT, run="small-ae", detect_against="nothing", detect_score="elbo")
    assert charts(app) == 3


# --- both


@BOTH
def test_missing_images_are_offered(page, monkeypatch):
    monkeypatch.delenv("VAE_RUNS_DIR")
    app = open_page(page, run="mnist-vae-2d")
    assert any("Get MNIST" in button.label for button in app.button)


@BOTH
def test_images_that_were_removed_are_a_sentence(page, family_root, only):
    path = only(family_root / "whole") / "whole" / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"folder:gone"'))
    app = open_page(page)
    assert "nowhere to be got from" in words(app)


@BOTH
def test_images_of_another_shape_are_a_sentence(page, tiny, family_root, only):
    path = only(family_root / "whole") / "whole" / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"tiny"'))
    app = driver.open_page(page)
    assert "do not belong together" in app.error[0].value
