"""The controls of the Embeddings page: method, parameters, colours; all stand in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast, get_args

import numpy as np
import streamlit as st

from vae.analysis.embeddings.settings import (
    LEAST_POINTS,
    MOST_POINTS,
    TITLES,
    Settings,
    Tsne,
    Umap,
    make,
)
from vae.ui.embeddings.data import COLOURS, Colour, RunData
from vae.ui.shared import address

_METHODS = tuple(TITLES)
_COLOURS: tuple[str, ...] = get_args(Colour)
_STEPS = {"points": 500, "perplexity": 5.0, "min_dist": 0.05}
_PERSIST: Any = "session"


@dataclass(frozen=True)
class Choice:
    """What the reader asks to see."""

    method: str
    colour: Colour
    dims: tuple[int, ...] = ()
    """With the method mu: the dimension across and the one up, if there is one."""
    settings: Settings | None = None
    """With t-SNE and UMAP."""


def controls(data: RunData) -> Choice:
    """Show the controls; return what they hold."""
    left, middle, right = st.columns([1.5, 2.1, 1.1], gap="medium")
    address.restore("method", "mu", str, lambda held: held in _METHODS)
    address.restore("colour", "label", str, lambda held: held in _COLOURS)
    with left:
        method = st.segmented_control(
            "Method",
            _METHODS,
            required=True,
            format_func=lambda method: data.code if method == "mu" else TITLES[method],
            key="method",
            persist_state=_PERSIST,
            help=f"How codes of d numbers become points of two: {data.code} shows two of the "
            "numbers, "
            "PCA the two directions in which the codes vary most. t-SNE and UMAP are not "
            "straight views: they try to keep neighbours together.",
        )
    with right:
        colour = st.selectbox(
            "Colour by",
            _COLOURS,
            format_func=lambda colour: (
                COLOURS[colour] + (" (n/a)" if colour == "kl" and data.no_kl else "")
            ),
            key="colour",
            persist_state=_PERSIST,
            help="The class, or what a code costs: the reconstruction loss of its decode, in "
            f"{data.unit}, or its KL from the prior, in nats"
            + (f". {data.no_kl}" if data.no_kl else "."),
        )
    method = method or "mu"
    address.keep("method", method, "mu")
    address.keep("colour", colour, "label")
    shown = cast(Colour, colour)
    with middle:
        if method == "mu":
            return Choice(method, shown, dims=_dims(data))
        if method == "pca":
            return Choice(method, shown)
        return Choice(method, shown, settings=_settings(method, len(data.mu)))


def _dims(data: RunData) -> tuple[int, ...]:
    d = len(data.weight)
    if d == 1:
        st.caption(
            f"One latent dimension: across is {data.code} 1. Up and down means nothing, it only "
            "spreads the points so that each can be seen."
        )
        return (0,)
    # Numbers of dimensions begin at 1, here as on the axes.
    order = (1 + np.argsort(-data.weight, kind="stable")).tolist()
    first = sorted(order[:2]) if d == 2 else order[:2]
    chosen = []
    for column, label, key, default in zip(
        st.columns(2), ("Across", "Up"), ("across", "up"), first, strict=True
    ):
        address.restore(key, default, int, lambda held: held in order)
        with column:
            dim = st.selectbox(
                label,
                order,
                format_func=lambda dim: f"{data.code} {dim} · {data.say_weight(dim - 1)}",
                key=key,
                persist_state=_PERSIST,
                help="The dimensions, those that carry most KL first. One with a KL near 0 "
                "has collapsed: it says nothing about the image."
                if data.kl is not None
                else "The dimensions, those along which the codes spread most first.",
            )
        address.keep(key, dim, default)
        chosen.append(int(dim) - 1)
    return tuple(chosen)


def _bounds(kind: type[Tsne | Umap], field: str) -> tuple[float, float]:
    found = kind.model_fields[field].metadata
    low, high = (
        next(getattr(part, side) for part in found if hasattr(part, side)) for side in ("ge", "le")
    )
    return low, high


def _number(kind: type[Tsne | Umap], field: str, label: str, most: int | None = None) -> Any:
    info = kind.model_fields[field]
    low, high = _bounds(kind, field)
    top = high if most is None else max(low, min(high, most))
    as_type: type[int] | type[float] = int if info.annotation is int else float
    default = as_type(min(info.default, top))
    address.restore(field, default, as_type, lambda held: low <= held <= top)
    value = st.number_input(
        label,
        min_value=as_type(low),
        max_value=as_type(top),
        step=as_type(_STEPS.get(field, 1)),
        format="%d" if as_type is int else "%.2f" if field == "min_dist" else "%.0f",
        help=info.description,
        key=field,
        persist_state=_PERSIST,
    )
    address.keep(field, value, default)
    return value


def _settings(method: str, total: int) -> Settings:
    kind: type[Tsne | Umap] = Tsne if method == "tsne" else Umap
    fields = (
        {"perplexity": "Perplexity"}
        if kind is Tsne
        else {"n_neighbors": "Neighbours", "min_dist": "Least distance"}
    )
    columns = iter(st.columns(len(fields) + 2))
    values: dict[str, Any] = {}
    with next(columns):
        most = max(LEAST_POINTS, min(MOST_POINTS, total))
        values["points"] = _number(kind, "points", "Points", most)
    for field, label in fields.items():
        with next(columns):
            values[field] = _number(kind, field, label)
    with next(columns):
        values["seed"] = _number(kind, "seed", "Seed")
    return make(method=method, **values)
