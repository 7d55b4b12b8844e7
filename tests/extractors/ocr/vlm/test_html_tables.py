"""Cells of HTML tables in their grid."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.html_content import Content, content_of, ticked_in
from docmill.extractors.ocr.vlm.html_tokens import tokens_of
from docmill.extractors.ocr.vlm.regions import RegionCell


def _content(raw: str) -> Content:
    return content_of(tokens_of(raw).tokens)


def _places(raw: str) -> dict[str, tuple[int, int, int, int]]:
    return {
        cell.text: (cell.row, cell.column, cell.row_span, cell.column_span)
        for cell in _content(raw).cells
    }


def test_spans_push_later_cells_aside() -> None:
    raw = (
        "<table><thead><tr><th rowspan=2>A</th><th colspan=2>B</th></tr><tr><th>c</th><th>d</th>"
        "</tr></thead><tbody><tr><td>1</td><td>2</td><td>3</td></tr></tbody></table>"
    )
    assert _places(raw) == {
        "A": (0, 0, 2, 1), "B": (0, 1, 1, 2), "c": (1, 1, 1, 1), "d": (1, 2, 1, 1),
        "1": (2, 0, 1, 1), "2": (2, 1, 1, 1), "3": (2, 2, 1, 1),
    }  # fmt: skip
    content = _content(raw)
    assert content.text == "A\tB\nc\td\n1\t2\t3"
    assert [cell.text for cell in content.cells if cell.header] == ["A", "B", "c", "d"]
    assert content.whole and not content.findings
    for cell in content.cells:
        assert raw[slice(*cell.span)] == cell.text


@pytest.mark.parametrize("tail", ["", "</td>", "</td></tr>", "</td><td>"])
def test_a_table_that_breaks_off_is_not_whole(tail: str) -> None:
    content = _content(f"<table><tr><td>a</td><td>b{tail}")
    assert not content.whole
    assert content.findings == ("a table is not closed",)
    assert content.text.split() == ["a", "b"]


def test_tags_that_were_left_out_are_closed_as_browsers_do() -> None:
    assert _places("<table><td>a<td>b<tr><td>c<td>d</table>") == {
        "a": (0, 0, 1, 1), "b": (0, 1, 1, 1), "c": (1, 0, 1, 1), "d": (1, 1, 1, 1),
    }  # fmt: skip


def test_spans_that_make_no_sense_are_told() -> None:
    content = _content("<table><tr><td colspan=0>a</td><td rowspan=many>b</td></tr></table>")
    assert {(cell.row_span, cell.column_span) for cell in content.cells} == {(1, 1)}
    assert len(content.findings) == 2


def test_spans_without_end_cost_nothing() -> None:
    cells = "<td rowspan=99999 colspan=99999>x</td>" * 200
    content = _content(f"<table><tr>{cells}</tr></table>")
    assert {(cell.row_span, cell.column_span) for cell in content.cells} == {(1, 200)}
    assert content.findings[0] == "a cell spans '99999' rows or columns"


def test_a_cell_that_hangs_below_the_last_row_is_cut_there() -> None:
    assert _places("<table><tr><td rowspan=9>a</td></tr><tr><td>b</td></tr></table>") == {
        "a": (0, 0, 2, 1),
        "b": (1, 1, 1, 1),
    }


def test_several_tables_of_a_region_count_their_rows_on() -> None:
    table = "<table><tr><td>{}</td></tr></table>"
    content = _content(table.format("a") + "between" + table.format("b"))
    assert [(cell.text, cell.row) for cell in content.cells] == [("a", 0), ("b", 1)]
    assert content.text == "a\nbetween\nb"
    assert content.findings == ("several tables in one region; their rows are counted on",)


def test_a_table_in_a_cell_is_text_of_the_cell() -> None:
    inner = "<table><tr><td>x</td><td>y</td></tr></table>"
    content = _content(f"<table><tr><td>a {inner} b</td><td>c</td></tr></table>")
    assert [cell.text for cell in content.cells] == ["a\nx\ty\nb", "c"]
    assert content.text == "a x y b\tc"


def test_text_in_a_table_but_in_no_cell_is_kept() -> None:
    content = _content("<table>above<caption>Cap</caption><tr>odd<td>a</td></tr>below</table>")
    assert content.text.replace("\n", " ").split() == ["above", "Cap", "odd", "a", "below"]


@given(
    st.lists(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=5), max_size=6)
)
def test_cells_never_overlap(spans: list[list[tuple[int, int]]]) -> None:
    raw = "<table>"
    for row, cells in enumerate(spans):
        raw += (
            "<tr>"
            + "".join(
                f"<td rowspan={down} colspan={across}>{row}.{n}</td>"
                for n, (down, across) in enumerate(cells)
            )
            + "</tr>"
        )
    found = _content(raw + "</table>").cells
    assert [cell.text for cell in found] == [
        f"{row}.{n}" for row, cells in enumerate(spans) for n in range(len(cells))
    ]
    assert all(cell.row + cell.row_span <= len(spans) for cell in found)
    for one, other in combinations(found, 2):
        assert _covered(one).isdisjoint(_covered(other))


def _covered(cell: RegionCell) -> set[tuple[int, int]]:
    return {
        (row, column)
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }


@pytest.mark.parametrize(
    ("line", "ticked"),
    [
        ("\u2612 Yes \u2610 No", (("Yes", True), ("No", False))),
        ("Married: \u2610 yes \u2611 no", (("yes", False), ("no", True))),
        ("Yes \u2610 No \u2612", (("Yes", False), ("No", True))),
        ("\u2610\tMaybe\tnext", (("Maybe", False),)),
        ("Maybe\t\u2612", (("Maybe", True),)),
        ("\u2612", (("", True),)),
        ("no box", ()),
    ],
)
def test_what_stands_beside_a_tick_box(line: str, ticked: tuple[tuple[str, bool], ...]) -> None:
    assert ticked_in(line) == ticked


def test_inputs_become_boxes_and_values() -> None:
    content = _content(
        '<p><input type="checkbox" checked/> A <input type=radio> B</p>'
        '<p>Name <input type="text" value="Ann"> <input type=hidden value=no></p>'
    )
    assert content.text == "\u2612 A \u2610 B\nName Ann"
    assert content.ticked == (("A", True), ("B", False))


def test_lines_are_kept_where_they_are_set_so() -> None:
    content = _content("<p>a\n b<br>c</p><pre>x  = 1\n  y</pre><p>formula <math>a_1</math>.</p>")
    assert content.text == "a b\nc\nx  = 1\n  y\nformula a_1."
