"""Schedules of growth, and growing runs: trained, killed, resumed, loaded, evaluated."""

import math

import numpy as np
import pytest
import torch
from small_models import Stop, as_if_dead, die_at, seeded

from vae import runs
from vae.config import ModelConfig, RunConfig
from vae.config.growth import RECIPES, GrowthConfig, parse_growth
from vae.errors import ConfigError, RunError
from vae.models import build, configure
from vae.models.surgery import dense_layers, hidden_sizes
from vae.runs.checkpoint import load_model
from vae.storage.files import read_arrays
from vae.training.loop import EpochReport, StepReport, TrainState, epoch_seed, fit
from vae.training.metrics import evaluate
from vae.training.plan import plan
from vae.training.trainer import train_run

TARGET = (256, 128)
REPORT_SIZES = {
    1: (32, 16),
    26: (64, 32),
    51: (96, 48),
    76: (128, 64),
    101: (160, 80),
    126: (192, 96),
    151: (224, 112),
    176: (256, 128),
}
"""The report's table: the first epoch of each structure of approach 1."""


pytestmark = pytest.mark.usefixtures("one_thread")


def weights_of(model):
    return {name: value.detach().clone() for name, value in model.named_parameters()}


# --- schedules


def table(growth, target, epochs):
    """The first epoch of each structure, asked for epoch by epoch."""
    found = {}
    for epoch in range(1, epochs + 1):
        sizes = growth.sizes_at(target, epoch)
        if not found or list(found.values())[-1] != sizes:
            found[epoch] = sizes
    return found


def test_approach_1_is_the_table_of_the_report():
    growth = RECIPES["approach-1"].model["growth"]
    assert table(growth, TARGET, 200) == REPORT_SIZES
    assert len(growth.changes(TARGET)) - 1 == 7
    # An eighth of the target is what the report starts with and adds.
    assert GrowthConfig().changes(TARGET) == growth.changes(TARGET)


def test_approach_2_cuts_the_target_back_and_grows_in_the_same_step():
    growth = RECIPES["approach-2"].model["growth"]
    assert table(growth, TARGET, 200) == {**REPORT_SIZES, 1: TARGET}
    assert growth.change_at(TARGET, 26) == (26, (32, 16), (64, 32))
    assert growth.change_at(TARGET, 51) == (51, (64, 32), (96, 48))
    assert growth.change_at(TARGET, 25) is growth.change_at(TARGET, 1) is None
    assert GrowthConfig(keep_at=25).changes(TARGET) == growth.changes(TARGET)


def test_recipes_are_runs_of_the_report():
    for name, recipe in RECIPES.items():
        config = plan(
            recipe.family,
            name=name,
            data={"dataset": "mnist"},
            model=recipe.model,
            train=recipe.train,
        )
        assert (config.model.hidden, config.model.latent_dim) == (TARGET, 20)
        assert (config.model.likelihood, config.data.binarise) == ("bernoulli", "none")
        train = config.train
        assert (train.epochs, train.batch_size, train.lr, train.samples) == (200, 128, 1e-3, 20)
        assert (config.model.growth is None) == (name == "fixed")
        assert RunConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("given", "target", "expected"),
    [
        # A step that does not divide ends at the target.
        ({"start": (4, 5), "add": (3, 1), "every": 2}, (9, 6), {1: (4, 5), 3: (7, 6), 5: (9, 6)}),
        # A layer may stay.
        ({"start": (4, 6), "add": (1, 0), "every": 1}, (6, 8), {1: (4, 6), 2: (5, 6), 3: (6, 6)}),
        # Growth may end early.
        ({"every": 3, "until": 6}, (80, 8), {1: (10, 1), 4: (20, 2), 7: (30, 3)}),
    ],
)
def test_sizes_by_epoch(given, target, expected):
    assert table(GrowthConfig(**given), target, 30) == expected


def test_a_schedule_of_ones_own_grows_and_shrinks():
    growth = GrowthConfig(start=(4, 4), after=((2, (8, 2)), (5, (3, 9))))
    assert growth.changes((10, 10)) == (
        (1, (4, 4), (4, 4)),
        (3, (4, 2), (8, 2)),
        (6, (3, 2), (3, 9)),
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": (4,)}, "given for start are 1, the hidden layers 2"),
        ({"add": (4, 4, 4)}, "given for add are 3"),
        ({"keep": (4,), "keep_at": 2}, "given for keep are 1"),
        ({"after": ((2, (4,)),)}, "given for after epoch 2 are 1"),
        ({"start": (40, 4)}, "40,4 neurons are more than the target, 16,8"),
        ({"after": ((2, (4, 9)),)}, "4,9 neurons are more than"),
        ({"keep": (17, 4), "keep_at": 2}, "17,4 neurons cannot be kept"),
        ({"start": (8, 4), "keep": (9, 4), "keep_at": 2}, "9,4 neurons cannot be kept of 8,4"),
        ({"keep": (4, 4)}, "keep says how many neurons stay, but not when"),
        ({"keep_at": 9, "until": 8}, "nothing may change after epoch 8"),
        ({"add": (0, 0)}, "add gives no layer a neuron"),
        ({"add": (-1, 2)}, "greater than or equal to 0"),
        ({"start": (0, 2)}, "greater than or equal to 1"),
        ({"every": 0}, "greater than or equal to 1"),
        ({"after": ((2, (4, 4)),), "add": (1, 1)}, "after is a whole schedule: leave out add"),
        ({"after": ((3, (4, 4)), (3, (5, 5)))}, "must rise"),
        ({"outgoing": "ones"}, "'he' or 'zero'"),
        ({"speed": 3}, "not permitted"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_a_sentence(given, words):
    with pytest.raises(ConfigError, match=words) as error:
        configure("growing-vae", hidden=(16, 8), growth=given)
    assert str(error.value).count("\n") == 0


def test_growth_is_refused_where_nothing_can_grow():
    with pytest.raises(ConfigError, match=r"vae does not grow.*growing-vae"):
        configure("vae", growth=GrowthConfig())
    with pytest.raises(ConfigError, match="choose the architecture mlp"):
        configure("growing-vae", arch="conv")
    fixed = build(configure("growing-vae", growth=None, hidden=(9,)))
    assert fixed.hidden_now() is None
    assert hidden_sizes(fixed.encoder) == (9,)


def test_a_schedule_is_read_as_json_and_written_back():
    growth = parse_growth('{"every": 3, "keep_at": 2, "keep": [4, 2], "keep_rule": "norm"}')
    assert growth == GrowthConfig(every=3, keep_at=2, keep=(4, 2), keep_rule="norm")
    own = GrowthConfig(start=(2, 2), after=((1, (3, 3)),), moments="carried")
    for each in (growth, own, GrowthConfig()):
        assert parse_growth(each.model_dump_json()) == each
        config = RunConfig(model=ModelConfig(family="growing-vae", hidden=(8, 8), growth=each))
        assert RunConfig.from_json(config.to_json()) == config
    for text in ("every=3", '{"every": "often"}', "[]"):
        with pytest.raises(ConfigError):
            parse_growth(text)


def test_a_schedule_in_words():
    assert str(GrowthConfig(start=(4, 2), every=3, until=9)) == (
        "4,2 at first, + an eighth every 3 epochs until 9; outgoing he, Adam fresh"
    )
    assert "after 25 keep 32,16 (first), + 32,16" in str(RECIPES["approach-2"].model["growth"])
    assert "3,3 after 1; 4,4 after 2" in str(GrowthConfig(after=((1, (3, 3)), (2, (4, 4)))))


# --- runs


GROWING = {"every": 1, "start": (4, 3), "add": (4, 3)}
CUTTING = {"every": 1, "keep_at": 2, "keep": (4, 3), "add": (4, 3)}
OWN = {"start": (12, 4), "after": ((1, (6, 9)), (3, (12, 9)))}


def config_of(growth, epochs=5, **train):
    return plan(
        "growing-vae",
        name="grown",
        data={"dataset": "tiny"},
        model={"hidden": (12, 9), "latent_dim": 3, "growth": GrowthConfig(**growth)},
        train={"epochs": epochs, "batch_size": 16, "device": "cpu", **train},
    )


def ends(reports):
    return [report for report in reports if isinstance(report, EpochReport)]


@pytest.mark.parametrize(
    ("growth", "sizes"),
    [
        (GROWING, [(4, 3), (8, 6), (12, 9), (12, 9), (12, 9)]),
        (CUTTING, [(12, 9), (12, 9), (8, 6), (12, 9), (12, 9)]),
        (OWN, [(12, 4), (6, 9), (6, 9), (12, 9), (12, 9)]),
    ],
)
def test_the_loop_trains_each_structure_and_reports_it(tiny, growth, sizes):
    config = config_of(growth)
    state = TrainState(config)
    found = []
    for report in fit(config, tiny, state):
        if isinstance(report, EpochReport):
            found.append(report.hidden)
            assert report.hidden == hidden_sizes(state.model.encoder)
            assert math.isfinite(report.test.loss)
    assert found == sizes
    # The decoder is the target's from the start.
    assert [layer.out_features for layer in dense_layers(state.model.decoder)[:2]] == [9, 12]


@pytest.mark.parametrize("outgoing", ["he", "zero"])
@pytest.mark.parametrize("moments", ["fresh", "carried"])
@pytest.mark.parametrize("growth", [GROWING, CUTTING, OWN])
def test_resumed_at_any_epoch_the_run_is_the_unbroken_one(tiny, growth, moments, outgoing):
    config = config_of({**growth, "moments": moments, "outgoing": outgoing, "keep_rule": "norm"})
    whole, saved = TrainState(config), {}
    for report in fit(config, tiny, whole):
        if isinstance(report, EpochReport):
            # On the CPU they are views of weights that go on being trained.
            saved[report.epoch] = {name: v.clone() for name, v in whole.tensors().items()}
    last = whole.tensors()
    for epoch in range(1, 5):
        again = TrainState(config)
        again.restore(saved[epoch])
        reports = ends(fit(config, tiny, again))
        assert reports[0].epoch == epoch + 1
        tensors = again.tensors()
        assert tensors.keys() == last.keys()
        for name, value in last.items():
            if name != "seconds":
                assert torch.equal(tensors[name], value), (epoch, name)


def test_new_weights_hang_on_seed_and_epoch_alone(tiny):
    config = config_of(GROWING)

    def grown(epoch, seed):
        torch.manual_seed(5)
        model = build(config.model)
        optimizer = torch.optim.Adam(model.parameters())
        torch.randn(epoch)  # the global generator has no say
        model.before_epoch(epoch, epoch_seed(seed, epoch), optimizer)
        return model.encoder[1].weight.detach()

    assert torch.equal(grown(2, 1), grown(2, 1))
    assert not torch.equal(grown(2, 1), grown(2, 2))
    assert grown(1, 1).shape[0] == 4
    assert grown(3, 1).shape[0] == 12


def test_zero_outgoing_leaves_the_model_as_it_was_and_he_does_not(tiny):
    x = torch.rand(9, 1, 6, 6, generator=seeded(2))
    for outgoing, same in (("zero", True), ("he", False)):
        config = config_of({**GROWING, "outgoing": outgoing}, epochs=1)
        state = TrainState(config)
        list(fit(config, tiny, state))
        before = state.model.encode(x)
        state.model.before_epoch(2, 7, state.optimizer)
        after = state.model.encode(x)
        assert state.model.hidden_now() == (8, 6)
        close = all(torch.allclose(a, b, atol=1e-6) for a, b in zip(before, after, strict=True))
        assert close == same


def test_a_step_of_approach_2_keeps_old_weights_and_draws_the_rest(tiny):
    config = config_of(CUTTING, epochs=2)
    state = TrainState(config)
    list(fit(config, tiny, state))
    before = weights_of(state.model)
    state.model.before_epoch(3, 7, state.optimizer)
    now = weights_of(state.model)
    assert torch.equal(now["encoder.1.weight"][:4], before["encoder.1.weight"][:4])
    assert torch.equal(now["encoder.3.weight"][:3, :4], before["encoder.3.weight"][:3, :4])
    assert torch.equal(now["encoder.5.weight"][:, :3], before["encoder.5.weight"][:, :3])
    assert not torch.equal(now["encoder.1.weight"][4:], before["encoder.1.weight"][4:8])
    assert (now["encoder.3.bias"][3:] == 0).all()
    for name in before:
        if name.startswith("decoder"):
            assert torch.equal(now[name], before[name])


def test_approach_2_can_keep_the_neurons_that_say_most(tiny):
    kept = {}
    for rule in ("first", "norm"):
        state = TrainState(config_of({**CUTTING, "keep_rule": rule}))
        before = weights_of(state.model)["encoder.1.weight"]
        norms = torch.linalg.vector_norm(state.model.encoder[3].weight.detach(), dim=0)
        state.model.before_epoch(3, 7, state.optimizer)
        rows = state.model.encoder[1].weight.detach()[:4]
        kept[rule] = [int((before == row).all(1).nonzero()) for row in rows]
    assert kept["first"] == [0, 1, 2, 3]
    assert kept["norm"] == sorted(norms.argsort(descending=True)[:4].tolist()) != kept["first"]


def test_the_loop_asks_before_each_epoch_with_the_seed_of_that_epoch(tiny):
    state = TrainState(config_of(GROWING, epochs=3, seed=11))
    asked = []
    state.model.before_epoch = lambda epoch, seed, optimizer: asked.append((epoch, seed, optimizer))
    list(fit(config_of(GROWING, epochs=3, seed=11), tiny, state))
    assert asked == [(epoch, epoch_seed(11, epoch), state.optimizer) for epoch in (1, 2, 3)]


def test_a_growing_run_on_disk_is_killed_resumed_loaded_and_evaluated(tiny, tmp_path):
    config = config_of(GROWING, epochs=4)
    whole = runs.create(config, tmp_path / "a")
    train_run(whole)
    assert [tuple(line["hidden"]) for line in whole.epochs()] == [(4, 3), (8, 6), (12, 9), (12, 9)]

    run = runs.create(config, tmp_path / "b")
    with pytest.raises(Stop):
        train_run(run, die_at(3, StepReport))
    # Between two expansions: the weights on disk have the size of the second epoch.
    arrays, metadata = read_arrays(run.directory / "model.safetensors")
    assert (arrays["encoder.1.weight"].shape, metadata["epoch"]) == ((8, 36), "2")
    model = load_model(run.directory)
    assert model.hidden_now() == (8, 6)
    assert model.encoder[3].in_features == 8
    for name, value in model.state_dict().items():
        assert np.array_equal(value.numpy(), arrays[name]), name
    assert math.isfinite(evaluate(model, tiny)["elbo"])
    as_if_dead(run)
    train_run(run)
    assert run.status().state == "done"
    ours, theirs = (read_arrays(r.directory / "model.safetensors")[0] for r in (run, whole))
    for name, array in theirs.items():
        assert np.array_equal(ours[name], array), name
    assert [line["hidden"] for line in run.epochs()] == [line["hidden"] for line in whole.epochs()]


def test_a_fixed_run_has_no_sizes_in_its_lines(trained):
    assert all("hidden" not in line for line in trained.metrics())


def test_weights_of_a_size_that_the_schedule_never_has_are_refused(tiny, tmp_path):
    run = runs.create(config_of(GROWING, epochs=2), tmp_path)
    train_run(run)
    other = config_of({**GROWING, "start": (5, 3), "add": (5, 3)})
    (run.directory / "config.json").write_text(other.to_json())
    with pytest.raises(RunError, match="do not fit"):
        load_model(run.directory)


@pytest.mark.parametrize("shapes", [{}, {"encoder.1.weight": ()}, {"encoder.1.weight": (8, 36)}])
def test_shapes_that_are_not_whole_change_nothing(tiny, shapes):
    model = build(config_of(GROWING).model)
    model.prepare_load(shapes)
    assert model.hidden_now() == (4, 3)
