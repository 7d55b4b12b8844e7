"""What everybody does who writes to a warehouse: all or nothing, a few rows in, documents out.

Many rows are staged first, see `infra.warehouse.staging`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from duckdb import DuckDBPyConnection

from docmill.infra.warehouse.ddl import Table, quoted
from docmill.infra.warehouse.rows import Row, TableRow


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Generator[None]:
    """All of what the block writes, or nothing."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def delete_documents(
    connection: DuckDBPyConnection, tables: Iterable[Table], documents: Sequence[str]
) -> None:
    """Delete the rows of documents from some tables, within the caller's transaction.

    Raises:
        duckdb.Error: the warehouse cannot be written.
    """
    for table in tables if documents else ():
        connection.execute(
            f"DELETE FROM {table.qualified} WHERE document_id IN (SELECT unnest(?::VARCHAR[]))",
            [documents],
        )


def insert_rows(connection: DuckDBPyConnection, rows: Iterable[TableRow]) -> None:
    """Insert a few rows at once, within the transaction that the caller has begun.

    Raises:
        duckdb.Error: the warehouse cannot be written.
    """
    by_table: defaultdict[str, list[Row]] = defaultdict(list)
    for table, row in rows:
        by_table[table.qualified].append(row)
    for name, own in by_table.items():
        columns = list(dict.fromkeys(column for row in own for column in row))
        places = f"({', '.join('?' * len(columns))})"
        connection.execute(
            f"INSERT INTO {name} ({', '.join(map(quoted, columns))}) "
            f"VALUES {', '.join([places] * len(own))}",
            [_parameter(row.get(column)) for row in own for column in columns],
        )


def _parameter(value: Any) -> Any:
    """What DuckDB takes for it: JSON as its text."""
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


def json_shape(table: Table) -> str:
    """How `from_json` is told what a list of a table's rows looks like."""
    columns = {column.name: _NESTED.get(column.type, column.type) for column in table.columns}
    return orjson.dumps([columns]).decode()


_NESTED: Mapping[str, str | list[str]] = {"VARCHAR[]": ["VARCHAR"]}
