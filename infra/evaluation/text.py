"""Text beside its truth: edit distance in and out of reading order, words, runs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from docmill.infra.evaluation.dataset import Example
from docmill.infra.evaluation.matching import assigned
from docmill.schemas.evaluation import Counts, TextCounts
from docmill.schemas.page import PageText

_RUN = re.compile(r"[^\W_]+")
# Lines whose middles lie closer than this share of their height stand on one row.
_SAME_ROW = 0.5


def true_text(example: Example) -> str | None:
    """The whole text of a document in reading order, line by line; None where there is none.

    A transcription is taken as it stands, text lines in their order; entities, which come in no
    order, from top to bottom and from left to right.
    """
    lines: Any = example.ground_truth.get("text_lines_xywh") or example.ground_truth.get(
        "text_lines"
    )
    if lines:
        return "\n".join(str(line["text"]) for line in lines)
    if example.ground_truth.get("entities"):
        return "\n".join(_in_order(example.ground_truth["entities"]))
    transcription = example.fields.get("transcription")
    return transcription if isinstance(transcription, str) else None


def _in_order(entities: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Texts by rows; a row is opened by its topmost box."""
    waiting = sorted(entities, key=lambda entity: _middle(entity["box"]))
    row: list[Mapping[str, Any]] = []
    for entity in waiting:
        box = entity["box"]
        if row and _middle(box) - _middle(row[0]["box"]) > _SAME_ROW * _height(row[0]["box"]):
            yield from _left_to_right(row)
            row = []
        row.append(entity)
    yield from _left_to_right(row)


def _left_to_right(row: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    return (str(entity["text"]) for entity in sorted(row, key=lambda entity: entity["box"][0]))


def _middle(box: Sequence[float]) -> float:
    return (box[1] + box[3]) / 2


def _height(box: Sequence[float]) -> float:
    return box[3] - box[1]


def read_text(pages: Iterable[PageText]) -> str:
    """What was read on complete pages, visible words only, in reading order."""
    return " ".join(
        word.text for page in pages if page.status.complete for word in page.words if word.visible
    )


def compare_texts(truth: str, found: str) -> TextCounts:
    """Counts for character error rate, words and runs of letters and digits.

    Both texts in Unicode's NFKC with white space folded. Words and runs without letter case; so
    are characters where the truth has no small letter at all, as in sets transcribed in capitals.
    """
    truth, found = (_normalised(text) for text in (truth, found))
    if truth == truth.upper():
        found = found.upper()
    return TextCounts(
        characters=len(truth),
        edits=Levenshtein.distance(truth, found),
        edits_any_order=_edits_any_order(truth.split(), found.split()),
        words=shared(truth.casefold().split(), found.casefold().split()),
        runs=shared(_RUN.findall(truth.casefold()), _RUN.findall(found.casefold())),
    )


def _normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def shared(truth: Iterable[str], found: Iterable[str]) -> Counts:
    """Two bags beside each other."""
    wanted, given = Counter(truth), Counter(found)
    return Counts(right=(wanted & given).total(), given=given.total(), wanted=wanted.total())


def _edits_any_order(truth: Sequence[str], found: Sequence[str]) -> int:
    """The least sum of edit distances when every word is paired with one word or with nothing.

    Equal words may be paired first: the edit distance is a metric, so no other pairing is better.
    """
    wanted, given = Counter(truth), Counter(found)
    rest = [list((wanted - given).elements()), list((given - wanted).elements())]
    size = max(map(len, rest))
    if not size:
        return 0
    first, second = (words + [""] * (size - len(words)) for words in rest)
    costs = cdist(first, second, scorer=Levenshtein.distance, dtype=np.int32)
    return int(sum(costs[row, column] for row, column in assigned(costs)))
