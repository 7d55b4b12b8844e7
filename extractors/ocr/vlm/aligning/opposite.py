"""Which found words stand opposite the words that a model wrote: alignment of two sequences.

The characters of both are aligned at least edit distance (Levenshtein; rapidfuzz's bit-parallel
form of Myers' and Hirschberg's methods: 60,000 characters against 60,000 take a third of a
second), words parted by spaces. Words that were split, joined, parted by a hyphen or misread
then come out opposite each other without any rule for either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from docmill.extractors.ocr.vlm.aligning.written import is_unspaced

ALIKE = 0.5
"""Share of a word's characters that must be found on the other side, and the other way round."""

SMALL_REST = 0.15
"""Share of a found word that nobody claims and that still counts as part of its neighbour; one
character always does."""

MAX_RUN = 2
"""So many differently read words in a row are taken to be each other by their place alone."""


class Piece(NamedTuple):
    """A found word or a part of it: from `start` to `end`, 0..1 along its characters."""

    found: int
    start: float = 0.0
    end: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether it is all of the found word."""
        return self.start == 0 and self.end == 1

    def of(self, found: int) -> Piece:
        """The same part of another word."""
        return Piece(found, self.start, self.end)


Pieces = tuple[Piece, ...]


@dataclass
class _Pair:
    """Characters of a found word, `first` to `last`, opposite a written one; so many are equal."""

    first: int
    last: int
    equal: int = 0


_Pairs = dict[tuple[int, int], _Pair]


def opposite(
    written: Sequence[str], found: Sequence[str], alike: float = ALIKE, *, in_place: bool = True
) -> dict[int, Pieces]:
    """For numbers of written words, the pieces of found words that stand opposite, in order.

    Args:
        written: what is compared of the model's words (`written.key_of`), in order.
        found: the same of the words that have boxes, in the order in which they are to be read.
        alike: share of characters, 0..1, that must agree, counted on both sides.
        in_place: whether as many unlike words between two that agree are taken for each other.
    """
    if list(written) == list(found):  # as most paragraphs are
        return {number: (Piece(number),) for number in range(len(written))}
    pairs = _believed(_pairs(written, found), written, found, alike)
    pieces = _pieces(pairs, found)
    if in_place:
        for one, other in _in_place(pieces, written, found):
            pieces[one] = (Piece(other),)
    return pieces


def _pairs(written: Sequence[str], found: Sequence[str]) -> _Pairs:
    one, of_one = _line_of(written)
    other, of_other = _line_of(found)
    pairs: _Pairs = {}
    for step in Levenshtein.opcodes(one, other):
        if step.tag not in ("equal", "replace"):
            continue
        equal = step.tag == "equal"
        at, there = step.src_start, step.dest_start
        while at < step.src_end:  # as far as both go on in the same words
            word, _, word_end = of_one[at]
            facing, start, facing_end = of_other[there]
            count = min(word_end - at, facing_end - there, step.src_end - at)
            if word >= 0 and facing >= 0:
                pair = pairs.get((word, facing))
                if pair is None:
                    pair = pairs[word, facing] = _Pair(there - start, there - start)
                pair.last = there - start + count - 1
                pair.equal += count * equal
            at, there = at + count, there + count
    return pairs


_Owner = tuple[int, int, int]
"""A word's number, -1 for spaces, and from where to where (exclusive) it stands in a line."""


def _line_of(words: Sequence[str]) -> tuple[str, list[_Owner]]:
    """The words in a line, and of every character the word that it belongs to.

    No spaces are between letters of scripts that set none.
    """
    parts: list[str] = []
    owners: list[_Owner] = []
    for number, word in enumerate(words):
        at = len(owners)
        if parts and not (is_unspaced(word) and is_unspaced(parts[-1][-1])):
            parts.append(" ")
            owners.append((-1, at, at + 1))
            at += 1
        parts.append(word)
        owners += [(number, at, at + len(word))] * len(word)
    return "".join(parts), owners


def _believed(pairs: _Pairs, written: Sequence[str], found: Sequence[str], alike: float) -> _Pairs:
    """Pairs that share most of the shorter word, where both words are mostly accounted for."""
    kept = {
        (one, other): pair
        for (one, other), pair in pairs.items()
        if pair.equal and pair.equal >= alike * min(len(written[one]), len(found[other]))
    }
    for _ in range(2):  # a word that loses a part may leave another one unaccounted for
        ours: dict[int, int] = defaultdict(int)
        theirs: dict[int, int] = defaultdict(int)
        for (one, other), pair in kept.items():
            ours[one] += pair.equal
            theirs[other] += pair.equal
        kept = {
            (one, other): pair
            for (one, other), pair in kept.items()
            if ours[one] >= alike * len(written[one]) and theirs[other] >= alike * len(found[other])
        }
    return kept


def _pieces(pairs: _Pairs, found: Sequence[str]) -> dict[int, Pieces]:
    claims: dict[int, list[tuple[int, _Pair]]] = defaultdict(list)
    for (one, other), pair in sorted(pairs.items()):
        claims[other].append((one, pair))
    pieces: dict[int, Pieces] = {}
    for other, claimed in claims.items():
        one, pair = claimed[0]
        if len(claimed) == 1 and pair.first == 0 and pair.last == len(found[other]) - 1:
            pieces[one] = (*pieces.get(one, ()), Piece(other))  # as most are; the same by shares
            continue
        for one, start, end in _shares(claimed, len(found[other])):
            pieces[one] = (*pieces.get(one, ()), Piece(other, start, end))
    return pieces


def _shares(
    claimed: Sequence[tuple[int, _Pair]], length: int
) -> Iterator[tuple[int, float, float]]:
    """Parts of one found word for the written words that claim it, left to right."""
    starts = [pair.first for _, pair in claimed]
    rest = max(1, SMALL_REST * length)
    if starts[0] <= rest:
        starts[0] = 0
    end = claimed[-1][1].last + 1
    if length - end <= rest:
        end = length
    for (one, _), start, stop in zip(claimed, starts, [*starts[1:], end], strict=True):
        yield one, start / length, stop / length


def _in_place(
    pieces: dict[int, Pieces], written: Sequence[str], found: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Written and found words between two that agree, where there are as many of either."""
    anchors = [(one, faced[0].found, faced[-1].found) for one, faced in sorted(pieces.items())]
    edges = [(-1, -1, -1), *anchors, (len(written), len(found), len(found))]
    for (before, _, last), (after, first, _) in pairwise(edges):
        count = after - before - 1
        if not 0 < count <= MAX_RUN or first - last - 1 != count:
            continue
        if not anchors and count > 1:  # nothing says that these are the same lines
            continue
        for step in range(1, count + 1):
            one, other = before + step, last + step
            if _of_like_length(written[one], found[other]):
                yield one, other


def _of_like_length(one: str, other: str) -> bool:
    short, long = sorted((len(one), len(other)))
    return long - short <= 2 or short >= ALIKE * long
