"""A path as a film strip and as an animation."""

import io
import math
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from small_models import untrained

from vae.analysis.film import COLUMNS, MOST_PLACES, film, path_of
from vae.storage.pictures import to_uint8

PLACES = [(0.1 * step, -0.2, 1.0) for step in range(15)]


@pytest.mark.parametrize(("family", "label"), [("vae", None), ("cvae", 4)])
def test_each_place_has_its_picture_in_the_strip_and_its_frame(
    family: str, label: int | None
) -> None:
    model = untrained(family)
    strip, animation = film(model, PLACES, label)
    labels = None if label is None else torch.full((len(PLACES),), label)
    expected = to_uint8(model.generate(torch.tensor(PLACES), labels))
    sheet = np.asarray(Image.open(io.BytesIO(strip)))
    side = sheet.shape[0] // 2  # two rows, a gap of 2 between them
    factor = side // 8
    assert sheet.shape == (2 * 8 * factor + 2, COLUMNS * (8 * factor + 2) - 2)
    for place, image in enumerate(expected):
        row, column = divmod(place, COLUMNS)
        top, left = row * (8 * factor + 2), column * (8 * factor + 2)
        shown = sheet[top : top + 8 * factor : factor, left : left + 8 * factor : factor]
        np.testing.assert_array_equal(shown, image[0])
    frames = Image.open(io.BytesIO(animation))
    assert getattr(frames, "n_frames", 1) == 2 * len(PLACES) - 2
    assert frames.size == (168, 168)


def test_what_a_browser_sends_is_a_path_or_nothing() -> None:
    assert path_of([[0, 1.5], [2, -3]], 2, 100) == [(0.0, 1.5), (2.0, -3.0)]
    wrong: list[Any] = [
        None,
        "path",
        {"0": [0, 1]},
        [[0, 1]],
        [[0, 1]] * (MOST_PLACES + 1),
        [[0, 1], [0]],
        [[0, 1], [0, "1"]],
        [[0, 1], [0, 101]],
        [[0, 1], [0, math.nan]],
        [[0, 1], [0, math.inf]],
        [[0, 1], None],
    ]
    for sent in wrong:
        assert path_of(sent, 2, 100) == []
