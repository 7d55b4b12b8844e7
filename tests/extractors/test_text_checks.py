from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.text_checks import (
    STACKED_OVERLAP,
    doubt_of_stacks,
    has_ink,
    stacked,
    visible,
)
from docmill.extractors.text_encoding import doubt_of_characters
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word

PROSE = (
    "Sehr geehrte Damen und Herren, wir danken für Ihren Auftrag vom vierzehnten und bestätigen, "
    "dass die Ware heute dem Spediteur übergeben wurde. Die Zahlung ist binnen dreißig Tagen "
    "ohne Abzug fällig. Es gelten unsere Geschäftsbedingungen, Gerichtsstand ist Hannover. "
)
TABLE = "4711 12,50 EUR 3 37,50 4712 8,00 EUR 10 80,00 19% 22,33 " * 10


def shifted(text: str, by: int) -> str:
    return "".join(chr(ord(mark) + by) if mark.isascii() and mark > " " else mark for mark in text)


@pytest.mark.parametrize(
    "text", ["", "x", PROSE, TABLE, "数量单价金额合计" * 40, "שלום עולם " * 40]
)
def test_ordinary_characters_are_believed(text: str) -> None:
    assert doubt_of_characters(text) is None


@pytest.mark.parametrize("by", [-29, -5, 1, 3, 31])
def test_shifted_prose_is_not(by: int) -> None:
    assert doubt_of_characters(shifted(PROSE, by)) is not None


@pytest.mark.parametrize("bad", ["\x03", "\ufffd", "\ue001", "\U000e0fff"])
def test_a_twentieth_of_impossible_characters_is_too_much(bad: str) -> None:
    assert doubt_of_characters("a" * 99 + bad) is None
    assert doubt_of_characters("a" * 90 + bad * 10) is not None


def test_spaces_count_for_nothing() -> None:
    assert doubt_of_characters(" \n\t\u00a0" * 100 + "ab\ufffd") is not None


@given(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 255),
)
def test_nothing_is_visible_on_bare_paper(
    corners: tuple[float, float, float, float], height: int, width: int, level: int
) -> None:
    picture = np.full((height, width), level, np.uint8)
    assert visible([Box.clipped(*corners)], picture) == [False]
    assert not has_ink(picture)


@given(x=st.floats(0.1, 0.8), y=st.floats(0.1, 0.8))
def test_a_stroke_is_visible_in_its_box_only(x: float, y: float) -> None:
    picture = np.full((400, 400), 255, np.uint8)
    row, column = int((y + 0.02) * 400), int((x + 0.02) * 400)
    picture[row : row + 3, column : column + 3] = 0
    here = Box(x0=x, y0=y, x1=x + 0.05, y1=y + 0.05)
    beside = Box.clipped(x + 0.06, y, x + 0.1, y + 0.05)
    assert visible([here, beside], picture) == [True, False]


def word(text: str, x: float, y: float) -> Word:
    box = Box(x0=x, y0=y, x1=x + 0.1, y1=y + 0.02)
    return Word(text=text, box=box, block=0, line=0)


def test_repetitions_and_conflicts() -> None:
    words = [
        word("Total", 0.1, 0.5),
        word("119", 0.3, 0.5),
        word("TOTAL", 0.101, 0.501),
        word("911", 0.3, 0.501),
        word("Total", 0.1, 0.515),
    ]
    assert stacked(words) == ({2}, {3})


@given(st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.98)), max_size=40))
def test_stacks_are_those_of_all_pairs(places: list[tuple[float, float]]) -> None:
    words = [word("same", x, y) for x, y in places]
    expected = {
        second
        for second in range(len(words))
        for first in range(second)
        if words[first].box.iou(words[second].box) > STACKED_OVERLAP + 1e-9
    }
    repeated, conflicting = stacked(words)
    assert expected <= repeated
    assert not conflicting
    assert all(
        any(
            words[first].box.iou(words[second].box) > STACKED_OVERLAP - 1e-9
            for first in range(second)
        )
        for second in repeated
    )


def test_a_few_conflicts_are_no_reason() -> None:
    assert doubt_of_stacks(4, 10) is None
    assert doubt_of_stacks(9, 100) is None
    assert doubt_of_stacks(10, 100) == "10 of 100 words stand on top of different words"
