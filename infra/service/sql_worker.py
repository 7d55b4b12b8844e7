"""Queries of strangers on the published warehouse, as a worker of the cage runs them.

What keeps a query in bounds: the file is opened read-only; DuckDB may touch no other file, load no
extension and change no setting; only statements that read are let through; rows and bytes of the
answer, time and memory are limited, by DuckDB first, and by the cage where DuckDB does not stop.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from threading import Timer
from typing import Any, cast

import duckdb

from docmill.schemas.errors import MemoryExceeded, StoreError, UsageError, WorkerTimeout

_NICENESS = 5  # loading and answering go first
_MOST_BYTES = 64_000_000  # of an answer
_READING = {"SELECT", "EXPLAIN", "MULTI"}  # MULTI: a PIVOT, which asks for its columns first
_ONE_SELECT = "Ask one SELECT at a time; other statements are not served."


@dataclass(frozen=True)
class SqlOrder:
    """A query, and what it may take. `memory_mb` is DuckDB's; the cage allows more in all."""

    path: Path
    sql: str
    parameters: Sequence[Any] | dict[str, Any]
    max_rows: int
    seconds: float
    memory_mb: int
    threads: int


def warm_up() -> None:
    """Gives way to the service itself, and imports what queries need."""
    os.nice(_NICENESS)
    duckdb.connect().execute("SELECT 1").fetchall()


def answer(order: SqlOrder) -> bytes:
    """The query's answer as JSON: columns, types, rows, truncated, loaded_through.

    Raises:
        UsageError: the query cannot be run; the message is the database's.
        WorkerTimeout: it took too long.
        MemoryExceeded: it needed too much memory.
        StoreError: nothing is published, or the file cannot be opened.
    """
    connection = _reader().connection(order)
    with closing(connection), _translated(order), _interrupted_after(connection, order.seconds):
        _check(connection, order.sql)
        loaded_through = connection.execute("SELECT loaded_through FROM snapshot").fetchone()
        cursor = connection.execute(order.sql, order.parameters)
        described = cursor.description or []
        rows, truncated = _rows(cursor, order.max_rows)
    return _json(
        {
            "columns": [column[0] for column in described],
            "types": [str(column[1]) for column in described],
            "truncated": truncated,
            "loaded_through": loaded_through and _plain(loaded_through[0]),
        },
        rows,
    )


class _Reader:
    """The file as it is now, kept open from query to query."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._opened: duckdb.DuckDBPyConnection | None = None

    def connection(self, order: SqlOrder) -> duckdb.DuckDBPyConnection:
        """A connection that no query used before; the file is opened anew when it was replaced."""
        try:
            status = order.path.stat()
        except FileNotFoundError as error:
            raise StoreError(
                "nothing is published yet", "Wait for the first load, then ask again."
            ) from error
        stamp = (status.st_ino, status.st_mtime_ns)
        if self._opened is None or stamp != self._stamp:
            self._close()  # before: DuckDB would find the old one open, and hand it out again
            self._opened = _open(order)
            self._stamp = stamp
        return self._opened.cursor()

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


@lru_cache(maxsize=1)
def _reader() -> _Reader:
    return _Reader()


def _open(order: SqlOrder) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{order.memory_mb}MB",
        "threads": str(order.threads),
        "max_temp_directory_size": "0KB",
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    try:
        return duckdb.connect(order.path, read_only=True, config=config)
    except duckdb.Error as error:
        raise StoreError(
            f"{order.path.name} cannot be opened: {str(error).splitlines()[0]}",
            "Close whoever has it open for writing.",
        ) from error


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    except ValueError as error:  # a kind of statement that the Python module has no name for
        raise UsageError("this statement is not served", _ONE_SELECT) from error
    if len(kinds) != 1:
        raise UsageError(f"{len(kinds)} statements instead of one", _ONE_SELECT)
    if kinds[0] not in _READING:
        raise UsageError(f"{kinds[0]} is not served", _ONE_SELECT)


@contextmanager
def _translated(order: SqlOrder) -> Generator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryExceeded(
            f"The query needed more than {order.memory_mb} MB of memory.", "Ask for less at once."
        ) from error
    except duckdb.InterruptException as error:
        raise WorkerTimeout(
            f"The query was stopped after {order.seconds:g} s.", "Ask for less at once."
        ) from error
    except (duckdb.Error, OverflowError) as error:
        raise UsageError(str(error), "") from error


@contextmanager
def _interrupted_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Generator[None]:
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _rows(cursor: duckdb.DuckDBPyConnection, most: int) -> tuple[list[str], bool]:
    """Rows as JSON, and whether there are more than fit."""
    rows: list[str] = []
    size = 0
    while fetched := cursor.fetchmany(min(1000, most + 1 - len(rows))):
        for row in fetched:
            rows.append(json.dumps([_plain(value) for value in row], ensure_ascii=False))
            size += len(rows[-1])
            if len(rows) > most or size > _MOST_BYTES:
                return rows[:-1], True
    return rows, False


def _json(head: dict[str, Any], rows: list[str]) -> bytes:
    return f'{json.dumps(head)[:-1]}, "rows": [{", ".join(rows)}]}}'.encode()


def _plain(value: Any) -> Any:
    """A value as JSON has it: decimals as text, so that no digit is lost; times in UTC, ISO."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [_plain(item) for item in cast("Sequence[Any]", value)]
        case dict():
            return dict(_pairs(cast("dict[Any, Any]", value)))
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def _pairs(value: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        yield str(key), _plain(item)
