"""Queries that make rows of lines of JSON: values, pages, blocks and words, and other rows.

The first four are the bulk of all rows; made one by one in Python they take ten times as long. Each
line has a first key `_` for what the rest does not say, such as the number of the portion. Pages
are read as the lake keeps them; of an extraction little is needed, so that its values come as
columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.ddl import Table, literal, quoted

# What differs from value to value of an extraction.
VALUE_COLUMNS = (
    "path", "value", "raw", "status", "confidence", "confidence_status", "match", "page",
    "x0", "y0", "x1", "y1", "derived", "pattern", "row",
)  # fmt: skip
_BOX = "STRUCT(x0 DOUBLE, y0 DOUBLE, x1 DOUBLE, y1 DOUBLE)"

# Lines that hold values of one extraction as columns, after what they have in common.
VALUES_LINE = {
    "_": "STRUCT(portion INTEGER, document_id VARCHAR, schema_name VARCHAR, part INTEGER, "
    "uri VARCHAR, ocr_engine VARCHAR, extractor VARCHAR, extraction_key VARCHAR, "
    'extracted_at TIMESTAMP, "current" BOOLEAN)',
    **{
        column.name: f"{column.type}[]"
        for column in ddl.VALUES.columns
        if column.name in VALUE_COLUMNS
    },
}
# What is read of a page, as in `schemas.page`.
PAGE = {
    "_": "STRUCT(portion INTEGER, page_key VARCHAR)",
    "document_id": "VARCHAR",
    "page": "INTEGER",
    "width_px": "INTEGER",
    "height_px": "INTEGER",
    "rotation": "INTEGER",
    "engine": "STRUCT(name VARCHAR, version VARCHAR, model VARCHAR)",
    "status": "VARCHAR",
    "mean_confidence": "DOUBLE",
    "findings": "JSON",
    "image_hash": "VARCHAR",
    "blocks": f"STRUCT(label VARCHAR, text VARCHAR, box {_BOX}, confidence DOUBLE)[]",
    "words": f"STRUCT(text VARCHAR, box {_BOX}, block INTEGER, line INTEGER, "
    "confidence DOUBLE, box_source VARCHAR, visible BOOLEAN)[]",
}


class Lines(Protocol):
    """Lines in a file; `longest` is how many bytes the longest of them has."""

    path: Path
    longest: int


def line(context: Mapping[str, Any], text: bytes) -> bytes:
    """An object's JSON text as one line, with its context in it."""
    body = text.strip().replace(b"\n", b" ")
    return b'{"_":' + orjson.dumps(context) + b"," + body.removeprefix(b"{")


def _needed(expression: str) -> str:
    """The expression; an object in which it is missing stops the query.

    Asked of what tells an object from something else; each costs time in every batch.
    """
    return f"coalesce({expression}, error('the object lacks a value'))"


def _corners(box: str) -> dict[str, str]:
    return {side: f"{box}.{side}" for side in ("x0", "y0", "x1", "y1")}


PORTION = "_.portion"
_ENGINE = (
    "engine.name || '@' || engine.version || "
    "CASE WHEN engine.model <> '' THEN '[' || engine.model || ']' ELSE '' END"
)
_VALUE = {
    **{column.name: f"_.{quoted(column.name)}" for column in ddl.VALUES.columns},
    **{name: f"unnest({quoted(name)})" for name in VALUE_COLUMNS},
    "reviewed": "false",
}
_PLACE = {"document_id": "document_id", "page": "page"}
_PAGE = {
    **_PLACE,
    "width_px": "width_px",
    "height_px": "height_px",
    "rotation": "coalesce(rotation, 0)",
    "ocr_engine": _ENGINE,
    "status": "status",
    "mean_confidence": "mean_confidence",
    "findings": "coalesce(findings, '[]')",
    "page_key": "_.page_key",
    "image_hash": "image_hash",
}
_CHECKED_PAGE = ", ".join(
    f"{_needed(name)} AS {name}" for name in ("document_id", "page", "width_px", "status", "engine")
)
_BLOCK = {
    **_PLACE,
    "block": "number",
    "label": _needed("item.label"),
    "text": _needed("item.text"),
    **_corners("item.box"),
    "x0": _needed("item.box.x0"),
    "confidence": "item.confidence",
}
_WORD = {
    **_PLACE,
    "block": "item.block",
    "word": "number",
    "text": _needed("item.text"),
    **_corners("item.box"),
    "x0": _needed("item.box.x0"),
    "confidence": "item.confidence",
    "box_source": "coalesce(item.box_source, 'text_layer')",
    "line": "item.line",
    "visible": "coalesce(item.visible, true)",
}


def _read(lines: Lines, columns: Mapping[str, str]) -> str:
    """A table function over lines of JSON."""
    types = ", ".join(f"{quoted(name)}: {literal(kind)}" for name, kind in columns.items())
    return (
        f"read_json({literal(str(lines.path))}, format = 'newline_delimited', "
        f"maximum_object_size = {lines.longest}, columns = {{{types}}})"
    )


def _query(table: Table, expressions: Mapping[str, str], source: str) -> str:
    """A query for the rows of `table`, its columns in their order, then the document's number."""
    columns = (f"{expressions[column.name]} AS {quoted(column.name)}" for column in table.columns)
    return f"SELECT {', '.join(columns)}, {PORTION} FROM {source}"


def _items(of: str, source: str) -> str:
    """One row per element of the list column `of`, numbered from 0."""
    return (
        f"(SELECT *, unnest({of}) AS item, generate_subscripts({of}, 1) - 1 AS number "
        f"FROM {source})"
    )


def values(lines: Lines) -> str:
    """A query for rows of values."""
    return _query(ddl.VALUES, _VALUE, _read(lines, VALUES_LINE))


def pages(lines: Lines) -> str:
    """A query for pages, whose result `page_queries` are asked of."""
    return f"SELECT * REPLACE ({_CHECKED_PAGE}) FROM {_read(lines, PAGE)}"


def rows_of(tables: Iterable[Table], lines: Lines) -> str:
    """A query over lines that hold lists of rows by table; `rows_in` is asked of its result."""
    columns = {table.name: _rows_type(table) for table in tables}
    return f"FROM {_read(lines, {'_': 'STRUCT(portion INTEGER)', **columns})}"


def _rows_type(table: Table) -> str:
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
    return f"STRUCT({columns})[]"


def rows_in(table: Table, lines: str) -> str:
    """A query for the rows of one table, of lines that were read into the table `lines`."""
    own = f"(SELECT {PORTION}, unnest({quoted(table.name)}) AS item FROM {lines})"
    return f"SELECT item.*, portion FROM {own}"


PAGE_TABLES = (ddl.PAGES, ddl.BLOCKS, ddl.WORDS)


def page_queries(pages: str) -> dict[Table, str]:
    """Queries for the rows of pages that were read into the table `pages`."""
    return {
        ddl.PAGES: _query(ddl.PAGES, _PAGE, pages),
        ddl.BLOCKS: _query(ddl.BLOCKS, _BLOCK, _items("blocks", pages)),
        ddl.WORDS: _query(ddl.WORDS, _WORD, _items("words", pages)),
    }
