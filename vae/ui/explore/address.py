"""What the Explore page begins with: the address's, or what this session left for the run."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from vae.analysis import explore
from vae.analysis.explore import TestCodes
from vae.analysis.map_display import ADDRESS, Display, parse_display, parse_index
from vae.runs import Run
from vae.ui.shared.controls import read_address

T = TypeVar("T")


def _start(run: Run, name: str, parse: Callable[[str], T], otherwise: T) -> T:
    """Return ``name`` as the address has it, or as this session left it for the run."""
    is_asked = name in st.query_params
    asked = read_address(name, parse)
    if asked is not None:
        return asked
    kept: T = otherwise if is_asked else st.session_state.get(f"{name}-{run.name}", otherwise)
    return kept


def start_z(run: Run, nearby: TestCodes, code: int | None) -> list[float]:
    """Return the z to begin with: that of the selected code where the address names no other."""
    if code is not None and "z" not in st.query_params:
        return [round(value, nearby.extent.decimals) for value in nearby.codes.mu[code].tolist()]
    d, extent = run.config.model.latent_dim, nearby.extent

    def parse(text: str) -> list[float]:
        return explore.parse_z(text, d, limit=extent.limit, decimals=extent.decimals)

    kept = _start(run, "z", parse, extent.centre)
    return list(kept if len(kept) == d else extent.centre)


def start_label(run: Run, nearby: TestCodes) -> int | None:
    """Return the label to begin with; None where the decoder is told none."""
    choices = nearby.choices
    if not choices:
        st.query_params.pop("label", None)
        return None
    kept = _start(run, "label", lambda text: explore.parse_label(text, choices), choices[0])
    return kept if kept in choices else choices[0]


def start_display(run: Run, nearby: TestCodes) -> Display:
    """Return what to show at first apart from z: the address's, or what this session left."""
    model = run.config.model
    asked = parse_display(
        read_address,
        model.latent_dim,
        nearby.classes,
        labels=nearby.choices,
        image_shape=model.image_shape,
    )
    if any(name in st.query_params for name in ADDRESS):
        return asked
    kept: Display = st.session_state.get(f"display-{run.name}") or asked
    return kept


def start_code(nearby: TestCodes) -> int | None:
    """Return the test code to select at first."""
    numbers = range(len(nearby.codes.mu))
    return read_address("code", lambda text: parse_index(text, numbers, "code"))


def write_address(values: Mapping[str, str], names: Sequence[str]) -> None:
    """Write parts of the address, and take back those of ``names`` that are not among them."""
    for name in names:
        if name not in values:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != values[name]:
            st.query_params[name] = values[name]
