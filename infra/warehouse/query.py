"""Reading what is published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, UsageError


def open_published(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published warehouse; it blocks nobody. Close it after use.

    Raises:
        UsageError: nothing has been published yet.
        StoreError: the file cannot be opened.
    """
    if not workspace.published.exists():
        raise UsageError(
            f"nothing is published in {workspace.root} yet",
            "Run `docmill run SOURCE` first, or name another folder with `--workspace`.",
        )
    try:
        return duckdb.connect(workspace.published, read_only=True)
    except duckdb.Error as error:
        raise StoreError(
            f"cannot open {workspace.published}: {str(error).splitlines()[0]}",
            "Close whoever has it open for writing, or run `docmill warehouse publish`.",
        ) from error


def row_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """The one row of a query for aggregates.

    Raises:
        duckdb.Error: the query failed.
    """
    row = connection.execute(sql, parameters).fetchone()
    assert row is not None  # an aggregate has one row
    return row
