"""Warehouses to look into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_content import Content, content_of, content_of_file

from docmill.infra.warehouse.opening import opened


@pytest.fixture(scope="session")
def content() -> Callable[[duckdb.DuckDBPyConnection | Path], Content]:
    """Reads all rows of a connection or of a file."""

    def read(warehouse: duckdb.DuckDBPyConnection | Path) -> Content:
        if isinstance(warehouse, duckdb.DuckDBPyConnection):
            return content_of(warehouse)
        return content_of_file(warehouse)

    return read


@pytest.fixture(scope="session")
def new_warehouse(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], duckdb.DuckDBPyConnection]:
    """Makes an empty warehouse in memory: a copy of one, since laying one out takes 0.2 s."""
    empty = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with opened(empty):
        pass

    def make() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(f"ATTACH '{empty}' AS empty (READ_ONLY)")
        connection.execute("COPY FROM DATABASE empty TO memory")
        connection.execute("DETACH empty")
        return connection

    return make


@pytest.fixture
def warehouse(
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
) -> Iterator[duckdb.DuckDBPyConnection]:
    with new_warehouse() as connection:
        yield connection
