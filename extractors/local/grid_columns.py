"""Which heading a word stands under, by the table that was found around it."""

from __future__ import annotations

from collections.abc import Mapping

from docmill.extractors.local.headers import Column, Header
from docmill.schemas.page import Table


def columns_by_word(header: Header, page: int) -> Mapping[int, Column]:
    """The heading of every word of `page` (by its index) in the table that the header belongs to.

    There are none on other pages than the header's. Words are left out where no table holds
    the header, where the table has one column for two headings (its columns are then not the
    header's), and in cells over several columns.
    """
    if page != header.page.text.page:
        return {}
    for table in header.page.text.tables:
        headings = _headings(header, table)
        if len(headings) >= 2:
            return {
                word: headings[cell.column]
                for cell in table.cells
                if cell.column_span == 1 and cell.column in headings
                for word in cell.words
            }
    return {}


def _headings(header: Header, table: Table) -> dict[int, Column]:
    """The heading of every column of a table; none where headings and columns disagree."""
    column_of = {
        word: cell.column for cell in table.cells if cell.column_span == 1 for word in cell.words
    }
    headings: dict[int, Column] = {}
    for row in header.page.rows[header.first_row : header.last_row + 1]:
        for token in row.tokens:
            column = column_of.get(token.index)
            heading = next((c for c in header.columns if c.x0 <= token.x0 < c.x1), None)
            if column is None or heading is None:
                continue
            if headings.setdefault(column, heading) is not heading:
                return {}
    return headings
