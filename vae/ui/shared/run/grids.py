"""A run before and after its training, and grids of epochs by images, to take away."""

from typing import Any

import numpy as np
import streamlit as st

from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.storage.pictures import gif_bytes, png_bytes, sheet, whole_factor
from vae.ui.shared.run.pictures import Levels, fixed_images
from vae.ui.shared.show import offer_download

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


def _film(rows: Levels) -> bytes:
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
    places = shown_epochs(len(arrays["epochs"]))
    rows = np.asarray(arrays[split])[places]
    epochs = [int(arrays["epochs"][place]) for place in places]
    found = fixed_images(run)
    originals = None
    if found is not None and split != "samples":
        originals = found[1 if split == "test_recon" else 0]
    if originals is not None and originals.shape == rows.shape[1:]:
        rows = np.concatenate([originals[None], rows])
    listed = ", ".join(map(str, epochs))
    caption = _("{what} by epoch, from the top: {epochs}").format(what=kinds[split], epochs=listed)
    if len(rows) > len(epochs):
        caption = _("{what}: the originals, then by epoch, from the top: {epochs}").format(
            what=kinds[split], epochs=listed
        )
    picture = _grid(run, stamp, split, rows, len(rows))
    st.image(picture, width="content", caption=caption, alt=caption)
    with st.container(horizontal=True):
        name = f"{run.name}-{split.replace('_', '-')}-by-epoch"
        offer_download(_("Grid (PNG)"), picture, f"{name}.png", key=f"png-{name}")
        every = np.asarray(arrays[split])
        offer_download(_("Film (GIF)"), lambda: _film(every), f"{name}.gif", key=f"gif-{name}")
