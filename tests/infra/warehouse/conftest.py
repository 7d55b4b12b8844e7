"""Warehouses to look into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from warehouse_content import Content, content_of, content_of_file

from docmill.infra.warehouse import layout


@pytest.fixture(scope="session")
def content() -> Callable[[duckdb.DuckDBPyConnection | Path], Content]:
    """Reads all rows of a connection or of a file."""

    def read(warehouse: duckdb.DuckDBPyConnection | Path) -> Content:
        if isinstance(warehouse, duckdb.DuckDBPyConnection):
            return content_of(warehouse)
        return content_of_file(warehouse)

    return read


@pytest.fixture(scope="session")
def new_warehouse() -> Callable[[], duckdb.DuckDBPyConnection]:
    """Makes an empty warehouse in memory."""

    def make() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        for statement in layout.statements():
            connection.execute(statement)
        return connection

    return make


@pytest.fixture
def warehouse(
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
) -> Iterator[duckdb.DuckDBPyConnection]:
    with new_warehouse() as connection:
        yield connection
