"""From a line's characters to its words and their exact places.

The recogniser drops many word spaces and knows places only to a sixth of the line's height.
The ink in between tells both: words end where the white gap is wide, and begin where ink does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

import numpy as np

from docmill.extractors.ocr.rapid.recognise import Character, Ink, ReadLine

# Widths in pixels of a crop that is 48 high, letters being about 30.
SURE_GAP = 24
"""White from which two characters belong to different words whatever the recogniser says."""

LIKELY_GAP, LIKELY_SPACE = 7, 0.05
"""White, and probability of a space, that together part words."""

LETTER_GAP = 3
"""Rows without ink that may part a letter from its dot or accent."""

MARGIN = 4
"""Rows at a crop's edges that may show the neighbouring lines."""


@dataclass(frozen=True)
class LineWord:
    """A word of a line; `left`, `right`, `top`, `bottom` are 0..1 of the line's crop."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    confidence: float


def words_of_line(line: ReadLine) -> tuple[LineWord, ...]:
    """The words of a line, left to right."""
    characters = [c for c in line.characters if not c.text.isspace()]
    if not characters:
        return ()
    top, bottom = _band(line.ink)
    columns = columns_of(line.ink)
    width = line.crop.shape[1]
    groups, edges = _groups(line, characters, columns)
    height = line.crop.shape[0]
    return tuple(
        LineWord(
            text="".join(character.text for character in group),
            left=left / width,
            right=right / width,
            top=top / height,
            bottom=bottom / height,
            confidence=fmean(character.probability for character in group),
        )
        for group, (left, right) in zip(groups, _spans(columns, edges), strict=True)
    )


def columns_of(ink: Ink) -> Ink:
    """Shape (width,): which columns have ink, neighbouring lines left out."""
    return np.logical_or.reduce(ink[MARGIN:-MARGIN], axis=0)


def _band(ink: Ink) -> tuple[int, int]:
    """First and last + 1 row of the line itself, without what shows of its neighbours."""
    rows: Ink = np.logical_or.reduce(ink, axis=1)
    bands = [(a, b) for a, b in _runs(rows, LETTER_GAP)]
    if not bands:
        return 0, len(rows)
    return max(bands, key=lambda band: int(ink[band[0] : band[1]].sum()))


def _runs(filled: Ink, gap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of runs of True; holes of up to `gap` do not part them."""
    start = end = -1
    for index in np.nonzero(filled)[0]:
        if start >= 0 and index - end > gap:
            yield start, end
            start = -1
        start = int(index) if start < 0 else start
        end = int(index) + 1
    if start >= 0:
        yield start, end


def _groups(
    line: ReadLine, characters: Sequence[Character], columns: Ink
) -> tuple[list[list[Character]], list[int]]:
    """Characters by word, and the columns at which words are parted."""
    groups, edges = [[characters[0]]], [0]
    for before, after in pairwise(characters):
        start, end = _widest_gap(columns, before.place, after.place)
        if _parts(line, before, after, end - start):
            groups.append([])
            edges.append((start + end) // 2)
        groups[-1].append(after)
    return groups, [*edges, len(columns)]


def _parts(line: ReadLine, before: Character, after: Character, gap: int) -> bool:
    """Whether a word ends between two characters with so much white between them."""
    space = max((p for place, p in line.spaces if before.place < place < after.place), default=0.0)
    if _is_wide(before.text) or _is_wide(after.text):  # Chinese and Japanese set no spaces
        return space > 0.5 or gap > SURE_GAP
    return space > 0.5 or gap >= SURE_GAP or (gap >= LIKELY_GAP and space >= LIKELY_SPACE)


def _is_wide(character: str) -> bool:
    return character >= "\u2e80"


def _widest_gap(columns: Ink, left: float, right: float) -> tuple[int, int]:
    """The longest run of columns without ink between two places."""
    first, last = round(left * len(columns)), round(right * len(columns))
    holes = list(_runs(~columns[first:last], 0))
    if not holes:
        middle = (first + last) // 2
        return middle, middle
    start, end = max(holes, key=lambda hole: hole[1] - hole[0])
    return first + start, first + end


def _spans(columns: Ink, edges: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last + 1 inked column between each two edges; the edges where there is no ink."""
    for left, right in pairwise(edges):
        inked = np.nonzero(columns[left:right])[0]
        if len(inked):
            yield left + int(inked[0]), left + int(inked[-1]) + 1
        else:
            yield left, max(right, left + 1)
