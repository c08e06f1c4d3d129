"""Scores of known and unknown images: what they are, what they tell, and who is unknown."""

import numpy as np
import pytest
import torch
from family_runs import make_family_run
from hypothesis import given
from hypothesis import strategies as st

from vae.analysis import detect, thresholds
from vae.config import DataConfig, ModelConfig, RunConfig
from vae.data import DATASETS, load, pixels
from vae.errors import DataError
from vae.figures import detect as figures_detect
from vae.models import FAMILIES, build, configure
from vae.models.losses import bernoulli_nll, gaussian_kl
from vae.training.costs import ImageCosts

SHAPE = (1, 8, 8)


def make(family, **settings):
    torch.manual_seed(1)
    given = {"hidden": (8,), "latent_dim": 3, "num_classes": 3, "image_shape": SHAPE, **settings}
    return build(configure(family, **given)).requires_grad_(False).eval()


def images(count=12):
    generator = torch.Generator().manual_seed(4)
    return torch.randint(0, 256, (count, *SHAPE), generator=generator).to(torch.uint8)


# --- scores


def test_reconstruction_loss_is_that_of_the_decode_of_mu():
    model, x = make("vae"), pixels(images())
    found = detect.score(model, images()).values["recon_loss"]
    mu, _ = model.encode(x)
    np.testing.assert_allclose(found, bernoulli_nll(model.decode(mu), x).numpy(), rtol=1e-5)


def test_negative_elbo_counts_the_kl_once_whatever_beta():
    model = make("beta-vae", beta=8.0)
    # Without noise in z the average over samples is the loss at mu.
    with torch.no_grad():
        model.encoder[-1].bias[3:] = -80.0
        model.encoder[-1].weight[3:] = 0.0
    values = detect.score(model, images()).values
    mu, logvar = model.encode(pixels(images()))
    expected = values["recon_loss"] + gaussian_kl(mu, logvar).numpy()
    np.testing.assert_allclose(values["elbo"], expected, rtol=1e-5)


def test_scores_come_out_the_same_twice():
    one, two = (detect.score(make("vae"), images()).values for _ in range(2))
    for name in detect.SCORES:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_the_scores_that_apply(family):
    model = make(family)
    progress: list[float] = []
    found = detect.score(model, images(), range(3), progress.append)
    reason = detect.why_no_elbo(family)
    assert ("elbo" in found.values) == (reason is None)
    assert reason is None or reason.endswith(".")
    for values in found.values.values():
        assert values.shape == (12,)
        assert np.isfinite(values).all()
    assert (found.labels is not None) == model.is_conditional
    assert progress[-1] == 1
    assert detect.reconstruct(model, images(), found.labels).shape == (12, *SHAPE)


def test_denoising_autoencoder_is_scored_on_the_image_as_it_is():
    model = make("denoising-ae")
    x = pixels(images())
    expected = model.recon_loss(model.decode(model.encode(x)[0]), x)
    found = detect.score(model, images()).values["recon_loss"]
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)


def test_conditional_model_is_scored_under_its_best_known_label():
    model, x = make("cvae"), pixels(images())
    each = []
    for label in (0, 2):
        labels = torch.full((12,), label)
        mu, _ = model.encode(x, labels)
        each.append(bernoulli_nll(model.decode(mu, labels), x).numpy())
    found = detect.score(model, images(), [0, 2])
    np.testing.assert_allclose(found.values["recon_loss"], np.minimum(*each), rtol=1e-5)
    assert found.labels.tolist() == np.where(each[0] <= each[1], 0, 2).tolist()


def test_a_score_without_end_counts_as_the_greatest(monkeypatch):
    costs = ImageCosts(torch.tensor([1.0, torch.inf, 3.0, torch.nan]), None)
    monkeypatch.setattr(detect, "cost_at_code", lambda *_: costs)
    found = detect.score(make("ae"), images(4)).values["recon_loss"]
    assert found.tolist() == [1.0, 3.0, 3.0, 3.0]


# --- thresholds and ROC


@given(
    st.lists(st.integers(-4, 4), min_size=1, max_size=30),
    st.lists(st.integers(-4, 4), min_size=1, max_size=30),
)
def test_auc_is_the_rank_statistic(known, unknown):
    """Mann and Whitney 1947: pairs in the right order, ties by half, over all pairs."""
    values = np.array([*known, *unknown], dtype=float)
    is_known = np.arange(len(values)) < len(known)
    pairs = np.subtract.outer(np.array(unknown), np.array(known))
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    found = thresholds.roc(values, is_known)
    assert found.auc == pytest.approx(expected)
    area = np.sum(
        np.diff(found.false_positive_rate)
        * (found.true_positive_rate[1:] + found.true_positive_rate[:-1])
        / 2
    )
    assert area == pytest.approx(expected)


def test_roc_passes_through_the_outcome_of_a_threshold():
    values = np.array([1.0, 2.0, 3.0, 4.0, 2.5, 5.0, 6.0])
    known = np.array([True] * 4 + [False] * 3)
    found = thresholds.outcome(values, known, 2.5)
    assert found == (2, 1, 2, 2)
    curve = thresholds.roc(values, known)
    points = set(
        zip(curve.false_positive_rate.round(6), curve.true_positive_rate.round(6), strict=True)
    )
    assert (round(found.false_positive_rate, 6), round(found.true_positive_rate, 6)) in points


def test_usual_threshold_lets_the_usual_share_pass():
    values = np.concatenate([np.arange(100.0), np.full(50, 1e6)])
    known = np.arange(150) < 100
    found = thresholds.outcome(values, known, thresholds.usual_threshold(values, known))
    assert found == (50, 0, 5, 95)


def test_examples_are_the_worst_of_each_kind():
    values = np.array([5.0, 1.0, 9.0, 2.0, 8.0, 3.0])
    known = np.array([True, True, True, False, False, False])
    found = thresholds.examples(values, known, 4.0, 2)
    assert found == {"false_negatives": [3, 5], "false_positives": [2, 0], "highest": [2, 4]}
    assert thresholds.examples(values, known, 100.0, 2)["false_positives"] == []


# --- who is unknown


def config(dataset="digits", shape=SHAPE, **data):
    model = ModelConfig(image_shape=shape)
    return RunConfig(name="mine", data=DataConfig(dataset=dataset, **data), model=model)


def test_other_classes_are_unknown():
    split = detect.ood_split(config(classes=(1, 7)))
    test = load("digits").test
    assert len(split.images) == len(test)
    for index in range(len(split.images)):
        assert split.known[index] == (split.group(index) in "17")
    assert int(split.known.sum()) == int(torch.isin(test.labels, torch.tensor([1, 7])).sum())
    assert split.known_title == "Digits (8 x 8), classes 1, 7"
    assert split.unknown_title == "Digits (8 x 8) without 1, 7"
    without = config(classes=(0, 1, 2, 3, 4, 5, 6, 7, 9))
    assert detect.ood_sets(without)[detect.REST] == "Digits (8 x 8), class 8"
    assert detect.ood_split(without).known_title == "Digits (8 x 8) without 8"
    groups = detect.group_means(split, np.arange(len(split.images), dtype=float))
    assert sum(group.images for group in groups) == len(test)
    assert {group.name for group in groups if group.is_known} == {"1", "7"}
    assert [group.mean for group in groups] == sorted(group.mean for group in groups)


def test_images_are_seen_as_the_run_sees_them():
    split = detect.ood_split(config(classes=(1,), binarise="dynamic"))
    assert set(split.images.unique().tolist()) == {0, 255}


@pytest.mark.parametrize("classes", [None, tuple(range(10))])
def test_a_run_on_all_classes_needs_other_images(classes):
    whole = config(classes=classes)
    assert detect.REST not in detect.ood_sets(whole)
    with pytest.raises(DataError, match=r"trained on all classes.*--classes 1"):
        detect.ood_split(whole)


def test_another_data_set_of_the_shape_is_unknown(monkeypatch, tiny, make_data):
    other = make_data((1, 6, 6), test=12)
    spec = DATASETS["tiny"]
    monkeypatch.setitem(DATASETS, "other", spec.__class__(**{
        **spec.__dict__, "name": "other", "title": "Other",
        "read": lambda folder, files: (other.train, other.test),
    }))  # fmt: skip
    run = config("tiny", (1, 6, 6), binarise="static")
    assert detect.ood_sets(run) == {"other": "Other"}
    split = detect.ood_split(run, "other")
    assert split.known.tolist() == [True] * 30 + [False] * 12
    assert split.group_names == ("a", "b", "c", "Other: a", "Other: b", "Other: c")
    assert split.group(30) == "Other: a"
    assert set(split.images.unique().tolist()) == {0, 255}
    some = config("tiny", (1, 6, 6), classes=(0,))
    assert list(detect.ood_sets(some)) == [detect.REST, "other"]
    assert int(detect.ood_split(some, "other").known.sum()) == 10


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="very images"):
        detect.ood_split(config("mnist", (1, 28, 28)), "mnist-binary")
    with pytest.raises(DataError, match="do not belong together"):
        detect.ood_split(config(), "shapes")
    with pytest.raises(DataError, match="There is no data set"):
        detect.ood_split(config(), "nothing")


def test_black_and_white_copy_of_the_same_images_is_not_out_of_distribution():
    found = detect.ood_sets(config("mnist", (1, 28, 28)))
    assert "fashion-mnist" in found
    assert not {"mnist", "mnist-binary", "digits", "shapes"} & found.keys()


# --- figures


def test_histogram_shows_shares_of_each_kind():
    known, unknown = np.linspace(0, 1, 50), np.linspace(5, 9, 400)
    figure = figures_detect.score_histogram(known, unknown, 3.0, unit="nats")
    for bars in figure.data:
        assert sum(bars.y) == pytest.approx(100)
    assert figure.layout.shapes[0].x0 == 3.0
    assert [bars.name for bars in figure.data] == ["known", "unknown"]


def test_few_images_have_few_bars():
    known, few = np.linspace(0, 9, 400), np.linspace(3, 9, 35)
    assert len(figures_detect.score_histogram(known, few, None, unit="nats").data[0].x) == 15
    many = np.tile(known, 20)
    assert len(figures_detect.score_histogram(many, many, None, unit="nats").data[0].x) == 100


def test_histogram_of_scores_that_are_all_the_same():
    same = np.full(9, 2.0)
    for find in (figures_detect.score_range, figures_detect.threshold_range):
        low, high = find(same, same)
        assert low < high
    figure = figures_detect.score_histogram(same, same, None, unit="nats")
    assert sum(figure.data[0].y) == pytest.approx(100)


def test_roc_figure_marks_the_threshold():
    curve = figures_detect.RocCurve("one", np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.9, 1.0]))
    figure = figures_detect.roc_curves([curve], (0.5, 0.9))
    assert [trace.name for trace in figure.data] == ["one", "chance, AUC 0.5", "this threshold"]
    assert (figure.data[-1].x[0], figure.data[-1].y[0]) == (0.5, 0.9)


def test_bars_stand_in_the_order_given():
    figure = figures_detect.group_bars(
        ["b", "a", "c"], [1.0, 2.0, 3.0], [5, 6, 7], [False, True, False], 2.5, unit="nats"
    )
    assert list(figure.layout.yaxis.categoryarray) == ["b", "a", "c"]
    known, unknown = figure.data
    assert (list(known.y), list(unknown.y)) == (["a"], ["b", "c"])
    assert list(unknown.customdata) == [5, 7]


def test_threshold_reaches_what_is_worth_trying():
    known, unknown = np.linspace(10, 60, 200), np.linspace(30, 5000, 2000)
    low, high = figures_detect.threshold_range(known, unknown)
    assert (low, high) == (10, np.median(unknown))
    assert figures_detect.threshold_range(unknown, known)[1] <= 5000
    usual = np.quantile(unknown, thresholds.USUAL_PASS)
    assert figures_detect.threshold_range(unknown, known)[1] >= usual


# --- the command


def test_command_gives_both_figures(cli, tmp_path):
    run = make_family_run("vae", tmp_path / "checkpoints", classes=(1,))
    found = cli("detect", run.name, "--json").json
    assert found["known_images"] + found["unknown_images"] == 360
    for name in detect.SCORES:
        figures = found["scores"][name]
        assert 0 <= figures["auc"] <= 1
        assert figures["false_alarms"] <= 0.1
    assert (found["samples"], found["best_of_labels"]) == (detect.SAMPLES, False)


def test_command_says_why_there_is_no_elbo(cli, tmp_path):
    run = make_family_run("ae", tmp_path / "checkpoints", classes=(1,))
    found = cli("detect", run.name, "--json").json
    assert found["scores"]["elbo"] is None
    assert "no prior" in found["not_applicable"]["elbo"]
    assert "n/a" in cli("detect", run.name).out


def test_command_refuses_with_a_sentence(cli, tmp_path):
    run = make_family_run("vae", tmp_path / "checkpoints")
    cli("detect", run.name).check_refused("all classes", "--classes 1")
    cli("detect", run.name, "--against", "shapes").check_refused("do not belong together")
    cli("detect", run.name, "--against", "digits").check_refused("very images")
