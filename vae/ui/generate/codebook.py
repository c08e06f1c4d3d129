"""The Generate page's view of discrete codes: an image as a grid of them, and how all are used."""

from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from vae.analysis.generate import BATCH, CodeGrid, code_counts, code_grid
from vae.data import pixels
from vae.locale import _, numbers
from vae.runs import Run
from vae.storage.pictures import whole_factor
from vae.storage.tables import csv_bytes
from vae.ui.generate.controls import pick_image
from vae.ui.generate.shown import LoadedRun
from vae.ui.shared import loaders
from vae.ui.shared.originals import originals, version_with_data
from vae.ui.shared.show import show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile, code_cells, equation, usage_bars

COUNTED = 1000
"""Test images whose codes are counted: a second or two on one core."""

_SIDE_PX = 252


@st.cache_resource(max_entries=64, show_spinner=False)
def _grid(_shown: LoadedRun, key: str, index: int) -> CodeGrid | None:
    data = originals(_shown.run).data
    return None if data is None else code_grid(_shown.model, data.test.images[index])


class Usage(NamedTuple):
    """How the codes of some test images are spread."""

    images: int
    counts: NDArray[np.int64]
    """``(K,)``."""
    perplexity: float


@st.cache_resource(max_entries=8, show_spinner=False)
def _usage(_run: Run, key: str) -> Usage:
    data = originals(_run).data
    assert data is not None
    model, images = loaders.model(_run, _run.version), data.test.images[:COUNTED]
    counts = code_counts(model, images)
    with torch.inference_mode():
        found = model.figures(torch.empty(0), (pixels(part) for part in images.split(BATCH)))
    return Usage(len(images), counts, float(found["perplexity"]))


def codebook_view(shown: LoadedRun) -> None:
    """Show an image, its grid of code numbers and its reconstruction; then how codes are used."""
    data = originals(shown.run).data
    if data is None:
        show_note(
            _(
                "This view encodes test images, and they are not on this machine. Get the data set "
                "below; Samples needs no images."
            )
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = pick_image("image", data.test.labels.tolist(), shown.class_name)
    found = _grid(shown, version_with_data(shown.run), index)
    if found is None:
        return
    rows, columns = found.indices.shape
    size = shown.run.config.model.codebook
    side = found.original.shape[-1]
    cells = code_cells(found.indices, side * whole_factor(side, _SIDE_PX))
    parts: list[Tile | str] = [
        Tile(
            found.original, _("Original of test image {index}").format(index=index), _("original")
        ),
        "→",
        cells,
        "→",
        Tile(
            found.reconstruction,
            _("Reconstruction of test image {index}").format(index=index),
            _("reconstruction"),
        ),
    ]
    with takeable("codes"):
        st.html(equation(parts, _SIDE_PX))
    st.caption(
        _(
            "Test image {index}, class {name}: the encoder writes it as {rows} × {columns} "
            "numbers of {size} codes, {bits:.0f} bits in all. A code has the same colour in "
            "every image."
        ).format(
            index=index,
            name=shown.class_name(int(data.test.labels[index])),
            rows=rows,
            columns=columns,
            size=size,
            bits=rows * columns * np.log2(size),
        )
    )
    with st.spinner(_("Counting codes …")):
        usage = _usage(shown.run, version_with_data(shown.run))
    words = _(
        "{used} of {size} codes are in use among the first {images} test images; perplexity "
        "{perplexity}: as many codes, all used equally often, would spread as evenly."
    ).format(
        used=int((usage.counts > 0).sum()),
        size=size,
        images=numbers.count(usage.images),
        perplexity=numbers.number(usage.perplexity),
    )
    st.subheader(_("How often each code is used"), anchor=False)
    counts = list(enumerate(usage.counts.tolist()))
    with takeable("code-usage", csv=lambda: csv_bytes(("code", "used"), counts)):
        st.html(usage_bars(usage.counts, words))
    st.caption(
        _("Codes 0 to {last} from left to right. {words}").format(last=size - 1, words=words)
    )
