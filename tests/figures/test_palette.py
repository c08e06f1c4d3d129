"""Plotly figures, and the palette that they share with the map in the browser."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from vae.figures import train as figures
from vae.figures.palette import PALETTE, class_colour

THEME = Path(__file__).parents[2] / "vae" / "ui" / "component" / "lib" / "theme.js"


def test_palette_is_the_one_of_the_map() -> None:
    found = re.search(r"const PETROFF = \[(.*?)\]", THEME.read_text(encoding="utf-8"), re.S)
    assert found
    assert tuple(re.findall(r"#[0-9a-f]{6}", found[1])) == PALETTE
    assert class_colour(13) == PALETTE[3]


def test_figures_load_no_torch() -> None:
    code = "import sys, vae.figures.compare; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_extent_holds_the_codes_and_the_prior() -> None:
    assert figures.code_extent(np.zeros((2, 5, 2))) == 3.0
    assert figures.code_extent(np.full((2, 5, 2), 8.0)) > 8.0
    assert figures.code_extent(np.array([np.nan, np.inf])) == 3.0
