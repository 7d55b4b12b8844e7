"""What differs between two warehouses: every row of every table and view, and every definition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, zip_longest
from typing import Any

from duckdb import DuckDBPyConnection

from docmill.infra.warehouse.ddl import literal, quoted

VARYING = frozenset({"main.snapshot", "internal.state"})
"""What tells when and how often a file was loaded and published."""

_OF_ALL_DOCUMENTS = frozenset({"internal.schemas"})

# What rows are told apart by, as far as a table has it; in this order.
_KEYS = (
    "commit_key", "event_key", "call_id", "evaluation_id", "example", "run_id", "document_id",
    "uri", "part", "schema_name", "extraction_key", "path", "revision", "number", "outcome",
)  # fmt: skip
_PLACE_KEYS = ("page", "block", "word", "table_number", "row", "column")  # where there is no path
_FIGURE_KEYS = ("month", "day", "currency", "supplier", "pattern", "code", "stage", "model")
_SIDE, _COPIES = "__side", "__copies"


@dataclass(frozen=True)
class Example:
    """A row that differs: what it is told apart by, and its columns on either side.

    `here` or `there` is None where that side has no such row. Where both have one, they hold only
    the columns that differ.
    """

    key: Mapping[str, Any]
    here: Mapping[str, Any] | None
    there: Mapping[str, Any] | None


@dataclass(frozen=True)
class Difference:
    """A table or view that differs: rows only here, rows only there, and examples of them.

    `note` says in words what differs apart from rows: a column, a definition, the whole table.
    """

    relation: str
    only_here: int = 0
    only_there: int = 0
    examples: tuple[Example, ...] = ()
    note: str = ""


def differences(
    connection: DuckDBPyConnection,
    here: str,
    there: str,
    *,
    examples: int | None = 3,
    left_out: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Difference, ...]:
    """Compares two warehouses that are attached to a connection, as multisets of rows.

    Args:
        connection: has both attached; temporary tables are made in it.
        here: one's name on the connection.
        there: the other's.
        examples: at most so many for each table; None for all.
        left_out: documents whose rows are not compared; nor are figures over all documents then.
        progress: is told how many tables of how many are done.
    """
    tables = [_relations(connection, name) for name in (here, there)]
    names = sorted(set(tables[0]) | set(tables[1]))
    found: list[Difference] = []
    for number, name in enumerate(names):
        progress(number, len(names))
        if name in VARYING:
            continue
        comparison = _Comparison(connection, here, there, name, left_out)
        difference = comparison.difference(tables[0].get(name), tables[1].get(name), examples)
        if difference:
            found.append(difference)
    progress(len(names), len(names))
    return tuple(found)


def _relations(connection: DuckDBPyConnection, database: str) -> dict[str, str]:
    """Tables, views and macros by qualified name, each with its definition."""
    rows = connection.execute(_RELATIONS, [database]).fetchall()
    return {f"{schema}.{name}": definition for schema, name, definition in rows}


# Names of databases do not count: they are what differs.
_RELATIONS = """
SELECT schema_name, table_name, 'table' FROM duckdb_tables()
WHERE database_name = $1 AND NOT internal
UNION ALL
SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = $1 AND NOT internal
UNION ALL
SELECT schema_name, function_name || '(' || array_to_string(parameters, ', ') || ')',
       macro_definition
FROM duckdb_functions() WHERE database_name = $1 AND NOT internal
"""


@dataclass(frozen=True)
class _Comparison:
    """One table or view of two warehouses."""

    connection: DuckDBPyConnection
    here: str
    there: str
    name: str
    left_out: Sequence[str]

    def difference(
        self, here: str | None, there: str | None, examples: int | None
    ) -> Difference | None:
        """What differs, given both definitions (None where a side has none)."""
        if here is None or there is None:
            return Difference(self.name, note=f"is only {'there' if here is None else 'here'}")
        if _symbols(here) != _symbols(there):
            return Difference(self.name, note="is defined differently")
        if self.name.endswith(")"):  # a macro
            return None
        columns = self._columns(self.here)
        if columns != self._columns(self.there):
            return Difference(self.name, note="has other columns")
        over_all = here != "table" or self.name in _OF_ALL_DOCUMENTS
        if self.left_out and "document_id" not in columns and over_all:
            return None
        return self._rows(list(columns), examples)

    def _columns(self, database: str) -> dict[str, str]:
        rows = self.connection.execute(f"DESCRIBE FROM {self._qualified(database)}").fetchall()
        return {row[0]: row[1] for row in rows}

    def _qualified(self, database: str) -> str:
        schema, _, name = self.name.partition(".")
        return ".".join(map(quoted, (database, schema, name)))

    def _rows(self, columns: list[str], examples: int | None) -> Difference | None:
        """One pass, in which equal rows of both sides cancel out."""
        where = ""
        if self.left_out and "document_id" in columns:
            ids = ", ".join(map(literal, self.left_out))
            where = f"WHERE document_id IS NULL OR document_id NOT IN ({ids})"
        listed = ", ".join(map(quoted, columns))
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE differing AS
            SELECT {listed}, sum({_SIDE}) AS {_COPIES} FROM (
                SELECT *, 1 AS {_SIDE} FROM {self._qualified(self.here)} {where} UNION ALL
                SELECT *, -1 FROM {self._qualified(self.there)} {where}
            ) GROUP BY {listed} HAVING sum({_SIDE}) <> 0"""
        )
        counts = self.connection.execute(
            f"SELECT coalesce(sum({_COPIES}) FILTER ({_COPIES} > 0), 0)::BIGINT, "
            f"coalesce(-sum({_COPIES}) FILTER ({_COPIES} < 0), 0)::BIGINT FROM temp.differing"
        ).fetchone()
        only_here, only_there = counts or (0, 0)
        if not only_here and not only_there:
            return None
        return Difference(
            self.name, only_here, only_there, tuple(islice(self._examples(columns), examples))
        )

    def _examples(self, columns: list[str]) -> Iterator[Example]:
        keys = _keys_of(columns)
        order = dict.fromkeys([*keys, *columns, _COPIES])
        cursor = self.connection.execute(
            f"FROM temp.differing ORDER BY {', '.join(map(quoted, order))}"
        )
        rows = (dict(zip([*columns, _COPIES], row, strict=True)) for row in _fetched(cursor))
        for values, group in groupby(rows, key=lambda row: [row[key] for key in keys]):
            sides: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
            for row in group:
                copies = int(row.pop(_COPIES))
                sides[copies < 0].extend([row] * abs(copies))
            key = dict(zip(keys, values, strict=True))
            for here, there in zip_longest(*sides):
                yield _example(key, here, there)


def _symbols(definition: str) -> list[str]:
    """What a definition is made of; DuckDB prints some lists (EXCLUDE, REPLACE) in any order."""
    return sorted(re.findall(r"\w+|\S", definition))


def _keys_of(columns: Sequence[str]) -> Sequence[str]:
    """What rows are told apart by: identities, and places or what figures are of."""
    others = _PLACE_KEYS if "path" not in columns else ()
    others = others if "document_id" in columns else _FIGURE_KEYS
    return [name for name in (*_KEYS, *others) if name in columns] or columns


def _fetched(cursor: DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(1000):
        yield from rows


def _example(
    key: Mapping[str, Any], here: dict[str, Any] | None, there: dict[str, Any] | None
) -> Example:
    if here is None or there is None:
        return Example(key, here, there)
    other = [name for name in here if here[name] != there[name]]
    return Example(key, {name: here[name] for name in other}, {name: there[name] for name in other})
