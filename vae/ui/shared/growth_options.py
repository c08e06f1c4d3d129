"""Widgets for a schedule of growth: shared by the pages that train an encoder that grows."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from vae.config import help_text, make, parse_hidden
from vae.config.growth import GrowthConfig
from vae.locale import N_, _
from vae.ui.shared.fields import choice_field, whole_field

SIZES = ("start", "add", "keep")
"""Fields that are typed as hidden sizes; nothing typed leaves them to the schedule."""
CHOICES = ("outgoing", "moments", "keep_rule")

_LABELS = {
    "start": N_("Start with"),
    "every": N_("Epochs between growths"),
    "add": N_("Add each time"),
    "outgoing": N_("Outgoing weights of new neurons"),
    "moments": N_("Adam at a change"),
    "keep_at": N_("Cut back after epoch (0: never)"),
    "keep": N_("Neurons to keep"),
    "keep_rule": N_("Which to keep"),
}
Key = Callable[[str], str]


def growth_state(growth: GrowthConfig | None = None) -> dict[str, Any]:
    """Return what the widgets hold for a schedule, the usual one unless given, by field."""
    growth = growth or GrowthConfig()
    sizes = {name: ",".join(map(str, getattr(growth, name) or ())) for name in SIZES}
    choices = {name: getattr(growth, name) for name in CHOICES}
    return {"every": growth.every, "keep_at": growth.keep_at or 0, **sizes, **choices}


def growth_options(key: Key) -> dict[str, Any]:
    """Show the settings of a schedule; return what they hold, to be read by :func:`read_growth`.

    ``key`` gives the key of a field's widget in the session, which holds its value already.
    """
    left, right = st.columns(2)
    with left:
        found: dict[str, Any] = {"every": _whole("every", key)}
        found |= {"start": _sizes("start", key)}
        found |= {"outgoing": _choice("outgoing", key)}
    with right:
        found |= {"keep_at": _whole("keep_at", key, like="every", min_value=0)}
        found |= {"add": _sizes("add", key)}
        found |= {"moments": _choice("moments", key)}
    if found["keep_at"]:
        left, right = st.columns(2)
        with left:
            found["keep"] = _sizes("keep", key)
        with right:
            found["keep_rule"] = _choice("keep_rule", key)
    return found


def read_growth(held: Mapping[str, Any]) -> GrowthConfig:
    """Return the schedule that the widgets hold.

    Raises
    ------
    ConfigError
        If a value is wrong, or one contradicts another.
    """
    values = {**held, "keep_at": held.get("keep_at") or None}
    for name in SIZES:
        values[name] = parse_hidden(held.get(name) or "") or None
    return make(GrowthConfig, **values)


def _whole(field: str, key: Key, **widget: Any) -> int:
    return whole_field(GrowthConfig, field, _(_LABELS[field]), key(field), **widget)


def _sizes(field: str, key: Key) -> str:
    return st.text_input(
        _(_LABELS[field]),
        placeholder=_("an eighth of the target"),
        help=help_text(GrowthConfig, field),
        key=key(field),
    )


def _choice(field: str, key: Key) -> str:
    return choice_field(GrowthConfig, field, _(_LABELS[field]), key(field))
