"""The controls of the Reconstructions page, each in the address so that a link gives it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import streamlit as st

from vae.analysis.reconstructions import Order
from vae.locale import N_, _, numbers
from vae.ui.shared.controls import Controls

SplitName = Literal["test", "train"]
Decoded = Literal["mu", "samples"]
COUNTS = (10, 20, 50)
MAX_SAMPLES = 100
_ALL = N_("all")

_controls = Controls("reconstructions")


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


def _order(sizes: Mapping[str, int], split: str, measured: int) -> tuple[Order, bool]:
    """Show the order of the images, and whether all of a large split are measured for it."""
    order: Order = _controls.pick(
        _("Order"),
        "order",
        get_args(Order),
        titles={"drawn": _("drawn"), "worst": _("worst"), "best": _("best")},
        segmented=True,
        help=_(
            "As drawn at random; or worst or best first, by reconstruction loss among "
            "all images of the split and class."
        ),
    )
    if sizes[split] <= measured:
        return order, False
    return order, _controls.toggle(
        _("Measure all {sizes}").format(sizes=numbers.count(sizes[split])),
        "all",
        help=_(
            "Order and losses by class come from the first {measured} images. All of "
            "them take longer: up to a minute for a convolutional model."
        ).format(measured=numbers.count(measured)),
    )


def _samples(ways: Sequence[Decoded]) -> int | None:
    """Show from where to decode; return the number of samples, None for mu."""
    way: Any = ways[0]
    if len(ways) > 1:
        way = _controls.pick(
            _("Decode"),
            "decode",
            ways,
            titles={"mu": "mu", "samples": _("samples")},
            segmented=True,
            help=_("The centre mu of an image's codes; or L samples of z, and their average."),
        )
    count = _controls.whole(
        _("Samples L"),
        "L",
        1,
        MAX_SAMPLES,
        10,
        slider=True,
        hidden=way != "samples",
        width=190,
        help=_("Draws of z from q(z|x): pictures and losses are averaged over them."),
    )
    return count if way == "samples" else None


def controls(
    class_names: Sequence[str],
    sizes: Mapping[str, int] | None,
    *,
    measured: int = 0,
    ways: Sequence[Decoded] = get_args(Decoded),
) -> Choice:
    """Show the controls; return what they hold.

    ``sizes`` are the images in each split; None where the originals are missing: then there are
    codes of test images only, and no loss to order them by. ``measured`` images of a split are
    measured unless all of a larger one are asked for.
    """
    split: SplitName = "test"
    order: Order = "drawn"
    whole = False
    _controls.begin()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if sizes:
            split = _controls.pick(
                _("Images"),
                "split",
                get_args(SplitName),
                titles={"test": _("test"), "train": _("training")},
                segmented=True,
                help=_("Images it was trained on, or others."),
            )
        name = _controls.pick(_("Class"), "class", (_ALL, *class_names), titles=_, width=140)
        if sizes:
            order, whole = _order(sizes, split, measured)
        count = _controls.pick(_("Number"), "count", COUNTS, segmented=True)
        seed = _controls.seed(
            help=_(
                "Which images are drawn, and the noise of the samples: the same seed gives "
                "the same page again."
            )
        )
        samples = _samples(ways)
    _controls.end()
    label = None if name == _ALL else list(class_names).index(name)
    return Choice(split, label, order, count, seed, samples, whole)
