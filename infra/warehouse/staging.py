"""The fast way into DuckDB: rows as lines of JSON in a file per table, read back in one go.

Row-by-row inserts are some hundred times slower, and pyarrow is not needed for this one purpose.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from duckdb import DuckDBPyConnection
from pydantic_core import to_json

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.rows import TableRow

ROWS_HELD = 200_000  # about 40 MB of words on disk
_LONGEST_ROW_BYTES = 256 * 2**20


class Staging:
    """Collects rows and inserts them, within the transaction that the caller has begun."""

    def __init__(self, connection: DuckDBPyConnection, rows_held: int = ROWS_HELD) -> None:
        self._connection = connection
        self._rows_held = rows_held
        self._rows = 0
        self._files: dict[str, IO[bytes]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="docmill-load-")

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Insert what is left, unless something went wrong; remove the files."""
        try:
            if error is None:
                self.flush()
        finally:
            for file in self._files.values():
                file.close()
            self._folder.cleanup()

    def add(self, rows: Iterable[TableRow]) -> None:
        """Take rows in; those beyond what may be held go into the database."""
        for table, row in rows:
            file = self._files.get(table.name) or self._open(table)
            file.write(to_json(row))
            file.write(b"\n")
            self._rows += 1
            if self._rows >= self._rows_held:
                self.flush()

    def flush(self) -> None:
        """Insert the rows held."""
        for table in ddl.TABLES:
            file = self._files.pop(table.name, None)
            if file is not None:
                file.close()
                self._insert(table)
        self._rows = 0

    def _path(self, table: ddl.Table) -> Path:
        return Path(self._folder.name) / f"{table.name}.jsonl"

    def _open(self, table: ddl.Table) -> IO[bytes]:
        file = self._files[table.name] = self._path(table).open("wb")
        return file

    def _insert(self, table: ddl.Table) -> None:
        columns = ", ".join(
            f"{ddl.quoted(column.name)}: {ddl.literal(column.type)}" for column in table.columns
        )
        self._connection.execute(
            f"INSERT INTO {table.qualified} SELECT * FROM read_json(?, "
            f"format = 'newline_delimited', maximum_object_size = {_LONGEST_ROW_BYTES}, "
            f"columns = {{{columns}}})",
            [str(self._path(table))],
        )
