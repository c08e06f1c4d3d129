"""Colours of the classes, and of what is no class.

``vae/ui/component/lib/theme.js`` has the twin of :data:`CLASS_COLOURS`, for canvas and HTML in the
browser: ``tests/figures/test_palette.py`` holds the two together.
"""

from typing import Literal

Theme = Literal["light", "dark"]

CLASS_COLOURS: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#4992ff", "#6d1237", "#db376d", "#24a492", "#6d00db"),
        *("#6d6d00", "#806da4", "#00376d", "#5b3700", "#49a424"),
    ),
    "dark": (
        *("#80c8ff", "#92495b", "#ff6da4", "#5bffed", "#a46dff"),
        *("#929224", "#005bb6", "#ffa480", "#924900", "#ffed00"),
    ),
}
"""Ten for each of the app's themes, found by a search: least CIEDE2000 difference of two of them 22
in normal sight and 13 under simulated deuteranopia and protanopia (Machado, Oliveira and Fernandes
2009), contrast to the ground at least 3, chroma (CIELAB) at least 32, 20 from the accent of the
controls and 14 from the amber of p(z|x). Digits that look alike have colours far apart."""

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
