"""Growing runs read back: curves, structures, ages of neurons, the target to compare with."""

import numpy as np
import pytest

from vae import runs
from vae.analysis.grow import (
    ages,
    elbo_curve,
    encoder_parameters,
    find_target,
    mean_parameters,
    robust_range,
    scaled,
    sizes_by_epoch,
    structures,
)
from vae.config.growth import RECIPES, GrowthConfig
from vae.figures.compare import Curve
from vae.figures.grow import Mark, Stairs, age_colours, effect_bars, growth_figure
from vae.models import build, configure
from vae.training.plan import plan
from vae.training.recipes import RECIPES as SHIPPED

GROWTH = GrowthConfig(start=(2, 1), add=(2, 1), every=2)
CONFIG = configure("growing-vae", hidden=(6, 3), latent_dim=2, image_shape=(1, 4, 4), growth=GROWTH)


def line(epoch, recon, kl=1.0, hidden=None):
    found = {"kind": "epoch", "epoch": epoch}
    found |= {"train": {"loss": 0, "recon_loss": recon + 0.5, "kl": kl}}
    found |= {"test": {"loss": 99, "recon_loss": recon, "kl": kl}}
    return found | ({} if hidden is None else {"hidden": list(hidden)})


LINES = [
    line(1, 10, hidden=(2, 1)),
    line(2, 8, hidden=(2, 1)),
    line(3, 9, hidden=(4, 2)),
    line(4, 7.5, hidden=(4, 2)),
    line(5, 7.75, hidden=(6, 3)),
]


def test_the_curve_is_reconstruction_plus_kl_whatever_the_loss():
    curve = elbo_curve("one", 1, [*LINES, line(6, 1, kl=None)])
    assert (curve.name, curve.place) == ("one", 1)
    assert curve.test_at.tolist() == curve.train_at.tolist() == [1, 2, 3, 4, 5]
    assert curve.test.tolist() == [11, 9, 10, 8.5, 8.75]
    assert curve.train.tolist() == [11.5, 9.5, 10.5, 9, 9.25]
    assert elbo_curve("none", 0, []).test.shape == (0,)


@pytest.mark.parametrize("broken", [None, "x", [], {"recon_loss": 1}, {"recon_loss": 1, "kl": "x"}])
def test_a_report_without_terms_is_left_out(broken):
    assert not len(elbo_curve("one", 0, [{"epoch": 1, "test": broken}]).test)


def test_structures_begin_at_the_epoch_of_the_change_with_the_jump_over_it():
    found = structures(CONFIG, LINES)
    assert [(one.epoch, one.sizes) for one in found] == [(1, (2, 1)), (3, (4, 2)), (5, (6, 3))]
    first, second, third = found
    assert (first.before, first.after, first.jump, first.regained) == (None, 11, None, None)
    assert (second.before, second.after, second.jump) == (9, 10, 1)
    assert second.regained == 2
    assert (third.before, third.jump, third.regained) == (8.5, 0.25, None)
    assert structures(CONFIG, [])[0].sizes == (2, 1)


def test_lines_without_sizes_have_those_of_the_schedule():
    bare = [line(epoch, 5) for epoch in range(1, 6)]
    sizes = sizes_by_epoch(CONFIG, bare)
    assert sizes == sizes_by_epoch(CONFIG, LINES)
    assert sizes_by_epoch(CONFIG, [line(1, 5, hidden=(2, "x"))]) == {1: (2, 1)}
    fixed = CONFIG.model_copy(update={"growth": None})
    assert set(sizes_by_epoch(fixed, bare).values()) == {(6, 3)}


@pytest.mark.parametrize("epoch", [1, 3, 5])
def test_parameters_are_those_of_the_encoder_itself(epoch):
    sizes = GROWTH.sizes_at(CONFIG.hidden, epoch)
    model = build(
        configure("vae", hidden=sizes, latent_dim=CONFIG.latent_dim, image_shape=(1, 4, 4))
    )
    assert encoder_parameters(CONFIG, sizes) == sum(p.numel() for p in model.encoder.parameters())


def test_mean_parameters_weigh_each_structure_by_its_epochs():
    small, middle, large = (encoder_parameters(CONFIG, s) for s in ((2, 1), (4, 2), (6, 3)))
    assert mean_parameters(CONFIG, LINES) == (2 * small + 2 * middle + large) / 5
    assert mean_parameters(CONFIG, []) is None


def test_ages_of_neurons():
    changes = GROWTH.changes((6, 3))
    assert ages(GROWTH, changes, 0, 5).tolist() == [1, 1, 3, 3, 5, 5]
    assert ages(GROWTH, changes, 1, 4).tolist() == [1, 3]
    cut = GrowthConfig(keep_at=2, keep=(2, 1), add=(2, 1), every=2)
    assert ages(cut, cut.changes((6, 3)), 0, 2).tolist() == [1] * 6
    assert ages(cut, cut.changes((6, 3)), 0, 9).tolist() == [1, 1, 3, 3, 5, 5]
    # Which of equal age were kept makes no difference; of several ages, nobody knows.
    norm = cut.model_copy(update={"keep_rule": "norm"})
    assert ages(norm, norm.changes((6, 3)), 0, 9).tolist() == [1, 1, 3, 3, 5, 5]
    own = GrowthConfig(start=(2,), after=((1, (4,)), (2, (3,))), keep_rule="norm")
    assert ages(own, own.changes((6,)), 0, 2).tolist() == [1, 1, 2, 2]
    assert ages(own, own.changes((6,)), 0, 3) is None


def test_recipes_fitted_to_other_epochs():
    one, two = (RECIPES[name].model["growth"] for name in ("approach-1", "approach-2"))
    assert scaled(one, 200, 200) == one
    assert scaled(one, 200, 80).every == 10
    assert (scaled(two, 200, 80).every, scaled(two, 200, 80).keep_at) == (10, 10)
    assert scaled(one, 200, 1).every == 1
    # As many expansions as the report has.
    for epochs in (8, 16, 80, 400):
        changes = scaled(one, 200, epochs).changes((256, 128))
        assert len([change for change in changes if change.epoch <= epochs]) == 8


def target(name, root, model=None, **train):
    settings = {"hidden": (6, 3), "latent_dim": 2, **(model or {})}
    config = plan("vae", name=name, data={"dataset": "digits"}, model=settings, train=train)
    return runs.create(config, root)


def test_the_target_has_the_same_settings_and_preferably_the_seed(tmp_path):
    growing = plan(
        "growing-vae",
        data={"dataset": "digits"},
        model={"hidden": (6, 3), "latent_dim": 2, "growth": GROWTH},
        train={"epochs": 5, "seed": 3},
    )
    others = [
        target("smaller", tmp_path, {"hidden": (6, 2)}, seed=3),
        target("flat", tmp_path, {"latent_dim": 3}, seed=3),
        target("weighed", tmp_path, {"beta": 2.0}, seed=3),
        target("batch", tmp_path, seed=3, batch_size=7),
        target("rate", tmp_path, seed=3, lr=0.5),
        target("samples", tmp_path, seed=3, samples=2),
    ]
    assert find_target(growing, others) is None
    seed = target("other-seed", tmp_path, epochs=5)
    assert find_target(growing, [*others, seed]) == seed
    long = target("long", tmp_path, seed=3, epochs=9)
    assert find_target(growing, [*others, seed, long]) == long
    same = target("same", tmp_path, seed=3, epochs=5)
    assert find_target(growing, [seed, long, same]) == same


def test_the_shipped_pair_belongs_together(tmp_path):
    growing, fixed = SHIPPED["digits-growing"], SHIPPED["digits-target"]
    run = runs.create(fixed, tmp_path)
    assert find_target(growing, [run]) == run
    assert len(growing.model.growth.changes(growing.model.hidden)) - 1 == 7


def test_the_range_leaves_out_what_is_far_off_at_first_and_keeps_the_jumps():
    values = np.array([500.0, *np.linspace(30, 20, 20), 29.0, 21.0])
    curve = Curve("one", 0, np.arange(23.0), values, np.arange(23.0), values)
    found = robust_range([curve])
    assert found[0] < 20
    assert 29 < found[1] < 40
    assert robust_range([]) is None
    assert robust_range([elbo_curve("one", 0, [])]) is None
    flat = np.full(3, 5.0)
    low, high = robust_range([Curve("one", 0, flat, flat, flat, flat)]) or (0, 0)
    assert low < 5 < high


# --- figures


def test_marks_stand_where_the_epoch_before_the_change_ends():
    found = structures(CONFIG, LINES)
    marks = [Mark(one.epoch - 1, "x") for one in found[1:]]
    stairs = [Stairs("layer", [0, 2, 4, 5], [2, 4, 6])]
    curves = [elbo_curve("grown", 0, LINES), elbo_curve("fixed", 1, LINES)]
    figure = growth_figure(curves, marks, stairs, epochs=9, loss_range=(1, 20))
    lines = [(shape.x0, shape.x1, shape.line.dash) for shape in figure.layout.shapes]
    assert lines == [(2, 2, "dash")] * 2 + [(4, 4, "dash")] * 2
    assert [one.text for one in figure.layout.annotations].count("x") == 2
    steps = figure.data[-1]
    assert (list(steps.x), list(steps.y)) == ([0, 2, 4, 5], [2, 4, 6, 6])
    assert steps.line.shape == "hv"
    assert [trace.name for trace in figure.data[:4]] == [
        "grown, train",
        "grown, test",
        "fixed, train",
        "fixed, test",
    ]
    assert figure.data[0].opacity < figure.data[1].opacity
    assert figure.layout.yaxis.range == (1, 20)
    assert figure.layout.xaxis2.range == (0, 9)


def test_many_marks_keep_their_lines_and_lose_some_labels():
    marks = [Mark(place, str(place)) for place in range(60)]
    stairs = [Stairs("layer", [0, 60], [2])]
    figure = growth_figure([elbo_curve("one", 0, LINES)], marks, stairs, epochs=60)
    assert len(figure.layout.shapes) == 120
    labels = [one.text for one in figure.layout.annotations if one.text.isdigit()]
    assert len(labels) <= 16


def bars(figure):
    """Neuron -> place and height."""
    return {
        data[0]: (x, y)
        for trace in figure.data
        for data, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_bars_by_effect_and_by_age():
    change = np.array([0.5, -0.1, 2.0, 0.0])
    error, active = np.full(4, 0.1), np.full(4, 0.5)
    by_effect = bars(effect_bars(change, error, active, [1, 1, 3, 3]))
    assert by_effect == {2: (1, 2.0), 0: (2, 0.5), 3: (3, 0.0), 1: (4, -0.1)}
    figure = effect_bars(change, error, active, [1, 1, 3, 3], by_effect=False, chosen=2)
    assert bars(figure) == {0: (1, 0.5), 1: (2, -0.1), 2: (3, 2.0), 3: (4, 0.0)}
    assert [trace.name for trace in figure.data] == ["from epoch 1", "from epoch 3"]
    assert (figure.layout.annotations[0].x, figure.layout.annotations[0].y) == (3, 2.0)
    assert len(effect_bars(change, error, active).data) == 1


def test_ages_have_colours_of_their_own():
    colours = age_colours([1, 1, 11, 21])
    assert list(colours) == [1, 11, 21]
    assert len(set(colours.values())) == 3
    assert len(age_colours([1])) == 1
