"""Where in its region a word must stand that was not found on the page.

Never more exact than what is known: the gap between two words that were found on one row, the
rest of a row, the rows between two words, and at least the region's share that the line has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from statistics import median

from docmill.extractors.ocr.vlm.aligning.written import Written
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.geometry import Box

ROW_OVERLAP = 0.5
"""Share of the lower of two boxes that they have in common where they stand on one row."""


def on_one_row(one: Box, other: Box) -> bool:
    """Whether two boxes stand beside each other."""
    top, bottom, upper, lower = one.y0, one.y1, other.y0, other.y1
    shared = min(bottom, lower) - max(top, upper)
    return shared > 0 and shared >= ROW_OVERLAP * min(bottom - top, lower - upper)


def in_lines(
    _: Region, frame: Box, written: Sequence[Written], known: Sequence[Box | None]
) -> Iterator[tuple[int, Box]]:
    """For the number of every word without a box, what its neighbours and its line leave for it.

    Args:
        _: the region.
        frame: its box.
        written: its words.
        known: the boxes of those that were found.
    """
    lines = written[-1].line + 1 if written else 1
    pitch = _pitch(written, known)
    for first, last in _gaps(known):
        before = known[first - 1] if first else None
        after = known[last] if last < len(known) else None
        words = written[first:last]
        if before and after and on_one_row(before, after) and before.x1 < after.x0:
            boxes = list(_between(before, after, words))
        else:
            above = written[first - 1].line if before and _is_line(before, frame, lines) else None
            below = written[last].line if after and _is_line(after, frame, lines) else None
            boxes: list[Box] = []
            for line, group in groupby(words, key=lambda word: word.line):
                run = list(group)
                if before and line == above:
                    boxes += _following(before, frame, run, pitch)
                elif after and line == below:
                    boxes += _preceding(after, frame, run, pitch)
                elif before or after:
                    boxes += [_strip(frame, before, after)] * len(run)
                else:
                    boxes += [_share(frame, line, lines)] * len(run)
        yield from zip(range(first, last), boxes, strict=True)


def _pitch(written: Sequence[Written], known: Sequence[Box | None]) -> float:
    """How wide a character is in this region, as a share of the page's width; 0 if not known."""
    pairs = zip(written, known, strict=True)
    return median([box.width / len(word.text) for word, box in pairs if box] or [0.0])


def _gaps(known: Sequence[Box | None]) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of runs of words without a box."""
    start = None
    for number, box in enumerate(known):
        if box is None and start is None:
            start = number
        elif box is not None and start is not None:
            yield start, number
            start = None
    if start is not None:
        yield start, len(known)


def _spans(words: Sequence[Written]) -> Iterator[tuple[int, int]]:
    """First and last + 1 character of each word, with a space before each."""
    at = 1
    for word in words:
        yield at, at + len(word.text)
        at += len(word.text) + 1


def _between(before: Box, after: Box, words: Sequence[Written]) -> Iterator[Box]:
    """Shares of the gap between two words of a row, by characters."""
    top, bottom = min(before.y0, after.y0), max(before.y1, after.y1)
    spans = list(_spans(words))
    pitch = (after.x0 - before.x1) / (spans[-1][1] + 1)
    for start, end in spans:
        yield Box.clipped(before.x1 + start * pitch, top, before.x1 + end * pitch, bottom)


def _following(before: Box, frame: Box, words: Sequence[Written], pitch: float) -> Iterator[Box]:
    """On the row of the word before, as far to the right as characters reach."""
    right = max(frame.x1, before.x1)
    for start, end in _spans(words):
        x0, x1 = before.x1 + start * pitch, min(before.x1 + end * pitch, right)
        yield Box.clipped(x0 if x0 < x1 else before.x1, before.y0, x1, before.y1)


def _preceding(after: Box, frame: Box, words: Sequence[Written], pitch: float) -> Iterator[Box]:
    """On the row of the word after, as far to the left as characters reach."""
    spans = list(_spans(words))
    length, left = spans[-1][1] + 1, min(frame.x0, after.x0)
    for start, end in spans:
        x0 = max(after.x0 - (length - start) * pitch, left)
        x1 = after.x0 - (length - end) * pitch
        yield Box.clipped(x0, after.y0, x1 if x0 < x1 else after.x0, after.y1)


def _is_line(box: Box, frame: Box, lines: int) -> bool:
    """Whether the model's lines are those of the page: a paragraph comes as a single one."""
    return lines > 1 or frame.height < 2 * box.height


def _strip(frame: Box, before: Box | None, after: Box | None) -> Box:
    """All of the region's width, from the row of the word before to that of the word after."""
    top = before.y0 if before else frame.y0
    bottom = after.y1 if after else frame.y1
    return Box.clipped(frame.x0, top, frame.x1, bottom) if top < bottom else frame


def _share(frame: Box, line: int, lines: int) -> Box:
    height = frame.height / lines
    top = frame.y0 + line * height
    return Box.clipped(frame.x0, top, frame.x1, top + height)


def in_table(
    region: Region, frame: Box, written: Sequence[Written], known: Sequence[Box | None]
) -> Iterator[tuple[int, Box]]:
    """The same for a table: what is left in a word's cell, which reaches as far as words do."""
    across: dict[int, list[Box]] = {}
    down: dict[int, list[Box]] = {}
    for word, box in zip(written, known, strict=True):
        cell = region.cells[word.origin.cell or 0]
        if box is not None and cell.row_span == 1:
            across.setdefault(cell.row, []).append(box)
        if box is not None and cell.column_span == 1:
            down.setdefault(cell.column, []).append(box)
    rows = _rows(region, frame, {row: Box.around(boxes) for row, boxes in across.items()})
    first = 0
    for number, group in groupby(written, key=lambda word: word.origin.cell):
        cell = region.cells[number or 0]
        words = list(group)
        boxes = known[first : first + len(words)]
        if all(boxes):
            first += len(words)
            continue
        words = [word._replace(line=0) for word in words]
        column, (top, bottom) = Box.around(down.get(cell.column) or [frame]), rows[cell.row]
        inside = Box.clipped(column.x0, top, column.x1, bottom)
        for at, box in in_lines(region, inside, words, boxes):
            yield first + at, box
        first += len(words)


def _rows(region: Region, frame: Box, known: Mapping[int, Box]) -> list[tuple[float, float]]:
    """Top and bottom of every row; rows without a word share what is left between others."""
    count = max(cell.row + cell.row_span for cell in region.cells)
    rows: list[tuple[float, float]] = []
    for row in range(count):
        if row in known:
            rows.append((known[row].y0, known[row].y1))
            continue
        above = max((n for n in known if n < row), default=-1)
        below = min((n for n in known if n > row), default=count)
        top = known[above].y1 if above >= 0 else frame.y0
        bottom = known[below].y0 if below < count else frame.y1
        top, bottom = (top, bottom) if top < bottom else (frame.y0, frame.y1)
        height = (bottom - top) / (below - above - 1)
        start = top + (row - above - 1) * height
        rows.append((start, start + height))
    return rows
