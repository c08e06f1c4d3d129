"""The study of growth: its runs, what it measures of one, and what it finds in the numbers."""

from pathlib import Path

import pytest
import torch
from study_results import report, result_of

from vae.config.growth import GrowthConfig
from vae.errors import ConfigError
from vae.measures import Subject
from vae.measures.bounds import SAMPLE_COUNTS
from vae.models import build
from vae.models.growing import GrowingVAE
from vae.studies.engine import state
from vae.studies.engine.base import Result, configs
from vae.studies.engine.page import command
from vae.studies.engine.records import Record
from vae.studies.engine.sharing import fingerprint
from vae.studies.growth import measure, study
from vae.studies.growth.parts import differences, expansions
from vae.training.plan import plan

STUDY = study.STUDY
STEP = (32, 16)


# ---- the runs ------------------------------------------------------------------------------------


def _report_run(seed=0, epochs=200, **given):
    family = "growing-vae" if given else "vae"
    schedule = {"growth": GrowthConfig(**given)} if given else {}
    return plan(
        family,
        name="other",
        data={"dataset": "mnist"},
        model={"arch": "mlp", "hidden": (256, 128), "latent_dim": 20, **schedule},
        train={"epochs": epochs, "batch_size": 128, "lr": 1e-3, "samples": 1, "seed": seed},
    )


def test_the_runs_are_the_report_s_and_three_variants():
    made = [config for _, _, config in configs(STUDY, STUDY.settings(seeds=1))]
    wanted = [
        _report_run(),
        _report_run(start=STEP, add=STEP),
        _report_run(keep_at=25, keep=STEP, add=STEP),
        *(
            _report_run(start=STEP, add=STEP, outgoing=outgoing, moments=moments, epochs=28)
            for outgoing, moments in (("he", "carried"), ("zero", "fresh"), ("zero", "carried"))
        ),
    ]
    assert [fingerprint(config) for config in made] == [fingerprint(config) for config in wanted]


def test_few_epochs_are_few_for_the_variants_too():
    made = configs(STUDY, STUDY.settings(epochs=20, seeds=1))
    assert {config.train.epochs for _, _, config in made} == {20}


def test_samples_can_be_chosen_here_and_are_part_of_the_result_s_name_and_command():
    settings = STUDY.settings(samples=20)
    assert {config.train.samples for _, _, config in configs(STUDY, settings)} == {20}
    assert command(settings).endswith("--samples 20")
    assert state.default_folder(settings, Path()) != state.default_folder(STUDY.settings(), Path())
    with pytest.raises(ConfigError, match="samples"):
        STUDY.settings(samples=0)


# ---- what it measures ----------------------------------------------------------------------------


@pytest.fixture
def grown(few_digits, one_thread):
    """A model that has grown once, from 8 and 4 neurons to 16 and 8, untrained."""
    config = plan(
        "growing-vae",
        name="grown",
        data={"dataset": "digits"},
        model={"arch": "mlp", "hidden": (16, 8), "latent_dim": 3, "growth": GrowthConfig(
            start=(8, 4), add=(8, 4), every=1)},
        train={"epochs": 2},
    )  # fmt: skip
    torch.manual_seed(1)
    model = build(config.model)
    model.before_epoch(2, 0, torch.optim.Adam(model.parameters()))
    return Subject(model.eval(), few_digits), config


def test_an_expansion_with_zero_weights_changes_nothing_and_one_with_drawn_ones_does(
    grown,
):
    subject, _ = grown
    model = subject.model
    assert isinstance(model, GrowingVAE)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    zero, drawn = (measure.surgery(model, subject.data.test, kind, 0) for kind in ("zero", "he"))
    assert zero == pytest.approx(0, abs=1e-4)
    assert abs(drawn) > 1e-2
    after = model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_grown_run_is_measured_in_full_and_its_neurons_have_an_age(
    grown,
):
    found = measure.measure(*grown)
    assert {"elbo_std", "neurons", "surgery_he", "surgery_zero"} <= set(found)
    assert found["neurons"]["born"] == [1] * 8 + [2] * 8
    assert len(found["neurons"]["change"]) == 16
    assert set(found["elbo_std"]) == {str(count) for count in SAMPLE_COUNTS}


def test_a_fixed_run_has_no_surgery(few_digits, one_thread):
    config = plan(
        "vae",
        name="fixed",
        data={"dataset": "digits"},
        model={"arch": "mlp", "hidden": (8,), "latent_dim": 2},
        train={"epochs": 1},
    )
    found = measure.measure(Subject(build(config.model).eval(), few_digits), config)
    assert not any(name.startswith("surgery") for name in found)
    assert found["neurons"]["born"] == [1] * 8


def test_a_neuron_is_idle_within_two_standard_errors():
    figures = {
        "neurons": {
            "change": [0.0, 0.19, 0.21, -0.5],
            "error": [0.0, 0.1, 0.1, 0.1],
            "born": [1, 1, 26, 26],
        }
    }
    config = configs(STUDY, STUDY.settings())[0][2]
    kept = Record(run="a", config=config, weights="", epochs=[], standard={}, figures=figures)
    assert measure.idle(kept) == [True, True, False, False]
    assert measure.idle_share(kept) == 0.5
    assert measure.by_age(kept) == {
        1: [(0.0, True), (0.19, True)],
        26: [(0.21, False), (-0.5, False)],
    }


# ---- made-up numbers -----------------------------------------------------------------------------


def result(
    *, epochs = 200, seeds = 3, offset = 5.0, second = -1.0,
    jump = 3.0, young = 0.0, spread = 0.1, samples = None,
):  # fmt: skip
    """Make a result.

    Approach 1 ends ``offset`` above the target, approach 2 is ``second`` above it after its first
    change, and drawn weights rise by ``jump`` over the first epoch with a new structure. The seeds
    are ``spread`` apart; neurons of the start are worth 5 nats, later ones ``young``.
    """

    def facts(arm, seed, config):
        kind, drawn = str(arm.values["arm"]), arm.values.get("outgoing") == "he"
        level = {"fixed": 0.0, "approach-2": second}.get(kind, offset)
        lines = []
        schedule = config.model.growth
        firsts = (
            [] if schedule is None else [c.epoch for c in schedule.changes(config.model.hidden)[1:]]
        )
        for epoch in range(1, config.train.epochs + 1):
            above = level if kind != "approach-2" or epoch > 25 else 0.0
            rise = jump if epoch in firsts and drawn else 0.0
            waver = 0.05 * (epoch % 2)
            lines.append(report(epoch, 100 + above + rise + waver + spread * seed))
        born = [1] * 4 + [epoch for epoch in firsts if epoch <= config.train.epochs for _ in "ab"]
        end = 100 + level + spread * seed
        change = [5.0 if epoch == 1 else young for epoch in born]
        figures = {
            "elbo_std": {str(count): 5.0 / count**0.5 for count in SAMPLE_COUNTS},
            "std_between_images": 30.0,
            "neurons": {"change": change, "error": [0.1] * len(born), "born": born},
        }
        if schedule is not None:
            figures |= {"surgery_he": 50.0 + seed, "surgery_zero": 0.0}
        active = 11 if kind == "approach-1" else 18
        figures["active_by_epoch"] = {
            "epoch": [line["epoch"] for line in lines],
            "active": [active + 4 * (line["epoch"] in firsts) for line in lines],
        }
        standard = {"elbo": -end, "recon_loss": end - 20, "kl": 20.0, "active_units": active}
        return {"epochs": lines, "standard": standard, "figures": figures}

    settings = STUDY.settings(dataset="digits", epochs=epochs, seeds=seeds, samples=samples)
    return result_of(STUDY, settings, facts)


def test_a_worse_end_spikes_and_an_approach_2_ahead_are_found():
    found = STUDY.finding(result())
    assert "Approach 1 has 5.00 nats more than the target (beyond the seeds' spread)" in found
    assert "beyond the seeds' spread there is a difference of approach 1" in found
    assert "7 of 7 medians are above that" in found
    assert "+2.95 at 64/32" in found
    assert "by +51.00 (+50.00 to +52.00) nats with drawn weights" in found
    assert "drawn ones, that rise changes by -3.00 nats: less with every seed" in found
    assert "With Adam carried on instead of afresh, that rise stays the same" in found
    # Of its 164 epochs from 37 on, six begin with an expansion and are 3 nats higher.
    assert "is -0.89 nats in the mean, and its median over the seeds is below 0 in 96%" in found
    assert "Active latent dimensions: 18 (fixed), 11 (approach 1), 18 (approach 2)" in found
    assert "it is below the target in the mean with every seed, as the report finds" in found
    assert "(10.0 times less)" in found
    assert "With every seed, neurons from the start matter more in the mean" in found


def test_an_equal_end_no_spike_and_an_approach_2_behind_are_found():
    found = STUDY.finding(result(offset=0.02, second=0.5, jump=0.0, young=9.0))
    assert "0.02 nats more than the target (within the seeds' spread)" in found
    assert "beyond the seeds' spread there is no difference of approach 1" in found
    assert "0 of 7 medians are above that" in found
    assert "With zero weights instead of drawn ones, that rise stays the same" in found
    assert "it is above the target in the mean with every seed, where the report" in found
    assert "With every seed, neurons of each expansion matter more in the mean" in found


def test_one_seed_claims_no_spread():
    found = STUDY.finding(result(seeds=1))
    assert "the seeds' spread" not in found
    assert "every seed" not in found
    assert "more seeds would show" in found


@pytest.mark.parametrize("epochs", [1, 20, 30, 60, 100])
def test_too_few_epochs_for_all_expansions_are_said_to_be(epochs):
    made = result(epochs=epochs)
    found = STUDY.finding(made)
    there = len(expansions(made))
    assert there == min(7, max(0, (epochs - 1) // 25))
    assert f"reach {there} of its seven expansions" in found
    assert ("do not reach the report's first expansion" in found) == (epochs < 26)
    assert ("do not reach it" in found) == (epochs < 37)
    assert STUDY.charts(made)


def test_the_difference_is_between_runs_of_the_same_seed():
    made = result(second=-1.0, spread=7.0)
    found = differences(made, made.arm(arm="approach-2"))
    assert found[25].median == pytest.approx(0)
    assert (found[100].low, found[100].high) == pytest.approx((-1, -1))


def test_with_many_samples_the_variants_are_left_out():
    made = result(epochs=40, samples=20)
    assert [arm.values["arm"] for arm in made.arms] == ["fixed", "approach-1", "approach-2"]
    found = STUDY.finding(made)
    assert "by +51.00 (+50.00 to +52.00) nats with drawn weights" in found
    assert "Adam carried" not in found
    charts = STUDY.charts(made)
    assert "jumps-by-variant" not in charts
    assert tuple(charts["at-the-expansions"].figure.layout.xaxis.range) == (20, 35)


def test_dimensions_that_stay_asleep_are_found():
    found = STUDY.finding(result())
    assert (
        "approach 1 uses 11 latent dimensions; after the next epoch 15; after epoch 200 11" in found
    )
    assert "The fixed target uses 18 then" in found
    assert "stay unused when it is larger" in found


# ---- figures -------------------------------------------------------------------------------------


def test_every_figure_is_drawn_of_a_whole_result():
    charts = STUDY.charts(result())
    wanted = "curves at-the-expansions difference jumps jumps-by-variant elbo-deviation neurons"
    assert set(charts) == {*wanted.split(), "active-dimensions"}
    marks = [shape.x0 for shape in charts["curves"].figure.layout.shapes]
    assert marks == [25, 50, 75, 100, 125, 150, 175]
    around = charts["at-the-expansions"].figure
    assert tuple(around.layout.xaxis.range) == (20, 28)
    # The variants end before the second expansion.
    assert "xaxis2" not in around.layout
    bars = {trace.name: trace for trace in charts["jumps-by-variant"].figure.data}
    assert bars["weights drawn, Adam carried"].y == pytest.approx((2.95,), abs=0.11)
    assert bars["weights zero, Adam fresh"].y == pytest.approx((0,), abs=0.06)


def test_a_bar_that_towers_over_the_others_is_cut_off_and_its_height_written():
    made = result(jump=0.2, second=40.0)
    figure = STUDY.charts(made)["jumps"].figure
    assert figure.layout.yaxis.range[1] < 1
    assert [note.text for note in figure.layout.annotations] == ["approach 2: +40.1"]


@pytest.mark.parametrize("place", range(6))
def test_parts_of_a_result_are_drawn(place):
    made = result(seeds=2)
    arm = made.arms[place]
    without = [entry for entry in made.entries if entry.arm is not arm]
    alone = [entry for entry in made.entries if entry.arm is arm]
    for entries in (without, alone, alone[:1], []):
        STUDY.charts(Result(STUDY, made.settings, made.arms, entries))


def test_the_table_has_a_figure_or_none_for_each_run():
    made = result()
    fixed, first = made.arm(arm="fixed"), made.arm(arm="approach-1")
    assert made.spread(fixed, "surgery_he") is None
    assert made.spread(fixed, "first_jump") is None
    assert made.median(first, "first_jump") == pytest.approx(2.95, abs=0.11)
    assert made.median(first, "elbo_std_100") == pytest.approx(0.5)
