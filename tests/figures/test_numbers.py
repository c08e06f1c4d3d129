"""The table of a figure has the numbers that it was made of."""

import numpy as np
import plotly.graph_objects as go
import pytest

from vae.figures import compare, denoise, detect, grow, measures, reconstructions
from vae.figures.numbers import has_numbers, numbers
from vae.studies.engine.charts import picture_rows

ONE, TWO = np.array([1.0, 2.0]), np.array([3.0, 4.0])


def curve(name: str) -> compare.Curve:
    return compare.Curve(name, 0, ONE, TWO, ONE[1:], TWO[1:])


def table(figure: go.Figure) -> list[dict[str, object]]:
    head, rows = numbers(figure)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_curves_in_panels():
    found = table(compare.compared_curves([
        compare.Panel("Loss", "nats", [curve("a")]), compare.Panel("Error", "mse", [curve("b")])
    ]))  # fmt: skip
    assert found[0] == {"panel": "Loss, nats", "series": "a, train", "x": 1.0, "y": 3.0}
    assert found[2] == {"panel": "Loss, nats", "series": "a, test", "x": 2.0, "y": 4.0}
    assert found[-1] == {"panel": "Error, mse", "series": "b, test", "x": 2.0, "y": 4.0}
    assert len(found) == 6


def test_growth_and_the_effect_of_neurons():
    found = table(grow.growth_figure(
        [curve("run")], [grow.Mark(2.0, "8")], [grow.Stairs("layer 1", [0, 2, 3], [4, 8])], epochs=3
    ))  # fmt: skip
    assert {row["panel"] for row in found} == {"−ELBO, nats per image", "neurons of the encoder"}
    steps = [(row["x"], row["y"]) for row in found if row["series"] == "layer 1"]
    assert steps == [(0, 4), (2, 8), (3, 8)]
    found = table(grow.effect_bars(TWO, ONE, ONE / 4, [1, 11]))
    assert found[0] == {
        "panel": "change of −ELBO, nats", "series": "from epoch 1", "x": 2, "y": 3.0,
        "neuron": 0, "standard error": 1.0, "active": 0.25,
    }  # fmt: skip


def test_maps_have_a_row_a_cell_and_no_guides():
    found = table(compare.hole_map(ONE, TWO, np.array([[0.0, 1.0], [2.0, 3.0]]), [(ONE, ONE)]))
    assert found == [
        {"panel": "z2", "x": x, "y": y, "value": value}
        for x, y, value in ((1, 3, 0), (2, 3, 1), (1, 4, 2), (2, 4, 3))
    ]


@pytest.mark.parametrize(
    ("figure", "count", "row"),
    [
        (denoise.cleaning_curve(ONE, TWO, TWO + 1, 9.0, 1.5, unit="sigma"), None, ("y", 3.0)),
        (detect.score_histogram(ONE, TWO, 1.5, unit="nats"), 30, ("series", "known")),
        (detect.roc_curves([detect.RocCurve("a", ONE, TWO)], (0.5, 0.6)), 5, ("y", 0.6)),
        (detect.group_bars(["a", "b"], [1, 2], [7, 8], [True, False], 1.5, unit="n"), 2,
         ("images", 8)),
        (measures.kl_bars([0.5, 0.25]), 2, ("y", 0.25)),
        (measures.std_by_samples({1: 0.5, 10: 0.25}, 0.4), None, ("y", 0.25)),
    ],
)  # fmt: skip
def test_each_figure_has_its_numbers(figure, count, row):
    found = table(figure)
    assert count is None or len(found) == count
    assert any(line.get(row[0]) == row[1] for line in found)
    assert has_numbers(figure)


def test_classes_say_how_many_images_and_how_they_spread():
    bars = reconstructions.class_bars(np.arange(2), ONE, TWO, np.array([5, 6]), ["a", "b"])
    assert table(bars)[0] == {
        "panel": "nats, mean", "x": "a", "y": 1.0, "error": 3.0,
        "images": 5,
    }  # fmt: skip


def test_pictures_have_no_numbers():
    assert not has_numbers(picture_rows([]))
    assert numbers(picture_rows([])) == ([], [])
