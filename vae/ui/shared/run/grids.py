"""A run before and after its training, and grids of epochs by images, to take away."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup
from numpy.typing import NDArray

from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.storage.pictures import gif_bytes, png_bytes, sheet, whole_factor
from vae.storage.tables import csv_bytes
from vae.ui.shared.run.pictures import Levels, fixed_images
from vae.ui.shared.show import offer_download
from vae.ui.shared.tiles import Row, rows

_ROWS = 10
_FRAME_MS = 400
_SIDE = 56
"""Pixels of an image, about."""


def shown_epochs(count: int, most: int = _ROWS) -> list[int]:
    """Return which of so many epochs are the rows of a grid: most of them early ones."""
    if count <= most:
        return list(range(count))
    places = np.unique(np.round(np.geomspace(1, count, most)).astype(int) - 1)
    return [int(place) for place in places]


@st.cache_resource(max_entries=32, show_spinner=False)
def _grid(_run: Run, stamp: str, split: str, _rows: Levels, rows: int) -> bytes:
    """Return rows of images ``(rows, n, C, H, W)`` as one PNG."""
    count, columns, *_shape, side = _rows.shape
    flat = _rows.reshape(count * columns, *_rows.shape[2:])
    return png_bytes(sheet(flat, columns, factor=whole_factor(side, _SIDE), gap=1))


@st.cache_resource(max_entries=32, show_spinner=False)
def _named(_run: Run, stamp: str, split: str, _rows: Levels, names: tuple[str, ...]) -> Markup:
    found = zip(_rows, names, strict=True)
    return rows([Row(images, name, "", name) for images, name in found], _SIDE)


def _errors(originals: Levels, every: Levels, epochs: NDArray[Any]) -> bytes:
    """Return the squared error per pixel of each image ``(epochs, n, C, H, W)`` as CSV."""
    parts = (every.astype(np.float64) - originals) / 255
    errors = (parts**2).mean(axis=(-3, -2, -1))
    head = [_("epoch"), *(_("image {n}").format(n=n + 1) for n in range(len(originals)))]
    return csv_bytes(head, np.column_stack([epochs, errors]).tolist())


def film(rows: Levels) -> bytes:
    """Return a row after the other as the frames of a GIF."""
    factor = whole_factor(rows.shape[-1], _SIDE)
    frames = [sheet(row, len(row), factor=factor, gap=1) for row in rows]
    return gif_bytes(np.stack(frames), frame_ms=_FRAME_MS)


def epoch_grids(run: Run, arrays: dict[str, Any], stamp: str) -> None:
    """Show a run's images and samples epoch by epoch."""
    has_prior = check_family(run.config.model.family).model.has_prior
    kinds = {
        "test_recon": _("Test images"),
        "train_recon": _("Training images"),
        "samples": _("Samples from the prior") if has_prior else _("Random codes decoded"),
    }
    st.subheader(_("As training went on"), anchor=False)
    split = st.segmented_control(
        _("Pictures by epoch"),
        list(kinds),
        format_func=kinds.__getitem__,
        default="test_recon",
        required=True,
        key=f"grid-{run.name}",
        label_visibility="collapsed",
    )
    every = np.asarray(arrays[split])
    places = shown_epochs(len(arrays["epochs"]))
    shown = every[places]
    names = [_("epoch {n}").format(n=int(arrays["epochs"][place])) for place in places]
    found = fixed_images(run)
    originals = None
    if found is not None and split != "samples":
        originals = found[1 if split == "test_recon" else 0]
    if originals is not None and originals.shape == shown.shape[1:]:
        shown, names = np.concatenate([originals[None], shown]), [_("original"), *names]
    else:
        originals = None
    st.caption(
        _("A row an epoch, a column a code: the same ten codes each time.")
        if split == "samples"
        else _("A row an epoch, a column an image: the same ten images each time.")
    )
    st.html(_named(run, stamp, split, shown, tuple(names)))
    with st.container(horizontal=True):
        name = f"{run.name}-{split.replace('_', '-')}-by-epoch"
        picture = _grid(run, stamp, split, shown, len(shown))
        offer_download(_("Grid (PNG)"), picture, f"{name}.png", key=f"png-{name}")
        offer_download(_("Film (GIF)"), lambda: film(every), f"{name}.gif", key=f"gif-{name}")
        if originals is not None:
            errors = partial(_errors, originals, every, arrays["epochs"])
            offer_download(_("Errors (CSV)"), errors, f"{name}.csv", key=f"csv-{name}")
