"""No alarm where nothing changed, an alarm where something did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.warehouse.drift import (
    DriftLimits,
    MeanChange,
    ShareChange,
    drift_of,
    holm,
    mean_p_value,
    share_p_value,
)

SINCE = datetime(2026, 11, 20, 6, tzinfo=UTC)
# No effect is too small here, so that the tests alone decide.
BARE = DriftLimits(points=0, deviations=0)
Draws = Callable[[np.random.Generator], float]


def share_change(
    generator: np.random.Generator, today: float, before: Draws, days: int = 20, size: int = 100
) -> ShareChange:
    counts = [(int(generator.binomial(size, before(generator))), size) for _ in range(days)]
    return ShareChange(
        group="g",
        measure="to review",
        before=tuple(counts),
        hits=int(generator.binomial(size, today)),
        total=size,
    )


def mean_change(generator: np.random.Generator, shift: float = 0.0) -> MeanChange:
    before = generator.beta(8, 2, size=400)
    after = np.clip(generator.beta(8, 2, size=80) - shift, 0, 1)
    return MeanChange(group="g", measure="confidence", before=tuple(before), after=tuple(after))


def test_same_distributions_raise_hardly_any_alarm() -> None:
    """400 checks of eight comparisons each: at most 1 % false alarms in the mean.

    With a true rate of 1 %, more than 11 of 400 come once in a thousand times.
    """
    alarms = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        shares = [share_change(generator, rate, lambda _, r=rate: r)
                  for rate in (0.01, 0.1, 0.3, 0.5, 0.9, 0.05)]  # fmt: skip
        changes = [*shares, mean_change(generator), mean_change(generator)]
        alarms += bool(drift_of(changes, SINCE, BARE))
    assert alarms <= 11


def test_shares_that_always_went_up_and_down_raise_hardly_any_alarm() -> None:
    """Every day has its own share, the new one too; independent tests alarm here all the time."""

    def any_day(generator: np.random.Generator) -> float:
        return float(generator.beta(4, 12))

    alarms = naive = 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        change = share_change(generator, any_day(generator), any_day)
        alarms += bool(drift_of([change], SINCE, BARE))
        flat = change.model_copy(
            update={"before": (tuple(np.sum(change.before, axis=0).tolist()),)}
        )
        naive += bool(drift_of([flat], SINCE, BARE))
    assert alarms <= 12
    assert naive > 50


@pytest.mark.parametrize(("before", "today"), [(0.08, 0.31), (0.0, 0.12), (0.5, 0.75)])
def test_a_rise_is_found_and_told_in_words(before: float, today: float) -> None:
    found = [
        drift_of(
            [share_change(np.random.default_rng(seed), today, lambda _: before)],
            SINCE,
            DriftLimits(),
        )
        for seed in range(50)
    ]
    assert sum(map(len, found)) >= 45
    drift = next(drifts[0] for drifts in found if drifts)
    assert f"{100 * drift.before:.0f} % → {100 * drift.after:.0f} % of 100" in drift.text
    assert "since 2026-11-20 06:00" in drift.text
    assert drift.p_value <= 0.01


def test_a_fall_of_confidence_is_found() -> None:
    found = [
        drift_of([mean_change(np.random.default_rng(seed), 0.1)], SINCE, DriftLimits())
        for seed in range(50)
    ]
    assert all(len(drifts) == 1 for drifts in found)
    assert "mean confidence 0.8" in found[0][0].text


def test_a_fall_of_failures_is_no_finding_but_of_an_engine_it_is() -> None:
    better = ShareChange(group="g", measure="failed", before=((300, 1000),), hits=0, total=200)
    engine = better.model_copy(update={"both_ways": True})
    assert drift_of([better], SINCE, DriftLimits()) == ()
    assert len(drift_of([engine], SINCE, DriftLimits())) == 1


def test_what_is_real_but_small_is_no_finding() -> None:
    change = ShareChange(
        group="g", measure="failed", before=((1000, 100_000),), hits=1400, total=100_000
    )
    assert share_p_value(change) < 1e-9
    assert drift_of([change], SINCE, DriftLimits()) == ()


@given(hits=st.integers(0, 29), before=st.integers(0, 2000), rate=st.floats(0, 1))
def test_small_samples_never_alarm(hits: int, before: int, rate: float) -> None:
    few_now = ShareChange(
        group="g", measure="m", before=((int(before * rate), before),), hits=hits, total=29
    )
    few_before = ShareChange(group="g", measure="m", before=((0, 49),), hits=hits, total=29 + hits)
    means = MeanChange(group="g", measure="m", before=(0.9,) * before, after=(0.1,) * hits)
    assert drift_of([few_now, few_before, means], SINCE, BARE) == ()


@given(
    before=st.lists(st.tuples(st.integers(0, 40), st.integers(40, 60)), min_size=1, max_size=8),
    hits=st.integers(0, 40),
    both_ways=st.booleans(),
)
def test_p_values_are_probabilities(
    before: list[tuple[int, int]], hits: int, both_ways: bool
) -> None:
    change = ShareChange(
        group="g",
        measure="m",
        before=tuple(before),
        hits=hits,
        total=40,
        both_ways=both_ways,
    )
    assert 0 <= share_p_value(change) <= 1


def test_equal_confidences_are_no_change() -> None:
    assert mean_p_value(MeanChange(group="g", measure="m", before=(0.5,), after=(0.5,))) == 1.0


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(new >= min(1.0, old) for new, old in zip(adjusted, p_values, strict=True))
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_holm_as_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
