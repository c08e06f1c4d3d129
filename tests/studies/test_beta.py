"""The beta study: rate against distortion, and its traversals."""

import pytest
from study_results import made_up, part_of, untrained, with_strips

from vae.studies import beta

STUDY = beta.STUDY


def result(rows, seeds=1):
    """KL, reconstruction, active units and accuracy by beta; seeds add to the reconstruction."""

    def standard(arm, seed):
        kl, recon, active, share = rows[float(arm.values["beta"])]
        recon += seed
        return {
            **{"kl": kl, "recon_loss": recon, "elbo": -kl - recon, "mse": 0.1},
            **{"active_units": active, "knn_accuracy": share},
        }

    return made_up(STUDY, standard, values=tuple(rows), seeds=seeds)


def test_the_arms_are_the_betas():
    settings = STUDY.settings()
    arms = STUDY.arms(settings)
    assert [arm.values["beta"] for arm in arms] == [0.1, 0.5, 1, 2, 4, 8, 16]
    strict = arms[-1].config(settings, 0)
    assert (strict.model.family, strict.model.beta) == ("beta-vae", 16)
    assert len(STUDY.arms(STUDY.settings(values=(2.0, 2.0)))) == 1


def test_a_rate_is_the_slope_between_neighbours():
    assert beta.exchange_rates([(1.0, 20.0, 50.0), (2.0, 10.0, 65.0)]) == [(1.0, 2.0, 1.5)]
    assert beta.exchange_rates([(1.0, 10.0, 50.0), (2.0, 10.0, 65.0)]) == []


def test_the_bound_is_best_where_it_is_trained_on():
    rows = {0.5: (25.0, 82.0, 10, 0.9), 1.0: (20.0, 85.0, 10, 0.95), 4.0: (10.0, 110.0, 6, 0.8)}
    found = STUDY.finding(result(rows))
    assert "KL goes from 25.00 nats to 10.00 nats" in found
    assert "at every step a lower KL and a worse reconstruction" in found
    assert "least with beta = 1 (105.00 nats). Beta = 1 is the one" in found
    assert "costs 2.5 nats of reconstruction" in found
    # 3 / 5 nats from 0.5 to 1 and 25 / 10 from 1 to 4: both in between.
    assert "in 2 of 2 steps" in found
    assert "with beta = 4: 6 of 10 are active with beta = 4" in found
    assert "best with beta = 1 (0.950), and worst with beta = 4 (0.800)" in found


def test_where_it_turns_out_otherwise_the_finding_says_so():
    rows = {0.5: (20.0, 80.0, 10, 0.9), 1.0: (22.0, 79.0, 10, 0.9)}
    found = STUDY.finding(result(rows))
    assert "not every step" in found
    assert "least with beta = 0.5 (100.00 nats)" in found
    assert "With beta = 1, which is trained on this bound, it is 1.00 nats higher" in found
    assert "All 10 dimensions stay active" in found
    assert "nat of KL saved" not in found
    wide = STUDY.finding(result(rows, seeds=3))
    assert "1.00 nats higher than with beta = 0.5 (within the seeds' spread)" in wide


def test_one_beta_alone_is_not_compared():
    found = STUDY.finding(result({2.0: (10.0, 90.0, 8, 0.9)}))
    assert "nothing to compare" in found


def test_the_dimensions_traversed_vary_most_and_least():
    assert beta.traversed_dims([0.1, 0.9, 0.0, 0.5]) == {"first": 1, "second": 3, "last": 2}
    assert beta.traversed_dims([0.1, 0.9]) == {"first": 1, "second": 0}
    assert beta.traversed_dims([0.1]) == {"first": 0}


def test_a_traversal_goes_through_the_origin():
    subject, config = untrained(STUDY)
    strips = STUDY.pictures(subject, config)
    shapes = {name: strips[name].shape for name in beta.PLACES}
    assert shapes == dict.fromkeys(beta.PLACES, (beta.STEPS, 1, 8, 8))
    middle = [strips[name][beta.STEPS // 2] for name in beta.PLACES]
    assert (middle[0] == middle[1]).all()
    assert (middle[0] == middle[2]).all()
    assert (strips["first"][0] != strips["first"][-1]).any()


def test_charts_take_what_there_is():
    rows = {0.5: (25.0, 82.0, 10, 0.9), 1.0: (20.0, 85.0, 10, 0.95), 4.0: (10.0, 110.0, 6, 0.8)}
    whole = with_strips(result(rows, seeds=3), untrained(STUDY)[0])
    for count in (0, 1, 5, 9):
        charts = STUDY.charts(part_of(whole, count))
        points = charts["rate-distortion"].figure.data[-1]
        assert len(points.x) == min(count, 3)
        assert len(charts["traversals"].figure.layout.images) == 2 * min(count, 3)
    assert list(points.x) == [25, 20, 10]
    assert list(points.y) == pytest.approx([83, 86, 111])
    assert list(points.error_y.array) == [1, 1, 1]
    bound = charts["rate-distortion"].figure.data[0]
    assert [x + y for x, y in zip(bound.x, bound.y, strict=True)] == pytest.approx([106, 106])
    labels = charts["traversals"].figure.layout.yaxis.ticktext
    assert labels[:2] == ("beta = 0.5, 1st", "beta = 0.5, 2nd")


def test_beta_nought_has_no_place_on_a_logarithmic_axis():
    rows = {0.0: (60.0, 70.0, 10, 0.9), 1.0: (20.0, 85.0, 10, 0.95)}
    charts = STUDY.charts(result(rows))
    assert charts["figures-by-beta"].figure.layout.xaxis.type != "log"
