"""Plotly figures, and the palette that they share with the map in the browser."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae import figures
from vae.palette import PALETTE, class_colour

THEME = Path(__file__).parents[1] / "vae" / "ui" / "component" / "theme.js"


def test_palette_is_the_one_of_the_map() -> None:
    found = re.search(r"const PETROFF = \[(.*?)\]", THEME.read_text(encoding="utf-8"), re.S)
    assert found
    assert tuple(re.findall(r"#[0-9a-f]{6}", found[1])) == PALETTE
    assert class_colour(13) == PALETTE[3]


def test_figures_load_no_torch() -> None:
    code = "import sys, vae.figures; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_loss_curves_show_each_term_for_train_and_test() -> None:
    train = np.array([[30.0, 28.0, 2.0], [25.0, 22.0, 3.0], [20.0, 16.0, 4.0]])
    at = np.arange(1.0, 4.0)
    figure = figures.loss_curves(at, train, at, train + 1)
    assert len(figure.data) == 6
    for row in range(3):
        np.testing.assert_allclose(figure.data[2 * row].y, train[:, row])
        np.testing.assert_allclose(figure.data[2 * row + 1].y, train[:, row] + 1)
    assert [note.text for note in figure.layout.annotations] == list(figures.TERM_TITLES)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["train", "test"]


def test_loss_curves_of_nothing_yet_are_empty() -> None:
    none = np.empty(0)
    figure = figures.loss_curves(none, np.empty((0, 3)), none, none)
    assert all(len(trace.y) == 0 for trace in figure.data)


def test_code_map_colours_by_class() -> None:
    codes = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5], [9.0, 0.0]], dtype=np.float16)
    figure = figures.code_map(codes, np.array([0, 3, 0, 11]), ["zero", "one"], extent=4.0)
    assert [trace.name for trace in figure.data] == ["zero", "3", "11"]
    assert [trace.marker.color for trace in figure.data] == [PALETTE[0], PALETTE[3], PALETTE[1]]
    assert figure.data[2].marker.symbol != figure.data[0].marker.symbol
    assert tuple(figure.layout.xaxis.range) == (-4, 4)
    np.testing.assert_allclose(figure.data[0].x, [0.0, 0.5])


def test_extent_holds_the_codes_and_the_prior() -> None:
    assert figures.code_extent(np.zeros((2, 5, 2))) == 3.0
    assert figures.code_extent(np.full((2, 5, 2), 8.0)) > 8.0
    assert figures.code_extent(np.array([np.nan, np.inf])) == 3.0


def test_code_map_refuses_codes_that_are_not_flat() -> None:
    with pytest.raises(ValueError, match="not \\(4, 3\\)"):
        figures.code_map(np.zeros((4, 3)), np.zeros(4, dtype=int))
