"""Rows without lines between them: which text lines belong to one row of cells."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from docmill.extractors.tables.lines import Chunk, Line
from docmill.extractors.tables.rulings import Ruling

# Headings are at most so many lines high.
MAX_HEADING_LINES = 8
# Lines of one cell are at most so many line heights apart, lines of one heading fewer.
LINE_SPACE, HEADING_SPACE = 0.8, 0.8
# Lines that overlap by this share of their height are one row.
OVERLAP = 0.3
# Text this near (in line heights) to a column's edge stands at it.
AT_EDGE = 0.3


def heading_lines(
    lines: Sequence[Line], inner: Sequence[float], rules: Sequence[Ruling], width: float
) -> Sequence[Line]:
    """The lines over the first rule that crosses a region, or over the first numbers.

    Args:
        lines: the region's text lines.
        inner: where its columns part.
        rules: its horizontal lines.
        width: of the region.
    """
    for rule in rules:
        over = [line for line in lines if line.middle < rule.at]
        if 0 < len(over) <= MAX_HEADING_LINES and rule.length > 0.8 * width:
            return over
    for number, line in enumerate(lines):
        values = [chunks for column, chunks in by_column(line, inner).items() if column > 0]
        numbers = sum(all(chunk.numeric for chunk in chunks) for chunks in values)
        if numbers and numbers >= 0.5 * len(values):
            return lines[:number]
    return ()


def by_column(line: Line, inner: Sequence[float]) -> dict[int, list[Chunk]]:
    """A line's chunks by the column that holds their middle."""
    filled: dict[int, list[Chunk]] = {}
    for chunk in line.chunks:
        filled.setdefault(bisect_right(inner, (chunk.x0 + chunk.x1) / 2), []).append(chunk)
    return filled


@dataclass(frozen=True, eq=False)
class TextRows:
    """Groups a region's text lines into rows.

    `inner` is where its columns part, `height` its usual line height, both; `framed`
    says that drawn lines make the grid, so that each band between two of them is one row.
    """

    lines: Sequence[Line]
    inner: Sequence[float]
    headings: frozenset[Line]
    height: float
    framed: bool

    @cached_property
    def _right_edges(self) -> dict[int, float]:
        """How far the text of every column reaches."""
        edges: dict[int, float] = {}
        for line in self.lines:
            for column, chunks in by_column(line, self.inner).items():
                edges[column] = max(edges.get(column, 0.0), *(chunk.x1 for chunk in chunks))
        return edges

    def starts(self, band: Sequence[Line]) -> Iterator[float]:
        """Where rows part between two horizontal lines (or edges)."""
        if len(band) < 2:
            return
        one_row = self.framed and not self._stacked(band)
        first, *others = self._overlapping(band)
        row = list(first)
        for lines in others:
            if one_row or lines[0] in self.headings:
                goes_on = self._same_heading(row, lines[0])
            else:
                goes_on = len(lines) == 1 and self._continues(row, lines[0])
            if not goes_on:
                yield (row[-1].y1 + lines[0].y0) / 2
                row = []
            row.extend(lines)

    def _overlapping(self, band: Sequence[Line]) -> list[list[Line]]:
        """Lines that reach into each other's height as one: values beside a label's middle."""
        groups: list[list[Line]] = []
        for line in band:
            if groups and groups[-1][-1].y1 - line.y0 > OVERLAP * self.height:
                groups[-1].append(line)
            else:
                groups.append([line])
        return groups

    def _stacked(self, band: Sequence[Line]) -> bool:
        """Whether a band holds rows of numbers: several columns with several, on the same lines."""
        numbers: Counter[int] = Counter()
        for line in band:
            filled = by_column(line, self.inner).items()
            columns = [n for n, chunks in filled if all(chunk.numeric for chunk in chunks)]
            if len(columns) > 1:
                numbers.update(columns)
        return sum(count > 1 for count in numbers.values()) > 1

    def _same_heading(self, row: Sequence[Line], line: Line) -> bool:
        """Whether two heading lines are lines of the same headings, not some over others."""
        slack = AT_EDGE * self.height
        across = any(
            chunk.x0 + slack < at < chunk.x1 - slack
            for other in (*row, line)
            for chunk in other.chunks
            for at in self.inner
        )
        near = self.framed or line.y0 - row[-1].y1 < HEADING_SPACE * self.height
        return near and not across

    def _continues(self, row: Sequence[Line], line: Line) -> bool:
        """Whether a line goes on with the row above it: one text that was too long for a line."""
        if line.y0 - row[-1].y1 > LINE_SPACE * self.height:
            return False
        filled = by_column(line, self.inner)
        above = {column for other in row for column in by_column(other, self.inner)}
        if len(filled) > 1 or not set(filled) <= above or len(above) < 2:
            return False
        ((column, chunks),) = filled.items()
        last = by_column(row[-1], self.inner).get(column)
        if last is None or any(chunk.numeric for chunk in chunks):
            return False
        slack = AT_EDGE * self.height
        begin = by_column(row[0], self.inner).get(column, last)
        if chunks[0].x0 < begin[0].x0 - slack:
            return False
        word = chunks[0].tokens[0]
        return last[-1].x1 + word.x1 - word.x0 > self._right_edges[column] - slack
