from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.evaluation.tables import (
    Cell,
    Grid,
    compare_tables,
    found_tables,
    relations,
    true_tables,
)
from docmill.schemas.evaluation import Counts
from docmill.schemas.geometry import Box
from docmill.schemas.page import Table, TableCell

GRIDS = st.lists(
    st.lists(st.sampled_from(["", "a", "b", "c", "dd"]), min_size=3, max_size=3),
    min_size=1,
    max_size=4,
)


def grid(*rows: str, page: int | None = 1) -> Grid:
    """Cells from lines such as `a b -`, where a dash is a blank."""
    cells = [
        Cell(row, column, row, column, text)
        for row, line in enumerate(rows)
        for column, text in enumerate(line.split())
        if text != "-"
    ]
    return Grid(tuple(cells), page)


def test_neighbours_by_hand() -> None:
    assert relations(grid("a b", "c d")) == Counter(
        [("a", "b", "right"), ("c", "d", "right"), ("a", "c", "below"), ("b", "d", "below")]
    )


def test_blanks_are_passed_over() -> None:
    assert relations(grid("a - b", "- - -", "c - -")) == Counter(
        [("a", "b", "right"), ("a", "c", "below")]
    )


def test_a_wide_cell_has_a_neighbour_for_every_column() -> None:
    wide = Grid((Cell(0, 0, 0, 1, "head"), Cell(1, 0, 1, 0, "x"), Cell(1, 1, 1, 1, "y")), 1)
    assert relations(wide) == Counter(
        [("head", "x", "below"), ("head", "y", "below"), ("x", "y", "right")]
    )
    tall = Grid((Cell(0, 0, 1, 0, "both"), Cell(0, 1, 0, 1, "x"), Cell(1, 1, 1, 1, "y")), 1)
    assert relations(tall)["both", "x", "right"] == 1
    # Two cells that touch along several rows are neighbours once.
    square = Grid((Cell(0, 0, 1, 0, "l"), Cell(0, 1, 1, 1, "r")), 1)
    assert relations(square) == Counter([("l", "r", "right")])


def test_a_missing_column_by_hand() -> None:
    counts = compare_tables([grid("a b", "c d")], [grid("a", "c")])
    assert counts.position == Counts(right=2, given=2, wanted=4)
    assert counts.content == Counts(right=2, given=2, wanted=4)
    assert counts.adjacency == Counts(right=1, given=1, wanted=4)
    assert (counts.tables_wanted, counts.tables_given) == (1, 1)


def test_a_row_too_many_shifts_places_but_not_neighbours() -> None:
    counts = compare_tables([grid("a b", "c d")], [grid("t -", "a b", "c d")])
    assert counts.position.right == 0
    assert counts.content == Counts(right=4, given=5, wanted=4)
    assert counts.adjacency == Counts(right=4, given=5, wanted=4)


def test_tables_are_paired_on_their_page() -> None:
    truth = [grid("a b", page=1), grid("a b", page=2)]
    counts = compare_tables(truth, [grid("a b", page=2)])
    assert counts.content == Counts(right=2, given=2, wanted=4)
    elsewhere = compare_tables([grid("a b", page=1)], [grid("a b", page=2)])
    assert elsewhere.content == Counts(right=0, given=2, wanted=2)
    anywhere = compare_tables([grid("a b", page=None)], [grid("a b", page=2)])
    assert anywhere.content.f1 == 1


def test_white_space_and_letter_case_do_not_matter() -> None:
    counts = compare_tables(
        [Grid((Cell(0, 0, 0, 0, "Net Sales"),), 1)], [Grid((Cell(0, 0, 0, 0, "net  sales "),), 1)]
    )
    assert counts.position.f1 == 1


@given(GRIDS)
def test_a_perfect_table_scores_one(rows: list[list[str]]) -> None:
    table = grid(*(" ".join(cell or "-" for cell in row) for row in rows))
    counts = compare_tables([table], [table])
    for measure in (counts.position, counts.content, counts.adjacency):
        assert measure.right == measure.given == measure.wanted
    assert counts.position.wanted == len(table.cells)


@given(GRIDS, GRIDS)
def test_right_cells_are_right_both_ways(first: list[list[str]], second: list[list[str]]) -> None:
    one, other = (
        grid(*(" ".join(cell or "-" for cell in row) for row in rows)) for rows in (first, second)
    )
    forth, back = compare_tables([one], [other]), compare_tables([other], [one])
    assert forth.adjacency.right == back.adjacency.right
    assert forth.position.given == back.position.wanted


def test_truth_as_cells(example: Any) -> None:
    cells = [
        {"row": 0, "col": 0, "end_row": 0, "end_col": 1, "text": "head"},
        {"row": 1, "col": 0, "end_row": 1, "end_col": 0, "text": " "},
        {"row": 1, "col": 1, "end_row": 1, "end_col": 1, "text": "x"},
    ]
    tables = true_tables(example(fields={}, gt={"tables": [{"page": 3, "cells": cells}]}))
    assert tables == (Grid((Cell(0, 0, 0, 1, "head"), Cell(1, 1, 1, 1, "x")), 3),)
    assert true_tables(example(fields={})) is None


def test_truth_as_html(example: Any) -> None:
    structure = (
        '<thead><tr><td rowspan="2"></td><td colspan="2"></td></tr><tr><td></td><td></td></tr>'
        "</thead><tbody><tr><td></td><td></td><td></td></tr></tbody>"
    )
    texts = ["name", "years", "2020", "2021", "a", "", "9"]
    gt = {"html_structure": [structure], "cells": [{"text": text} for text in texts]}
    tables = true_tables(example(fields={}, gt=gt))
    assert tables == (
        Grid(
            (
                Cell(0, 0, 1, 0, "name"),
                Cell(0, 1, 0, 2, "years"),
                Cell(1, 1, 1, 1, "2020"),
                Cell(1, 2, 1, 2, "2021"),
                Cell(2, 0, 2, 0, "a"),
                Cell(2, 2, 2, 2, "9"),
            )
        ),
    )


def test_tables_of_the_page_model(page: Any) -> None:
    box = Box(x0=0, y0=0, x1=1, y1=1)
    cell = TableCell(row=0, column=1, row_span=2, column_span=3, text="x", box=box, words=(0,))
    table = Table(box=box, rows=2, columns=4, cells=(cell,))
    found = found_tables([page("x", tables=(table,), page=2)])
    assert found == (Grid((Cell(0, 1, 1, 3, "x"),), 2),)


@pytest.mark.parametrize("side", ["truth", "found"])
def test_nothing_to_compare_with(side: str) -> None:
    tables = [grid("a b")]
    counts = compare_tables(*((tables, []) if side == "truth" else ([], tables)))
    assert counts.adjacency.right == 0
    assert (counts.adjacency.wanted, counts.adjacency.given) == (
        (1, 0) if side == "truth" else (0, 1)
    )
