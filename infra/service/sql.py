"""SQL over HTTP: queries go to warm worker processes, never to the live warehouse."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import Field

from docmill.infra.cage import Cage, CageLimits
from docmill.infra.service import sql_worker
from docmill.infra.service.sql_worker import SqlOrder
from docmill.infra.settings import Serve
from docmill.schemas.errors import StoreError
from docmill.schemas.frozen import Frozen

_WAITING = 100  # queries that may wait for a worker
_GRACE_S = 2.0  # in which DuckDB should have stopped by itself
_ROOM = 3  # times DuckDB's own limit: for the rows as Python objects, and for what maps memory


class SqlRequest(Frozen):
    """A query. Parameters stand for `?` (a list) or `$name` (an object) in it."""

    sql: str = Field(min_length=1, max_length=100_000)
    parameters: list[Any] | dict[str, Any] = Field(default_factory=list[Any])
    max_rows: int | None = Field(default=None, ge=1)


class SqlService:
    """Runs queries on a published file within limits; any thread may ask."""

    def __init__(self, published: Path, settings: Serve) -> None:
        self._published = published
        self._settings = settings
        seconds = settings.sql_seconds + _GRACE_S
        self._threads = max(1, (os.cpu_count() or 1) // settings.sql_workers)
        self._cage = Cage(
            settings.sql_workers,
            CageLimits(
                memory_mb=settings.sql_memory_mb * _ROOM,
                wall_s=seconds,
                cpu_s=seconds * (self._threads + 1),
            ),
            sql_worker.warm_up,
        )
        self._pool = ThreadPoolExecutor(settings.sql_workers, thread_name_prefix="sql")
        self._counting = Lock()
        self._waiting = 0

    def ask(self, request: SqlRequest) -> Future[bytes]:
        """The answer as JSON, once there is one; see `sql_worker.answer` on errors.

        Raises:
            StoreError: too many queries wait already.
        """
        with self._counting:
            if self._waiting >= _WAITING:
                raise StoreError(f"{_WAITING} queries wait already", "Ask again later.")
            self._waiting += 1
        future = self._pool.submit(self._cage.call, sql_worker.answer, self._order(request))
        future.add_done_callback(self._done)
        return future

    def close(self) -> None:
        """Ends all queries at once."""
        self._cage.close()
        self._pool.shutdown(cancel_futures=True)

    def _done(self, _: Future[bytes]) -> None:
        with self._counting:
            self._waiting -= 1

    def _order(self, request: SqlRequest) -> SqlOrder:
        settings = self._settings
        parameters: Sequence[Any] | dict[str, Any] = request.parameters
        return SqlOrder(
            path=self._published,
            sql=request.sql,
            parameters=parameters,
            max_rows=min(request.max_rows or settings.sql_rows, settings.sql_rows),
            seconds=settings.sql_seconds,
            memory_mb=settings.sql_memory_mb,
            threads=self._threads,
        )
