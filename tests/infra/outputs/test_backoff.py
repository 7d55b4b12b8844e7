from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.outputs import backoff

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@given(event=st.text(), attempt=st.integers(1, 10_000))
def test_pauses_grow_to_a_bound_within_their_spread(event: str, attempt: int) -> None:
    pause = backoff.pause_after(event, attempt)
    plain = min(backoff.FIRST * 3 ** min(attempt - 1, 20), backoff.LONGEST)
    assert 0.75 * plain <= pause <= 1.25 * plain
    assert pause == backoff.pause_after(event, attempt)


def test_documents_that_failed_together_come_apart() -> None:
    pauses = {backoff.pause_after(str(number), 4) for number in range(1000)}
    assert len(pauses) > 990


def test_the_default_attempts_take_about_a_day() -> None:
    total = sum((backoff.pause_after("e", number) for number in range(1, 12)), timedelta())
    assert timedelta(hours=18) < total < timedelta(hours=36)


@given(failures=st.integers(0, 10_000))
def test_rests_never_shrink_while_failures_go_on(failures: int) -> None:
    rest = backoff.rest_after(failures)
    assert rest <= backoff.rest_after(failures + 1) <= backoff.LONGEST_REST
    assert bool(rest) == (failures >= backoff.FAILURES_IN_A_ROW)


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta()),
        ("9" * 30, timedelta(days=1)),
        (format_datetime(NOON + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        (format_datetime(NOON - timedelta(minutes=5), usegmt=True), timedelta()),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_receiver_asks_for(header: str | None, asked: timedelta | None) -> None:
    assert backoff.retry_after(header, NOON) == asked


@given(st.text())
def test_no_header_breaks_anything(header: str) -> None:
    asked = backoff.retry_after(header, NOON)
    assert asked is None or timedelta() <= asked <= backoff.LONGEST_ASKED
