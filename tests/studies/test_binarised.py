"""The study of grey and black-and-white pixels: what it measures, and what it finds."""

import math

import pytest
import torch
from study_results import made_up, part_of, untrained, with_strips

from vae.studies import binarised

STUDY = binarised.STUDY


def test_the_arms_see_their_pixels():
    settings = STUDY.settings()
    configs = [arm.config(settings, 0) for arm in STUDY.arms(settings)]
    assert [config.data.binarise for config in configs] == ["none", "static", "dynamic"]


def test_grey_pixels_cost_their_entropy_at_least():
    x = torch.tensor([[[[0.5, 0.0], [1.0, 0.25]]], [[[0.0, 0.0], [1.0, 1.0]]]])
    quarter = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert binarised.grey_floor(x) == pytest.approx((math.log(2) + quarter) / 2)
    # No probability does better than the grey level itself.
    other = torch.tensor(0.3)
    cross = -(0.25 * other.log() + 0.75 * (1 - other).log())
    assert float(cross) > quarter


def test_drawn_pixels_are_black_or_white_with_the_grey_level_as_probability():
    draw = binarised.sampled_once(torch.Generator().manual_seed(0))
    found = draw(torch.full((1, 1, 100, 100), 0.3))
    assert set(found.unique().tolist()) == {0.0, 1.0}
    assert float(found.mean()) == pytest.approx(0.3, abs=0.02)
    assert draw(torch.ones(1, 1, 2, 2)).all()


@pytest.mark.parametrize("place", [0, 1])
def test_each_model_is_measured_on_every_kind_of_pixels(place):
    subject, config = untrained(STUDY, place)
    found = STUDY.measure(subject, config)
    plain, as_grey = untrained(STUDY)
    assert found["grey_floor"] == STUDY.measure(plain, as_grey)["grey_floor"] > 0
    for kind in binarised.PIXELS:
        whole = found[f"{kind}_recon_loss"] + found[f"{kind}_kl"]
        assert found[f"{kind}_neg_elbo"] == pytest.approx(whole)
    own = subject.standard if place == 1 else subject.standard["binary"]
    assert found["static_neg_elbo"] == pytest.approx(-own["elbo"], rel=1e-5)
    # The estimate with K samples lies above the bound from the same draws.
    assert found["log_p_gap"] > 0


def test_pictures_are_of_the_same_images_grey_and_black_and_white():
    subject, config = untrained(STUDY, 1)
    strips = STUDY.pictures(subject, config)
    assert set(strips["static"].ravel().tolist()) == {0, 255}
    assert len(set(strips["grey"].ravel().tolist())) > 2
    assert ((strips["grey"] > 127) * 255 == strips["static"]).all()
    assert strips["from-grey"].shape == strips["from-static"].shape == strips["grey"].shape


def result(rows, seeds=1):
    """-ELBO on grey, static and drawn pixels and -log p, by kind of training."""

    def figures(arm, seed):
        grey, static, drawn, likelihood = rows[str(arm.values["trained_on"])]
        return {
            **{"grey_neg_elbo": grey + seed, "static_neg_elbo": static + seed},
            **{"drawn_neg_elbo": drawn + seed, "neg_log_p": likelihood + seed},
            **{"log_p_error": 1.0, "static_kl": 20.0, "grey_floor": 45.0},
        }

    return made_up(STUDY, lambda arm, seed: {"active_units": 9}, figures, seeds=seeds)


ROWS = {
    "grey": (100.0, 80.0, 99.0, 75.0),
    "static": (110.0, 70.0, 105.0, 65.0),
    "dynamic": (102.0, 78.0, 98.5, 70.0),
}


def test_each_model_is_best_on_its_own_pixels():
    found = STUDY.finding(result(ROWS))
    assert found.count("which was trained on them") == 3
    assert "least with static (70.00 nats), which was trained on them; it is 80.00 nats" in found
    assert "-log p(x) of the thresholded test images is least with static (65.00 nats)" in found
    assert "10.00 nats lower than with grey and 5.00 nats lower than with dynamic" in found
    assert "no bound on a likelihood" in found
    assert "costs 45.00 nats per image" in found
    short = STUDY.short(result(ROWS))
    assert "trained on static (65.00 nats). On grey" in short
    assert "trained on grey (100.00 nats)." in short
    assert STUDY.main(result(ROWS)).data


def test_where_another_model_is_better_it_says_so():
    rows = {**ROWS, "dynamic": (102.0, 69.0, 99.5, 64.5)}
    found = STUDY.finding(result(rows, seeds=3))
    assert "least with dynamic (70.00 nats; static lies within the seeds' spread), though" in found
    assert "though static was trained on them" in found
    assert "though dynamic was trained on them" in found
    assert "0.50 nats lower than with static (within the seeds' spread)" in found


def test_charts_take_what_there_is():
    whole = with_strips(result(ROWS, seeds=2), untrained(STUDY)[0])
    for count in (0, 1, 2, 4, 6):
        charts = STUDY.charts(part_of(whole, count))
        assert len(charts["by-test-pixels"].figure.data) == min(count, 3)
        rows = charts["reconstructions"].figure.layout.yaxis.ticktext
        assert len(rows) == (0 if count == 0 else 2 * (1 + min(count, 3)))
    assert rows[:2] == ("test: grey", "model: grey")
    bars = charts["by-test-pixels"].figure.data[1]
    assert list(bars.y) == pytest.approx([110.5, 70.5, 105.5])
    assert list(bars.error_y.array) == pytest.approx([0.5] * 3)
    assert "no bound" in bars.x[0]
