"""The drawn data set: what is drawn is what the factors say."""

import colorsys

import numpy as np
import pytest
import torch

from vae.data import DATASETS, Split, load
from vae.data.shapes import (
    CLASS_NAMES,
    FACTOR_NAMES,
    FACTORS,
    SIDE,
    draw_factors,
    hue_to_rgb,
    render,
)

PLAIN = {"x": 0.5, "y": 0.5, "size": 0.2, "hue": 0.0, "rotation": 0.0}


def one(kind: str, **factors: float) -> np.ndarray:
    """Return the coverage of one red shape, 0 to 1, ``(64, 64)``."""
    row = np.array([[{**PLAIN, **factors}[name] for name in FACTOR_NAMES]], np.float32)
    return render(np.array([CLASS_NAMES.index(kind)]), row)[0, 0] / 255


def centre(coverage: np.ndarray) -> tuple[float, float]:
    places = np.arange(SIDE) + 0.5
    return (
        float((coverage.sum(0) * places).sum() / coverage.sum()),
        float((coverage.sum(1) * places).sum() / coverage.sum()),
    )


R = 0.2 * SIDE
AREAS = {
    # With the farthest corner at R: a square, an ellipse of half axes R and R/2, a triangle, and a
    # heart of a square and two half circles, where R is 0.631 of the square's doubled side.
    "square": 2 * R**2,
    "ellipse": np.pi * R**2 / 2,
    "triangle": 3 * np.sqrt(3) / 4 * R**2,
    "heart": (0.5 + np.pi / 8) * (R / 0.631) ** 2,
}


@pytest.mark.parametrize("kind", CLASS_NAMES)
@pytest.mark.parametrize("rotation", [0, 27, 81])
def test_area_is_that_of_the_formula(kind, rotation):
    # Smooth edges: the sum of the levels is the area, to about a pixel in a hundred.
    assert one(kind, rotation=rotation).sum() == pytest.approx(AREAS[kind], rel=0.015)


@pytest.mark.parametrize("kind", CLASS_NAMES)
def test_no_corner_is_farther_than_the_size(kind):
    rows, columns = np.nonzero(one(kind) > 0.5)
    farthest = np.hypot(columns + 0.5 - SIDE / 2, rows + 0.5 - SIDE / 2).max()
    assert 0.88 * R < farthest <= R + 0.01


@pytest.mark.parametrize("kind", ["square", "ellipse"])
def test_place_is_the_centre(kind):
    found = centre(one(kind, x=0.3, y=0.65, rotation=20))
    assert found == pytest.approx((0.3 * SIDE, 0.65 * SIDE), abs=0.05)


@pytest.mark.parametrize("kind", CLASS_NAMES)
def test_moving_by_whole_pixels_moves_the_picture(kind):
    still, moved = one(kind), one(kind, x=0.5 + 5 / SIDE, y=0.5 - 3 / SIDE)
    np.testing.assert_allclose(np.roll(still, (-3, 5), (0, 1)), moved, atol=2 / 255)


def test_rotation_is_clockwise_in_degrees():
    # A quarter turn clockwise: np.rot90 turns the other way.
    for kind in CLASS_NAMES:
        turned = np.rot90(one(kind), k=-1)
        np.testing.assert_allclose(one(kind, rotation=90), turned, atol=2 / 255)
    spread = [one("ellipse", rotation=angle) for angle in (0, 90)]
    assert [shape.any(0).sum() > shape.any(1).sum() for shape in spread] == [True, False]


def test_shapes_stand_upright_and_are_mirrored_at_their_axis():
    for kind in CLASS_NAMES:
        shape = one(kind)
        np.testing.assert_allclose(shape, shape[:, ::-1], atol=2 / 255)
    heart, triangle = one("heart"), one("triangle")
    assert (heart[:32] > 0.5).sum() > (heart[32:] > 0.5).sum()  # its tip is below
    widths = (triangle > 0.5).sum(1)
    assert widths.argmax() > np.flatnonzero(widths)[0]  # its tip is above


def test_hue_is_that_of_hsv():
    hues = FACTORS["hue"]
    expected = [colorsys.hsv_to_rgb(float(hue), 1, 1) for hue in hues]
    np.testing.assert_allclose(hue_to_rgb(hues), expected, atol=1e-5)


def test_no_two_images_are_alike_and_every_value_occurs():
    labels, factors = draw_factors()
    rows = np.column_stack([labels, factors])
    assert len(np.unique(rows, axis=0)) == len(rows) == 10_000
    for column, values in zip(factors.T, FACTORS.values(), strict=True):
        np.testing.assert_array_equal(np.unique(column), values)
        # Independent of the class: each value as often as the others, about.
        counts = np.array([(column == value).sum() for value in values])
        assert counts.min() > 0.8 * len(rows) / len(values)
    assert np.abs(np.corrcoef(rows.T) - np.eye(6)).max() < 0.04


def test_in_the_registry():
    data = load("shapes")
    spec = DATASETS["shapes"]
    assert spec.embedded
    assert data.train.images.shape == (spec.train_size, 3, 64, 64)
    assert data.test.images.shape == (spec.test_size, 3, 64, 64)
    assert data.train.images.dtype == torch.uint8
    assert data.factor_names == ("x", "y", "size", "hue", "rotation")
    assert data.train.labels.unique().tolist() == [0, 1, 2, 3]
    # Every shape is whole: on the border there is but the blur of a corner that ends before it.
    assert data.train.images[..., [0, -1], :].max() < 48
    assert data.train.images[..., :, [0, -1]].max() < 48
    test = data.test
    again = render(test.labels[:20].numpy(), test.factors[:20].numpy())
    np.testing.assert_array_equal(test.images[:20].numpy(), again)
    # Drawn once and kept.
    assert load("shapes").train.images.data_ptr() == data.train.images.data_ptr()


def test_factors_go_with_their_images():
    split = Split(
        torch.zeros(4, 1, 2, 2, dtype=torch.uint8),
        torch.tensor([0, 1, 0, 1]),
        torch.arange(8.0).reshape(4, 2),
    )
    chosen = split[split.labels == 1]
    assert chosen.factors.tolist() == [[2, 3], [6, 7]]
    parts = [part.factors for part in split.batches(3)]
    assert [len(part) for part in parts] == [3, 1]
    assert split.to(torch.device("cpu")).factors is not None
    with pytest.raises(ValueError, match="rows of factors"):
        Split(split.images, split.labels, torch.zeros(3, 2))
