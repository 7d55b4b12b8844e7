"""Warehouses to look into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest

from docmill.infra.warehouse import ddl

Content: TypeAlias = dict[str, list[Any]]


def content_of(connection: duckdb.DuckDBPyConnection) -> Content:
    """All rows of all tables and views, but for when and how often it was loaded and published."""
    names = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_schema IN ('main', 'internal') ORDER BY ALL"
    ).fetchall()
    names = [f'{schema}."{table}"' for schema, table in names]
    return {
        name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
        for name in names
        if name not in ('main."snapshot"', 'internal."state"')
    }


@pytest.fixture(scope="session")
def content() -> Callable[[duckdb.DuckDBPyConnection | Path], Content]:
    """Reads all rows of a connection or of a file."""

    def read(warehouse: duckdb.DuckDBPyConnection | Path) -> Content:
        if isinstance(warehouse, duckdb.DuckDBPyConnection):
            return content_of(warehouse)
        with duckdb.connect(warehouse, read_only=True) as connection:
            return content_of(connection)

    return read


@pytest.fixture(scope="session")
def new_warehouse() -> Callable[[], duckdb.DuckDBPyConnection]:
    """Makes an empty warehouse in memory."""

    def make() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        for statement in ddl.statements():
            connection.execute(statement)
        return connection

    return make


@pytest.fixture
def warehouse(
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
) -> Iterator[duckdb.DuckDBPyConnection]:
    with new_warehouse() as connection:
        yield connection
