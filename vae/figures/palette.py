"""Colours of the classes, and of what is no class.

``vae/ui/component/lib/theme.js`` has the twin of :data:`CLASS_COLOURS`, for canvas and HTML in the
browser: ``tests/figures/test_palette.py`` holds the two together.
"""

from typing import Literal

Theme = Literal["light", "dark"]

CLASS_COLOURS: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#0059d6", "#d77e0b", "#c92007", "#5f9767", "#844180"),
        *("#585859", "#c377bf", "#652c2c", "#191d64", "#949296"),
    ),
    "dark": (
        *("#1670ae", "#e2b644", "#ed615b", "#02c89a", "#9a74ff"),
        *("#8a616a", "#fa9be4", "#726f00", "#d6f6b0", "#dcddde"),
    ),
}
"""Ten for each of the app's themes, found by a search: least CIEDE2000 difference of two of them 22
in normal sight and 13 under simulated deuteranopia and protanopia (Machado, Oliveira and Fernandes
2009), contrast to the ground at least 3, and 20 from the accent of the controls."""

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
