"""Colours of the classes, and of what is no class.

``vae/ui/component/lib/theme.js`` has the twin of :data:`CLASS_COLOURS`, for canvas and HTML in the
browser: ``tests/figures/test_palette.py`` holds the two together.
"""

from typing import Literal

Theme = Literal["light", "dark"]

CLASS_COLOURS: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#4992ff", "#6d1200", "#ed245b", "#00a480", "#8000ff"),
        *("#805b00", "#a46da4", "#004992", "#6d0049", "#ed6d00"),
    ),
    "dark": (
        *("#6d92ff", "#924937", "#db8092", "#80ffc8", "#3737ff"),
        *("#928000", "#5bdbff", "#b60080", "#eda46d", "#ffff00"),
    ),
}
"""Ten for each of the app's themes, found by a search: least CIEDE2000 difference of two of them 22
in normal sight and 13 under simulated deuteranopia and protanopia (Machado, Oliveira and Fernandes
2009), contrast to the ground at least 3, chroma (CIELAB) at least 35, and 20 from the accent of the
controls. Digits that look alike have colours far apart."""

PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
"""Petroff (2021), for lines and bars that are no classes, on either ground."""


def class_colour(label: int, theme: Theme = "light") -> str:
    """Return the colour of a class; the ten are used again from the eleventh class on."""
    colours = CLASS_COLOURS[theme]
    return colours[label % len(colours)]
