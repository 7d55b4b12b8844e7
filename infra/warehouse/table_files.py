"""Rows of a batch in Parquet files, one per table, each row with the number of its portion.

Objects of the lake and rows become lines of JSON first, from which DuckDB makes the files:
row-by-row inserts take some hundred times longer, and pyarrow is not needed for this one purpose.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
from duckdb import DuckDBPyConnection

from docmill.infra.warehouse import ddl, projection
from docmill.infra.warehouse.ddl import Table, literal
from docmill.infra.warehouse.rows import Row, TableRow


@dataclass(frozen=True)
class TableFiles:
    """Files with rows; `numbers` are of the portions in each, in order, by the table's name."""

    files: Mapping[str, Path]
    numbers: Mapping[str, Sequence[int]]

    def read(self, connection: DuckDBPyConnection) -> None:
        """Read the files into temporary tables, from which rows are copied in the least time.

        They belong to the connection; those of other files are lost.

        Raises:
            duckdb.Error: there is no space.
        """
        for number, file in enumerate(self.files.values()):
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE staged_{number} AS FROM read_parquet($1)",
                [str(file)],
            )

    def insert(self, connection: DuckDBPyConnection, first: int, last: int) -> None:
        """Insert the rows of portions `first` to `last`, within the caller's transaction.

        Raises:
            duckdb.Error: the warehouse cannot be written.
        """
        for number, table in enumerate(self.files):
            numbers = self.numbers[table]
            place = bisect_left(numbers, first)
            if place < len(numbers) and numbers[place] <= last:
                connection.execute(
                    f"INSERT INTO {table} SELECT * EXCLUDE (portion) FROM temp.staged_{number} "
                    "WHERE portion BETWEEN $1 AND $2",
                    [first, last],
                )


class TableFileWriter:
    """Takes in a batch's rows and objects, portion by portion, and makes the files of them.

    Args:
        folder: for the files; empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = _Lines(folder / "rows.jsonl")
        self._values = _Lines(folder / "values.jsonl")
        self._pages = _Lines(folder / "pages.jsonl")
        self._held: defaultdict[str, list[Row]] = defaultdict(list)
        self._number = 0
        self._row_tables: dict[str, Table] = {}
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)

    def begin(self, number: int) -> None:
        """What is added from now on belongs to this portion; numbers only grow."""
        self._write_rows()
        self._number = number

    def add(self, rows: Iterable[TableRow]) -> None:
        """Take in rows."""
        for table, row in rows:
            self._row_tables.setdefault(table.name, table)
            self._held[table.name].append(row)

    def add_values(self, context: Mapping[str, Any], columns: Mapping[str, list[Any]]) -> None:
        """Take in values of one extraction; see `projection.VALUES_LINE`."""
        self._values.add(orjson.dumps({"_": self._numbered(context), **columns}))
        self._note(ddl.VALUES)

    def add_page(self, context: Mapping[str, Any], text: bytes) -> None:
        """Take in a page's reading, as the lake keeps it; see `projection.PAGE`."""
        self._pages.add(projection.line(self._numbered(context), text))
        for table in projection.PAGE_TABLES:
            self._note(table)

    def files(self) -> TableFiles:
        """Make the files of what was added; nothing can be added after that.

        Raises:
            duckdb.Error: an object is not what it should be, or there is no space.
        """
        self._write_rows()
        spilled = str(self._folder / "spilled")
        with closing(
            duckdb.connect(config={"threads": 1, "temp_directory": spilled})
        ) as connection:
            queries = self._queries(connection)
            return TableFiles(
                {name: self._copy(connection, name, own) for name, own in queries.items()},
                self._numbers,
            )

    def _queries(self, connection: DuckDBPyConnection) -> Mapping[str, list[str]]:
        """By table, queries for all of its rows; what several of them need is in tables."""
        queries: defaultdict[str, list[str]] = defaultdict(list)
        if self._rows.write_file():
            tables = self._row_tables.values()
            rows = projection.rows_of(tables, self._rows)
            connection.execute(f"CREATE TABLE staged_rows AS {rows}")
            for table in tables:
                queries[table.qualified].append(projection.rows_in(table, "staged_rows"))
        if self._values.write_file():
            queries[ddl.VALUES.qualified].append(projection.values(self._values))
        if self._pages.write_file():
            connection.execute(f"CREATE TABLE staged_pages AS {projection.pages(self._pages)}")
            for table, query in projection.page_queries("staged_pages").items():
                queries[table.qualified].append(query)
        return queries

    def _copy(self, connection: DuckDBPyConnection, name: str, queries: Sequence[str]) -> Path:
        file = self._folder / f"{name}.parquet"
        rows = " UNION ALL ".join(f"({query})" for query in queries)
        connection.execute(
            f"COPY ({rows}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION uncompressed)"
        )
        return file

    def _write_rows(self) -> None:
        """One line with all rows held, by table."""
        if self._held:
            self._rows.add(orjson.dumps({"_": self._numbered({}), **self._held}))
            for name in self._held:
                self._note(self._row_tables[name])
            self._held.clear()

    def _numbered(self, context: Mapping[str, Any]) -> dict[str, Any]:
        return {"portion": self._number, **context}

    def _note(self, table: Table) -> None:
        numbers = self._numbers[table.qualified]
        if not numbers or numbers[-1] != self._number:
            numbers.append(self._number)


class _Lines:
    """Lines of a file, held until it is written. `longest`: bytes of the longest; 0 without any.

    They are written at once: a thread that lets others run at every line would wait for each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.longest = 0
        self._lines: list[bytes] = []

    def add(self, line: bytes) -> None:
        """Add a line; it must not hold a line break."""
        self._lines.append(line)
        self.longest = max(self.longest, len(line) + 1)

    def write_file(self) -> bool:
        """Write the file; False where there are no lines, and none is written."""
        if self._lines:
            self.path.write_bytes(b"\n".join([*self._lines, b""]))
            self._lines.clear()
        return self.longest > 0
