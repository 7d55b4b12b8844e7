"""Which words found on the page are those that the model wrote, region by region.

Boxes of regions are a hint and not believed too far: a region is compared first with the words
inside its box, then with what is left around it, then with what is left around those of its
words that have a place, and, where its words are evidently elsewhere or it has no box, with what
is left anywhere on the page.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from docmill.extractors.ocr.vlm.aligning.columns import in_columns
from docmill.extractors.ocr.vlm.aligning.opposite import ALIKE, Piece, Pieces, opposite
from docmill.extractors.ocr.vlm.aligning.seeds import MIN_SLACK, seeds, window_of
from docmill.extractors.ocr.vlm.aligning.unspaced import put_together
from docmill.extractors.ocr.vlm.aligning.written import Written, key_of, written_in
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word

AROUND = 0.02
"""Share of the page's sides by which the boxes of regions may be off."""

SURELY_ALIKE = 0.75
"""Share of characters that must agree where the order of words says nothing."""

ROUNDS = 8
"""Times that what is left of a region is compared anew: one for each change of order, and for
each column that the model read downwards where the page's words run across."""


@dataclass
class Matching:
    """What is opposite what so far; `faced[word]` are pieces of `found`.

    `written` are the words of all regions, one after the other, `found` those of the page that
    can be seen; `standing` are the boxes of these on the upright page, `levels` how far down
    their middles are.
    """

    regions: Sequence[Region]
    found: Sequence[Word]
    written: list[Written] = field(init=False)
    words_of: list[range] = field(init=False)
    faced: dict[int, Pieces] = field(default_factory=dict[int, Pieces])
    claimed: set[int] = field(default_factory=set[int])
    keys: list[str] = field(init=False)
    middles: NDArray[np.float64] = field(init=False)
    standing: list[Box] = field(init=False)
    levels: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.written, self.words_of = [], []
        for number, region in enumerate(self.regions):
            start = len(self.written)
            self.written += written_in(number, region)
            self.words_of.append(range(start, len(self.written)))
        self.keys = [key_of(word.text) for word in self.found]
        corners = np.array([word.box.as_tuple() for word in self.found]).reshape(-1, 2, 2)
        self.middles = corners.mean(axis=1)
        self.standing = [word.upright or word.box for word in self.found]
        self.levels = [(box.y0 + box.y1) / 2 for box in self.standing]

    def run(self) -> None:
        """Compares all regions with all words of the page."""
        for words, region, inside in zip(self.words_of, self.regions, self._inside(), strict=True):
            if region.label == "formula" and inside:
                # LaTeX has another order than print: all that stands there is the formula.
                self._claim(words[0], tuple(Piece(n) for n in inside))
            else:
                self._compare(words, inside, in_place=True)
        for words, region in zip(self.words_of, self.regions, strict=True):
            if region.box is not None:
                self._settle(words, self._near(region.box))
        self._search()
        for words, region in zip(self.words_of, self.regions, strict=True):
            self._fill_gaps(words)
            if region.cells:
                self._straighten(words, region)

    def of_region(self, number: int) -> tuple[list[Written], dict[int, Pieces]]:
        """The words of a region, and by their number in it the pieces opposite of them."""
        words = self.words_of[number]
        faced = {n: self.faced[word] for n, word in enumerate(words) if word in self.faced}
        return put_together(self.written[words.start : words.stop], faced)

    def _inside(self) -> list[list[int]]:
        """For every region the found words inside its box; in the smallest, if in several."""
        inside: list[list[int]] = [[] for _ in self.regions]
        sized = sorted(
            (-region.box.area, number, region.box)
            for number, region in enumerate(self.regions)
            if region.box is not None and self.words_of[number]
        )
        owners = np.full(len(self.found), -1)
        for _, number, box in sized:
            owners[self._within(box)] = number
        for index in np.nonzero(owners >= 0)[0]:
            inside[int(owners[index])].append(int(index))
        return inside

    def _near(self, box: Box) -> list[int]:
        around = Box.clipped(box.x0 - AROUND, box.y0 - AROUND, box.x1 + AROUND, box.y1 + AROUND)
        return [int(n) for n in np.nonzero(self._within(around))[0]]

    def _within(self, box: Box) -> NDArray[np.bool_]:
        """Which found words have their middle in a box, shape (found,)."""
        low, high = np.array(box.as_tuple()).reshape(2, 2)
        return np.all((self.middles >= low) & (self.middles <= high), axis=1)

    def _settle(self, words: Sequence[int], candidates: Sequence[int]) -> None:
        """Compares words with `candidates` until no more fits."""
        for _ in range(ROUNDS):
            if not self._compare(words, candidates, SURELY_ALIKE):
                break

    def _compare(
        self,
        words: Sequence[int],
        candidates: Iterable[int],
        alike: float = ALIKE,
        *,
        in_place: bool = False,
    ) -> int:
        """Compares those of `words` and `candidates` that are still left.

        Returns:
            How many words found a place.
        """
        left = self._left(words)
        free = [index for index in candidates if index not in self.claimed]
        if not left or not free:
            return 0
        keys = self._keys(left)
        order = self._best_order(keys, free)
        pieces = opposite(keys, [self.keys[n] for n in order], alike, in_place=in_place)
        for one, faced in pieces.items():
            self._claim(left[one], tuple(piece.of(order[piece.found]) for piece in faced))
        return len(pieces)

    def _left(self, words: Iterable[int]) -> list[int]:
        return [word for word in words if word not in self.faced]

    def _free(self) -> list[int]:
        return [n for n in range(len(self.found)) if n not in self.claimed]

    def _keys(self, words: Iterable[int]) -> list[str]:
        return [self.written[word].key for word in words]

    def _claim(self, word: int, pieces: Pieces) -> None:
        self.faced[word] = pieces
        self.claimed.update(piece.found for piece in pieces)

    def _best_order(self, keys: Sequence[str], candidates: Sequence[int]) -> list[int]:
        """As they were found, or in rows across: whichever is nearer to what the model wrote."""
        given, across = list(candidates), self._in_rows(candidates)
        if given == across:
            return given
        text = " ".join(keys)

        def distance(order: Sequence[int]) -> int:
            return Levenshtein.distance(text, " ".join(self.keys[n] for n in order))

        return min(given, across, key=distance)

    def _in_rows(self, candidates: Sequence[int]) -> list[int]:
        rows: list[list[int]] = []
        bottom = -1.0
        for index in sorted(candidates, key=self.levels.__getitem__):
            if not rows or self.levels[index] > bottom:
                rows.append([])
                bottom = self.standing[index].y1
            rows[-1].append(index)
        return [n for row in rows for n in sorted(row, key=lambda n: self.standing[n].x0)]

    def _search(self) -> None:
        """Looks all over the page for regions that have no box or are evidently elsewhere."""
        lost = [
            words
            for words, region in zip(self.words_of, self.regions, strict=True)
            if region.box is None or 2 * len(self._left(words)) > len(words)
        ]
        together = [word for words in lost for word in words]
        for _ in range(ROUNDS):  # with every round, fewer words are there more than once
            left, free = self._left(together), self._free()
            placed = seeds(self._keys(left), [self.keys[n] for n in free])
            for one, other in placed.items():
                self._claim(left[one], (Piece(free[other]),))
            self._fill_gaps(together)
            if not placed:
                break
        for words in lost:
            for _ in range(ROUNDS):
                left, free = self._left(words), self._free()
                window = window_of(self._keys(left), [self.keys[n] for n in free])
                if not self._compare(left, [free[n] for n in window], SURELY_ALIKE):
                    break

    def _fill_gaps(self, words: Sequence[int]) -> None:
        """Compares words between two that have a place with what is found between these."""
        for first, last in _gaps(words, self.faced):
            before = self.faced[words[first - 1]] if first else None
            after = self.faced[words[last]] if last < len(words) else None
            reach = last - first + MIN_SLACK
            gap = words[first:last]
            if before and after and 0 < after[0].found - before[-1].found <= 2 * reach:
                between = range(before[-1].found + 1, after[0].found)
                self._compare(gap, between, in_place=True)
                continue
            if before:
                start = before[-1].found + 1
                following = range(start, min(start + reach, len(self.found)))
                self._compare(gap, following, SURELY_ALIKE)
            if after:
                preceding = range(max(0, after[0].found - reach), after[0].found)
                self._compare(gap, preceding, SURELY_ALIKE)

    def _straighten(self, words: range, region: Region) -> None:
        """Gives equal words of a table's rows to the columns where they stand."""
        faced = {n: self.faced.pop(word) for n, word in enumerate(words) if word in self.faced}
        written = self.written[words.start : words.stop]
        for number, pieces in in_columns(region, written, faced, self.found).items():
            self.faced[words[number]] = pieces


def _gaps(words: Sequence[int], placed: Container[int]) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of runs in `words` of such as are not placed."""
    start = None
    for at, word in enumerate(words):
        if word not in placed and start is None:
            start = at
        elif word in placed and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(words)
