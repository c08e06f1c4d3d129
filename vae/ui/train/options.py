"""Widgets for fields of a config: bounds, choices and help come from the field itself.

So a family shows its own settings without a line here for each of them.
"""

import math
from typing import Any, Literal, get_origin

import streamlit as st
from pydantic import BaseModel

from vae.config import (
    CORRUPTIONS,
    DEFAULT_HIDDEN,
    ModelConfig,
    TrainConfig,
    help_text,
    parse_corruption,
)
from vae.locale import N_, _
from vae.models import FAMILIES
from vae.ui.shared.fields import choice_field, real_field, whole_field
from vae.ui.shared.growth_options import growth_options, growth_state

PREFIX = "train-"

LABELS = {
    "beta": "beta",
    "arch": N_("Architecture"),
    "hidden": N_("Hidden sizes"),
    "likelihood": N_("Pixel likelihood"),
    "variance": N_("Pixel variance"),
    "sigma": N_("Pixel sigma"),
    "reconstruction": N_("Loss"),
    "sparsity": N_("Penalty"),
    "sparsity_weight": N_("Penalty weight"),
    "sparsity_target": N_("Target activation"),
    "contraction": N_("Contraction weight"),
    "codebook": N_("Codebook size K"),
    "samples": N_("Samples L"),
    "kl_warmup": N_("KL warm-up"),
    "lr": N_("Learning rate"),
    "epochs": N_("Epochs"),
    "batch_size": N_("Batch size"),
    "latent_dim": N_("Latent dim"),
    "init": N_("Init"),
    "commitment": N_("Commitment"),
    "seed": N_("Seed"),
    "device": N_("Device"),
    "precision": N_("Precision"),
}
"""What fields are called on the page."""

ONLY_WITH: dict[str, tuple[str, str]] = {
    "variance": ("likelihood", "gaussian"),
    "sigma": ("likelihood", "gaussian"),
    "sparsity_target": ("sparsity", "kl"),
}
"""Fields that are read only where another one has a certain value."""

_LEAST_AMOUNT = 0.01


def key(field: str) -> str:
    """Return the key of a field's widget in the session."""
    return PREFIX + field


def hold(**values: Any) -> None:
    """Let widgets hold values."""
    for field, value in values.items():
        st.session_state[key(field)] = value


def held(field: str) -> Any:
    """Return what a widget holds, or None where it has not been shown yet."""
    return st.session_state.get(key(field))


def hidden_text(hidden: tuple[int, ...]) -> str:
    """Write hidden sizes as they are typed."""
    return ",".join(map(str, hidden))


def family_state(family: str) -> dict[str, Any]:
    """Return what the widgets hold when a family is chosen: its own defaults."""
    kind = FAMILIES[family].model
    values: dict[str, Any] = {"arch": "mlp", "hidden": None}
    values |= {name: ModelConfig.model_fields[name].default for name in kind.options}
    values |= kind.defaults
    values["hidden"] = hidden_text(values["hidden"] or DEFAULT_HIDDEN[values["arch"]])
    if "corruption" in values:
        corruption = parse_corruption(values.pop("corruption"))
        values |= {"corruption_kind": corruption.kind, "corruption_amount": corruption.amount}
    if "growth" in values:
        schedule = growth_state(values.pop("growth"))
        values |= {growth_field(field): value for field, value in schedule.items()}
    return {"family": family, **values, "samples": kind.default_samples, "kl_warmup": 0}


def growth_field(field: str) -> str:
    """Return what a field of the schedule is called among a family's."""
    return f"growth_{field}"


def _label(field: str) -> str:
    return _(LABELS[field])


def whole(kind: type[BaseModel], field: str) -> int:
    """Show a field that is a whole number."""
    if held(field) is not None:
        hold(**{field: int(held(field))})
    return whole_field(kind, field, _label(field), key(field))


def real(kind: type[BaseModel], field: str) -> float:
    """Show a field that is a number; its step is a digit of its default's first place."""
    usual = kind.model_fields[field].default or 1.0
    if held(field) is not None:
        hold(**{field: float(held(field))})
    step = 10.0 ** math.floor(math.log10(usual)) / (2 if usual == 1 else 1)
    return real_field(kind, field, _label(field), key(field), step)


def choice(kind: type[BaseModel], field: str, **options: Any) -> str:
    """Show a field that has a few values."""
    return choice_field(kind, field, _label(field), key(field), **options)


def show(kind: type[BaseModel], field: str) -> Any:
    """Show any field by its type."""
    annotation = kind.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return choice(kind, field)
    return whole(kind, field) if annotation is int else real(kind, field)


def _corruption_changed() -> None:
    hold(corruption_amount=CORRUPTIONS[held("corruption_kind")] / 4)


def corruption() -> str:
    """Show how the input is corrupted, and how much."""
    left, right = st.columns(2)
    kind: str = left.selectbox(
        _("Corruption"),
        list(CORRUPTIONS),
        help=help_text(ModelConfig, "corruption"),
        key=key("corruption_kind"),
        on_change=_corruption_changed,
    )
    amount = right.number_input(
        _("Amount"),
        min_value=_LEAST_AMOUNT,
        max_value=CORRUPTIONS[kind],
        step=0.05,
        format="%g",
        help=_("Standard deviation of the noise (gaussian), or share of the pixels."),
        key=key("corruption_amount"),
    )
    return f"{kind}:{amount:g}"


def _in_pairs(kind: type[BaseModel], names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(names), 2):
        pair = names[start : start + 2]
        for column, name in zip(st.columns(len(pair)), pair, strict=True):
            with column:
                found[name] = show(kind, name)
    return found


def family_options(family: str) -> dict[str, Any]:
    """Show the settings that a family takes and others do not; return what they hold."""
    shown = [
        name
        for name in FAMILIES[family].model.options
        if name not in ONLY_WITH or held(ONLY_WITH[name][0]) == ONLY_WITH[name][1]
    ]
    found = _in_pairs(ModelConfig, [name for name in shown if name != "corruption"])
    if FAMILIES[family].model.grows:
        found["growth"] = growth_options(lambda field: key(growth_field(field)))
    return found | ({"corruption": corruption()} if "corruption" in shown else {})


def train_options(family: str) -> dict[str, Any]:
    """Show the settings of the training that a family takes, but for the epochs."""
    kind = FAMILIES[family].model
    names = ["lr", "batch_size"]
    names += ["samples"] if kind.takes_samples else []
    names += ["kl_warmup"] if "beta" in kind.options else []
    return _in_pairs(TrainConfig, names)
