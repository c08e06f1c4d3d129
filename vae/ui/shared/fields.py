"""Widgets for fields of a config: bounds, choices and help come from the field itself."""

from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel

from vae.config import bounds, help_text


def whole_field(
    kind: type[BaseModel], field: str, label: str, key: str, *, like: str = "", **widget: Any
) -> int:
    """Show a field that is a whole number, within the bounds of the field ``like`` or its own."""
    low, high = bounds(kind, like or field)
    options: dict[str, Any] = {"min_value": int(low), "max_value": int(high), "step": 1}
    return int(st.number_input(label, help=help_text(kind, field), key=key, **(options | widget)))


def real_field(kind: type[BaseModel], field: str, label: str, key: str, step: float) -> float:
    """Show a field that is a number; return what it holds."""
    low, high = bounds(kind, field)
    return float(
        st.number_input(
            label,
            float(low),
            float(high),
            step=step,
            format="%g",
            help=help_text(kind, field),
            key=key,
        )
    )


def choice_field(kind: type[BaseModel], field: str, label: str, key: str, **widget: Any) -> str:
    """Show a field that has a few values; return the chosen one."""
    values = get_args(kind.model_fields[field].annotation)
    chosen: str = st.selectbox(label, values, help=help_text(kind, field), key=key, **widget)
    return chosen
