"""Running numbers as the beginnings of items."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.layout import Row, layout_of
from docmill.extractors.local.headers import Column
from docmill.extractors.local.numbering import numbered_rows
from docmill.schemas.document_schema import FieldKind, FieldSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word

TEXT = Column(FieldSpec(name="description", kind=FieldKind.TEXT), 200, 400)


def rows_of(lines: list[tuple[float, str]]) -> list[Row]:
    """One row per line: a first word at its left edge, and a description."""
    words: list[Word] = []
    for number, (x, first) in enumerate(lines):
        y = 0.02 + 0.02 * number
        words.append(
            Word(text=first, box=Box(x0=x, y0=y, x1=x + 0.02, y1=y + 0.01), block=0, line=number)
        )
        words.append(
            Word(text="Bolt", box=Box(x0=0.2, y0=y, x1=0.3, y1=y + 0.01), block=0, line=number)
        )
    page = PageText(
        document_id="d",
        page=1,
        width_px=1000,
        height_px=1400,
        engine=EngineTag(name="scripted", version="1"),
        status=PageStatus.OK,
        words=tuple(words),
    )
    return list(layout_of([page]).pages[0].rows)


def numbered(lines: list[tuple[float, str]]) -> list[int]:
    return sorted(row.number for row in numbered_rows([TEXT], rows_of(lines)))


def test_rows_are_numbered() -> None:
    assert numbered([(0.1, "1"), (0.1, "new"), (0.1, "2."), (0.1, "03")]) == [0, 2, 3]


def test_numbering_by_tens_and_after_a_page_break() -> None:
    assert numbered([(0.1, "10"), (0.1, "20"), (0.1, "30")]) == [0, 1, 2]
    assert numbered([(0.1, "note"), (0.1, "7"), (0.1, "8")]) == [1, 2]


def test_other_numbers_are_no_numbering() -> None:
    assert numbered([(0.1, "12"), (0.1, "400"), (0.1, "7")]) == []
    assert numbered([(0.1, "1")]) == []
    assert numbered([(0.1, "1"), (0.15, "2")]) == []
    assert numbered([(0.2, "1"), (0.2, "2")]) == []


@given(st.lists(st.tuples(st.sampled_from([0.05, 0.1]), st.integers(0, 30).map(str)), max_size=30))
def test_numbers_count_on(lines: list[tuple[float, str]]) -> None:
    found = [int(lines[number][1]) for number in numbered(lines)]
    steps = {later - earlier for earlier, later in pairwise(found)}
    assert len(found) != 1
    assert len(steps) <= 1
