"""The Denoise page's pictures as HTML: each image original, corrupted and cleaned."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from vae.analysis.denoise import Cleaned
from vae.analysis.generate import Levels
from vae.storage.pictures import to_uint8, whole_factor
from vae.ui.shared.html import render
from vae.ui.shared.tiles import Tile

_SIDE = 112
_LEAST_SIDE = 88


def decibels(value: float) -> str:
    """Write a ratio: ``12.3 dB``; without a noise it has no end."""
    return "∞ dB" if math.isinf(value) else f"{value:.1f} dB"


def signed(value: float) -> str:
    """Write a gain with its sign: ``+7.2 dB``."""
    return f"{value:+.1f} dB".replace("-", "−")


def cards(originals: Levels, found: Cleaned, names: Sequence[str]) -> Markup:
    """Return each image above its corrupted and its cleaned copy, with their ratios.

    ``originals`` are ``(n, C, H, W)``; ``names`` say what each shows.
    """
    corrupted, cleaned = to_uint8(found.corrupted), to_uint8(found.cleaned)
    side = originals.shape[-1] * whole_factor(originals.shape[-1], _SIDE)
    shown = []
    for place, name in enumerate(names):
        before, after = float(found.gains.before[place]), float(found.gains.after[place])
        gain = signed(after - before) if math.isfinite(after - before) else ""
        caption = render("denoise", "caption", f"cleaned {decibels(after)}", gain)
        shown.append(
            (
                Tile(originals[place], f"Original: {name}", f"original: {name}"),
                Tile(corrupted[place], f"Corrupted: {name}", f"corrupted {decibels(before)}"),
                Tile(cleaned[place], f"Cleaned: {name}", caption),
            )
        )
    return render("denoise", "cards", shown, max(side, _LEAST_SIDE))
