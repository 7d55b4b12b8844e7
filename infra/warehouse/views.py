"""One typed view per schema, and one per list in it, over the current values.

    invoice             a row per document part, a column per scalar field
    invoice_line_items  a row per row of the list, numbered from 0

Dots in field names become underscores. A column whose name is taken, because a field is called
`status`, say, gets `_2`. A value that does not fit its column's type is NULL there; `fields` has
it as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from docmill.infra.warehouse import ddl, layout
from docmill.infra.warehouse.ddl import literal, quoted
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec
from docmill.schemas.errors import SchemaError

_DECIMAL = "DECIMAL(18,4)"
_TYPES = {
    FieldKind.DATE: "DATE",
    FieldKind.AMOUNT: _DECIMAL,
    FieldKind.NUMBER: _DECIMAL,
    FieldKind.PERCENT: _DECIMAL,
    FieldKind.INTEGER: "BIGINT",
    FieldKind.BOOLEAN: "BOOLEAN",
}


@dataclass(frozen=True)
class ViewColumn(ddl.Column):
    """A column of a view, with the expression that makes it."""

    expression: str


@dataclass(frozen=True)
class View:
    """A typed view: `source` is what follows SELECT … in its definition."""

    name: str
    comment: str
    columns: tuple[ViewColumn, ...]
    source: str

    def statements(self) -> Iterator[str]:
        """SQL that creates the view with its comments."""
        name = f"main.{quoted(self.name)}"
        columns = ", ".join(
            f"{column.expression} AS {quoted(column.name)}" for column in self.columns
        )
        yield f"CREATE VIEW {name} AS SELECT {columns} {self.source}"
        yield f"COMMENT ON VIEW {name} IS {literal(self.comment)}"
        for column in self.columns:
            yield f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.comment)}"


def views_of(schema: DocumentSchema) -> tuple[View, ...]:
    """The view of a schema, then those of its lists."""
    return (_part_view(schema), *(_list_view(schema, rows) for rows in schema.lists))


def check_view_names(schema: DocumentSchema, others: Iterable[DocumentSchema] = ()) -> None:
    """Refuse a schema whose views would have the name of a table or of another schema's view.

    Raises:
        SchemaError: they would; the message names the clash.
    """
    others = [other for other in others if other.name != schema.name]
    clashes = arranged([*others, schema])[1]
    if clashes:
        raise SchemaError(clashes[0], "Give the schema or its list another name.")


def arranged(
    schemas: Iterable[DocumentSchema],
) -> tuple[tuple[View, ...], tuple[str, ...]]:
    """The views that can be made, and in words those that cannot; names ignore letter case."""
    taken = dict(layout.taken_names())
    views: list[View] = []
    clashes: list[str] = []
    for schema in schemas:
        for view in views_of(schema):
            name = view.name.lower()
            if name in taken:
                clashes.append(
                    f"no view {view.name} of schema {schema.name}: {taken[name]} has the name"
                )
            else:
                taken[name] = f"a view of schema {schema.name}"
                views.append(view)
    return tuple(views), tuple(clashes)


def replace_views(connection: DuckDBPyConnection, views: Iterable[View]) -> None:
    """Have these views instead of those there were, within the caller's transaction."""
    old = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
    ).fetchall()
    standard = layout.taken_names()
    for (name,) in old:
        if name not in standard:
            connection.execute(f"DROP VIEW main.{quoted(name)}")
    for view in views:
        for statement in view.statements():
            connection.execute(statement)


def _part_view(schema: DocumentSchema) -> View:
    fixed = (
        ViewColumn("document_id", "VARCHAR", "SHA-256 of the file's bytes", "r.document_id"),
        ViewColumn("part", "INTEGER", "which document inside the file, from 1", "r.part"),
        ViewColumn("uri", "VARCHAR", "the first place the file was seen at", "r.uri"),
        ViewColumn("status", "VARCHAR", "done, partial or needs_review", "r.status"),
    )
    fields = [(field, _value_of("path", field.name)) for field in schema.fields]
    return View(
        schema.name,
        schema.description or f"Documents read with the schema {schema.name}.",
        (*fixed, *_value_columns(fields, fixed)),
        "FROM main.results AS r LEFT JOIN main.fields AS f USING (document_id, part, schema_name) "
        f"WHERE r.schema_name = {literal(schema.name)} "
        "GROUP BY r.document_id, r.part, r.uri, r.status",
    )


def _list_view(schema: DocumentSchema, rows: ListSpec) -> View:
    fixed = (
        ViewColumn("document_id", "VARCHAR", "SHA-256 of the file's bytes", "f.document_id"),
        ViewColumn("part", "INTEGER", "which document inside the file, from 1", "f.part"),
        ViewColumn("row", "INTEGER", "row of the list, from 0", 'f."row"'),
        ViewColumn("page", "INTEGER", "first page the row stands on, from 1", "min(f.page)"),
    )
    fields = [(field, _value_of("pattern", _pattern(rows, field))) for field in rows.fields]
    patterns = ", ".join(literal(_pattern(rows, field)) for field in rows.fields)
    return View(
        f"{schema.name}_{_column_name(rows.name)}",
        rows.description or f"Rows of {rows.name} in {schema.name}.",
        (*fixed, *_value_columns(fields, fixed)),
        f"FROM main.fields AS f WHERE f.schema_name = {literal(schema.name)} "
        f"AND f.pattern IN ({patterns}) "
        'GROUP BY f.document_id, f.part, f."row"',
    )


def _pattern(rows: ListSpec, field: FieldSpec) -> str:
    return f"{rows.name}[].{field.name}" if field.name else f"{rows.name}[]"


def _value_of(column: str, wanted: str) -> str:
    """The value of one field in a group of rows of `fields`."""
    return f"max(f.value) FILTER (WHERE f.{column} = {literal(wanted)})"


def _value_columns(
    fields: Iterable[tuple[FieldSpec, str]], fixed: Iterable[ViewColumn]
) -> Iterator[ViewColumn]:
    taken = {column.name for column in fixed}
    for field, value in fields:
        name = _free_name(_column_name(field.name) or "value", taken)
        taken.add(name.lower())
        kind = _TYPES.get(field.kind, "VARCHAR")
        comment = field.description or f"The field {field.name or name}."
        yield ViewColumn(name, kind, comment, _cast(value, kind))


def _cast(value: str, kind: str) -> str:
    if kind == "VARCHAR":
        return value
    if kind == "BIGINT":  # a cast alone would round 2.5 to 3
        value = f"regexp_extract({value}, '^[+-]?[0-9]+$')"
    return f"TRY_CAST({value} AS {kind})"


def _column_name(name: str) -> str:
    return name.replace(".", "_")


def _free_name(name: str, taken: set[str]) -> str:
    """The name itself, or with the first number from 2 on that makes it free."""
    candidate, number = name, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
