"""Where the cells of an HTML table stand in its grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from docmill.extractors.ocr.vlm.regions import RegionCell

MAX_SPAN: Final = 200
"""Models that lose count write any number; no table on a page has so many rows and columns."""


class CellGrid:
    """Puts cells into a grid as browsers do (WHATWG HTML, "forming a table").

    A cell takes the first free place of its row. Unlike there, a cell that would reach over one
    that hangs down from above is made narrower, so that no two cells overlap.

    Args:
        first_row: number of the grid's first row.
    """

    def __init__(self, first_row: int = 0) -> None:
        self._first = first_row
        self._row = first_row - 1
        self._column = 0
        self._free_from: dict[int, int] = {}  # column -> first row that no cell hangs into
        self._cells: list[RegionCell] = []
        self.findings: list[str] = []

    @property
    def rows(self) -> int:
        """How many rows have been begun."""
        return self._row + 1 - self._first

    def begin_row(self) -> None:
        """Start the next row."""
        self._row += 1
        self._column = 0

    def add(
        self, text: str, *, header: bool, row_span: str, column_span: str, span: tuple[int, int]
    ) -> None:
        """Place a cell; spans are as written, nonsense counts as 1.

        Args:
            text: what stands in it.
            header: whether it is one of the table's headings.
            row_span: rows that it covers.
            column_span: columns that it covers.
            span: its place in the raw answer.
        """
        while self._is_taken(self._column):
            self._column += 1
        rows, columns = self._count(row_span), self._count(column_span)
        columns = next((n for n in range(1, columns) if self._is_taken(self._column + n)), columns)
        self._cells.append(RegionCell(self._row, self._column, rows, columns, text, header, span))
        below = self._row + rows
        self._free_from.update((self._column + n, below) for n in range(columns))
        self._column += columns

    def cells(self) -> tuple[RegionCell, ...]:
        """All cells; those that reach below the last row are cut off there."""
        end = self._row + 1
        return tuple(
            cell if cell.row + cell.row_span <= end else replace(cell, row_span=end - cell.row)
            for cell in self._cells
        )

    def _is_taken(self, column: int) -> bool:
        return self._free_from.get(column, 0) > self._row

    def _count(self, written: str) -> int:
        if not written:
            return 1
        if not written.strip().isdecimal() or not 1 <= int(written) <= MAX_SPAN:
            self.findings.append(f"a cell spans {written!r} rows or columns")
            return min(max(int(written), 1), MAX_SPAN) if written.strip().isdecimal() else 1
        return int(written)
