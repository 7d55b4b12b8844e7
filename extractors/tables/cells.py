"""What stands in the cells of a grid: every word in exactly one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from docmill.extractors.layout import Token
from docmill.extractors.tables.grid import Grid
from docmill.extractors.tables.lines import Chunk
from docmill.extractors.tables.region import TOUCH, Region
from docmill.extractors.tables.rulings import Ruling

Place = tuple[int, int]


@dataclass(frozen=True)
class Span:
    """A rectangle of grid places, last row and column included."""

    row: int
    column: int
    last_row: int
    last_column: int

    def order(self) -> tuple[int, int, int, int]:
        """Sorts from top to bottom and left to right."""
        return (self.row, self.column, self.last_row, self.last_column)

    @property
    def size(self) -> int:
        """How many places it has."""
        return (self.last_row - self.row + 1) * (self.last_column - self.column + 1)

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a place."""
        return (
            self.row <= other.last_row
            and other.row <= self.last_row
            and self.column <= other.last_column
            and other.column <= self.last_column
        )

    def places(self) -> Iterator[Place]:
        """All places inside."""
        for row in range(self.row, self.last_row + 1):
            for column in range(self.column, self.last_column + 1):
                yield row, column


@dataclass(frozen=True, eq=False)
class Filled:
    """A cell's span and its words, in reading order."""

    span: Span
    tokens: tuple[Token, ...]


def cells_of(region: Region, grid: Grid) -> list[Filled]:
    """The cells with text, from top to bottom and left to right."""
    placed: dict[Place, list[tuple[float, Token]]] = {}
    texts: set[Span] = set()
    for line in grid.lines:
        for chunk in line.chunks:
            span = _span_of(chunk, line.middle, grid, region)
            texts.add(span)
            words = ((line.middle, token) for token in chunk.tokens)
            placed.setdefault((span.row, span.column), []).extend(words)
    lines = _Lines(region, grid)
    wide = sorted((span for span in texts if span.size > 1), key=Span.order)
    sure = _groups([*wide, *lines.closed()])
    maybe = _groups([*sure, *lines.open(frozenset(placed))])
    spans = [span for group in maybe for span in _settled(group, sure, placed.keys())]
    owner = {place: span for span in spans for place in span.places()}
    cells: dict[Span, list[tuple[float, Token]]] = {}
    for place, tokens in placed.items():
        cells.setdefault(owner.get(place, Span(*place, *place)), []).extend(tokens)
    return [
        Filled(span, tuple(token for _, token in sorted(tokens, key=lambda t: (t[0], t[1].x0))))
        for span, tokens in sorted(cells.items(), key=lambda item: (item[0].row, item[0].column))
    ]


def _settled(group: Span, sure: Sequence[Span], filled: Set[Place]) -> list[Span]:
    """A group, or its sure parts where joining them would put several texts into one cell."""
    inside = [span for span in sure if span.overlaps(group)]
    covered = {place for span in inside for place in span.places()}
    single = sum(place in filled and place not in covered for place in group.places())
    return [group] if len(inside) + single <= 1 else inside


def _span_of(chunk: Chunk, middle: float, grid: Grid, region: Region) -> Span:
    """The places that a chunk stands on."""
    slack = 0.25 * region.height
    middle_x = (chunk.x0 + chunk.x1) / 2
    first, last = grid.columns_of(min(chunk.x0 + slack, middle_x), max(chunk.x1 - slack, middle_x))
    quarter = 0.25 * (chunk.y1 - chunk.y0)
    top, bottom = grid.row_of(chunk.y0 + quarter), grid.row_of(chunk.y1 - quarter)
    row = grid.row_of(middle)
    if top != bottom and not all(grid.rows[n].ruled for n in range(top + 1, bottom + 1)):
        top = bottom = row
    return Span(top, first, bottom, last)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Which neighbouring places no line parts although the grid has lines there."""

    region: Region
    grid: Grid

    def closed(self) -> Iterator[Span]:
        """Places over each other between two walls: one cell, whatever stands in them."""
        for column, rows in self._runs_down():
            for row in rows[:-1]:
                if self._between_walls(row, column) and self._between_walls(row + 1, column):
                    yield Span(row, column, row + 1, column)

    def open(self, filled: frozenset[Place]) -> Iterator[Span]:
        """Runs of places only one of which has text."""
        for row, columns in self._runs_across():
            if len(columns) > 1 and sum((row, column) in filled for column in columns) == 1:
                yield Span(row, columns[0], row, columns[-1])
        for column, rows in self._runs_down():
            if len(rows) > 1 and sum((row, column) in filled for row in rows) == 1:
                yield Span(rows[0], column, rows[-1], column)

    def _runs_across(self) -> Iterator[tuple[int, list[int]]]:
        columns = len(self.grid.columns) - 1
        for row in range(len(self.grid.rows) - 1):
            for run in _runs(columns, lambda boundary, row=row: self._wall(row, boundary)):
                yield row, run

    def _runs_down(self) -> Iterator[tuple[int, list[int]]]:
        rows = len(self.grid.rows) - 1
        for column in range(len(self.grid.columns) - 1):
            for run in _runs(rows, lambda boundary, column=column: self._floor(boundary, column)):
                yield column, run

    def _between_walls(self, row: int, column: int) -> bool:
        return self.region.framed and all(
            self.grid.columns[boundary].ruled and self._wall(row, boundary)
            for boundary in (column, column + 1)
        )

    def _wall(self, row: int, boundary: int) -> bool:
        """Whether something parts the columns on both sides of a boundary in this row."""
        if not self.grid.columns[boundary].ruled:
            return True
        top, bottom = self.grid.rows[row].at, self.grid.rows[row + 1].at
        return _drawn(self.region.rules.vertical, self.grid.columns[boundary].at, top, bottom)

    def _floor(self, boundary: int, column: int) -> bool:
        if not self.grid.rows[boundary].ruled:
            return True
        left, right = self.grid.columns[column].end, self.grid.columns[column + 1].start
        return _drawn(self.region.rules.horizontal, self.grid.rows[boundary].at, left, right)


def _drawn(lines: Sequence[Ruling], at: float, start: float, end: float) -> bool:
    """Whether a line is drawn at a place for more than half of a stretch."""
    return any(abs(line.at - at) <= TOUCH and line.covers(start, end) > 0.5 for line in lines)


def _runs(count: int, parted: Callable[[int], bool]) -> Iterator[list[int]]:
    """Numbers up to `count` in runs; a run ends where its next number's boundary parts it."""
    run = [0]
    for number in range(1, count):
        if parted(number):
            yield run
            run = []
        run.append(number)
    yield run


def _groups(spans: Sequence[Span]) -> list[Span]:
    """Spans that share places as one; what is no rectangle then comes back as it was."""
    found: list[list[Span]] = []
    for span in spans:
        touching = [group for group in found if any(span.overlaps(other) for other in group)]
        found = [group for group in found if group not in touching]
        found.append([span, *(other for group in touching for other in group)])
    return [whole for group in found for whole in _whole(group)]


def _whole(group: Sequence[Span]) -> list[Span]:
    around = Span(
        min(span.row for span in group),
        min(span.column for span in group),
        max(span.last_row for span in group),
        max(span.last_column for span in group),
    )
    places = {place for span in group for place in span.places()}
    return [around] if len(places) == around.size else list(_disjoint(group))


def _disjoint(group: Sequence[Span]) -> Iterator[Span]:
    """Spans from the largest that share no place."""
    taken: set[Place] = set()
    for span in sorted(group, key=lambda span: (-span.size, span.row, span.column)):
        if taken.isdisjoint(span.places()):
            taken.update(span.places())
            yield span
