"""A run's pictures by epoch: originals over reconstructions, and samples from the prior."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from vae.data import ImageData
from vae.locale import _
from vae.locale.numbers import count, number
from vae.models import check_family
from vae.runs import Run
from vae.storage.pictures import png_bytes, tile
from vae.training.loop import fixed_indices
from vae.ui.shared.originals import originals, version_with_data

Levels = NDArray[np.uint8]

Places = tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]

_PICTURE_SIDE = 56
"""Pictures are enlarged by whole pixels to about this, so that the browser does not blur them."""

_EDGE = 110  # grey level between two pictures


@st.cache_data(max_entries=8, show_spinner=False)
def _fixed_images(_data: ImageData, key: str) -> tuple[Levels, Levels]:
    train, test = (
        np.asarray(split.images[fixed_indices(split.labels)].numpy(), dtype=np.uint8)
        for split in (_data.train, _data.test)
    )
    return train, test


def fixed_images(run: Run) -> tuple[Levels, Levels] | None:
    """Return the ten training and ten test images that a run shows, if they are here."""
    data = originals(run).data
    return None if data is None else _fixed_images(data, version_with_data(run))


def strip(*rows: Levels) -> bytes:
    """Join rows of images ``(n, C, H, W)`` into one PNG, enlarged by whole pixels."""
    images = np.stack(rows)
    factor = max(1, _PICTURE_SIDE // images.shape[-1])
    large = images.repeat(factor, axis=-2).repeat(factor, axis=-1)
    edge = ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1))
    return png_bytes(tile(np.pad(large, edge, constant_values=_EDGE)))


def nearest_epoch(epochs: NDArray[Any], epoch: float) -> int:
    """Return the place in ``epochs`` of the one nearest to ``epoch``."""
    return int(np.abs(np.asarray(epochs, dtype=np.int64) - epoch).argmin())


def when_words(epoch: float) -> str:
    """Say when something was so, for the end of a sentence."""
    if not epoch:
        return _("before training")
    shown = count(int(epoch)) if epoch == int(epoch) else number(epoch)
    return _("after epoch {n}").format(n=shown)


def choose_epoch(run: Run, epochs: list[int], *, live: bool) -> int:
    """Return the epoch to show: the newest while it trains, afterwards any on a slider."""
    if live or len(epochs) < 2:
        return epochs[-1]
    key = f"epoch-{run.name}"
    if st.session_state.get(key) not in epochs:
        st.session_state[key] = epochs[-1]
    return int(
        st.select_slider(
            _("Epoch"), epochs, key=key, help=_("Shows pictures and map as they were then.")
        )
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _strip(_rows: tuple[Levels, ...], stamp: str, what: str, index: int) -> bytes:
    return strip(*_rows)


def picture_rows(
    run: Run, arrays: dict[str, Any], epoch: float, places: Places, *, stamp: str | None = None
) -> None:
    """Show originals over reconstructions, and samples from the prior, each in its place.

    With the ``stamp`` of the arrays' file the pictures made of them are kept.
    """

    def made(what: str, *rows: Levels) -> bytes:
        return strip(*rows) if stamp is None else _strip(rows, stamp, what, index)

    index = nearest_epoch(arrays["epochs"], epoch)
    found = fixed_images(run)
    when = when_words(epoch)
    alone = {
        "test_recon": _("Test images as reconstructed, {when}"),
        "train_recon": _("Training images as reconstructed, {when}"),
    }
    below = {
        "test_recon": _("Test images above, their reconstructions below, {when}"),
        "train_recon": _("Training images above, their reconstructions below, {when}"),
    }
    for place, split, images in (
        (places[0], "test_recon", found[1] if found else None),
        (places[1], "train_recon", found[0] if found else None),
    ):
        recon = arrays[split][index]
        both = images is not None and images.shape == recon.shape
        caption = (below if both else alone)[split].format(when=when)
        rows = (images, recon) if both and images is not None else (recon,)
        picture = made(f"{split}-{len(rows)}", *rows)
        place.image(picture, width="stretch", caption=caption, alt=caption)
    has_prior = check_family(run.config.model.family).model.has_prior
    words = (
        _("Samples from the prior, {when}")
        if has_prior
        else _("Random codes decoded, since there is no prior, {when}")
    )
    caption = words.format(when=when)
    picture = made("samples", arrays["samples"][index])
    places[2].image(picture, width="stretch", caption=caption, alt=caption)
