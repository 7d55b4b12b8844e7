"""Rows that are numbered: the surest sign of where each item of a list begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from docmill.extractors.layout import Row, Token
from docmill.extractors.local.headers import Column

# Numbering counts by one, or leaves room for insertions.
STEPS = (1, 10, 100)
# A single number proves nothing.
MIN_NUMBERS = 2
# Numbers of one column begin (or end) within so many heights of each other.
ALIGNED = 1.0

_NUMBER = re.compile(r"0*(\d{1,4})[.)]?")


def numbered_rows(columns: Sequence[Column], body: Sequence[Row]) -> frozenset[Row]:
    """The rows of a list's body that begin with its running number; none where it has none.

    A running number stands left of every column that we ask for, and counts on without a hole.
    """
    edge = min((column.x0 for column in columns if column.field is not None), default=0.0)
    numbers = [
        (row, row.tokens[0], int(match[1]))
        for row in body
        if (match := _NUMBER.fullmatch(row.tokens[0].text)) and row.tokens[0].x1 < edge
    ]
    best: list[Row] = []
    for first, step in product(range(len(numbers)), STEPS):
        found = _counted(numbers[first:], step)
        best = found if len(found) > len(best) else best
    return frozenset(best) if len(best) >= MIN_NUMBERS else frozenset()


def _counted(numbers: Sequence[tuple[Row, Token, int]], step: int) -> list[Row]:
    """The rows that count on from the first one, their numbers under each other."""
    _, first, expected = numbers[0]
    found: list[Row] = []
    for row, token, number in numbers:
        near = min(abs(token.x0 - first.x0), abs(token.x1 - first.x1))
        if number == expected and near <= ALIGNED * first.height:
            found.append(row)
            expected += step
    return found
