"""Rows and columns of a region: from drawn lines where there are, from white space otherwise."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from docmill.extractors.tables.columns import Gap, column_gaps
from docmill.extractors.tables.lines import Chunk, Line, is_numeric
from docmill.extractors.tables.region import TOUCH, Region
from docmill.extractors.tables.rows import TextRows, heading_lines
from docmill.extractors.tables.rulings import Ruling

# More than a space between words, in line heights; between numbers, a space is enough.
WORD_SPACE, NUMBER_SPACE = 0.3, 0.1


@dataclass(frozen=True)
class Boundary:
    """Where two rows (or columns) part, pixels; `ruled` says that a line is drawn there.

    `start` to `end` is the white space around `at`; a drawn line has none of its own.
    """

    at: float
    ruled: bool
    start: float
    end: float

    @classmethod
    def sharp(cls, at: float, *, ruled: bool) -> Boundary:
        """A boundary without white space of its own: a line, or the edge of a region."""
        return cls(at, ruled, at, at)


@dataclass(frozen=True, eq=False)
class Grid:
    """Boundaries from the first edge to the last: n + 1 for n columns (rows).

    `lines` are the region's, their chunks parted where columns part; `headings` are those of
    them that stand over the values.
    """

    columns: tuple[Boundary, ...]
    rows: tuple[Boundary, ...]
    lines: tuple[Line, ...]
    headings: frozenset[Line]

    def columns_of(self, x0: float, x1: float) -> tuple[int, int]:
        """First and last column of a text from `x0` to `x1`; it may reach into white space."""
        inner = self.columns[1:-1]
        first = sum(boundary.start <= x0 for boundary in inner)
        last = sum(boundary.end < x1 for boundary in inner)
        if first > last:
            first = last = bisect_right([boundary.at for boundary in inner], (x0 + x1) / 2)
        return first, last

    def row_of(self, y: float) -> int:
        """The row that holds `y`."""
        return bisect_right([boundary.at for boundary in self.rows[1:-1]], y)


def grid_of(region: Region) -> Grid:
    """The rows and columns of a region."""
    columns = tuple(_columns(region))
    lines = tuple(_parted(line, columns, region.height) for line in region.lines)
    inner = [boundary.at for boundary in columns[1:-1]]
    x0, _, x1, _ = region.corners
    headings = frozenset(heading_lines(lines, inner, region.rules.horizontal, x1 - x0))
    rows = TextRows(lines, inner, headings, region.height, framed=region.framed)
    return Grid(columns, tuple(_rows(region, lines, rows)), lines, headings)


def _columns(region: Region) -> Iterator[Boundary]:
    x0, _, x1, _ = region.corners
    walls = _merged(region.rules.vertical, x0, x1)
    edges = [x0, *walls, x1]
    for left, right in pairwise(edges):
        yield Boundary.sharp(left, ruled=region.framed or left in walls)
        for gap in _white_columns(region, left, right):
            yield Boundary(gap.middle, False, gap.x0, gap.x1)
    yield Boundary.sharp(x1, ruled=region.framed)


def _merged(lines: Iterable[Ruling], start: float, end: float) -> list[float]:
    """Places of lines between two edges, near ones as one."""
    places: list[float] = []
    for line in sorted(lines):
        last = places[-1] if places else start
        if line.at - last > TOUCH and end - line.at > TOUCH:
            places.append(line.at)
    return places


def _white_columns(region: Region, left: float, right: float) -> list[Gap]:
    """Gaps between two drawn lines (or edges).

    Where lines are drawn, columns without one must show in most of the text: a wide space in
    a single cell is none.
    """
    lines = [part for line in region.lines if (part := _between(line, left, right))]
    gaps = column_gaps(lines, region.height)
    least = max(3.0, 0.5 * len(lines)) if region.framed else 0.0
    return [gap for gap in gaps if _parted_by(lines, gap.middle) >= least]


def _between(line: Line, left: float, right: float) -> Line | None:
    chunks = tuple(c for c in line.chunks if left <= (c.x0 + c.x1) / 2 < right)
    return Line(chunks) if chunks else None


def _parted_by(lines: Sequence[Line], x: float) -> int:
    """How many lines have text on both sides of `x`, and none across it."""
    return sum(
        line.x0 < x < line.x1 and not any(c.x0 < x < c.x1 for c in line.chunks) for line in lines
    )


def _parted(line: Line, columns: Sequence[Boundary], height: float) -> Line:
    """The line, its chunks parted where columns part and there is more than a word space.

    Words of a heading over several columns stay together.
    """
    chunks: list[Chunk] = []
    for chunk in line.chunks:
        current = [chunk.tokens[0]]
        for token in chunk.tokens[1:]:
            before = current[-1]
            numbers = is_numeric(before.text) and is_numeric(token.text)
            least = (NUMBER_SPACE if numbers else WORD_SPACE) * height
            wide = token.x0 - before.x1 > least
            if wide and any(before.x1 < b.end and b.start < token.x0 for b in columns[1:-1]):
                chunks.append(Chunk(tuple(current)))
                current = []
            current.append(token)
        chunks.append(Chunk(tuple(current)))
    return Line(tuple(chunks))


def _rows(region: Region, lines: Sequence[Line], rows: TextRows) -> Iterator[Boundary]:
    _, y0, _, y1 = region.corners
    rules = _merged(region.rules.horizontal, y0, y1)
    edges = [y0, *rules, y1]
    for top, bottom in pairwise(edges):
        yield Boundary.sharp(top, ruled=region.framed or top in rules)
        band = [line for line in lines if top <= line.middle < bottom]
        yield from (Boundary.sharp(at, ruled=False) for at in rows.starts(band))
    yield Boundary.sharp(y1, ruled=region.framed)
