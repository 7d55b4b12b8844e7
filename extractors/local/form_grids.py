"""Grids on a form: several rows of short texts in the same columns, with headings over them.

Unlike the tables of a schema's own lists, nothing is known about the columns; the headings
themselves are keys, and every cell under one is a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docmill.extractors.layout import Row, Segment, Token
from docmill.extractors.local.form_keys import looks_filled, value_text

MIN_ROWS = 2
MAX_CELL_WORDS = 6
HEADING_ROWS = 3
# Share of a row's cells with figures from which it is no heading.
FILLED = 0.3
# A word this many line heights from every column belongs to none.
OUTSIDE = 3.0
# Gaps in line heights between the rows of a grid, and up to its headings.
ROW_GAP = 1.5
HEADING_GAP = 1.6


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows of cells in columns; `headings` holds the words over each column, perhaps none."""

    rows: tuple[Row, ...]
    columns: tuple[tuple[float, float], ...]
    headings: tuple[tuple[Token, ...], ...]

    @property
    def titled(self) -> bool:
        """Whether at least two columns have a heading."""
        return sum(bool(heading) for heading in self.headings) >= 2

    @property
    def filled(self) -> bool:
        """Whether any cell holds figures or a cross."""
        return any(looks_filled(segment.tokens) for segment in self.segments)

    @property
    def two_sided(self) -> bool:
        """Whether it is keys on the left and values on the right, not columns with headings."""
        lefts = [s for s in self.segments if _column_of(s, self.columns) == 0]
        return len(self.columns) == 2 and not any(looks_filled(s.tokens) for s in lefts)

    @property
    def segments(self) -> Iterator[Segment]:
        """All cells, row by row."""
        return (segment for row in self.rows for segment in row.segments)

    def cells(self) -> Iterator[tuple[tuple[Token, ...], Segment]]:
        """Each cell with the heading of its column; the heading may be empty."""
        for segment in self.segments:
            column = _column_of(segment, self.columns)
            if column is not None:
                yield self.headings[column], segment


def find_grids(rows: Sequence[Row], line_height: float, keys: frozenset[Token]) -> list[Grid]:
    """All grids among `rows`; words in `keys` (those before a colon) belong to none."""
    grids: list[Grid] = []
    at = 0
    while at < len(rows):
        block = _block(rows, at, line_height, keys)
        body = _without_headings(block)
        if len(body) >= MIN_ROWS:
            columns = _columns(body)
            first = at + len(block) - len(body)
            headings = _headings(rows, first, columns, line_height, keys)
            grids.append(Grid(tuple(body), columns, headings))
        at += max(1, len(block))
    return grids


def _without_headings(block: Sequence[Row]) -> list[Row]:
    """The block from its first row with figures on; all of it where it has none."""
    filled = (n for n, row in enumerate(block) if _has_figures(row))
    return list(block[next(filled, 0) :])


def _has_figures(row: Row) -> bool:
    """Whether figures stand in a good part of the row's cells."""
    filled = sum(looks_filled(segment.tokens) for segment in row.segments)
    return filled >= FILLED * len(row.segments)


def _block(rows: Sequence[Row], at: int, height: float, keys: frozenset[Token]) -> list[Row]:
    """Rows from `at` on whose cells stand in the columns of the first ones."""
    if not _is_grid_row(rows[at], keys) or not _has_figures_or_three(rows[at]):
        return []
    block = [rows[at]]
    for row in rows[at + 1 :]:
        if row.y0 - block[-1].y1 > ROW_GAP * height or not _fits(row, block, keys):
            break
        block.append(row)
    return block


def _is_grid_row(row: Row, keys: frozenset[Token]) -> bool:
    return len(row.segments) >= 2 and _short(row, keys)


def _short(row: Row, keys: frozenset[Token]) -> bool:
    return all(len(s.tokens) <= MAX_CELL_WORDS for s in row.segments) and not keys.intersection(
        row.tokens
    )


def _has_figures_or_three(row: Row) -> bool:
    """A first row of two texts is rather a key and its value, or a heading."""
    return len(row.segments) >= 3 or any(looks_filled(s.tokens) for s in row.segments[1:])


def _fits(row: Row, block: Sequence[Row], keys: frozenset[Token]) -> bool:
    if not _short(row, keys):
        return False
    columns = _columns(_without_headings(block))
    over = [_spanned(segment, columns) for segment in row.segments]
    filled = any(looks_filled(s.tokens) for other in block for s in other.segments)
    if filled and any(count > 1 for count in over):
        return False
    inside = sum(count > 0 for count in over)
    return inside >= max(1, len(over) - 1) and (inside >= 2 or len(block) >= 2)


def _columns(block: Sequence[Row]) -> tuple[tuple[float, float], ...]:
    """Horizontal spans of cells that stand under each other."""
    spans: list[tuple[float, float]] = []
    for segment in (segment for row in block for segment in row.segments):
        x0, x1 = segment.x0, segment.x1
        for a, b in [span for span in spans if span[0] < x1 and x0 < span[1]]:
            spans.remove((a, b))
            x0, x1 = min(a, x0), max(b, x1)
        spans.append((x0, x1))
    return tuple(sorted(spans))


def _column_of(segment: Segment, columns: Sequence[tuple[float, float]]) -> int | None:
    inside = (n for n, (a, b) in enumerate(columns) if a < segment.x1 and segment.x0 < b)
    return next(inside, None)


def _headings(
    rows: Sequence[Row],
    first: int,
    columns: Sequence[tuple[float, float]],
    height: float,
    keys: frozenset[Token],
) -> tuple[tuple[Token, ...], ...]:
    """The words in the lines over the block, each with the column that it is nearest to."""
    over: list[list[Token]] = [[] for _ in columns]
    top = rows[first].y0
    for row in reversed(rows[max(0, first - HEADING_ROWS) : first]):
        if row.y1 > top and _has_figures(row):
            continue  # a cell that stands a little higher than its row
        wide = any(len(segment.tokens) > MAX_CELL_WORDS for segment in row.segments)
        if (
            top - row.y1 > HEADING_GAP * height
            or _has_figures(row)
            or wide
            or keys.intersection(row.tokens)
        ):
            break
        top = row.y0
        if len(row.segments) == 1 and _spanned(row.segments[0], columns) < 2:
            break
        for place, words in _by_column(row, columns, OUTSIDE * height).items():
            over[place][:0] = words
    return tuple(tuple(words) if value_text(words) else () for words in over)


def _spanned(segment: Segment, columns: Sequence[tuple[float, float]]) -> int:
    return sum(a < segment.x1 and segment.x0 < b for a, b in columns)


def _by_column(
    row: Row, columns: Sequence[tuple[float, float]], slack: float
) -> dict[int, list[Token]]:
    """The row's words by the column they stand over; a segment over one column stays whole."""
    found: dict[int, list[Token]] = {}
    for segment in row.segments:
        over = [n for n, (a, b) in enumerate(columns) if a < segment.x1 and segment.x0 < b]
        for token in segment.tokens:
            if len(over) <= 1:
                place = over[0] if over else _nearest(segment.x0, segment.x1, columns)
            else:
                place = _nearest(token.x0, token.x1, columns)
            a, b = columns[place]
            if a - slack < token.x1 and token.x0 < b + slack:
                found.setdefault(place, []).append(token)
    return found


def _nearest(x0: float, x1: float, columns: Sequence[tuple[float, float]]) -> int:
    def distance(place: int) -> float:
        a, b = columns[place]
        return abs((x0 + x1) - (a + b))

    return min(range(len(columns)), key=distance)
