"""The controls of the Embeddings page: method, parameters, colours; all stand in the address."""

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
    make,
    usual,
)
from vae.config import bounds
from vae.locale import _
from vae.ui.embeddings.data import COLOURS, Colour, RunData
from vae.ui.shared.controls import Controls

_METHODS = tuple(TITLES)
_COLOURS: tuple[str, ...] = get_args(Colour)
_STEPS = {"points": 500, "perplexity": 5.0, "min_dist": 0.05}

_controls = Controls("embeddings")


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
    _controls.begin()
    method = _controls.pick(
        _("Method"),
        "method",
        _METHODS,
        segmented=True,
        titles=TITLES | {"mu": _(data.code)},
        help=_(
            "How codes of d numbers become points of two: {code} shows two of the "
            "numbers, PCA the two directions in which the codes vary most. t-SNE and "
            "UMAP are not straight views: they try to keep neighbours together."
        ).format(code=_(data.code)),
    )
    titles = {key: _(title) for key, title in COLOURS.items()}
    if data.no_kl:
        titles["kl"] = _("{title} (n/a)").format(title=titles["kl"])
    dims: tuple[int, ...] = ()
    settings = None
    if method == "mu":
        dims = _dims(data)
    elif method != "pca":
        settings = _settings(method, len(data.mu))
    colour = _controls.pick(
        _("Colour by"),
        "colour",
        _COLOURS,
        titles=titles,
        width="stretch",
        help=_(
            "The class, or a loss: the reconstruction loss of its decode, in {unit}, or its "
            "KL from the prior, in nats."
        ).format(unit=_(data.unit))
        + (f" {_(data.no_kl)}" if data.no_kl else ""),
    )
    _controls.end()
    return Choice(method, cast(Colour, colour), dims, settings)


def _dims(data: RunData) -> tuple[int, ...]:
    d = len(data.weight)
    if d == 1:
        st.caption(
            _(
                "One latent dimension: across is {code} 1. Up and down means nothing, it "
                "only spreads the points so that each can be seen."
            ).format(code=_(data.code))
        )
        return (0,)
    # Numbers of dimensions begin at 1, here as on the axes.
    order: list[int] = (1 + np.argsort(-data.weight, kind="stable")).tolist()
    first = sorted(order[:2]) if d == 2 else order[:2]
    chosen = []
    for label, default in zip(("across", "up"), first, strict=True):
        dim = _controls.pick(
            _("Across") if label == "across" else _("Up"),
            label,
            order,
            default,
            titles=lambda dim: f"{_(data.code)} {dim} · {data.say_weight(dim - 1)}",
            width="stretch",
            help=_(
                "The dimensions, those that carry most KL first. One with a KL near 0 has "
                "collapsed: it holds nothing about the image."
            )
            if data.kl is not None
            else _("The dimensions, those along which the codes spread most first."),
        )
        chosen.append(dim - 1)
    return tuple(chosen)


def _number(usual: Settings, field: str, label: str, most: int | None = None) -> Any:
    kind, default = type(usual), getattr(usual, field)
    info = kind.model_fields[field]
    low, high = bounds(kind, field)
    top = high if most is None else max(low, min(high, most))
    widget: Any = {"width": "stretch", "help": _(info.description or "")}
    if info.annotation is int:
        step = int(_STEPS.get(field, 1))
        # A key of its own: other pages have a seed too.
        key = f"embeddings-{field}"
        return _controls.whole(
            label, field, int(low), int(top), default, step=step, key=key, **widget
        )
    widget["format"] = "%.2f" if field == "min_dist" else "%.0f"
    return _controls.real(
        label, field, low, top, default, _STEPS.get(field, 1.0), slider=False, **widget
    )


def _settings(method: str, total: int) -> Settings:
    first = usual(method, total)
    fields = (
        {"perplexity": _("Perplexity")}
        if isinstance(first, Tsne)
        else {"n_neighbors": _("Neighbours"), "min_dist": _("Least distance")}
    )
    most = max(LEAST_POINTS, min(MOST_POINTS, total))
    values: dict[str, Any] = {"points": _number(first, "points", _("Points"), most)}
    for field, label in fields.items():
        values[field] = _number(first, field, label)
    values["seed"] = _number(first, "seed", _("Seed"))
    return make(method=method, **values)
