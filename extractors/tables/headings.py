"""Headings over several columns that are printed no wider than their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docmill.extractors.tables.cells import Filled, Span
from docmill.extractors.tables.grid import Grid
from docmill.extractors.tables.region import Region

# The middle of a heading is this near (in line heights) to that of the columns below it.
OFF_CENTRE = 0.6
# A rule under a heading is within this many line heights below it.
UNDERLINE = 1.0


def widened(cells: Sequence[Filled], region: Region, grid: Grid) -> list[Filled]:
    """The cells, each heading over all columns that it stands for.

    A rule under a heading says how far it reaches. Without one, a heading in a row with empty
    places reaches as far as it stands in the middle of columns with headings of their own.
    """
    extents = _extents(cells, grid)
    result: list[Filled] = []
    for cell in cells:
        span = cell.span
        if _is_heading(cell, grid):
            near = [other for other in cells if _beside_or_below(cell, other)]
            reach = _ruled(cell, region, extents) or _centred(cell, near, region, extents)
            if reach and _free(cell, reach, near):
                span = Span(span.row, reach[0], span.last_row, reach[1])
        result.append(Filled(span, cell.tokens))
    return result


def _beside_or_below(cell: Filled, other: Filled) -> bool:
    return other.span.row <= cell.span.last_row + 1 and cell.span.row <= other.span.last_row


def _is_heading(cell: Filled, grid: Grid) -> bool:
    bottom = max((line.middle for line in grid.headings), default=0.0)
    return cell.span.column > 0 and cell.tokens[-1].middle < bottom


def _extents(cells: Sequence[Filled], grid: Grid) -> list[tuple[float, float]]:
    """Left and right edge of what stands in every column alone."""
    extents: list[tuple[float, float]] = []
    for column in range(len(grid.columns) - 1):
        own = [c for c in cells if c.span.column == c.span.last_column == column]
        tokens = [token for cell in own for token in cell.tokens]
        left, right = grid.columns[column].at, grid.columns[column + 1].at
        extents.append(
            (min((t.x0 for t in tokens), default=left), max((t.x1 for t in tokens), default=right))
        )
    return extents


def _ruled(
    cell: Filled, region: Region, extents: Sequence[tuple[float, float]]
) -> tuple[int, int] | None:
    x0, x1, bottom = _edges(cell)
    width = region.corners[2] - region.corners[0]
    for rule in region.rules.horizontal:
        under = -0.3 * region.height < rule.at - bottom < UNDERLINE * region.height
        if under and rule.covers(x0, x1) > 0.9 and rule.length < 0.9 * width:
            columns = [n for n, (a, b) in enumerate(extents) if rule.covers(a, b) > 0.5]
            if cell.span.column in columns and cell.span.last_column in columns:
                return columns[0], columns[-1]
    return None


def _centred(
    cell: Filled,
    cells: Sequence[Filled],
    region: Region,
    extents: Sequence[tuple[float, float]],
) -> tuple[int, int] | None:
    x0, x1, _ = _edges(cell)
    below = {
        column
        for other in cells
        if other.span.row == cell.span.last_row + 1
        for column in range(other.span.column, other.span.last_column + 1)
    }
    found = None
    for first, last in _around(cell.span, len(extents)):
        middle = (extents[first][0] + extents[last][1]) / 2
        if not below.issuperset(range(first, last + 1)) or not _free(cell, (first, last), cells):
            continue
        if abs(middle - (x0 + x1) / 2) < OFF_CENTRE * region.height:
            found = (first, last)
    return found


def _around(span: Span, columns: int) -> Iterator[tuple[int, int]]:
    """Ranges of columns around a span, but for the first column, from narrow to wide."""
    ranges = [
        (first, last)
        for first in range(1, span.column + 1)
        for last in range(span.last_column, columns)
    ]
    yield from sorted(ranges, key=lambda r: r[1] - r[0])


def _free(cell: Filled, reach: tuple[int, int], cells: Sequence[Filled]) -> bool:
    """Whether no other cell stands in the way."""
    return not any(
        other is not cell
        and other.span.row <= cell.span.last_row
        and cell.span.row <= other.span.last_row
        and other.span.column <= reach[1]
        and reach[0] <= other.span.last_column
        for other in cells
    )


def _edges(cell: Filled) -> tuple[float, float, float]:
    """Left, right and lower edge."""
    tokens = cell.tokens
    return min(t.x0 for t in tokens), max(t.x1 for t in tokens), max(t.y1 for t in tokens)
