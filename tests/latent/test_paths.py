"""Paths, grids and axes in latent space, against their formulas."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from vae.latent.places import (
    PATHS,
    class_mean,
    has_arc,
    lerp,
    manifold_grid,
    plane,
    quantile_axis,
    slerp,
    traversals,
)


def vectors(size):
    number = st.floats(-5, 5, allow_nan=False, width=32)
    return st.lists(number, min_size=size, max_size=size).map(torch.tensor)


pairs = st.integers(1, 6).flatmap(lambda size: st.tuples(vectors(size), vectors(size)))


@pytest.mark.parametrize("kind", list(PATHS))
@given(pair=pairs, steps=st.integers(2, 12))
def test_a_path_has_its_ends_exactly_and_is_finite(kind, pair, steps):
    start, end = pair
    path = PATHS[kind](start, end, steps)
    assert path.shape == (steps, len(start))
    assert path.dtype == start.dtype
    assert torch.equal(path[0], start)
    assert torch.equal(path[-1], end)
    assert torch.isfinite(path).all()


@given(pair=pairs, steps=st.integers(1, 5))
def test_a_straight_path_has_the_mean_in_its_middle(pair, steps):
    start, end = pair
    middle = lerp(start, end, 2 * steps - 1)[steps - 1]
    torch.testing.assert_close(middle, (start + end) / 2)


@given(pair=st.integers(2, 6).flatmap(lambda size: st.tuples(vectors(size), vectors(size))))
def test_an_arc_between_equal_lengths_keeps_them_and_turns_evenly(pair):
    start, end = pair
    assume(min(start.norm(), end.norm()) > 0.1)
    end = end * start.norm() / end.norm()
    assume((start - end).norm() > 0.01)
    assume((start + end).norm() > 0.01)
    path = slerp(start, end, 9).double()
    lengths = path.norm(dim=1)
    torch.testing.assert_close(lengths, lengths[:1].expand(9), rtol=1e-5, atol=0)
    steps = (path[1:] - path[:-1]).norm(dim=1)
    torch.testing.assert_close(steps, steps[:1].expand(8), rtol=1e-2, atol=1e-4)


@given(pair=st.integers(2, 6).flatmap(lambda size: st.tuples(vectors(size), vectors(size))))
def test_an_arc_is_the_formula_of_shoemake_and_white(pair):
    start, end = pair
    assume(min(start.norm(), end.norm()) > 0.1)
    a, b = (x.double() / x.double().norm() for x in (start, end))
    angle = torch.arccos((a @ b).clamp(-1, 1))
    assume(0.05 < angle < math.pi - 0.05)
    t = torch.linspace(0, 1, 7, dtype=torch.float64)[:, None]
    expected = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    torch.testing.assert_close(slerp(a, b, 7), expected, rtol=1e-6, atol=1e-6)


def test_an_arc_in_the_plane_is_that_of_the_circle():
    path = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0]), 3)
    assert path[1].tolist() == pytest.approx([3 / math.sqrt(2)] * 2)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ([1.0, 2.0], [1.0, 2.0]),  # the same place
        ([1.0, 2.0], [2.0, 4.0]),  # the same direction
        ([0.0, 0.0], [1.0, 2.0]),  # no direction
        ([-2.0], [2.0]),  # nothing can turn in one dimension
    ],
)
def test_where_there_is_no_arc_the_path_is_straight(start, end):
    a, b = torch.tensor(start), torch.tensor(end)
    assert not has_arc(a, b)
    assert torch.equal(slerp(a, b, 5), lerp(a, b, 5))


@pytest.mark.parametrize("size", [2, 3, 20])
def test_between_opposite_codes_the_arc_does_not_pass_the_origin(size):
    start = torch.arange(1.0, size + 1)
    path = slerp(start, -start, 7)
    assert has_arc(start, -start)
    torch.testing.assert_close(path.norm(dim=1), start.norm().expand(7))
    assert abs(float(path[3] @ start)) < 1e-3  # half-way it stands at a right angle


def test_plane_and_grid_agree():
    axis = quantile_axis(4)
    at = torch.arange(5.0)
    assert torch.equal(plane(axis, axis, at, (4, 1)), manifold_grid(4, 5, (4, 1), at))


def test_traversals_move_one_dimension_each():
    at = torch.tensor([1.0, 2.0, 3.0])
    values = torch.tensor([[-1.0, 0.0], [8.0, 9.0]])
    lines = traversals(at, (2, 0), values)
    assert lines.tolist() == [[[1, 2, -1], [1, 2, 0]], [[8, 2, 3], [9, 2, 3]]]
    assert at.tolist() == [1, 2, 3]


def test_class_mean():
    codes, labels = torch.tensor([[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]), torch.tensor([4, 4, 1])
    mean = class_mean(codes, labels, 4)
    assert mean is not None
    assert mean.tolist() == [2, 3]
    assert class_mean(codes, labels, 0) is None
