"""The controls of the Reconstructions page, each in the address so that a link gives it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import streamlit as st

from vae.analysis.reconstructions import Order

SplitName = Literal["test", "train"]
Decoded = Literal["mu", "samples"]
COUNTS = (10, 20, 50)
MAX_SAMPLES = 100
MAX_SEED = 2**31 - 1
_ALL = "all"


@dataclass(frozen=True)
class Choice:
    """What is to be shown."""

    split: SplitName
    label: int | None
    """The class; None for all."""
    order: Order
    count: int
    seed: int
    samples: int | None
    """L, or None to decode mu."""
    whole: bool = False
    """Whether every image of a large split is measured."""


def _draw_anew() -> None:
    st.session_state["seed"] = int(np.random.default_rng().integers(10_000))


def _check_address(key: str, allowed: Sequence[str] | range) -> None:
    """Say so where the address asks for what is not there: the widget then takes its default."""
    asked = st.query_params.get(key)
    if asked is None:
        return
    if isinstance(allowed, range):
        known = asked.isdecimal() and len(asked) < 12 and int(asked) in allowed
        choices = f"a whole number from {allowed[0]} to {allowed[-1]}"
    else:
        known, choices = asked in allowed, "one of " + ", ".join(allowed)
    if not known:
        st.warning(
            f"The address asks for {key} “{asked[:64]}”, which does not fit here: it can be "
            f"{choices}.",
            icon=":material/warning:",
        )


def _segments(label: str, options: Sequence[str], key: str, help: str) -> str:
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        help=help,
    )


def _class(names: Sequence[str]) -> int | None:
    options = [_ALL, *names]
    if st.session_state.get("class", _ALL) not in options:
        # The run has changed, and its data have other classes.
        del st.session_state["class"]
    name = st.selectbox("Class", options, key="class", bind="query-params", width=140)
    return None if name == _ALL else names.index(name)


def controls(
    class_names: Sequence[str],
    sizes: Mapping[str, int] | None,
    *,
    measured: int = 0,
    ways: Sequence[Decoded] = get_args(Decoded),
) -> Choice:
    """Show the controls; return what they hold.

    Parameters
    ----------
    sizes
        Images in each split. None where the originals are missing: then there are codes of test
        images only, and no loss to order them by.
    measured
        How many images of a split are measured unless all of a larger one are asked for.
    ways
        From where the model can decode: where a code is a point there is nothing to draw from.
    """
    splits, orders = get_args(SplitName), get_args(Order)
    for key, allowed in (
        ("split", splits),
        ("class", (_ALL, *class_names)),
        ("order", orders),
        ("count", [str(count) for count in COUNTS]),
        ("seed", range(MAX_SEED + 1)),
        ("decode", ways),
        ("L", range(1, MAX_SAMPLES + 1)),
    ):
        _check_address(key, allowed)
    split, order, samples, whole = "test", "drawn", None, False
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if sizes:
            split = _segments("Images", splits, "split", "Images it was trained on, or others.")
        label = _class(class_names)
        if sizes:
            order = _segments(
                "Order",
                orders,
                "order",
                "As drawn at random; or worst or best first, by reconstruction loss "
                "among all images of the split and class.",
            )
            if sizes[split] > measured:
                whole = st.toggle(
                    f"Measure all {sizes[split]:,}",
                    key="all",
                    bind="query-params",
                    help=f"Order and losses by class come from the first {measured:,} images. "
                    "All of them take longer: up to a minute for a convolutional model.",
                )
        count = st.segmented_control(
            "Number", COUNTS, default=COUNTS[0], required=True, key="count", bind="query-params"
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=MAX_SEED,
            step=1,
            key="seed",
            bind="query-params",
            width=130,
            help="Which images are drawn, and the noise of the samples: the same seed gives the "
            "same page again.",
        )
        st.button("Draw anew", icon=":material/casino:", on_click=_draw_anew)
        way: str = ways[0]
        if len(ways) > 1:
            way = _segments(
                "Decode",
                ways,
                "decode",
                "The centre mu of an image's codes; or L samples of z, and their average.",
            )
        if way == "samples":
            samples = st.slider(
                "Samples L",
                1,
                MAX_SAMPLES,
                10,
                key="L",
                bind="query-params",
                width=190,
                help="Draws of z from q(z|x): pictures and losses are averaged over them.",
            )
    return Choice(
        cast(SplitName, split),
        label,
        cast(Order, order),
        *(int(count), int(seed), samples, whole),
    )
