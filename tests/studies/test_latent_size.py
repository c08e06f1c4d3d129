"""The latent-size study: what it finds follows from the numbers."""

from dataclasses import replace

import pytest
from study_results import made_up, part_of

from vae.studies import latent_size

STUDY = latent_size.STUDY


def result(rows, seeds=1):
    """Make a result of -ELBO, active units and k-NN accuracy by latent size."""

    def standard(arm, seed):
        cost, active, share = rows[arm.values["latent_dim"]]
        return {
            **{"elbo": -cost - seed, "recon_loss": cost - 1, "kl": 1.0, "mse": 0.1},
            **{"active_units": active, "knn_accuracy": share},
        }

    return made_up(STUDY, standard, values=tuple(map(float, rows)), seeds=seeds)


def test_idle_dimensions_and_the_smallest_size_that_is_enough_are_named():
    found = STUDY.finding(result({2: (150, 2, 0.8), 20: (100.5, 17, 0.9), 64: (100, 24, 0.95)}))
    assert "150.0 nats with d = 2 and least with d = 64, 100.0" in found
    assert "d = 20 is the smallest size within one per cent" in found
    assert "with d = 20, 17 are active, with d = 64, 24" in found
    assert "best with d = 64 (0.950, against 0.800 with d = 2)" in found


def test_where_more_dimensions_are_worse_it_says_so():
    found = STUDY.finding(result({2: (100, 2, 0.9), 8: (120, 8, 0.8)}))
    assert "least with d = 2, 100.0" in found
    assert "With d = 8, the largest, it is 120.0" in found
    assert "Every dimension is used" in found


def test_the_spread_is_drawn_and_missing_sizes_leave_a_gap():
    whole = result({2: (150, 2, 0.8), 5: (120, 5, 0.85), 8: (110, 8, 0.9)}, seeds=3)
    # By seed: two of three sizes have all of theirs.
    kept = [entry for entry in whole.entries if entry.arm.values["latent_dim"] != 8]
    figure = STUDY.charts(replace(whole, entries=kept))["figures-by-size"].figure
    lines = [trace for trace in figure.data if trace.name == "-ELBO" and trace.fill is None]
    assert list(lines[0].x) == [2, 5]
    assert list(lines[0].y) == pytest.approx([151, 121])
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert bands
    assert list(bands[0].y) == pytest.approx([152, 122, 120, 150])
    assert STUDY.charts(part_of(whole, 0))
