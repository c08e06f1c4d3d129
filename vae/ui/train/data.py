"""The Train page's choice of images: the data set, some of its classes, grey or black and white."""

from typing import Any, get_args

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae.config import Binarise, DataConfig, help_text
from vae.data import DatasetSpec, all_datasets, status
from vae.data.views import black_and_white, only
from vae.errors import UserError
from vae.locale import N_, _
from vae.training.loop import fixed_indices
from vae.ui.shared import loaders
from vae.ui.shared.errors import show_error
from vae.ui.shared.run.pictures import strip
from vae.ui.train import upload
from vae.ui.train.options import held, hold, key

FALLBACK = "digits"
"""The data set that is always there."""
EXAMPLES = "train-examples"  # the style keeps its height free


def data_state(spec: DatasetSpec) -> dict[str, Any]:
    """Return what the widgets hold when a data set is chosen: all of it, as it is meant."""
    return {"dataset": spec.name, "classes": [], "binarise": spec.default_binarise}


def _changed() -> None:
    spec = all_datasets().get(held("dataset"))
    if spec is not None:
        hold(**data_state(spec))


def settle(found: dict[str, DatasetSpec]) -> DatasetSpec:
    """Take up a set that was just added; leave one that is gone. Return the set that is chosen."""
    added = st.session_state.pop(upload.ADDED, None)
    if added in found:
        hold(**data_state(found[added]))
    if held("dataset") not in found:
        hold(**data_state(found[FALLBACK]))
    spec = found[held("dataset")]
    known = range(len(spec.class_names))
    hold(classes=[label for label in held("classes") or [] if label in known])
    if held("binarise") not in pixel_choices(spec):
        hold(binarise=spec.default_binarise)
    return spec


def pixel_choices(spec: DatasetSpec) -> list[str]:
    """Return how the pixels of a data set can be seen."""
    kinds = list(get_args(Binarise))
    return kinds if spec.default_binarise == "none" else [kind for kind in kinds if kind != "none"]


_PIXELS = {
    "none": N_("as they are"),
    "static": N_("black or white, static"),
    "dynamic": N_("black or white, dynamic"),
}


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(name: str, version: str, classes: tuple[int, ...], binarise: str) -> bytes | None:
    split = only(loaders.dataset(name).train, classes or None)
    if not len(split):
        return None
    shown = split[fixed_indices(split.labels)]
    if binarise != "none":
        shown = black_and_white(shown)
    return strip(np.asarray(shown.images.numpy(), dtype=np.uint8))


def preview(place: DeltaGenerator, spec: DatasetSpec, classes: list[int], binarise: str) -> None:
    """Show ten images as a run will see them, where they are on this machine.

    Reading them may take seconds at first, so they come when the other controls are there.
    """
    try:
        ready = status(spec.name).ready
        with place, st.spinner(_("Reading the images …")):
            picture = _preview(spec.name, spec.version, tuple(classes), binarise) if ready else None
    except UserError as error:
        with place:
            show_error(error)
        return
    if picture is not None:
        place.image(
            picture, width="stretch", alt=_("Ten images of {data}").format(data=_(spec.title))
        )


def data_controls() -> tuple[DatasetSpec, DeltaGenerator, dict[str, Any]]:
    """Show the choice of images; return the data set, the preview's place, and what is asked."""
    found = all_datasets()
    spec = settle(found)
    st.selectbox(
        _("Data set"),
        list(found),
        format_func=lambda name: _(found[name].title),
        help=help_text(DataConfig, "dataset"),
        key=key("dataset"),
        on_change=_changed,
    )
    place = st.container(key=EXAMPLES)
    classes: list[int] = st.multiselect(
        _("Classes"),
        range(len(spec.class_names)),
        format_func=spec.class_name,
        placeholder=_("All"),
        help=help_text(DataConfig, "classes"),
        key=key("classes"),
    )
    upload.own_images(spec.name)
    return spec, place, {"dataset": spec.name, "classes": tuple(sorted(classes)) or None}


def pixel_control(spec: DatasetSpec) -> str:
    """Show whether pixels are grey or black and white."""
    chosen: str = st.selectbox(
        _("Pixels"),
        pixel_choices(spec),
        format_func=lambda kind: _(_PIXELS[kind]),
        help=help_text(DataConfig, "binarise"),
        key=key("binarise"),
    )
    return chosen
