"""All that is in a warehouse, to compare one that grew with one that was rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import duckdb

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


def content_of_file(path: Path) -> Content:
    """The same of a file that nobody has open."""
    with duckdb.connect(path, read_only=True) as connection:
        return content_of(connection)
