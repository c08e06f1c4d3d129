"""Corrupting and cleaning: the ratio in decibels, its means, the curve, the command."""

import math

import numpy as np
import pytest
import torch
from family_runs import make_family_run
from torch import nn

from vae.analysis import denoise
from vae.config import CORRUPTIONS
from vae.data import pixels
from vae.errors import ConfigError
from vae.figures import denoise as figures
from vae.models import build, configure
from vae.models.corruption import corrupt


class Answering(nn.Module):
    """A model that answers an image with what ``answer`` makes of it."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.weight = nn.Parameter(torch.zeros(1))
        self.calls = 0

    def reconstruct(self, x, labels=None):
        self.calls += 1
        return self.answer(x)


def answering(answer):
    return Answering(answer)


@pytest.fixture
def split(make_data):
    return make_data((1, 6, 6)).test


@pytest.mark.parametrize(("error", "decibels"), [(1.0, 0.0), (0.1, 20.0), (0.01, 40.0)])
def test_psnr_of_a_constant_error(error, decibels):
    x = torch.zeros(3, 2, 4, 5)
    found = denoise.psnr(x + error, x)
    assert found.shape == (3,)
    torch.testing.assert_close(found, torch.full((3,), decibels), atol=1e-4, rtol=0)


def test_psnr_of_equal_images_is_infinite():
    x = torch.rand(2, 1, 4, 4)
    assert denoise.psnr(x, x).tolist() == [math.inf, math.inf]


def test_psnr_of_gaussian_noise_is_that_of_its_variance():
    x = torch.full((1, 1, 200, 200), 0.5)
    corrupted = corrupt(x, "gaussian:0.1", torch.Generator().manual_seed(0))
    assert float(denoise.psnr(corrupted, x)) == pytest.approx(20.0, abs=0.1)


def test_means_are_over_the_images_that_were_changed():
    gains = denoise.Gains(np.array([10.0, math.inf, 14.0]), np.array([20.0, 18.0, 12.0]))
    assert gains.changed.tolist() == [True, False, True]
    assert (gains.mean_before, gains.mean_after, gains.gain) == (12.0, 16.0, 4.0)
    assert gains.worse == 2
    assert gains.figures() == {
        "images": 3,
        "changed": 2,
        "psnr_before": 12.0,
        "psnr_after": 16.0,
        "gain": 4.0,
        "worse": 2,
    }


def test_figures_that_are_not_finite_are_none():
    untouched = denoise.Gains(np.array([math.inf]), np.array([20.0])).figures()
    assert (untouched["changed"], untouched["psnr_before"], untouched["gain"]) == (0, None, None)
    perfect = denoise.Gains(np.array([10.0]), np.array([math.inf])).figures()
    assert (perfect["psnr_before"], perfect["psnr_after"], perfect["gain"]) == (10.0, None, None)


def test_a_model_that_changes_nothing_gains_nothing(split):
    found = denoise.clean(answering(lambda x: x), split, "gaussian:0.5", seed=3)
    assert torch.equal(found.cleaned, found.corrupted)
    assert found.gains.gain == 0
    assert found.gains.worse == 0


def test_the_model_sees_the_spoiled_image_and_is_held_against_the_clean_one(split):
    x = pixels(split.images)
    seen = []

    def answer(given):
        seen.append(given)
        return x

    found = denoise.clean(answering(answer), split, "mask:0.5", seed=3)
    assert torch.equal(seen[0], corrupt(x, "mask:0.5", torch.Generator().manual_seed(3)))
    assert np.isinf(found.gains.after).all()
    expected = -10 * torch.log10((found.corrupted - x).square().mean((1, 2, 3)))
    np.testing.assert_allclose(found.gains.before, expected, rtol=1e-5)


def test_each_pass_is_given_the_answer_of_the_one_before(split):
    model = answering(lambda x: x / 2)
    found = denoise.clean(model, split, "gaussian:0.1", seed=0, passes=3)
    torch.testing.assert_close(found.cleaned, found.corrupted / 8)


def test_measure_goes_over_all_images_in_batches(split, monkeypatch):
    monkeypatch.setattr(denoise, "EVAL_BATCH", 7)
    model = answering(torch.zeros_like)
    found = denoise.measure(model, split, "salt-pepper:0.3")
    assert len(found.before) == len(split)
    alone = denoise.psnr(torch.zeros_like(pixels(split.images)), pixels(split.images))
    np.testing.assert_allclose(found.after, alone, rtol=1e-6)
    again = denoise.measure(model, split, "salt-pepper:0.3")
    np.testing.assert_array_equal(found.before, again.before)


def test_choose_draws_without_repeats(split):
    one, same = (denoise.choose(split, 12, 5) for _ in range(2))
    assert torch.equal(one.images, same.images)
    assert len(torch.unique(one.images.flatten(1), dim=0)) == 12
    assert len(denoise.choose(split, 10_000, 0)) == len(split)


def test_curve_falls_before_and_knows_where_cleaning_helps(split):
    x = pixels(split.images)
    # An answer that is always the same: worse than little noise, better than much.
    found = denoise.curve(answering(lambda given: x[: len(given)] * 0 + x.mean(0)), split, "mask")
    assert found.amounts.tolist() == denoise.amounts_of("mask")
    assert (np.diff(found.before) < 0).all()
    start = found.helps_from()
    better = found.after >= found.before
    assert better.tolist() == [amount >= start for amount in found.amounts]
    assert not better[0]
    assert better[-1]
    assert found.images == len(split)


@pytest.mark.parametrize(
    ("after", "start"), [((9, 9, 9), None), ((12, 12, 12), 1.0), ((9, 12, 12), 2.0)]
)
def test_where_cleaning_helps(after, start):
    at, before = np.array([1.0, 2.0, 3.0]), np.array([10.0, 10.0, 10.0])
    assert denoise.Curve(at, before, np.array(after), 20.0, 1).helps_from() == start


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_amounts_of_a_curve_can_be_done(kind, split):
    amounts = denoise.amounts_of(kind)
    assert amounts == sorted(set(amounts))
    assert amounts[-1] == CORRUPTIONS[kind]
    for amount in amounts:
        corrupt(pixels(split.images), f"{kind}:{amount}")


def test_an_unknown_corruption_is_refused(split):
    with pytest.raises(ConfigError, match="no corruption"):
        denoise.measure(answering(lambda x: x), split, "fog:0.5")


@pytest.mark.parametrize("family", ["vae", "cvae", "iwae", "denoising-ae", "sparse-ae", "vq-vae"])
def test_every_kind_of_family_can_clean(family, make_data):
    config = configure(family, num_classes=3, hidden=(4,), latent_dim=3, image_shape=(3, 8, 8))
    data = make_data((3, 8, 8))
    found = denoise.clean(build(config).eval(), data.test, "gaussian:0.5")
    assert found.cleaned.shape == data.test.images.shape
    assert np.isfinite(found.gains.after).all()


def test_figure_has_the_amount_and_the_level_of_the_clean_image():
    at = np.array([0.1, 0.5, 1.0])
    figure = figures.cleaning_curve(at, at + 10, at + 20, 22.5, 0.5, unit="share")
    before, after, level = figure.data
    np.testing.assert_allclose(before.y, at + 10)
    np.testing.assert_allclose(after.y, at + 20)
    assert list(level.y) == [22.5, 22.5]
    assert figure.layout.shapes[0].x0 == 0.5


def test_command_measures_the_whole_test_split(cli, tmp_path):
    run = make_family_run("denoising-ae", tmp_path / "checkpoints")
    found = cli("denoise", run.name, "--json").json
    assert found["corruption"] == run.config.model.corruption
    assert (found["images"], found["changed"]) == (360, 360)
    assert found["gain"] == pytest.approx(found["psnr_after"] - found["psnr_before"])
    words = cli("denoise", run.name, "--corruption", "mask:0.01")
    assert words.code == 0
    assert "left as they were" in words.out  # few pixels of so small an image
    cli("denoise", run.name, "--corruption", "fog:1").check_refused("fog:1", "gaussian")
    cli("denoise", "nobody").check_refused("nobody")
