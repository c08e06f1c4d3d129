"""The Denoise page's pictures as HTML: each image original, spoiled and cleaned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from vae.analysis.denoise import Cleaned
from vae.analysis.generate import Levels
from vae.storage.pictures import png_bytes, to_uint8, whole_factor
from vae.ui.shared.tiles import data_uri

_SIDE = 112

STYLE = """<style>
.dn { display: grid; gap: 1rem 10px; font-size: 0.88rem; line-height: 1.3;
  grid-template-columns: repeat(auto-fill, minmax(var(--side), max-content)); }
.dn article { width: var(--side); }
.dn figure { margin: 0 0 0.4rem; }
.dn img { display: block; width: var(--side); max-width: 100%; height: auto; border-radius: 0;
  image-rendering: pixelated; outline: 1px solid rgb(128 128 128 / 0.55); }
.dn figcaption { margin-top: 0.2rem; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.dn b { font-weight: 600; }
@media (max-width: 640px) {
  .dn { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.9rem 8px; font-size: 0.82rem; }
  .dn article { width: auto; }
  .dn img { width: 100%; }
}
</style>"""


def decibels(value: float) -> str:
    """Write a ratio: ``12.3 dB``; without a noise it has no end."""
    return "∞ dB" if math.isinf(value) else f"{value:.1f} dB"


def signed(value: float) -> str:
    """Write a gain with its sign: ``+7.2 dB``."""
    return f"{value:+.1f} dB".replace("-", "−")


def _picture(levels: Levels, alt: str, caption: str) -> str:
    height, width = levels.shape[-2:]
    return (
        f'<figure><img src="{data_uri(png_bytes(levels))}" alt="{escape(alt)}" width="{width}" '
        f'height="{height}"><figcaption>{caption}</figcaption></figure>'
    )


def cards(originals: Levels, found: Cleaned, names: Sequence[str]) -> str:
    """Return each image above its spoiled and its cleaned copy, with their ratios.

    ``originals`` are ``(n, C, H, W)``; ``names`` say what each shows.
    """
    spoiled, cleaned = to_uint8(found.spoiled), to_uint8(found.cleaned)
    side = originals.shape[-1] * whole_factor(originals.shape[-1], _SIDE)
    parts = []
    for place, name in enumerate(names):
        before, after = float(found.gains.before[place]), float(found.gains.after[place])
        gain = f", <b>{signed(after - before)}</b>" if math.isfinite(after - before) else ""
        pictures = (
            _picture(originals[place], f"Original: {name}", f"original: {escape(name)}"),
            _picture(spoiled[place], f"Spoiled: {name}", f"spoiled {decibels(before)}"),
            _picture(cleaned[place], f"Cleaned: {name}", f"cleaned {decibels(after)}{gain}"),
        )
        parts.append(f"<article>{''.join(pictures)}</article>")
    size = f"--side: {max(side, 88)}px"
    return f'<div class="dn" data-testid="denoise-cards" style="{size}">{"".join(parts)}</div>'
