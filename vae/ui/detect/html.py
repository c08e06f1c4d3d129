"""The Detect page's counts and pictures as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from vae.analysis.generate import Levels
from vae.analysis.thresholds import Outcome
from vae.figures.detect import KNOWN_COLOUR, UNKNOWN_COLOUR
from vae.storage.pictures import sheet
from vae.ui.shared.html import render
from vae.ui.shared.tiles import Tile, strip


def counts_table(found: Outcome) -> Markup:
    """Return what a threshold does to the known and to the unknown images."""
    rows = (
        (
            "unknown",
            UNKNOWN_COLOUR,
            (found.true_positives, "true positives"),
            (found.false_negatives, "false negatives"),
        ),
        (
            "known",
            KNOWN_COLOUR,
            (found.false_positives, "false positives"),
            (found.true_negatives, "true negatives"),
        ),
    )
    return render("detect", "counts", rows)


def pairs(originals: Levels, drawn: Levels, names: Sequence[str], scores: Sequence[str]) -> Markup:
    """Return images ``(n, C, H, W)``, each above what the model makes of it."""
    joined = [sheet(np.stack(pair), 1, gap=1) for pair in zip(originals, drawn, strict=True)]
    return strip(
        [
            Tile(
                both,
                f"{name}, score {score}: the image above what the model draws",
                f"{name} · {score}",
            )
            for both, name, score in zip(joined, names, scores, strict=True)
        ]
    )
