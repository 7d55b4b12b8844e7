from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.evaluation.matching import (
    assigned,
    best_pairs,
    compare,
    compare_written,
    worth_of,
)
from docmill.schemas.document_schema import FieldKind

TEXTS = st.text(alphabet="abc 12.,/-", max_size=12)
SHARES = st.integers(0, 10).map(lambda tenths: tenths / 10)


@pytest.mark.parametrize(
    ("kind", "value", "truth", "right", "strict"),
    [
        (FieldKind.DATE, "2020-05-04", "04/05/20", True, True),  # either order may be meant
        (FieldKind.DATE, "2020-04-05", "04/05/20", True, True),
        (FieldKind.DATE, "2013-06-05", "20130605", True, True),
        (FieldKind.DATE, "2013-05-06", "20130605", False, False),
        (FieldKind.AMOUNT, "3355.0", "$3,355.00", True, True),
        (FieldKind.AMOUNT, "3355.01", "$3,355.00", False, False),
        (FieldKind.IDENTIFIER, "2485647-1", "2485647-1", True, True),
        (FieldKind.IDENTIFIER, "2485647-1", "2485647-2", False, False),
        (FieldKind.NAME, "acme  corp", "ACME Corp", True, True),
        (FieldKind.NAME, "ACME Corp.", "ACME Corp", True, False),  # 9 of 10 characters
        (FieldKind.NAME, "ACME Co", "ACME Corp", False, False),  # 7 of 9
        (FieldKind.TEXT, "2 years", "2_years", True, True),
        (FieldKind.NAME, "New York", "New_York", True, True),
        (FieldKind.NAME, "a b", "a_b c", False, False),  # spaces stand beside underscores
    ],
)
def test_the_scoring_rule(
    kind: FieldKind, value: str, truth: str, right: bool, strict: bool
) -> None:
    outcome = compare(kind, value, truth)
    assert (outcome.right, outcome.strict) == (right, strict)


@given(st.sampled_from([FieldKind.NAME, FieldKind.TEXT, FieldKind.ADDRESS]), TEXTS)
def test_a_text_is_right_beside_itself(kind: FieldKind, text: str) -> None:
    assert compare(kind, text, text).strict


@given(TEXTS, TEXTS)
def test_texts_are_as_alike_one_way_as_the_other(first: str, second: str) -> None:
    one, other = (compare(FieldKind.TEXT, *pair) for pair in ((first, second), (second, first)))
    assert one == other


@pytest.mark.parametrize(
    ("value", "truth", "right"),
    [("DATE", "Date:", True), ("6/21/93", "6/ 21/ 93", True), ("6/22/93", "6/ 21/ 93", False),
     ("Total", "Total amount:", False), ("No", "No.", True)],
)  # fmt: skip
def test_parts_of_pairs_are_compared_as_they_are_written(
    value: str, truth: str, right: bool
) -> None:
    assert compare_written(value, truth).right is right


def test_pairs_are_chosen_for_the_sum_of_all() -> None:
    # Greedy would take 0.9 first, and be left with nothing for the other.
    assert best_pairs(worth_of([[0.9, 0.8], [0.8, 0.0]], 2)) == [(0, 1), (1, 0)]


def test_nothing_is_paired_without_worth() -> None:
    assert best_pairs(worth_of([[0.0, 0.0]], 2)) == []
    assert best_pairs(worth_of([], 3)) == []
    assert best_pairs(worth_of([[], []], 0)) == []


def test_equal_rows_keep_their_order() -> None:
    assert best_pairs(worth_of([[1.0] * 3] * 3, 3)) == [(0, 0), (1, 1), (2, 2)]


@given(st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(SHARES, min_size=n, max_size=n), min_size=1, max_size=4)
))  # fmt: skip
def test_no_other_pairing_is_worth_more(rows: list[list[float]]) -> None:
    worth = worth_of(rows, len(rows[0]))
    pairs = best_pairs(worth)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    wide: list[list[float]] = (worth if len(rows) <= len(rows[0]) else worth.T).tolist()
    best = max(
        sum(row[column] for row, column in zip(wide, order, strict=True))
        for order in permutations(range(len(wide[0])), len(wide))
    )
    total = sum(worth[pair] for pair in pairs)
    assert total == pytest.approx(best)
    mirrored = best_pairs(worth.T)
    assert sum(worth.T[pair] for pair in mirrored) == pytest.approx(total)


def test_costs_are_kept_low() -> None:
    assert assigned(np.array([[1, 5], [2, 9]])) == [(0, 1), (1, 0)]
