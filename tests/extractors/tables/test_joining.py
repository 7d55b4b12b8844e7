"""Tables over several pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docmill.extractors.tables.joining import join_tables
from docmill.schemas.page import PageText

XS = (50.0, 200.0, 300.0)
HEADER = ["Article", "Count", "Amount"]


def page(first: int, last: int, *, header: bool, top: float, xs: tuple[float, ...] = XS) -> Any:
    """Rows `first` to `last` under rules, from `top` on."""

    def draw(sheet: Any) -> None:
        rows = [[f"Part {n}", str(n), f"{n}.50"] for n in range(first, last + 1)]
        rows = [HEADER, *rows] if header else rows
        sheet.rows(xs, top + 13, rows, 18)
        sheet.line(45, top, 360, top)
        if header:
            sheet.line(45, top + 18, 360, top + 18)
        sheet.line(45, top + 18 * len(rows), 360, top + 18 * len(rows))
        sheet.text(200, 575, "Page")

    return draw


def test_a_repeated_header_is_dropped(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> None:
    pages = read_all(drawn(page(1, 5, header=True, top=400), page(6, 9, header=True, top=40)))
    (table,) = join_tables(pages)
    assert [row.cells[0].text for row in table.rows] == ["Article"] + [
        f"Part {n}" for n in range(1, 10)
    ]
    assert [row.page for row in table.rows] == [1] * 6 + [2] * 4
    assert [row.header for row in table.rows] == [True] + [False] * 9
    assert table.pages == (1, 2)


def test_rows_that_go_on_without_a_header(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> None:
    pages = read_all(drawn(page(1, 5, header=True, top=400), page(6, 9, header=False, top=40)))
    (table,) = join_tables(pages)
    assert len(table.rows) == 10


def test_other_columns_are_another_table(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> None:
    shifted = page(6, 9, header=False, top=40, xs=(50, 140, 330))
    pages = read_all(drawn(page(1, 5, header=True, top=400), shifted))
    assert [table.pages for table in join_tables(pages)] == [(1,), (2,)]


def test_text_between_ends_a_table(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> None:
    def draw(sheet: Any) -> None:
        page(1, 5, header=True, top=200)(sheet)
        sheet.paragraph(50, 400, "so the matter was settled among them and nobody spoke", 9)

    pages = read_all(drawn(draw, page(6, 9, header=True, top=40)))
    assert [table.pages for table in join_tables(pages)] == [(1,), (2,)]


def test_a_page_between_ends_a_table(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> None:
    first, second = read_all(
        drawn(page(1, 5, header=True, top=400), page(6, 9, header=True, top=40))
    )
    pages = [first, second.model_copy(update={"page": 3})]
    assert len(join_tables(pages)) == 2
