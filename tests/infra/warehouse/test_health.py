from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from docmill.infra.warehouse.health import BacklogLimits, backlog, check_health
from docmill.infra.warehouse.loader import Loader

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def loaded(mill: Any, warehouse: DuckDBPyConnection) -> DuckDBPyConnection:
    """Four days of 20 documents, all for review; on the fifth 18 of 36 cannot be opened."""
    for day in range(4):
        for number in range(20):
            mill.sight(f"{day}-{number}")
            mill.finish(f"{day}-{number}")
        mill.clock.forward(days=1)
    for number in range(36):
        mill.sight(f"new-{number}")
        if number % 2:
            mill.fail(f"new-{number}", retryable=False)
        else:
            mill.finish(f"new-{number}")
    Loader(warehouse, mill.lake, mill.clock).load()
    return warehouse


def test_a_shift_is_found_where_it_is(loaded: DuckDBPyConnection) -> None:
    now = NOON + timedelta(days=4, minutes=5)
    sources = {"in": "file:///in/", "other": "s3://elsewhere/"}
    health = check_health(loaded, now, sources=sources)
    found = {(drift.group, drift.measure) for drift in health.drifts}
    assert found == {("all documents", "failed"), ("source in", "failed")}
    drift = health.drifts[0]
    assert (drift.before, drift.after) == (0, 0.5)
    assert (drift.documents_before, drift.documents_after) == (80, 36)
    assert "share failed 0 % → 50 % of 36 documents since 2026-11-23 18:00 UTC" in health.texts[0]


def test_nothing_is_found_when_nothing_changed(loaded: DuckDBPyConnection) -> None:
    loaded.execute("DELETE FROM internal.documents WHERE status = 'failed'")
    health = check_health(loaded, NOON + timedelta(days=4))
    assert health.texts == ()
    assert health.backlog.items == 98


def test_the_window_can_begin_at_the_last_load(loaded: DuckDBPyConnection) -> None:
    since = NOON + timedelta(days=3)
    health = check_health(loaded, NOON + timedelta(days=4), since=since, sources={"in": "file:///"})
    assert health.since == since
    assert [drift.documents_after for drift in health.drifts] == [56, 56]


def test_a_long_queue_is_told_with_its_oldest_item(loaded: DuckDBPyConnection) -> None:
    now = NOON + timedelta(days=4)
    assert backlog(loaded).oldest == NOON.replace(tzinfo=None)
    long = check_health(loaded, now, backlog_limits=BacklogLimits(items=97))
    assert long.backlog_text is not None
    assert "98 items of 98 documents wait for review" in long.backlog_text
    assert "2026-11-20 12:00 UTC (4 days)" in long.backlog_text
    old = check_health(loaded, now, backlog_limits=BacklogLimits(age=timedelta(days=3)))
    assert old.backlog_text is not None


def test_an_empty_warehouse_is_healthy(warehouse: DuckDBPyConnection) -> None:
    health = check_health(warehouse, NOON)
    assert health.texts == ()
    assert health.since is None
