"""Columns by white space: stretches of paper that (almost) no line of a region crosses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from docmill.extractors.tables.lines import Chunk, Line

# How many lines may cross a gap between two columns (headings do), by the number of lines.
_CROSSING = ((40, 3), (12, 2), (4, 1), (0, 0))
# Least width of a gap in line heights, by the number of lines that vouch for it.
_LEAST_GAP = ((12, 0.45), (6, 0.6), (4, 0.8), (0, 1.0))


@dataclass(frozen=True, order=True)
class Gap:
    """White space between two columns."""

    x0: float
    x1: float

    @property
    def middle(self) -> float:
        """Where the columns are parted."""
        return (self.x0 + self.x1) / 2


def column_gaps(lines: Sequence[Line], height: float) -> list[Gap]:
    """Gaps between columns, left to right.

    Chunks that stand across several chunks of most other lines (headings over columns, titles,
    notes) have no say. `height` is the region's usual line height.
    """
    rows = [line.chunks for line in lines]
    edges = [([chunk.x0 for chunk in row], [chunk.x1 for chunk in row]) for row in rows]
    voting = [[chunk for chunk in row if not _spans(chunk, edges, height)] for row in rows]
    voting = [row for row in voting if row]
    gaps = [gap for stretch in _thin(voting) for gap in _clearest(stretch, voting, height)]
    return _without_lonely(gaps, voting)


def _spans(
    chunk: Chunk, rows: Sequence[tuple[Sequence[float], Sequence[float]]], height: float
) -> bool:
    """Whether most lines have several chunks where this one stands.

    `rows` are the left and the right edges of every line's chunks; its own line counts, too.
    """
    slack = 0.3 * height
    left, right = chunk.x0 + slack, chunk.x1 - slack
    several = one = 0
    for starts, ends in rows:
        under = bisect_left(starts, right) - bisect_right(ends, left)
        several += under > 1
        one += under == 1
    return several > max(one - 1, 0)


@dataclass(frozen=True)
class _Step:
    """A piece of the page's width, and how many lines have text there."""

    depth: int
    x0: float
    x1: float


def _thin(rows: Sequence[Sequence[Chunk]]) -> Iterator[list[_Step]]:
    """Stretches where at most a few lines have text."""
    edges = sorted(
        edge for row in rows for chunk in row for edge in ((chunk.x0, 1), (chunk.x1, -1))
    )
    allowed = _allowed(len(rows))
    depth, stretch = 0, list[_Step]()
    for (x, step), (following, _) in pairwise(edges):
        depth += step
        if depth > allowed:
            yield stretch
            stretch = []
        elif following > x:
            stretch.append(_Step(depth, x, following))


def _allowed(rows: int) -> int:
    """How many lines may cross a gap."""
    return next(crossing for least, crossing in _CROSSING if rows >= least)


def _clearest(
    stretch: Sequence[_Step], rows: Sequence[Sequence[Chunk]], height: float
) -> list[Gap]:
    """The gaps of a stretch that the fewest lines cross."""
    for depth in sorted({step.depth for step in stretch}):
        gaps = [gap for gap in _below(stretch, depth) if _vouched(gap, rows, height)]
        if gaps:
            return gaps
    return []


def _below(stretch: Sequence[_Step], depth: int) -> Iterator[Gap]:
    """Pieces of a stretch, joined, that at most `depth` lines cross."""
    x0 = x1 = None
    for step in stretch:
        if step.depth > depth:
            continue
        if x0 is None or step.x0 != x1:
            if x0 is not None and x1 is not None:
                yield Gap(x0, x1)
            x0 = step.x0
        x1 = step.x1
    if x0 is not None and x1 is not None:
        yield Gap(x0, x1)


def _vouched(gap: Gap, rows: Sequence[Sequence[Chunk]], height: float) -> bool:
    """Whether enough lines have text on both sides of a gap that is wide enough for them."""
    both = sum(
        any(c.x1 <= gap.middle for c in row) and any(c.x0 >= gap.middle for c in row)
        for row in rows
    )
    crossing = sum(any(c.x0 < gap.middle < c.x1 for c in row) for row in rows)
    least = next(width for count, width in _LEAST_GAP if both >= count)
    return both >= max(1, 3 * crossing) and gap.x1 - gap.x0 >= least * height


def _without_lonely(gaps: Sequence[Gap], rows: Sequence[Sequence[Chunk]]) -> list[Gap]:
    """Gaps without those that part a heading from the column it stands beside.

    Where no line has text in both of two neighbouring columns, one of them holds only texts set
    off against the other's: the two are one column.
    """
    kept = list(gaps)
    changed = True
    while changed:
        changed = False
        for number, gap in enumerate(kept):
            left = kept[number - 1].middle if number else float("-inf")
            right = kept[number + 1].middle if number + 1 < len(kept) else float("inf")
            if not any(
                _fills(row, left, gap.middle) and _fills(row, gap.middle, right) for row in rows
            ):
                kept.remove(gap)
                changed = True
                break
    return kept


def _fills(row: Sequence[Chunk], x0: float, x1: float) -> bool:
    return any(x0 <= (chunk.x0 + chunk.x1) / 2 < x1 for chunk in row)


def columns_filled(line: Line, gaps: Sequence[Gap]) -> set[int]:
    """The numbers of the columns that hold text of a line."""
    return {sum(gap.middle < (c.x0 + c.x1) / 2 for gap in gaps) for c in line.chunks}


def prose_columns(run: Sequence[Line], gaps: Sequence[Gap]) -> list[int]:
    """Columns of running text: line after line of many words that fill the column."""
    columns: list[list[Chunk]] = [[] for _ in range(len(gaps) + 1)]
    for line in run:
        for chunk in line.chunks:
            columns[sum(gap.middle < (chunk.x0 + chunk.x1) / 2 for gap in gaps)].append(chunk)
    return [number for number, chunks in enumerate(columns) if _is_prose(chunks, len(run))]


def _is_prose(chunks: Sequence[Chunk], lines: int) -> bool:
    if len(chunks) < 4:
        return False
    left, right = min(c.x0 for c in chunks), max(c.x1 for c in chunks)
    full = [c for c in chunks if c.width > 0.75 * (right - left) and len(c.tokens) >= 4]
    return len(full) >= 0.8 * len(chunks)
