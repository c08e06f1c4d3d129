"""The Detect page's counts and pictures as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vae.analysis.generate import Levels
from vae.analysis.thresholds import Outcome
from vae.figures.detect import KNOWN_COLOUR, UNKNOWN_COLOUR
from vae.storage.pictures import sheet
from vae.ui.shared.tiles import Tile, strip

_SIDE = 84

STYLE = f"""<style>
.dt {{ border-collapse: collapse; margin: 0; font-variant-numeric: tabular-nums; }}
.dt th, .dt td {{ padding: 0.35rem 1rem 0.35rem 0; text-align: left; border: 0;
  border-bottom: 1px solid rgb(128 128 128 / 0.35); font-weight: 400; }}
.dt thead th, .dt td b {{ font-weight: 600; }}
.dt i {{ display: inline-block; width: 0.75rem; height: 0.75rem; margin-right: 0.5rem; }}
.dt .known {{ background: {KNOWN_COLOUR}; }}
.dt .unknown {{ background: {UNKNOWN_COLOUR}; }}
</style>"""


def _cell(count: int, total: int, words: str) -> str:
    return f"<td><b>{count:,}</b> {words} ({count / total:.2%})</td>"


def counts_table(found: Outcome) -> str:
    """Return what a threshold does to the known and to the unknown images."""
    unknown, known = found.caught + found.missed, found.false_alarms + found.passed
    rows = (
        ("unknown", unknown, _cell(found.caught, unknown, "caught"),
         _cell(found.missed, unknown, "missed")),
        ("known", known, _cell(found.false_alarms, known, "false alarms"),
         _cell(found.passed, known, "let pass")),
    )  # fmt: skip
    body = "".join(
        f'<tr><th scope="row"><i class="{name}"></i>{total:,} {name}</th>{alarm}{quiet}</tr>'
        for name, total, alarm, quiet in rows
    )
    return (
        '<table class="dt" data-testid="detect-counts"><thead><tr><th scope="col">Images</th>'
        '<th scope="col">score above</th><th scope="col">at or below</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def pairs(originals: Levels, drawn: Levels, names: Sequence[str], scores: Sequence[str]) -> str:
    """Return images ``(n, C, H, W)``, each above what the model makes of it."""
    joined = [sheet(np.stack(pair), 1, gap=1) for pair in zip(originals, drawn, strict=True)]
    tiles = [
        Tile(
            both,
            f"{name}, score {score}: the image above what the model draws",
            f"{name} · {score}",
        )
        for both, name, score in zip(joined, names, scores, strict=True)
    ]
    return strip(tiles, _SIDE)
