from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.evaluation.statistics import (
    f1_difference_interval,
    f1_interval,
    mcnemar,
    reliability,
    wilson,
)
from docmill.schemas.evaluation import Counts

COUNTS = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)).map(
    lambda n: Counts(right=n[0], given=n[0] + n[1], wanted=n[0] + n[2])
)


def test_wilson_as_worked_out_by_hand() -> None:
    # p = 8/10, z² = 3.8415: centre (0.8 + 0.19207) / 1.38415, spread 0.31304 / 1.38415.
    interval = wilson(8, 10)
    assert interval is not None
    assert interval.low == pytest.approx(0.4902, abs=1e-4)
    assert interval.high == pytest.approx(0.9433, abs=1e-4)


def test_wilson_says_something_at_the_ends() -> None:
    none, every = wilson(0, 10), wilson(10, 10)
    assert none is not None
    assert every is not None
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(0.2775, abs=1e-4)  # z² / (n + z²)
    assert every.low == pytest.approx(1 - none.high)
    assert wilson(0, 0) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share(counted: tuple[int, int]) -> None:
    right, total = counted
    interval = wilson(right, total)
    assert interval is not None
    assert 0 <= interval.low <= right / total <= interval.high <= 1


def test_counts_by_hand() -> None:
    counts = Counts(right=6, given=8, wanted=12)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, 0.6)
    assert Counts().f1 is None
    assert Counts(wanted=3).precision is None
    assert Counts(wanted=3).f1 == 0


def test_documents_that_agree_leave_no_doubt() -> None:
    interval = f1_interval([Counts(right=3, given=4, wanted=4)] * 5)
    assert interval is not None
    assert interval.low == interval.high == 0.75
    assert f1_interval([Counts(right=1, given=1, wanted=1)]) is None


@given(st.lists(COUNTS, min_size=2, max_size=8))
def test_the_bootstrap_is_seeded_and_stays_in_bounds(documents: list[Counts]) -> None:
    first, second = f1_interval(documents), f1_interval(documents)
    assert first == second
    assert first is not None
    assert 0 <= first.low <= first.high <= 1


def test_the_bootstrap_knows_how_far_documents_differ() -> None:
    # Half the documents all right, half all wrong: the mean of 20 coins, 0.5 ± 1.96 × 0.112.
    good, bad = Counts(right=1, given=1, wanted=1), Counts(right=0, given=1, wanted=1)
    interval = f1_interval([good, bad] * 10)
    assert interval is not None
    assert interval.low == pytest.approx(0.5 - 0.219, abs=0.06)
    assert interval.high == pytest.approx(0.5 + 0.219, abs=0.06)


def test_a_difference_in_every_document_is_certain() -> None:
    first = [Counts(right=right, given=4, wanted=4) for right in (0, 1, 2)]
    second = [Counts(right=counts.right + 1, given=4, wanted=4) for counts in first]
    interval = f1_difference_interval(first, second)
    assert interval is not None
    assert interval.low == pytest.approx(0.25)
    assert interval.high == pytest.approx(0.25)
    same = f1_difference_interval(first, first)
    assert same is not None
    assert (same.low, same.high) == (0, 0)


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [(0, 0, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (4, 4, 1.0), (5, 0, 0.0625)],
)
def test_mcnemar_is_two_tails_of_coins(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == pytest.approx(p)


def test_reliability_by_hand() -> None:
    measured = reliability([0.95, 0.95, 0.55, 0.35], [True, True, False, True])
    filled = {bin_.low: (bin_.values, bin_.right) for bin_ in measured.bins if bin_.values}
    assert filled == {0.9: (2, 2), 0.5: (1, 0), 0.3: (1, 1)}
    # |0.95 - 1| * 2 + |0.55 - 0| + |0.35 - 1| = 1.3, over 4 values.
    assert measured.expected_calibration_error == pytest.approx(0.325)
    # Of the 3 pairs of a right with the wrong value, 2 are in order.
    assert measured.auroc == pytest.approx(2 / 3)


def test_reliability_at_its_limits() -> None:
    assert reliability([], []).expected_calibration_error is None
    assert reliability([0.7, 0.9], [True, True]).auroc is None
    assert reliability([0.5, 0.5], [True, False]).auroc == 0.5
    ends = reliability([0.0, 1.0], [False, True])
    assert (ends.bins[0].values, ends.bins[-1].values) == (1, 1)
    assert ends.expected_calibration_error == 0
    assert ends.auroc == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_every_value_is_in_one_bin(values: list[tuple[float, bool]]) -> None:
    measured = reliability([confidence for confidence, _ in values], [right for _, right in values])
    assert sum(bin_.values for bin_ in measured.bins) == len(values)
    for bin_ in measured.bins:
        if bin_.mean_confidence is not None:
            assert bin_.low - 1e-9 <= bin_.mean_confidence <= bin_.high + 1e-9
