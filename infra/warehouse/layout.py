"""The whole warehouse: which tables and views there are, and the SQL that lays out an empty one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docmill.infra.warehouse import (
    analyst_functions,
    analyst_views,
    ddl,
    evaluation_tables,
    standard_views,
)

FILE_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.4.0"
}
"""For making a file: the oldest DuckDB that can open it, since what BI tools carry lags behind."""

TABLES = (*ddl.TABLES, *evaluation_tables.TABLES)
VIEWS = (*standard_views.INTERNAL, *standard_views.PUBLIC, *analyst_views.VIEWS)
FUNCTIONS = analyst_functions.FUNCTIONS

# What everybody may read, in the order of the documentation.
PUBLIC = (
    standard_views.DOCUMENTS,
    ddl.SOURCES,
    standard_views.RESULTS,
    standard_views.FIELDS,
    standard_views.FIELD_HISTORY,
    ddl.PART_HISTORY,
    ddl.CHECKS,
    ddl.PAGES,
    ddl.BLOCKS,
    ddl.WORDS,
    ddl.TABLE_CELLS,
    standard_views.REVIEW_QUEUE,
    ddl.REVIEW_EVENTS,
    ddl.MODEL_CALLS,
    ddl.FAILURES,
    ddl.RUNS,
    *evaluation_tables.TABLES,
    ddl.SNAPSHOT,
)


def statements() -> Iterator[str]:
    """SQL that lays out an empty warehouse."""
    yield "CREATE SCHEMA internal"
    for each in (*TABLES, *VIEWS, *FUNCTIONS):
        yield from each.statements()
    yield f"INSERT INTO {ddl.STATE.qualified} VALUES ({ddl.FORMAT}, 0, NULL, NULL)"


def taken_names() -> Mapping[str, str]:
    """The names in `main` that no other view may have, each with what has it, in words."""
    tables = {each.name: "table" for each in TABLES if each.schema == "main"}
    views = {each.name: "view" for each in VIEWS if each.schema == "main"}
    functions = {each.name: "function" for each in FUNCTIONS}
    found = {**tables, **views, **functions}
    return {name: f"the {kind} {name}" for name, kind in found.items()}
