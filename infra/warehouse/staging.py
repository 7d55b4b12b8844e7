"""Rows of one batch, made ready beside the warehouse, so that writing them takes little time.

What is added is written to files as lines of JSON, which DuckDB reads into temporary tables; the
turn to write is needed only for copying those over, some documents at a time. Row-by-row inserts
are some hundred times slower, and pyarrow is not needed for this one purpose.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from duckdb import DuckDBPyConnection

from docmill.infra.warehouse import ddl, projection
from docmill.infra.warehouse.ddl import Table, literal
from docmill.infra.warehouse.rows import Row, TableRow

_CHOSEN = "document_number BETWEEN $1 AND $2"


class Staging:
    """Takes in a batch's rows and objects, reads them into temporary tables, inserts them.

    The batch's documents are numbered in the order in which they are taken in, from 1; under 0
    stands what belongs to none of them.

    Args:
        connection: to the warehouse, for this alone; temporary tables belong to it.
        folder: for the files.
    """

    def __init__(self, connection: DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self._rows = _Lines(folder / "rows.jsonl")
        self._extractions = _Lines(folder / "extractions.jsonl")
        self._pages = _Lines(folder / "pages.jsonl")
        self._held: defaultdict[Table, list[Row]] = defaultdict(list)
        self._number = 0
        self._row_tables: dict[Table, None] = {}
        self._numbers: defaultdict[Table, list[int]] = defaultdict(list)  # that have rows in it
        self._staged: dict[Table, list[str]] = {}  # with what follows INSERT INTO it

    def begin(self, number: int) -> None:
        """What is added from now on belongs to this document; numbers only grow."""
        self._write_rows()
        self._number = number

    def add(self, rows: Iterable[TableRow]) -> None:
        """Take in rows."""
        for table, row in rows:
            self._held[table].append(row)

    def add_extraction(self, context: Mapping[str, Any], text: bytes) -> None:
        """Take in an extraction, as the lake keeps it; see `projection.EXTRACTION`."""
        self._extractions.write(projection.line(self._numbered(context), text))
        self._note(ddl.VALUES)

    def add_page(self, context: Mapping[str, Any], text: bytes) -> None:
        """Take in a page's reading, as the lake keeps it; see `projection.PAGE`."""
        self._pages.write(projection.line(self._numbered(context), text))
        for table in projection.PAGE_TABLES:
            self._note(table)

    def read(self) -> None:
        """Read what was added into temporary tables; nothing can be added after that.

        Raises:
            duckdb.Error: an object is not what it should be, or there is no space.
        """
        self._write_rows()
        if self._rows.longest:
            self._read("staged_rows", projection.rows_of(self._row_tables), self._rows)
            for table in self._row_tables:
                self._copy(table, projection.rows_in(table, "temp.staged_rows"))
        if self._extractions.longest:
            self._read("staged_values", projection.VALUES, self._extractions)
            self._stage(ddl.VALUES, "temp.staged_values")
        if self._pages.longest:
            self._read("staged_pages", projection.PAGES, self._pages)
            for table, query in projection.page_queries("temp.staged_pages").items():
                self._copy(table, query)

    def insert(self, first: int, last: int) -> None:
        """Insert the rows of documents `first` to `last`, within the caller's transaction.

        Raises:
            duckdb.Error: the warehouse cannot be written.
        """
        for table, queries in self._staged.items():
            if self._has_rows(table, first, last):
                for query in queries:
                    self._connection.execute(
                        f"INSERT INTO {table.qualified} {query}", [first, last]
                    )

    def _write_rows(self) -> None:
        """One line with all rows held, by table."""
        if self._held:
            rows = {table.name: held for table, held in self._held.items()}
            self._rows.write(orjson.dumps({"_": self._numbered({}), **rows}))
            for table in self._held:
                self._row_tables[table] = None
                self._note(table)
            self._held.clear()

    def _numbered(self, context: Mapping[str, Any]) -> dict[str, Any]:
        return {"document_number": self._number, **context}

    def _note(self, table: Table) -> None:
        numbers = self._numbers[table]
        if not numbers or numbers[-1] != self._number:
            numbers.append(self._number)

    def _has_rows(self, table: Table, first: int, last: int) -> bool:
        numbers = self._numbers[table]
        place = bisect_left(numbers, first)
        return place < len(numbers) and numbers[place] <= last

    def _copy(self, table: Table, query: str) -> None:
        """Make a plain table of a query's rows, since writing from one takes the least time."""
        name = f"staged_{sum(map(len, self._staged.values()))}"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
        self._stage(table, f"temp.{name}")

    def _stage(self, table: Table, source: str) -> None:
        query = f"SELECT * EXCLUDE (document_number) FROM {source} WHERE {_CHOSEN}"
        self._staged.setdefault(table, []).append(query)

    def _read(self, name: str, query: str, lines: _Lines) -> None:
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", [str(lines.file()), lines.longest]
        )


def insert_rows(connection: DuckDBPyConnection, rows: Iterable[TableRow]) -> None:
    """Insert a few rows at once, within the transaction that the caller has begun.

    Raises:
        duckdb.Error: the warehouse cannot be written.
    """
    by_table: defaultdict[Table, list[Row]] = defaultdict(list)
    for table, row in rows:
        by_table[table].append(row)
    for table, own in by_table.items():
        shape = literal(json_shape(table))
        connection.execute(
            f"INSERT INTO {table.qualified} SELECT unnest(from_json($1, {shape}), max_depth := 2)",
            [orjson.dumps(own).decode()],
        )


def json_shape(table: Table) -> str:
    """How `from_json` is told what a list of a table's rows looks like."""
    columns = {column.name: _NESTED.get(column.type, column.type) for column in table.columns}
    return orjson.dumps([columns]).decode()


_NESTED: Mapping[str, str | list[str]] = {"VARCHAR[]": ["VARCHAR"]}


class _Lines:
    """Lines of a file, held until it is written. `longest`: bytes of the longest; 0 without any.

    They are written at once: a thread that lets others run at every line would wait for each.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self.longest = 0

    def write(self, line: bytes) -> None:
        """Add a line; it must not hold a line break."""
        self._lines.append(line)
        self.longest = max(self.longest, len(line) + 1)

    def file(self) -> Path:
        """The file, now written."""
        self._path.write_bytes(b"\n".join([*self._lines, b""]))
        self._lines.clear()
        return self._path
