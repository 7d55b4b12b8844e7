"""Where text stands in a page's words when nothing is known of its place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T", str, tuple[str, str])

COMMON = 12
"""Words that are left so often on a page say nothing of where a region stands."""

LONG = 6
"""Characters from which a word that is there once on either side is evidence alone."""

MIN_SLACK = 3
"""So many words may be missing or too many before a run is looked for somewhere else."""


def seeds(written: Sequence[str], found: Sequence[str]) -> dict[int, int]:
    """Words that surely stand opposite each other: number in `written` to number in `found`.

    Two words in a row that are there once on either side, and long words that are; what order
    the rest is in does not matter.
    """
    opposite: dict[int, int] = {}
    ones, others = _once(dict(enumerate(written))), _once(dict(enumerate(found)))
    for key, place in ones.items():
        if key in others and len(key) >= LONG:
            opposite[place] = others[key]
    pairs = _once(dict(enumerate(pairwise(written))))
    others = _once(dict(enumerate(pairwise(found))))
    for pair, place in pairs.items():
        if pair in others and any(map(telling, pair)):
            opposite[place] = others[pair]
            opposite[place + 1] = others[pair] + 1
    return dict(_one_to_one(opposite))


def _once(places: Mapping[int, T]) -> dict[T, int]:
    """What is there once, with its place."""
    counts = Counter(places.values())
    return {what: place for place, what in places.items() if counts[what] == 1}


def _one_to_one(opposite: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    taken: set[int] = set()
    for one, other in sorted(opposite.items()):
        if other not in taken:
            taken.add(other)
            yield one, other


def window_of(written: Sequence[str], found: Sequence[str]) -> range:
    """Where in `found` the longest run of `written` stands; empty if nowhere.

    Words in common vote for how far they are apart in both; two words must agree, or the only
    one that there is.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(found):
        places[key].append(place)
    slack = max(MIN_SLACK, len(written) // 8)
    votes: Counter[int] = Counter()
    for place, key in enumerate(written):
        if len(places.get(key, ())) <= COMMON and telling(key):
            votes.update({(other - place) // slack for other in places.get(key, ())})
    if not votes:
        return range(0)
    # Neighbouring buckets together: a run may lie across their border.
    best = max(votes, key=lambda bucket: (votes[bucket] + votes[bucket + 1], -abs(bucket)))
    if votes[best] + votes[best + 1] < min(2, len(written)):
        return range(0)
    start = best * slack
    return range(max(0, start), min(len(found), start + 2 * slack + len(written)))


def telling(key: str) -> bool:
    """Whether a word has a letter or a digit: dots and dashes stand everywhere."""
    return any(char.isalnum() for char in key)
