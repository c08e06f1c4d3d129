"""The figures of a run as HTML: a card each, with what belongs to it and when not to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

STYLE = """<style>
.ev { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
  gap: 0.9rem; margin: 0 0 0.9rem; }
.ev > div { border: 1px solid rgb(128 128 128 / 0.35); border-radius: 0.5rem;
  padding: 0.7rem 0.85rem; min-width: 0; overflow-wrap: anywhere; }
.ev p { margin: 0; font-size: 0.85rem; line-height: 1.4; }
.ev .ev-name { font-size: 0.92rem; font-weight: 600; }
.ev .ev-value { font-size: 1.35rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
.ev .ev-value span { font-size: 0.85rem; }
.ev .ev-more { font-variant-numeric: tabular-nums; }
.ev .ev-caution { margin-top: 0.45rem; opacity: 0.8; }
</style>"""


class Card(NamedTuple):
    """One figure in words."""

    name: str
    """Of the registry: what tests and style sheets find it by."""
    title: str
    value: str
    unit: str = ""
    more: str = ""
    """What belongs to the value, or why there is none."""
    caution: str = ""


def _card(card: Card) -> str:
    unit = f" <span>{escape(card.unit)}</span>" if card.unit else ""
    more = f'<p class="ev-more">{escape(card.more)}</p>' if card.more else ""
    caution = f'<p class="ev-caution">{escape(card.caution)}</p>' if card.caution else ""
    return (
        f'<div role="listitem" data-testid="measure-{escape(card.name)}">'
        f'<p class="ev-name">{escape(card.title)}</p>'
        f'<p class="ev-value">{escape(card.value)}{unit}</p>{more}{caution}</div>'
    )


def cards(label: str, found: Sequence[Card]) -> str:
    """Return figures side by side, as many as the width allows."""
    items = "".join(map(_card, found))
    return f'<div class="ev" role="list" aria-label="{escape(label)}">{items}</div>'
