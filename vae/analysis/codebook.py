"""What the Explore page needs of a run whose codes are entries of a codebook."""

import base64
from typing import TypedDict

from vae.analysis.explore import TestCodes
from vae.data import ImageData
from vae.errors import RunError
from vae.locale import _


class CodebookImage(TypedDict):
    """A test image that goes through a vector-quantised model in the browser."""

    index: int
    count: int
    """How many there are."""
    original: str | None
    """Its uint8 pixels ``(C, H, W)`` in base64; None where the data set is not at hand."""
    entries: list[int]
    """The grid of entries that stands for it, row by row; none before a training has ended."""
    note: str
    """A sentence that says what is missing; empty where nothing is."""


def codebook_image(
    codes: TestCodes, index: int, data: ImageData | None, missing: str
) -> CodebookImage:
    """Return test image ``index``; ``missing`` says why there are no pixels.

    Raises
    ------
    RunError
        If neither the image nor its entries are at hand: a run writes entries when it ends.
    """
    has_original = data is not None and index < len(data.test)
    original = None
    if data is not None and has_original:
        original = base64.b64encode(data.test.images[index].numpy().tobytes()).decode()
    elif codes.indices is None:
        raise RunError(
            _(
                "the entries of the test images are written when the training ends, and the "
                "images themselves are not here: get the data set, or wait for the end of "
                "the training."
            )
        )
    entries = [] if codes.indices is None else codes.indices[index].flatten().tolist()
    return {
        "index": index,
        "count": len(codes.labels),
        "original": original,
        "entries": entries,
        "note": "" if has_original else missing,
    }
