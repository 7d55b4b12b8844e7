from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse import layout
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.views import check_view_names
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec
from docmill.schemas.errors import SchemaError

TEXT = FieldSpec(name="text", kind=FieldKind.TEXT)


def schema(name: str, *fields: FieldSpec, lists: tuple[ListSpec, ...] = ()) -> DocumentSchema:
    return DocumentSchema(name=name, fields=fields, lists=lists, json_schema={})


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def view_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Those of schemas."""
    views = "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
    standard = layout.taken_names()
    return sorted(name for (name,) in rows(connection, views) if name not in standard)


def test_a_row_per_part_with_typed_columns(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.finish("a")
    Loader(warehouse, mill.lake).load()
    columns = [row[:2] for row in rows(warehouse, "DESCRIBE invoice")]
    assert columns == [
        ("document_id", "VARCHAR"),
        ("part", "INTEGER"),
        ("uri", "VARCHAR"),
        ("status", "VARCHAR"),
        ("invoice_number", "VARCHAR"),
        ("invoice_date", "DATE"),
        ("seller_name", "VARCHAR"),
        ("total", "DECIMAL(18,4)"),
    ]
    head = (outcome.document_id, 1, outcome.uri, "needs_review")
    values = ("R-1", date(2026, 11, 2), "Müller & Söhne", Decimal("12.5"))
    assert rows(warehouse, "FROM invoice") == [(*head, *values)]
    items = "SELECT * EXCLUDE (document_id) FROM invoice_line_items ORDER BY row"
    assert rows(warehouse, items) == [(1, 0, 1, "Bolt", 3), (1, 1, 2, "Nut", None)]
    notes = "SELECT * EXCLUDE (document_id) FROM invoice_notes"
    assert rows(warehouse, notes) == [(1, 0, 1, "fragile")]


def test_descriptions_become_comments(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    mill.finish("a")
    Loader(warehouse, mill.lake).load()
    comment = "SELECT comment FROM duckdb_columns() WHERE column_name = 'invoice_number'"
    assert rows(warehouse, comment) == [("The number.",)]


@pytest.mark.parametrize(
    ("kind", "text", "typed"),
    [
        (FieldKind.DATE, "2026-02-28", date(2026, 2, 28)),
        (FieldKind.DATE, "2026-02-30", None),
        (FieldKind.AMOUNT, "-1234567.8901", Decimal("-1234567.8901")),
        (FieldKind.PERCENT, "19", Decimal("19")),
        (FieldKind.NUMBER, "a dozen", None),
        (FieldKind.INTEGER, "42", 42),
        (FieldKind.INTEGER, "2.5", None),
        (FieldKind.BOOLEAN, "true", True),
        (FieldKind.BOOLEAN, "false", False),
        (FieldKind.IDENTIFIER, "007", "007"),
    ],
)
def test_values_that_do_not_fit_their_type_are_null(
    warehouse: duckdb.DuckDBPyConnection,
    mill: Any,
    value: Any,
    kind: FieldKind,
    text: str,
    typed: object,
) -> None:
    mill.schema = schema("thing", FieldSpec(name="x", kind=kind))
    mill.finish("a", [value("x", text)])
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT x FROM thing") == [(typed,)]
    assert rows(warehouse, "SELECT value FROM fields") == [(text,)]


def test_a_part_without_values_has_a_row(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    mill.finish("a", [])
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT part, total FROM invoice") == [(1, None)]


NAMES = ['x"; DROP TABLE fields; --', "it's", "select", "Größe %s {}", "a b"]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_data(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any, name: str
) -> None:
    rows_of = ListSpec(name=f"{name}s", fields=(FieldSpec(name=name, kind=FieldKind.TEXT),))
    mill.schema = schema(name, FieldSpec(name=name, kind=FieldKind.DATE), lists=(rows_of,))
    mill.finish("a", [value(name, "2026-01-01"), value(f"{name}s[0].{name}", "v")])
    assert Loader(warehouse, mill.lake).load().warnings == ()
    quoted = name.replace('"', '""')
    assert rows(warehouse, f'SELECT "{quoted}" FROM "{quoted}"') == [(date(2026, 1, 1),)]
    assert rows(warehouse, f'SELECT "{quoted}" FROM "{quoted}_{quoted}s"') == [("v",)]


def test_columns_never_share_a_name(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    names = ("status", "Status", "seller.name", "seller_name")
    fields = [FieldSpec(name=name, kind=FieldKind.TEXT) for name in names]
    mill.schema = schema("thing", *fields)
    mill.finish("a", [value(name, name) for name in names])
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT * EXCLUDE (document_id, part, uri) FROM thing") == [
        ("needs_review", *names)
    ]
    columns = [row[0] for row in rows(warehouse, "DESCRIBE thing")][3:]
    assert columns == ["status", "status_2", "Status_3", "seller_name", "seller_name_2"]


def test_views_follow_the_newest_schema(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    loader = Loader(warehouse, mill.lake)
    mill.finish("a")
    loader.load()
    assert view_names(warehouse) == ["invoice", "invoice_line_items", "invoice_notes"]
    mill.clock.forward(minutes=1)
    mill.schema = schema("invoice", FieldSpec(name="total", kind=FieldKind.TEXT))
    mill.finish("b", [value("total", "b")])
    loader.load()
    assert view_names(warehouse) == ["invoice"]
    assert rows(warehouse, "SELECT total FROM invoice ORDER BY 1") == [("12.5",), ("b",)]


def test_a_name_that_is_taken_is_refused_up_front() -> None:
    items = ListSpec(name="items", fields=(TEXT,))
    with pytest.raises(SchemaError, match="the view fields has the name"):
        check_view_names(schema("Fields", TEXT))
    with pytest.raises(SchemaError, match="schema order has the name"):
        check_view_names(schema("order_items", TEXT), [schema("order", lists=(items,))])
    check_view_names(schema("order", lists=(items,)), [schema("order", TEXT)])


def test_a_name_that_is_taken_stops_no_load(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.schema = schema("words", TEXT)
    mill.finish("a", [value("text", "kept")])
    report = Loader(warehouse, mill.lake).load()
    assert report.warnings == ("no view words of schema words: the table words has the name",)
    assert view_names(warehouse) == []
    assert rows(warehouse, "SELECT value FROM fields") == [("kept",)]
