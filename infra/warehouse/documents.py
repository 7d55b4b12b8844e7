"""One document on its way into the tables: which of the lake's objects make which rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docmill.extractors.tables.joining import TableJoiner
from docmill.infra.lake import Lake, extraction_name, page_name
from docmill.infra.warehouse.document_rows import (
    FilledPart,
    call_rows,
    failed_page_row,
    failure_rows,
    first_times,
    outline_rows,
    part_history_rows,
    review_rows,
    table_cell_rows,
    value_columns,
)
from docmill.infra.warehouse.histories import History
from docmill.infra.warehouse.newest_schemas import Use
from docmill.infra.warehouse.rows import found_in_lake, utc
from docmill.infra.warehouse.table_files import TableFileWriter
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.page import PageText
from docmill.schemas.stored import stored_extraction

_HAS_TABLES = re.compile(rb'"tables"\s*:\s*\[\s*\{')


def object_names(history: History) -> Iterator[str]:
    """The lake's objects that a document's rows are made of, in the order of their use."""
    yield from (page_name(key) for key in history.newest.page_keys if key is not None)
    keys = (part.extraction_key for _, part in history.parts())
    yield from (extraction_name(key) for key in keys if key is not None)


def stage_document(
    history: History, lake: Lake, writer: TableFileWriter
) -> Iterator[tuple[str, Use]]:
    """Write all rows of a document but those of its answers; tells what schemas its results use.

    Args:
        history: the document's.
        lake: has its pages and extractions.
        writer: takes the rows.

    Raises:
        StoreError: the lake lacks something that a commit record refers to.
        msgspec.DecodeError, ValueError: an object is not what it should be.
    """
    writer.add(outline_rows(history))
    writer.add(failure_rows(history))
    writer.add(call_rows(history))
    writer.add(part_history_rows(history))
    _stage_pages(history.newest, lake, writer)
    return _stage_parts(history, lake, writer)


def _stage_pages(outcome: DocumentOutcome, lake: Lake, writer: TableFileWriter) -> None:
    joiner = TableJoiner()
    for number, key in enumerate(outcome.page_keys, start=1):
        if key is None:
            writer.add([failed_page_row(outcome, number)])
            continue
        text = found_in_lake(lake.text(page_name(key)), f"page {key}")
        writer.add_page({"page_key": key}, text)
        if _HAS_TABLES.search(text):
            writer.add(table_cell_rows(PageText.model_validate_json(text), joiner))


def _stage_parts(
    history: History, lake: Lake, writer: TableFileWriter
) -> Iterator[tuple[str, Use]]:
    """Results, values, checks and review items; an extraction that came twice is there once."""
    extracted_at = first_times(history)
    for outcome, part in history.parts():
        key, current = part.extraction_key, history.is_current(outcome, part)
        if key is None:
            writer.add(review_rows(history, outcome, part, None) if current else ())
            continue
        text = found_in_lake(lake.text(extraction_name(key)), f"extraction {key}")
        filled = FilledPart(history.first_uri, outcome, part, stored_extraction(text))
        context = {
            "document_id": filled.stored.document_id,
            "schema_name": filled.stored.schema_name,
            "part": part.part,
            "uri": history.first_uri,
            "ocr_engine": str(outcome.ocr_engine),
            "extractor": filled.extractor,
            "extraction_key": key,
            "extracted_at": extracted_at[part.part, key],
            "current": current,
        }
        writer.add_values(context, value_columns(filled.stored.fields))
        writer.add(filled.check_rows())
        if current:
            writer.add([filled.result_row()])
            writer.add(review_rows(history, outcome, part, filled.stored))
        yield (
            filled.stored.schema_name,
            Use(utc(outcome.finished_at), filled.stored.schema_hash),
        )
