"""Pairs of key and value from any form, by where things stand and not by what keys are called.

The value of a key stands behind its colon, in the next segment to the right, or in the lines
below; headings over a grid are the keys of its cells; a short text left of figures, or one of
several such texts under each other, is a key without a colon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from docmill.extractors.fold import fold, folded
from docmill.extractors.layout import Layout, LayoutPage, Row, Segment, Token
from docmill.extractors.local.form_grids import Grid, find_grids
from docmill.extractors.local.form_keys import (
    Key,
    bare_key,
    looks_filled,
    marked_keys,
    rows_of,
    split_bare,
    value_text,
)
from docmill.schemas.naming import vocabulary

# Gaps in line heights: to a value on the right, to the first line below, between its lines.
RIGHT_GAP = 22.0
CLOSE_GAP = 2.0
BELOW_GAP = 1.9
LINE_GAP = 1.1
MAX_VALUE_LINES = 12
# How sure each way of finding is, 0..1.
MARKED, BARE, CELL = 0.8, 0.5, 0.6


@dataclass(frozen=True, eq=False)
class Pair:
    """A key and its value, each as words of one page; `certainty` is 0..1."""

    key: tuple[Token, ...]
    value: tuple[Token, ...]
    certainty: float


def find_pairs(layout: Layout) -> list[Pair]:
    """All pairs on the pages in reading order; keys without a value are left out."""
    return [pair for page in layout.pages for pair in _Page(page).pairs()]


# Words that never end a key: the next line goes on with it.
_JOINTS = vocabulary("of and or to for the in by with from und der des von de du et del di e y")


class _Page:
    """The keys of one page, and which words stand for what."""

    def __init__(self, page: LayoutPage) -> None:
        self.rows = rows_of(page)
        self.width, self.height = page.width, page.line_height
        self._taken: set[Token] = set()

    def pairs(self) -> list[Pair]:
        """Pairs from top to bottom."""
        self._taken.update(token for key in self.keys for token in key.tokens)
        found = [*self._marked_pairs(), *self._cell_pairs(), *self._bare_pairs()]
        return sorted(found, key=lambda p: (p.value[0].middle, p.value[0].x0))

    @cached_property
    def keys(self) -> list[Key]:
        """Keys with a colon."""
        return [
            self._with_line_above(key)
            for row in self.rows
            for segment in row.segments
            for key in marked_keys(segment)
        ]

    @cached_property
    def _key_words(self) -> frozenset[Token]:
        return frozenset(token for key in self.keys for token in key.tokens)

    @cached_property
    def grids(self) -> list[Grid]:
        """Rows of cells, with or without headings."""
        return find_grids(self.rows, self.height, self._key_words)

    @cached_property
    def _repeated(self) -> frozenset[str]:
        """Short texts that stand several times on the page: printed, not filled in."""
        counts = Counter(
            folded(segment.text)
            for row in self.rows
            for segment in row.segments
            if bare_key(segment) is not None
        )
        return frozenset(text for text, count in counts.items() if count > 1 and len(text) > 2)

    def _marked_pairs(self) -> Iterator[Pair]:
        for key in self.keys:
            names = self._list_under(key)
            if names:
                for segment in names:
                    self._taken.update(segment.tokens)
                    yield Pair(key.tokens, segment.tokens, CELL)
                continue
            value = self._value(key)
            if value_text(value):
                self._taken.update(value)
                yield Pair(key.tokens, value, MARKED)

    def _cell_pairs(self) -> Iterator[Pair]:
        for grid in self.grids:
            if not grid.titled or not grid.filled or grid.two_sided:
                continue
            for heading, segment in grid.cells():
                free = not self._taken.intersection(segment.tokens)
                if heading and free and value_text(segment.tokens):
                    self._taken.update(segment.tokens)
                    yield Pair(heading, segment.tokens, CELL)
            self._taken.update(token for heading in grid.headings for token in heading)

    def _bare_pairs(self) -> Iterator[Pair]:
        candidates = list(self._bare_candidates())
        lefts = Counter(round(key.tokens[0].x0 / self.height) for key, _ in candidates)
        for key, value in candidates:
            stacked = lefts[round(key.tokens[0].x0 / self.height)] > 1
            words = (*key.tokens, *value)
            apart = value[0] not in key.segment.tokens and looks_filled(value)
            if self._taken.intersection(words) or not (stacked or apart):
                continue
            self._taken.update(words)
            yield Pair(key.tokens, value, BARE)

    def _bare_candidates(self) -> Iterator[tuple[Key, tuple[Token, ...]]]:
        for segment in (segment for row in self.rows for segment in row.segments):
            joined = split_bare(segment)
            if joined is not None:
                yield joined, joined.rest
        crowded = {s for g in self.grids for s in g.segments if not g.filled and len(g.columns) > 2}
        for row in self.rows:
            for segment, right in zip(row.segments, row.segments[1:], strict=False):
                key = bare_key(segment)
                gap = (right.x0 - segment.x1) / self.height
                if key is None or segment in crowded or gap > RIGHT_GAP:
                    continue
                if folded(right.text) not in self._repeated and value_text(right.tokens):
                    yield key, right.tokens

    def _with_line_above(self, key: Key) -> Key:
        """The key with the line above it, where that begins it: `Source of` / `information:`."""
        if key.tokens[0] is not key.segment.tokens[0] or key.segment.row == 0:
            return key
        first = key.tokens[0]
        for row in reversed(self.rows[max(0, key.segment.row - 2) : key.segment.row]):
            if first.y0 - row.y1 > 0.45 * self.height:
                break
            for segment in row.segments:
                aligned = abs(segment.x0 - first.x0) < 0.5 * self.height
                alone = row.segments[-1] is segment and len(segment.tokens) <= 4
                unfinished = fold(segment.text)[-1:] and fold(segment.text)[-1] in _JOINTS
                if aligned and alone and unfinished and bare_key(segment):
                    return Key((*segment.tokens, *key.tokens), key.rest, key.segment)
        return key

    def _value(self, key: Key) -> tuple[Token, ...]:
        """Behind the colon, to the right, or below, with the lines that go on under it."""
        beside = key.rest if value_text(key.rest) else self._beside(key)
        if beside:
            beside = self._to_the_right(beside, self.rows[key.segment.row])
            return (*beside, *self._lines_under(beside, key))
        return self._below(key)

    def _beside(self, key: Key) -> tuple[Token, ...]:
        """The next segment of the row, unless it is a key itself or far away."""
        row = self.rows[key.segment.row]
        place = row.segments.index(key.segment)
        for n, segment in enumerate(row.segments[place + 1 :], start=place + 1):
            gap = (segment.x0 - key.segment.x1) / self.height
            if gap > RIGHT_GAP or self._is_taken(segment) or self._is_key(segment, row, n):
                return ()
            if value_text(segment.tokens):
                return segment.tokens
        return ()

    def _to_the_right(self, value: tuple[Token, ...], row: Row) -> tuple[Token, ...]:
        """The value with the segments that follow it closely: `R.  J. Reynolds`."""
        for n, segment in enumerate(row.segments):
            gap = segment.x0 - value[-1].x1
            if not 0 <= gap <= CLOSE_GAP * self.height:
                continue
            if self._is_taken(segment) or self._is_key(segment, row, n):
                break
            value = (*value, *segment.tokens)
        return value

    def _is_taken(self, segment: Segment) -> bool:
        return bool(self._taken.intersection(segment.tokens))

    def _is_key(self, segment: Segment, row: Row, place: int) -> bool:
        """Whether a text is the key of what stands right of it, or is printed again elsewhere."""
        if folded(segment.text) in self._repeated:
            return True
        following = row.segments[place + 1] if place + 1 < len(row.segments) else None
        return (
            following is not None
            and bare_key(segment) is not None
            and looks_filled(following.tokens)
            and following.x0 - segment.x1 < RIGHT_GAP / 2 * self.height
        )

    def _below(self, key: Key) -> tuple[Token, ...]:
        """The lines under the key, up to the next key or gap."""
        lines: list[Segment] = []
        bottom = key.segment.y1
        for row in self.rows[key.segment.row + 1 :]:
            if row.y0 - bottom > (LINE_GAP if lines else BELOW_GAP) * self.height:
                break
            line = self._line_at(row, key)
            if line is None:
                continue
            if not self._goes_on(row, line) or len(lines) == MAX_VALUE_LINES:
                break
            lines.append(line)
            bottom = line.y1
        return tuple(token for line in lines for token in line.tokens)

    def _line_at(self, row: Row, key: Key) -> Segment | None:
        """The row's segment under the key: it begins near the key's left edge, or under it."""
        left = key.tokens[0].x0
        under = (
            s
            for s in row.segments
            if s.x0 - left >= -3 * self.height and s.x0 < key.segment.x1 and s.x1 > left
        )
        return next(under, None)

    def _goes_on(self, row: Row, line: Segment) -> bool:
        """Whether a line can belong to the value above it: no key, and no key's value."""
        place = row.segments.index(line)
        before = row.segments[:place]
        return not (
            self._is_taken(line)
            or self._is_key(line, row, place)
            or any(self._key_words.intersection(s.tokens) for s in before)
        )

    def _lines_under(self, first: tuple[Token, ...], key: Key) -> tuple[Token, ...]:
        """Lines that go on under a value that begins beside its key: same left edge as either."""
        if first[0].index == key.tokens[-1].index:  # one printed word: no edge of its own
            return ()
        lines: list[Segment] = []
        bottom = max(token.y1 for token in first)
        edge = max(token.x1 for token in first)
        start = key.segment.row + 1
        for row in self.rows[start : start + MAX_VALUE_LINES]:
            line = self._starting_at(row, first[0].x0)
            if line is None and edge > 0.7 * self.width:
                line = self._starting_at(row, key.tokens[0].x0)
            if line is None or row.y0 - bottom > LINE_GAP * self.height:
                break
            if not self._goes_on(row, line) or row.segments[0] is not line:
                break
            lines.append(line)
            bottom, edge = line.y1, line.x1
        return tuple(token for line in lines for token in line.tokens)

    def _starting_at(self, row: Row, x0: float) -> Segment | None:
        return next((s for s in row.segments if abs(s.x0 - x0) <= 0.8 * self.height), None)

    def _list_under(self, key: Key) -> list[Segment]:
        """The texts of a grid without headings that begins beside or under the key."""
        if not value_text(key.rest) and self._beside(key):
            return []
        for grid in self.grids:
            gap = grid.rows[0].y0 - key.segment.y1
            near = -self.height < gap < BELOW_GAP * 2 * self.height
            texts = [
                segment
                for segment in grid.segments
                if not self._is_taken(segment) and len(folded(segment.text)) > 1
            ]
            figures = sum(looks_filled(s.tokens) for s in texts)
            if near and not grid.titled and len(grid.columns) > 2 and not figures and texts:
                inside = [Segment(key.rest, key.segment.page, key.segment.row)] if key.rest else []
                return [*inside, *texts]
        return []
