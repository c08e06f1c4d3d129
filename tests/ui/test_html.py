"""What the templates make of text from outside: class names, runs, sentences."""

import numpy as np
import pytest

from vae.analysis.compare.settings import settings
from vae.config import RunConfig
from vae.ui.compare.figures import settings_table
from vae.ui.shared.html import render
from vae.ui.shared.tiles import Row, Tile, code_cells, equation, moving, rows, strips, wall

NASTY = '<script>alert("x")</script>'
IMAGES = np.zeros((2, 1, 4, 4), dtype=np.uint8)
TILE = Tile(IMAGES[0], NASTY, NASTY)
CODES = code_cells(np.array([[1, 2]]), 40)


@pytest.mark.parametrize(
    "made",
    [
        strips([(NASTY, [TILE, TILE])]),
        rows([Row(IMAGES, NASTY, NASTY, NASTY)]),
        wall(IMAGES, NASTY, columns=2),
        moving(b"GIF", NASTY),
        equation([TILE, NASTY, CODES]),
        render("explore", "answer", NASTY, NASTY),
    ],
)
def test_text_is_escaped(made):
    assert "<script" not in made
    assert "&lt;script" in made


def test_a_grid_of_codes_stands_in_a_sum_as_it_is():
    made = equation([TILE, "→", CODES])
    assert CODES in made
    assert '<span class="sign">→</span>' in made


def test_a_run_of_any_name_is_the_head_of_a_column():
    made = settings_table(settings([RunConfig(name="one"), RunConfig(name="two")]), ["a", NASTY])
    assert "<script" not in made
    assert made.count("<th ") == made.count("</th>")
    assert made.count("<td") == made.count("</td>")
