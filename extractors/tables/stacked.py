"""Tables with horizontal lines only: lines of one width over each other, columns by white space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from docmill.extractors.layout import Token
from docmill.extractors.tables.columns import column_gaps, columns_filled, prose_columns
from docmill.extractors.tables.lines import Line, line_height, text_lines
from docmill.extractors.tables.region import TOUCH, Region, inside, region_around
from docmill.extractors.tables.rulings import Ruling, Rulings

# Lines of one table are at most so many line heights apart.
LINE_GAP = 2.5
# Header lines between the rule over a table and its first line with several chunks.
HEADER_LINES = 5
# Share of a table's lines that have text in several columns.
TABULAR = 0.4


def stacked(tokens: Sequence[Token], rulings: Rulings) -> Iterator[Region]:
    """Regions between horizontal lines of one width, with columns of white space."""
    for rules in _same_width(rulings.horizontal):
        x0, x1 = min(r.start for r in rules) - TOUCH, max(r.end for r in rules) + TOUCH
        bands = [
            _tabular_lines([t for t in tokens if inside(t, (x0, top.at, x1, bottom.at))], rulings)
            for top, bottom in pairwise(rules)
        ]
        for lines in _neighbours(bands):
            height = line_height([token for line in lines for token in line.tokens])
            gaps = column_gaps(lines, height)
            multiple = sum(len(columns_filled(line, gaps)) > 1 for line in lines)
            if gaps and multiple >= max(2, TABULAR * len(lines)) and not prose_columns(lines, gaps):
                everything = text_lines(tokens, rulings.vertical, height)
                lines = with_header(lines, everything, rulings, height)
                yield region_around(lines, rulings)


def _same_width(lines: Sequence[Ruling]) -> Iterator[list[Ruling]]:
    """Lines with the same ends, at least two of them, from top to bottom."""
    rest = list(lines)
    while rest:
        first, *others = rest
        slack = max(2 * TOUCH, 0.03 * first.length)
        same = [
            line
            for line in others
            if abs(line.start - first.start) < slack and abs(line.end - first.end) < slack
        ]
        rest = [line for line in others if line not in same]
        if same:
            yield [first, *same]


def _tabular_lines(tokens: Sequence[Token], rulings: Rulings) -> list[Line] | None:
    """The lines of a band between two rules; None for running text."""
    if not tokens:
        return []
    height = line_height(tokens)
    lines = text_lines(tokens, rulings.vertical, height)
    multiple = sum(_widest_gap(line) > height for line in lines)
    return lines if len(lines) == 1 or multiple >= TABULAR * len(lines) else None


def _widest_gap(line: Line) -> float:
    pairs = pairwise(line.chunks)
    return max((right.x0 - left.x1 for left, right in pairs), default=0.0)


def _neighbours(bands: Sequence[list[Line] | None]) -> Iterator[list[Line]]:
    """Lines of bands beside each other that are all tabular."""
    together: list[Line] = []
    for band in (*bands, None):
        if band is None:
            if together:
                yield together
            together = []
        else:
            together = together + band


def with_header(
    run: list[Line], lines: Sequence[Line], rulings: Rulings, height: float
) -> list[Line]:
    """The lines with those under a rule over them, and without those over that rule."""
    x0, x1 = min(line.x0 for line in run), max(line.x1 for line in run)
    rules = [r for r in rulings.horizontal if r.covers(x0, x1) > 0.6]
    first = sum(line.middle < run[0].middle for line in lines)
    above = [r for r in rules if r.at < run[0].middle]
    for rule in reversed(above):
        between = [line for line in lines[:first] if line.middle > rule.at]
        joint = [*between, run[0]]
        close = all(b.y0 - a.y1 < LINE_GAP * height for a, b in pairwise(joint))
        wide = any(
            len(line.chunks) == 1 and line.x1 - line.x0 > 0.7 * (x1 - x0) for line in between
        )
        if (
            len(between) <= HEADER_LINES
            and close
            and not wide
            and joint[0].y0 - rule.at < LINE_GAP * height
        ):
            run = [*between, *run]
            first -= len(between)
        else:
            break
    return run
