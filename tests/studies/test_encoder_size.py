"""The study of the smallest encoder: its runs, and which one it names."""

import pytest
from study_results import part_of, result_of

from vae.config.growth import GrowthConfig
from vae.models import build
from vae.studies import encoder_size
from vae.studies.engine.base import configs
from vae.studies.engine.records import Record
from vae.studies.engine.sharing import fingerprint
from vae.training.plan import plan

STUDY = encoder_size.STUDY
SIZES = ["32/16", "64/32", "96/48", "128/64", "160/80", "192/96", "224/112", "256/128"]


def result(costs, seeds=3, dataset="mnist"):
    """Make a result of these -ELBOs, the smallest encoder first; seeds are 0.1 apart."""

    def facts(arm, seed, config):
        cost = costs[SIZES.index(arm.label)] + 0.1 * (seed - (seeds - 1) / 2)
        return {"standard": {"elbo": -cost, "recon_loss": cost - 20, "kl": 20.0}}

    return result_of(STUDY, STUDY.settings(dataset=dataset, seeds=seeds), facts)


def test_the_runs_are_small_encoders_that_never_grow_and_the_target():
    settings = STUDY.settings(seeds=1)
    made = [config for _, _, config in configs(STUDY, settings)]
    shared = {"arch": "mlp", "hidden": (256, 128), "latent_dim": 20}
    small = plan(
        "growing-vae",
        name="other",
        data={"dataset": "mnist"},
        model={**shared, "growth": GrowthConfig(start=(96, 48), every=10_000)},
        train={"epochs": 10, "seed": 0},
    )
    target = plan(
        "vae",
        name="other",
        data={"dataset": "mnist"},
        model=shared,
        train={"epochs": 10, "seed": 0},
    )
    assert [arm.label for arm in STUDY.arms(settings)] == SIZES
    assert fingerprint(made[2]) == fingerprint(small)
    assert fingerprint(made[7]) == fingerprint(target)


def test_parameters_are_those_of_the_encoder_that_is_trained():
    for _, _, config in configs(STUDY, STUDY.settings(dataset="digits", seeds=1)):
        kept = Record(run="a", config=config, weights="", epochs=[], standard={}, figures={})
        encoder = build(config.model).encoder
        assert encoder_size.parameters(kept) == sum(p.numel() for p in encoder.parameters())


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (
            [110, 105, 102, 100.09, 100.05, 100, 100, 100],
            (
                "The smallest that is so is 128/64: 0.09 nats worse than the target",
                "111,336 parameters instead of 239,016 (53% fewer)",
                "The smallest of all, 32/16, is 10.00 nats worse",
            ),
        ),
        (
            [110, 105, 100, 102, 102, 100, 100, 100],
            (
                "The smallest that is so is 96/48: 0.00 nats",
                "Of the larger ones, 128/64 and 160/80 are not",
            ),
        ),
        (
            [110, 109, 108, 107, 106, 105, 104, 100],
            ("None of the smaller ones is: the nearest, 224/112, is 4.00 nats worse",),
        ),
        (
            [99, 99, 99, 99, 99, 99, 99, 100],
            ("The smallest that is so is 32/16: 1.00 nats better than the target",),
        ),
    ],
)
def test_the_smallest_equal_one_is_named_with_what_it_saves(costs, words):
    found = STUDY.finding(result(costs))
    assert all(text in found for text in words)
    assert ("not sharp" in found) == ("Of the larger ones" in found)


def test_one_seed_has_no_spread():
    found = STUDY.finding(result([110, 105, 102, 101, 101, 101, 101, 100], seeds=1))
    assert "with one seed simply the target's own value" in found
    assert "more seeds would show" in found


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 23])
def test_parts_of_a_result_are_drawn(kept):
    whole = result([110, 105, 102, 101, 101, 101, 101, 100])
    part = part_of(whole, kept)
    charts = STUDY.charts(part)
    assert bool(charts) == bool(kept)
    if kept == 8:
        line = charts["by-parameters"].figure.data[0]
        assert list(line.x) == sorted(line.x)
        assert list(line.y)[-1] == pytest.approx(99.9)
