"""Lines in pieces, and in line heights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.tables.level import Level
from docmill.extractors.tables.rulings import MIN_LENGTH, Ruling, joined, rulings_from
from docmill.schemas.page import UprightView

LEVEL = Level(width_px=1000, height_px=2000, line_px=20)
PLACES = st.tuples(st.integers(0, 20), st.floats(0, 50), st.floats(0, 20))


def piece(place: tuple[int, float, float]) -> Ruling:
    at, start, length = place
    return Ruling(at / 4, start, start + length)


def test_pieces_of_a_line_are_one_line() -> None:
    segments = [(0.1, 0.5, 0.2, 0.5), (0.2, 0.5005, 0.4, 0.5005), (0.405, 0.5, 0.6, 0.501)]
    (line,) = rulings_from(segments, LEVEL).horizontal
    assert (line.start, line.end) == (pytest.approx(5), pytest.approx(30))
    assert line.at == pytest.approx(50, abs=0.1)


def test_lines_across_and_down() -> None:
    rulings = rulings_from([(0.1, 0.5, 0.6, 0.5), (0.3, 0.2, 0.3, 0.7)], LEVEL)
    assert (len(rulings.horizontal), len(rulings.vertical)) == (1, 1)
    assert rulings.vertical[0] == Ruling(15.0, 20.0, 70.0)


def test_lines_of_a_sideways_page_are_set_upright() -> None:
    # Turned clockwise by 90 degrees: what stood at (x, y) comes to (1 - y, x).
    turned = UprightView(width_px=2000, height_px=1000, matrix=(0, -1, 1, 1, 0, 0, 0, 0, 1))
    level = Level(width_px=2000, height_px=1000, line_px=20, view=turned)
    (made,) = rulings_from([(0.3, 0.2, 0.3, 0.7)], level).horizontal
    assert (made.at, made.start, made.end) == pytest.approx((15, 30, 80))


@given(st.lists(PLACES.map(piece), max_size=20))
def test_joining_keeps_what_is_drawn(pieces: list[Ruling]) -> None:
    lines = joined(pieces)
    assert all(line.length >= MIN_LENGTH for line in lines)
    for piece in pieces:
        if piece.length >= MIN_LENGTH:
            assert any(line.covers(piece.start, piece.end) > 0.999 for line in lines)
