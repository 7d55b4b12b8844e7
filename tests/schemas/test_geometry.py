from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from docmill.schemas.geometry import Box

ANYWHERE = st.floats(-3, 3)
BOXES = st.builds(Box.clipped, ANYWHERE, ANYWHERE, ANYWHERE, ANYWHERE)


@given(ANYWHERE, ANYWHERE, ANYWHERE, ANYWHERE)
def test_two_corners_make_a_box_on_the_page(x0: float, y0: float, x1: float, y1: float) -> None:
    def on_page(number: float) -> float:
        return min(max(number, 0.0), 1.0)

    box = Box.clipped(x0, y0, x1, y1)
    assert sorted((box.x0, box.x1)) == [box.x0, box.x1] == sorted((on_page(x0), on_page(x1)))
    assert sorted((box.y0, box.y1)) == [box.y0, box.y1] == sorted((on_page(y0), on_page(y1)))


def test_what_is_no_number_makes_no_box() -> None:
    with pytest.raises(ValidationError):
        Box.clipped(math.nan, 0, 1, 1)


@given(st.lists(BOXES, min_size=1, max_size=5))
def test_the_box_around_others_reaches_as_far_as_they_do(boxes: list[Box]) -> None:
    around = Box.around(boxes)
    assert around.x0 == min(box.x0 for box in boxes) and around.y0 == min(b.y0 for b in boxes)
    assert around.x1 == max(box.x1 for box in boxes) and around.y1 == max(b.y1 for b in boxes)


def test_there_is_no_box_around_nothing() -> None:
    with pytest.raises(ValueError, match="no boxes"):
        Box.around([])
