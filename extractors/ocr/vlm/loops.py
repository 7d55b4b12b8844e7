"""Where a model began to repeat itself: loops in its answer, at the end or in the middle.

Print repeats itself too: empty cells, rows of zeros, dotted leaders, signature lines, sheets of
labels. So marks that only fill space never count as a loop, what the page itself repeats is no
loop, and where the page's own words are not known, only what no page has room for is one.

Own method, linear in the answer's length but for one sort: in a stretch that repeats with period
p, the distance from most places to the last occurrence of the same eight characters is p. So few
periods have to be looked at, wherever the stretch lies and however long its unit is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRAM = 8
"""Characters that are looked up; shorter ones recur by chance on every page."""

PERIODS = 24
"""So many distances are looked at; a loop worth the name has one of the most frequent."""

_TAG = re.compile(r"""<[/!]?[A-Za-z](?:"[^"]*"|'[^']*'|[^'"<>])*>|&nbsp;""")
_SPACE = re.compile(r"\s+")
_FILL = re.compile(r"([\W_])\1{2,}")
_CELL = re.compile(r"<t[dh][\s>]|(?<=[^|\n])\|")
_BASE = np.uint64(1_000_003)


@dataclass(frozen=True)
class Loop:
    """`span` are characters of the answer, `unit` what recurs in it `count` times in a row.

    `unit` is without tags and white space.
    """

    span: tuple[int, int]
    unit: str
    count: int

    def __str__(self) -> str:
        """For people."""
        shown = self.unit if len(self.unit) <= 40 else f"{self.unit[:39]}…"
        return f"“{shown}” {self.count} times in a row"


def loop_in(raw: str, printed: Sequence[str] = ()) -> Loop | None:
    """The longest loop in an answer, None where there is none.

    Args:
        raw: what the model wrote: HTML, Markdown or plain text.
        printed: the words of the page as they were found without the model. With them, loops
            of few repeats are found too, and what the page repeats half as often is none. They
            count as known where they are at least half of what the answer says besides.
    """
    text, places = _content(raw)
    folded = "".join(_letters(word) for word in printed)
    loops = [
        Loop((int(places[start]), int(places[end - 1]) + 1), unit, (end - start) // len(unit))
        for start, end, unit in _repeats(text)
        if any(map(str.isalnum, unit))
    ]
    believed = [loop for loop in loops if _is_loop(loop, raw, text, folded)]
    return max(believed, key=lambda loop: loop.span[1] - loop.span[0], default=None)


def loop_at_end(raw: str, share: float = 0.25) -> Loop | None:
    """What an answer that was cut off for its length had been repeating, of whatever marks.

    There a row of empty cells or dots without end is a loop as well; it fills at least `share`
    of the answer.
    """
    tails = [
        Loop((start, end), unit, (end - start) // len(unit))
        for start, end, unit in _repeats(raw)
        if len(raw) - end < len(unit) + GRAM and end - start >= share * len(raw)
    ]
    return next((loop for loop in tails if loop.count >= _few(len(loop.unit))), None)


def fills_space(loop: Loop, raw: str) -> bool:
    """Whether what an answer repeats is without letters and digits: empty cells, dots, lines."""
    text, places = _content(raw)
    start, end = loop.span[0] + len(loop.unit), loop.span[1] - len(loop.unit)
    first, last = np.searchsorted(places, (start, end)).tolist()
    return not any(map(str.isalnum, text[first:last]))


def _few(length: int) -> float:
    """How often a unit of this many characters must recur where the page is known not to."""
    return 4 + 40 / length


def _many(length: int) -> float:
    """The same in running text, where nothing is known of the page: labels come by the dozen."""
    return 12 + 120 / length


def _more_than_a_page(length: int) -> float:
    """The same in cells of tables: a page has room for as many."""
    return 12 + 1200 / length


def _is_loop(loop: Loop, raw: str, text: str, printed: str) -> bool:
    length, letters = len(loop.unit), _letters(loop.unit)
    others = len(_letters(text)) - loop.count * len(letters)
    if printed and 2 * len(printed) >= others:
        return loop.count >= _few(length) and 2 * printed.count(letters) < loop.count
    cells = len(_CELL.findall(raw, *loop.span))
    needed = _more_than_a_page(length) if cells >= loop.count - 1 else _many(length)
    return loop.count >= needed


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _content(raw: str) -> tuple[str, NDArray[np.int64]]:
    """The answer without tags, white space and marks that fill space; where each letter stood."""
    kept = np.ones(len(raw), bool)
    for tag in _TAG.finditer(raw):
        kept[tag.start() : tag.end()] = False
    for space in _SPACE.finditer(raw):
        kept[space.start() : space.end()] = False
    places = np.flatnonzero(kept)
    text = "".join(map(raw.__getitem__, places.tolist()))
    filled = np.zeros(len(text), bool)
    for fill in _FILL.finditer(text):
        filled[fill.start() : fill.end()] = True
    return _FILL.sub("", text), places[~filled]


def _repeats(text: str) -> list[tuple[int, int, str]]:
    """All stretches that repeat: start, end and the unit, three times or more."""
    letters = _letter_codes(text)
    found: list[tuple[int, int, str]] = []
    for period in _periods(letters):
        same = np.concatenate(([False], letters[period:] == letters[:-period], [False]))
        borders = np.flatnonzero(np.diff(same)).reshape(-1, 2)
        long = borders[np.diff(borders).ravel() >= 2 * period]
        for first, last in long.tolist():
            found.append((first, last + period, text[first : first + period]))
    return found


def _periods(letters: NDArray[np.uint32]) -> list[int]:
    """The distances at which most places recur; where units recur in units, it is several."""
    counts = np.bincount(_distances(letters))
    counts[:1] = 0
    likely = np.argsort(counts, kind="stable")[::-1][:PERIODS]
    return [int(period) for period in likely if counts[period] >= GRAM]


def _letter_codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _distances(letters: NDArray[np.uint32]) -> NDArray[np.int64]:
    """For every place, how far back its eight characters last stood; 0 where they did not."""
    count = max(0, len(letters) - GRAM + 1)
    hashes = np.zeros(count, np.uint64)
    for offset in range(GRAM):
        hashes = hashes * _BASE + letters[offset : offset + count]
    order = np.argsort(hashes, kind="stable")
    same = hashes[order[1:]] == hashes[order[:-1]]
    distances = np.zeros(count, np.int64)
    distances[order[1:][same]] = (order[1:] - order[:-1])[same]
    return distances
