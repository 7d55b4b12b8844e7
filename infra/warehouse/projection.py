"""Values, pages, blocks and words: made from the lake's objects by DuckDB itself.

They are the bulk of all rows. DuckDB reads the objects as they are, one per line, each with a
first key `_` that holds what the object does not say itself, such as the number of its document in
the batch; a row-by-row projection in Python
takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.ddl import Table, literal, quoted

_BOX = "STRUCT(x0 DOUBLE, y0 DOUBLE, x1 DOUBLE, y1 DOUBLE)"

# What is read of the objects, as in `schemas.extraction` and `schemas.page`.
EXTRACTION = {
    "_": "STRUCT(document_number INTEGER, part INTEGER, uri VARCHAR, ocr_engine VARCHAR, "
    'extractor VARCHAR, extraction_key VARCHAR, extracted_at TIMESTAMP, "current" BOOLEAN)',
    "document_id": "VARCHAR",
    "schema_name": "VARCHAR",
    "fields": "STRUCT(path VARCHAR, value VARCHAR, raw VARCHAR, status VARCHAR, "
    "confidence DOUBLE, confidence_status VARCHAR, derived BOOLEAN, "
    f'evidence STRUCT(page INTEGER, box {_BOX}, "match" VARCHAR))[]',
}
PAGE = {
    "_": "STRUCT(document_number INTEGER, page_key VARCHAR)",
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


NUMBER = "_.document_number"
_ENGINE = (
    "engine.name || '@' || engine.version || "
    "CASE WHEN engine.model <> '' THEN '[' || engine.model || ']' ELSE '' END"
)
_VALUE = {
    "document_id": _needed("document_id"),
    **{name: f"_.{name}" for name in
       ("part", "uri", "ocr_engine", "extractor", "extraction_key", "extracted_at")},
    "current": '_."current"',
    "schema_name": _needed("schema_name"),
    "path": _needed("item.path"),
    "value": "item.value",
    "raw": "item.raw",
    "status": _needed("item.status"),
    "confidence": "item.confidence",
    "confidence_status": "coalesce(item.confidence_status, 'prior')",
    "match": "coalesce(item.evidence.\"match\", 'none')",
    "page": "item.evidence.page",
    **_corners("item.evidence.box"),
    "reviewed": "false",
    "derived": "coalesce(item.derived, false)",
    "pattern": r"regexp_replace(item.path, '\[[^\]]*\]', '[]')",
    "row": r"TRY_CAST(regexp_extract(item.path, '\[(\d+)\]', 1) AS INTEGER)",
}  # fmt: skip
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


def _lines(columns: Mapping[str, str]) -> str:
    """A table function over lines of JSON; parameters: the file, and a longest line's bytes."""
    types = ", ".join(f"{quoted(name)}: {literal(kind)}" for name, kind in columns.items())
    return (
        "read_json($1, format = 'newline_delimited', maximum_object_size = $2, "
        f"columns = {{{types}}})"
    )


def _query(table: Table, expressions: Mapping[str, str], source: str) -> str:
    """A query for the rows of `table`, its columns in their order, then the document's number."""
    columns = (f"{expressions[column.name]} AS {quoted(column.name)}" for column in table.columns)
    return f"SELECT {', '.join(columns)}, {NUMBER} FROM {source}"


def _items(of: str, source: str) -> str:
    """One row per element of the list column `of`, numbered from 0."""
    return (
        f"(SELECT *, unnest({of}) AS item, generate_subscripts({of}, 1) - 1 AS number "
        f"FROM {source})"
    )


# Queries over a file of lines; their parameters are those of `_lines`.
VALUES = _query(ddl.VALUES, _VALUE, f"(SELECT *, unnest(fields) AS item FROM {_lines(EXTRACTION)})")
PAGES = f"SELECT * REPLACE ({_CHECKED_PAGE}) FROM {_lines(PAGE)}"


def rows_of(tables: Iterable[Table]) -> str:
    """A query over lines that hold lists of rows by table, and the document's number in `_`."""
    columns = {table.name: _rows_type(table) for table in tables}
    return f"FROM {_lines({'_': 'STRUCT(document_number INTEGER)', **columns})}"


def _rows_type(table: Table) -> str:
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
    return f"STRUCT({columns})[]"


def rows_in(table: Table, lines: str) -> str:
    """A query for the rows of one table in lines that were read into the table `lines`."""
    own = f"(SELECT {NUMBER}, unnest({quoted(table.name)}) AS item FROM {lines})"
    return f"SELECT item.*, document_number FROM {own}"


PAGE_TABLES = (ddl.PAGES, ddl.BLOCKS, ddl.WORDS)


def page_queries(pages: str) -> dict[Table, str]:
    """Queries for the rows of pages that were read into the table `pages` by `PAGES`."""
    return {
        ddl.PAGES: _query(ddl.PAGES, _PAGE, pages),
        ddl.BLOCKS: _query(ddl.BLOCKS, _BLOCK, _items("blocks", pages)),
        ddl.WORDS: _query(ddl.WORDS, _WORD, _items("words", pages)),
    }
