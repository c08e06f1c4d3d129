"""How far a run is."""

import itertools

import pytest

from vae.runs.progress import epochs_at, epochs_done, step_points, time_left


def test_a_step_is_a_part_of_its_epoch_and_a_report_of_the_epoch_its_end():
    assert epochs_done(1, None, 8) == 1
    assert epochs_done(3, 2, 8) == 2.25
    line = {"kind": "step", "epoch": 3, "step": 2, "steps_per_epoch": 8}
    assert epochs_at(line) == 2.25
    assert epochs_at(line | {"kind": "epoch"}) == 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "about 1 s"), (89, "about 89 s"), (90, "about 2 min"), (9000, "about 2.5 h")],
)
def test_time_left_is_in_the_unit_that_fits(seconds, words):
    assert words in time_left(seconds)


def test_the_steps_of_a_curve_are_thinned_and_keep_its_ends():
    lines = [{"kind": "epoch" if k % 10 == 9 else "step", "step": k} for k in range(1000)]
    steps = [line for line in lines if line["kind"] == "step"]
    found = step_points(lines, 50)
    assert len(found) == 50
    assert (found[0], found[-1]) == (steps[0], steps[-1])
    gaps = {steps.index(b) - steps.index(a) for a, b in itertools.pairwise(found)}
    assert max(gaps) - min(gaps) <= 1
    assert step_points(lines, 900) == steps
    assert step_points([]) == []
