"""Tables that go on over pages, as one table whose rows know their page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from docmill.schemas.page import PageText, Table, TableCell

# So many words (a page number, a note, a running title) may stand between a table that goes on
# and the edge of its page.
BETWEEN_WORDS = 40
# Columns of two pages are the same where their middles differ by at most this share of the width.
COLUMN_SHIFT = 0.03


@dataclass(frozen=True)
class JoinedRow:
    """A row and where it stands: `row` counts from 0 in the table `table` (from 0) of `page`.

    `cells` are those that begin in it.
    """

    page: int
    table: int
    row: int
    cells: tuple[TableCell, ...]

    @property
    def header(self) -> bool:
        """Whether the row holds headings only."""
        return bool(self.cells) and all(cell.header for cell in self.cells)


@dataclass(frozen=True)
class JoinedTable:
    """A table of a document, over one page or several; repeated headers are left out."""

    columns: int
    rows: tuple[JoinedRow, ...]

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages it stands on, in order."""
        return tuple(dict.fromkeys(row.page for row in self.rows))


class TableJoiner:
    """Joins the tables of a document, page by page, holding no page but the last.

    A page's last table goes on in the next page's first one where hardly any words stand
    between them, both have the same columns, and the second repeats the header or has none.
    """

    def __init__(self) -> None:
        self.tables: list[JoinedTable] = []
        self._open_end: tuple[PageText, Table] | None = None

    def add(self, page: PageText) -> tuple[int, ...]:
        """For every table of the next page, the index in `tables` of the one it belongs to."""
        found: list[int] = []
        for number, table in enumerate(page.tables):
            rows = _rows(page, number, table)
            open_end = self._open_end if number == 0 else None
            if open_end is not None and _goes_on(open_end, (page, table)):
                last = self.tables[-1]
                rows = _without_header(rows, last)
                self.tables[-1] = replace(last, rows=(*last.rows, *rows))
            else:
                self.tables.append(JoinedTable(table.columns, rows))
            found.append(len(self.tables) - 1)
        self._open_end = (page, page.tables[-1]) if page.tables else None
        return tuple(found)


def join_tables(pages: Iterable[PageText]) -> tuple[JoinedTable, ...]:
    """The tables of a document part, in reading order; see `TableJoiner`."""
    joiner = TableJoiner()
    for page in pages:
        joiner.add(page)
    return tuple(joiner.tables)


def _rows(page: PageText, number: int, table: Table) -> tuple[JoinedRow, ...]:
    rows: dict[int, list[TableCell]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell)
    return tuple(
        JoinedRow(page.page, number, row, tuple(sorted(cells, key=lambda cell: cell.column)))
        for row, cells in sorted(rows.items())
    )


def _goes_on(upper: tuple[PageText, Table], lower: tuple[PageText, Table]) -> bool:
    (first, above), (second, below) = upper, lower
    if second.page != first.page + 1 or above.columns != below.columns:
        return False
    after = sum(word.visible and word.box.y0 >= above.box.y1 for word in first.words)
    before = sum(word.visible and word.box.y1 <= below.box.y0 for word in second.words)
    if max(after, before) > BETWEEN_WORDS or not _same_columns(above, below):
        return False
    header = _header_texts(below)
    return not header or header == _header_texts(above)


def _same_columns(above: Table, below: Table) -> bool:
    """Whether most columns that both tables fill stand at the same places."""
    middles = [_middles(table) for table in (above, below)]
    shared = middles[0].keys() & middles[1].keys()
    near = sum(abs(middles[0][c] - middles[1][c]) <= COLUMN_SHIFT for c in shared)
    return len(shared) >= 2 and near >= 0.6 * len(shared)


def _middles(table: Table) -> dict[int, float]:
    """The middle of what stands in every column, fractions of the page."""
    edges: dict[int, tuple[float, float]] = {}
    for cell in table.cells:
        if cell.column_span == 1:
            x0, x1 = edges.get(cell.column, (1.0, 0.0))
            edges[cell.column] = (min(x0, cell.box.x0), max(x1, cell.box.x1))
    return {column: (x0 + x1) / 2 for column, (x0, x1) in edges.items()}


def _header_texts(table: Table) -> list[tuple[int, int, str]]:
    return [(cell.row, cell.column, cell.text) for cell in table.cells if cell.header]


def _without_header(rows: Sequence[JoinedRow], table: JoinedTable) -> tuple[JoinedRow, ...]:
    """Rows without those that repeat the table's header."""
    known = {tuple(cell.text for cell in row.cells) for row in table.rows if row.header}
    return tuple(
        row for row in rows if not (row.header and tuple(cell.text for cell in row.cells) in known)
    )
