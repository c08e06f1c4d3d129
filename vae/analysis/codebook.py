"""What the Explore page needs of a run whose codes are entries of a codebook."""

import base64
from typing import TypedDict

from vae.data import ImageData
from vae.runs import Run


class CodebookImage(TypedDict):
    """A test image that goes through a vector-quantised model in the browser."""

    index: int
    count: int
    """How many there are."""
    original: str | None
    """Its uint8 pixels ``(C, H, W)`` in base64; None where the data set is not at hand."""
    entries: list[int]
    """The grid of entries that stands for it, row by row."""
    note: str
    """A sentence that says what is missing; empty where nothing is."""


def image_count(run: Run) -> int:
    """Return how many test images have their entries with a run."""
    return len(run.codes()["indices"])


def codebook_image(run: Run, index: int, data: ImageData | None, missing: str) -> CodebookImage:
    """Return test image ``index``; ``missing`` says why there are no pixels."""
    indices = run.codes()["indices"]
    has_original = data is not None and index < len(data.test)
    original = None
    if data is not None and has_original:
        original = base64.b64encode(data.test.images[index].numpy().tobytes()).decode()
    return {
        "index": index,
        "count": len(indices),
        "original": original,
        "entries": [int(entry) for entry in indices[index].flatten()],
        "note": "" if has_original else missing,
    }
