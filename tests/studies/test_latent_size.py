"""The latent-size study: what it finds follows from the numbers."""

import pytest

from vae.studies import latent_size
from vae.studies.engine import records
from vae.studies.engine.base import Entry, Result

STUDY = latent_size.STUDY


def result(rows: dict[int, tuple[float, float, float]], seeds: int = 1) -> Result:
    """Make a result of -ELBO, active units and k-NN accuracy by latent size."""
    settings = STUDY.settings(dataset="digits", values=tuple(map(float, rows)), seeds=seeds)
    arms = STUDY.arms(settings)
    entries = []
    for arm in arms:
        for seed in range(seeds):
            cost, active, share = rows[int(arm.values["latent_dim"])]
            standard = {
                **{"elbo": -cost - seed, "recon_loss": cost - 1, "kl": 1.0, "mse": 0.1},
                **{"active_units": active, "knn_accuracy": share},
            }
            config = arm.config(settings, seed)
            kept = records.Record(
                run=config.name, config=config, weights="", epochs=[], standard=standard, figures={}
            )
            entries.append(Entry(arm, seed, kept))
    return Result(STUDY, settings, arms, entries)


def test_idle_dimensions_and_the_smallest_size_that_is_enough_are_named() -> None:
    found = STUDY.finding(result({2: (150, 2, 0.8), 20: (100.5, 17, 0.9), 64: (100, 24, 0.95)}))
    assert "150.0 nats with d = 2 and least with d = 64, 100.0" in found
    assert "d = 20 is the smallest size within one per cent" in found
    assert "with d = 20, 17 are active, with d = 64, 24" in found
    assert "best with d = 64 (0.950, against 0.800 with d = 2)" in found


def test_where_more_dimensions_are_worse_it_says_so() -> None:
    found = STUDY.finding(result({2: (100, 2, 0.9), 8: (120, 8, 0.8)}))
    assert "least with d = 2, 100.0" in found
    assert "With d = 8, the largest, it is 120.0" in found
    assert "Every dimension is used" in found


def test_the_spread_is_drawn_and_missing_sizes_leave_a_gap() -> None:
    whole = result({2: (150, 2, 0.8), 5: (120, 5, 0.85), 8: (110, 8, 0.9)}, seeds=3)
    part = Result(STUDY, whole.settings, whole.arms, whole.entries[:6])
    figure = STUDY.charts(part)["figures-by-size"].figure
    lines = [trace for trace in figure.data if trace.name == "-ELBO" and trace.fill is None]
    assert list(lines[0].x) == [2, 5]
    assert list(lines[0].y) == pytest.approx([151, 121])
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert bands
    assert list(bands[0].y) == pytest.approx([152, 122, 120, 150])
    assert STUDY.charts(Result(STUDY, whole.settings, whole.arms, []))
