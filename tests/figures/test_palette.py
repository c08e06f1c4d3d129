"""Colours of the classes: how far apart they are, and that every page has the same."""

import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vae.figures import train as figures
from vae.figures.palette import CLASS_COLOURS, Theme, class_colour
from vae.figures.style import one_two_five

PROJECT = Path(__file__).parents[2]
THEME = PROJECT / "vae" / "ui" / "component" / "lib" / "theme.js"

Array = NDArray[np.float64]

GROUNDS: dict[Theme, tuple[str, str]] = {
    "light": ("#ffffff", "#1b6338"),
    "dark": ("#040605", "#2c8658"),
}
"""Ground and accent of the app's themes, as in .streamlit/config.toml."""

SIMULATED = {
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
"""Machado, Oliveira and Fernandes (2009), severity 1."""

PAIRS = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
"""Sharma, Wu and Dalal (2005), table 1: two colours in CIELAB, and their difference."""


def difference(one, two):
    """CIEDE2000 of two colours in CIELAB (Sharma, Wu and Dalal 2005)."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*two[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    (l1, a1, b1), (l2, a2, b2) = one, two
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    by_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, colour = (l1 + l2) / 2, (c1 + c2) / 2
    hue = (h1 + h2) / 2 if c1 * c2 else h1 + h2
    if c1 * c2 and abs(h1 - h2) > 180:
        hue += 180 if h1 + h2 < 360 else -180
    cosines = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    weight = 1 + sum(f * np.cos(np.radians(n * hue + shift)) for f, n, shift in cosines)
    s_light = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_colour, s_hue = 1 + 0.045 * colour, 1 + 0.015 * colour * weight
    angle = np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))
    rotation = -2 * np.sqrt(colour**7 / (colour**7 + 25**7)) * np.sin(angle)
    parts = (l2 - l1) / s_light, (c2 - c1) / s_colour, by_hue / s_hue
    return float(np.sqrt(sum(p * p for p in parts) + rotation * parts[1] * parts[2]))


def linear(colour):
    """Linear sRGB of ``#rrggbb``."""
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear sRGB, for its own white."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ rgb / to_xyz.sum(1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def least_difference(colours):
    return min(difference(lab(a), lab(b)) for a, b in itertools.combinations(colours, 2))


@pytest.mark.parametrize(("one", "two", "expected"), PAIRS)
def test_published_differences(one, two, expected):
    assert difference(np.array(one), np.array(two)) == pytest.approx(expected, abs=1e-4)
    assert difference(np.array(two), np.array(one)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_classes_keep_apart(theme):
    colours = [linear(colour) for colour in CLASS_COLOURS[theme]]
    assert len(set(CLASS_COLOURS[theme])) == 10
    assert least_difference(colours) >= 20
    for matrix in SIMULATED.values():
        seen = [np.clip(np.array(matrix) @ colour, 0, 1) for colour in colours]
        assert least_difference(seen) >= 12


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_classes_stand_out_from_ground_and_accent(theme):
    ground, accent = (linear(colour) for colour in GROUNDS[theme])
    weights = np.array([0.2126, 0.7152, 0.0722])
    for colour in map(linear, CLASS_COLOURS[theme]):
        low, high = sorted((float(weights @ colour), float(weights @ ground)))
        assert (high + 0.05) / (low + 0.05) >= 3
        assert difference(lab(colour), lab(accent)) >= 20


def test_grounds_are_those_of_the_app():
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for theme, expected in GROUNDS.items():
        own = config["theme"][theme]
        assert (own["backgroundColor"], own["primaryColor"]) == expected


def test_the_map_has_the_same_colours():
    text = THEME.read_text(encoding="utf-8")
    for theme, colours in CLASS_COLOURS.items():
        found = re.search(rf"{theme}: \[(.*?)\]", text, re.S)
        assert found
        assert tuple(re.findall(r"#[0-9a-f]{6}", found[1])) == colours
    assert class_colour(13, "dark") == CLASS_COLOURS["dark"][3]


def test_figures_load_no_torch():
    code = "import sys, vae.figures.compare; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_extent_holds_the_codes_and_the_prior():
    assert figures.code_extent(np.zeros((2, 5, 2))) == 3.0
    assert figures.code_extent(np.full((2, 5, 2), 8.0)) > 8.0
    assert figures.code_extent(np.array([np.nan, np.inf])) == 3.0


def test_ticks_of_a_logarithmic_axis():
    assert one_two_five(0.3, 20) == [0.5, 1, 2, 5, 10, 20]
    assert one_two_five(3, 4) == []
