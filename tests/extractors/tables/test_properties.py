"""What holds for the tables of any page, however its words and lines lie."""

from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.extractors.tables.find import find_tables
from docmill.extractors.tables.rulings import Segment
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText, Table, TableCell, Word

TEXTS = st.sampled_from(["Total", "12.50", "7", "a", "of the", "2026-11-20", "—", "Müller"])


@st.composite
def words(draw: st.DrawFn) -> Word:
    """A word near a coarse grid, so that rows and columns come about."""
    x = draw(st.integers(0, 7)) * 0.12 + draw(st.floats(0, 0.03))
    y = draw(st.integers(0, 15)) * 0.06 + draw(st.floats(0, 0.004))
    box = Box.clipped(x, y, x + draw(st.floats(0.01, 0.2)), y + draw(st.floats(0.01, 0.02)))
    source = draw(st.sampled_from([BoxSource.TEXT_LAYER, BoxSource.OCR]))
    line = draw(st.integers(0, 15))
    return Word(text=draw(TEXTS), box=box, block=0, line=line, box_source=source)


@st.composite
def lines(draw: st.DrawFn) -> Segment:
    """A line across or down the page, ending anywhere."""
    at, start, end = draw(st.floats(0, 1)), draw(st.floats(0, 1)), draw(st.floats(0, 1))
    if draw(st.booleans()):
        return (min(start, end), at, max(start, end), at)
    return (at, min(start, end), at, max(start, end))


def page_of(found: list[Word]) -> PageText:
    return PageText(
        document_id="d",
        page=1,
        width_px=1240,
        height_px=1754,
        engine=EngineTag(name="scripted", version="1"),
        status=PageStatus.OK,
        words=tuple(found),
    )


def places(cell: TableCell) -> set[tuple[int, int]]:
    return {
        (row, column)
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }


def looks(table: Table) -> tuple[object, ...]:
    """A table without the numbers of its words."""
    cells = tuple(cell.model_copy(update={"words": ()}) for cell in table.cells)
    return (table.box, table.rows, table.columns, cells)


@settings(max_examples=150, deadline=None)
@given(st.lists(words(), max_size=60), st.lists(lines(), max_size=25))
def test_tables_are_sound(found: list[Word], drawn: list[Segment]) -> None:
    page = page_of(found)
    used: set[int] = set()
    for table in find_tables(page, drawn):
        for cell in table.cells:
            assert cell.words
            assert used.isdisjoint(cell.words)
            used.update(cell.words)
            assert cell.text == " ".join(page.words[index].text for index in cell.words)
            assert cell.box == Box.around(page.words[index].box for index in cell.words)
            assert Box.around([table.box, cell.box]) == table.box
            assert cell.row + cell.row_span <= table.rows
            assert cell.column + cell.column_span <= table.columns
        for one, other in combinations(table.cells, 2):
            assert places(one).isdisjoint(places(other))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(words(), max_size=60, unique_by=lambda word: (word.box.x0, word.box.y0)),
    st.lists(lines(), max_size=12),
    st.integers(0, 100),
)
def test_the_order_of_words_does_not_matter(
    found: list[Word], drawn: list[Segment], seed: int
) -> None:
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    first = [looks(table) for table in find_tables(page_of(found), drawn)]
    assert first == [looks(table) for table in find_tables(page_of(shuffled), drawn)]
