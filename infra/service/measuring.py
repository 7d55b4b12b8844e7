"""What a service measures of itself, beside the counts of what it loads."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from docmill.infra.service.live import LiveWarehouse
from docmill.infra.telemetry import metrics as m
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.warehouse.opening import wal_of
from docmill.infra.warehouse.turns import Turns
from docmill.schemas.errors import MemoryExceeded, StoreError, UsageError, WorkerTimeout

T = TypeVar("T")
_UNKNOWN = math.nan

# The present revision is what is published: 0; else the time since it was.
_SNAPSHOT_AGE = """
SELECT CASE WHEN revision = published THEN 0 ELSE
    epoch(now()::TIMESTAMPTZ) - epoch((SELECT max(published_at) FROM main.snapshot)::TIMESTAMPTZ)
END FROM internal.state
"""
_QUEUE = "SELECT count(*) FROM main.review_queue"


def measured(turn: Turns, metrics: Metrics, holder: str) -> Turns:
    """The same turn to write, with how long it is waited for and held."""

    @contextmanager
    def take() -> Generator[None]:
        asked = perf_counter()
        with turn():
            metrics.observe(m.TURN_WAIT_SECONDS, perf_counter() - asked, holder)
            with metrics.timed(m.TURN_SECONDS, holder):
                yield

    return take


def show(metrics: Metrics, live: LiveWarehouse) -> None:
    """Have the state of the warehouse and its disk asked for at every scrape."""
    workspace = live.workspace
    files = {
        "warehouse": workspace.warehouse,
        "log": wal_of(workspace.warehouse),
        "snapshot": workspace.published,
    }
    for name, path in files.items():
        metrics.ask(m.WAREHOUSE_BYTES, _bound(_size, path), name)
    metrics.ask(m.DISK_FREE, lambda: shutil.disk_usage(workspace.root).free)
    metrics.ask(m.SNAPSHOT_AGE, lambda: _number(live, _SNAPSHOT_AGE))
    metrics.ask(m.REVIEW_QUEUE, lambda: _number(live, _QUEUE))


def timed_query(metrics: Metrics, began: float, done: Future[Any]) -> None:
    """Counts a query that ended, by what became of it; `began` is by `perf_counter`."""
    metrics.observe(m.SQL_SECONDS, perf_counter() - began, _outcome(done))


def _outcome(done: Future[Any]) -> str:
    if done.cancelled():
        return "failed"
    match done.exception():
        case None:
            return "ok"
        case UsageError():
            return "refused"
        case WorkerTimeout():
            return "time"
        case MemoryExceeded():
            return "memory"
        case _:
            return "failed"


def _bound(function: Callable[[Path], float], path: Path) -> Callable[[], float]:
    return lambda: function(path)


def _size(path: Path) -> float:
    return path.stat().st_size if path.exists() else 0


def _number(live: LiveWarehouse, query: str) -> float:
    """What a query answers; not a number while the warehouse cannot be asked."""
    if not live.usable:
        return _UNKNOWN
    try:
        with live.cursor() as connection:
            rows = connection.execute(query).fetchall()
    except StoreError:
        return _UNKNOWN
    value: float | None = rows[0][0] if rows else None
    return _UNKNOWN if value is None else float(value)
