"""When a value is right, and which row of one list answers to which row of another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment  # pyright: ignore

from docmill.extractors.normalise import normal_forms
from docmill.schemas.document_schema import FieldKind

ALIKE = 0.9
LOOSE_KINDS = frozenset({FieldKind.NAME, FieldKind.ADDRESS, FieldKind.TEXT})
_CLOSING = ":._…"
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_assign = cast(Callable[..., tuple[NDArray[np.int64], NDArray[np.int64]]], linear_sum_assignment)
# Between equal rows, the order on the page decides; far too little to outweigh a cell.
_ORDER = 1e-6


@dataclass(frozen=True)
class Comparison:
    """A value beside its truth: similarity 0..1, right by the rule, and strictly equal."""

    similarity: float
    right: bool
    strict: bool


def compare(kind: FieldKind, value: str, truth: str) -> Comparison:
    """Compare by the rule that docmill uses everywhere.

    Dates, numbers, identifiers and codes are right when they have a normal form in common (an
    ambiguous truth such as 04/05/20 has two). Names, addresses and free text are right at a
    normalised Levenshtein similarity of 0.9, with letter case and white space folded; they are
    strictly equal at 1.
    """
    best = max(
        (_similarity(kind, value, reading) for reading in _readings(kind, truth)), default=0.0
    )
    return Comparison(best, best >= (ALIKE if kind in LOOSE_KINDS else 1.0), best >= 1.0)


def compare_written(value: str, truth: str) -> Comparison:
    """Compare a part of a key-value pair: alike to 0.9 without white space and closing signs.

    Truths of forms are transcribed word by word (`6/ 21/ 93`), and a key's colon belongs to the
    form, not to the key.
    """
    similarity = Levenshtein.normalized_similarity(_squeezed(value), _squeezed(truth))
    return Comparison(similarity, similarity >= ALIKE, similarity >= 1.0)


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split()).rstrip(_CLOSING)


def _readings(kind: FieldKind, truth: str) -> Iterator[str]:
    """What a truth may be meant to say: sets differ in how they write dates and spaces."""
    yield truth
    if kind is FieldKind.DATE and (compact := _COMPACT_DATE.fullmatch(truth.strip())):
        yield "-".join(compact.groups())
    if "_" in truth and not any(sign.isspace() for sign in truth):
        yield truth.replace("_", " ")


def _similarity(kind: FieldKind, value: str, truth: str) -> float:
    if kind not in LOOSE_KINDS:
        return float(bool(normal_forms(kind, value) & normal_forms(kind, truth)))
    return Levenshtein.normalized_similarity(_folded(value), _folded(truth))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def best_pairs(worth: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The one-to-one pairing of rows and columns with the largest sum of worth.

    Pairs without worth are left out.

    Args:
        worth: at least 0; one row per wanted thing, one column per given thing.
    """
    if not worth.size:
        return []
    wanted, given = np.indices(worth.shape)
    ordered = worth - _ORDER * np.abs(wanted - given) / max(worth.shape)
    return [(row, column) for row, column in assigned(-ordered) if worth[row, column] > 0]


def assigned(costs: NDArray[Any]) -> list[tuple[int, int]]:
    """The one-to-one pairing of rows and columns with the least sum of costs.

    As many pairs as the shorter side has members. Hungarian method (Kuhn 1955), as in
    `scipy.optimize.linear_sum_assignment`.
    """
    rows, columns = _assign(costs)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def worth_of(matrix: Sequence[Sequence[float]], columns: int) -> NDArray[np.float64]:
    """The numbers as an array, with the right shape even where there are none."""
    return np.array(matrix, dtype=np.float64).reshape(len(matrix), columns)
