from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docmill.extractors.photo.homography import Floats, Homography
from docmill.extractors.photo.rectify import Rectified

SQUARE = np.array([(0, 0), (1000, 0), (1000, 1400), (0, 1400)], float)


@st.composite
def quads(draw: st.DrawFn) -> Floats:
    """What a camera makes of a sheet: its corners moved, still convex."""
    moves = draw(st.lists(st.floats(-200, 200), min_size=8, max_size=8))
    return SQUARE + np.array(moves).reshape(4, 2) + 300


points = st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1400)), min_size=1, max_size=20)


@given(target=quads(), inside=points)
def test_there_and_back(target: Floats, inside: list[tuple[float, float]]) -> None:
    there = Homography.between(SQUARE, target)
    start = np.array(inside)
    assert there.apply(SQUARE) == pytest.approx(target, abs=1e-6)
    assert there.inverse().apply(there.apply(start)) == pytest.approx(start, abs=1e-6)


@given(target=quads(), ends=st.tuples(points, points), share=st.floats(0.1, 0.9))
def test_lines_stay_lines(
    target: Floats, ends: tuple[list[tuple[float, float]], list[tuple[float, float]]], share: float
) -> None:
    first, last = np.array(ends[0][0]), np.array(ends[1][0])
    assume(np.hypot(*(last - first)) > 10)
    between = first + share * (last - first)
    a, b, c = Homography.between(SQUARE, target).apply(np.array([first, between, last]))
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    assert abs(area) < 1e-6 * max(1.0, float(np.hypot(*(c - a)))) * 1000


@given(target=quads(), inside=points)
def test_boxes_on_the_page_hold_their_corners(
    target: Floats, inside: list[tuple[float, float]]
) -> None:
    picture = np.zeros((1400, 1000, 3), np.uint8)
    result = Rectified(picture, Homography.between(SQUARE, target), 1800, 2200)
    quad = np.array((inside * 4)[:4])
    box = result.box_on_page(quad)
    for x, y in result.on_page(quad).clip(0, 1).tolist():
        assert box.x0 <= x <= box.x1
        assert box.y0 <= y <= box.y1


def test_three_points_on_a_line_are_no_sheet() -> None:
    with pytest.raises(ValueError, match="line"):
        Homography.between(np.array([(0, 0), (1, 1), (2, 2), (3, 3)], float), SQUARE)
