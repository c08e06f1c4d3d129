"""Colours of the classes in figures.

``vae/ui/component/lib/theme.js`` has the twin of this list, for the map in the browser:
``tests/test_figures.py`` holds the two together.
"""

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
"""Petroff (2021), ten colours that stay apart for colour-blind readers."""


def class_colour(label: int) -> str:
    """Return the colour of a class; the ten are used again from the eleventh class on."""
    return PALETTE[label % len(PALETTE)]
