from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.rapid.order import blocks_in_order
from docmill.schemas.geometry import Box


def line(x0: float, y0: float, x1: float, height: float = 0.02) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y0 + height)


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    left = [line(0.05, 0.1 + 0.03 * n, 0.45) for n in range(4)]
    right = [line(0.55, 0.1 + 0.03 * n, 0.95) for n in range(4)]
    mixed = [box for pair in zip(left, right, strict=True) for box in pair]
    assert blocks_in_order(mixed) == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_labels_and_values_are_read_row_by_row() -> None:
    labels = [line(0.05, 0.1 + 0.03 * n, 0.2) for n in range(3)]
    values = [line(0.6, 0.1 + 0.03 * n, 0.7) for n in range(3)]
    flat = [n for block in blocks_in_order([*labels, *values]) for n in block]
    assert flat == [0, 3, 1, 4, 2, 5]


def test_a_gap_parts_paragraphs() -> None:
    lines = [line(0.1, 0.1, 0.9), line(0.1, 0.13, 0.9), line(0.1, 0.25, 0.9)]
    assert blocks_in_order(lines) == [[0, 1], [2]]


places = st.tuples(
    st.floats(0, 0.8), st.floats(0, 0.95), st.floats(0.01, 0.2), st.floats(0.005, 0.04)
)


@given(st.lists(places, max_size=30))
def test_every_line_is_in_exactly_one_block(found: list[tuple[float, float, float, float]]) -> None:
    lines = [Box.clipped(x, y, x + width, y + height) for x, y, width, height in found]
    flat = [number for block in blocks_in_order(lines) for number in block]
    assert sorted(flat) == list(range(len(lines)))
