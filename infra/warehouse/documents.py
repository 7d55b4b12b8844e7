"""One document on its way into the tables: which of the lake's objects make which rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from docmill.extractors.tables.joining import TableJoiner
from docmill.infra.lake import extraction_name, page_name
from docmill.infra.warehouse.ahead import Unpacked
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
)
from docmill.infra.warehouse.histories import History
from docmill.infra.warehouse.newest_schemas import Use
from docmill.infra.warehouse.rows import found_in_lake, utc
from docmill.infra.warehouse.staging import Staging
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.page import PageText

_HAS_TABLES = re.compile(rb'"tables"\s*:\s*\[\s*\{')


def object_names(outcome: DocumentOutcome) -> Iterator[str]:
    """The lake's objects that an outcome refers to, in the order of their use."""
    yield from (page_name(key) for key in outcome.page_keys if key is not None)
    keys = (part.extraction_key for part in outcome.parts)
    yield from (extraction_name(key) for key in keys if key is not None)


def stage_document(
    history: History, unpacked: Callable[[str], Unpacked | None], staging: Staging
) -> Iterator[tuple[str, Use]]:
    """Stage all rows of a document but those of its answers; tells what schemas its results use.

    Args:
        history: the document's.
        unpacked: gives the lake's object with a name.
        staging: takes the rows.

    Raises:
        StoreError: the lake lacks something that a commit record refers to.
        ValueError, KeyError, TypeError, AttributeError, IndexError: an object is not what it
            should be.
    """
    staging.add(outline_rows(history))
    staging.add(failure_rows(history))
    staging.add(call_rows(history))
    staging.add(part_history_rows(history))
    _stage_pages(history.newest, unpacked, staging)
    return _stage_parts(history, unpacked, staging)


def _stage_pages(
    outcome: DocumentOutcome, unpacked: Callable[[str], Unpacked | None], staging: Staging
) -> None:
    joiner = TableJoiner()
    for number, key in enumerate(outcome.page_keys, start=1):
        if key is None:
            staging.add([failed_page_row(outcome, number)])
            continue
        text = found_in_lake(unpacked(page_name(key)), f"page {key}").text
        staging.add_page({"page_key": key}, text)
        if _HAS_TABLES.search(text):
            staging.add(table_cell_rows(PageText.model_validate_json(text), joiner))


def _stage_parts(
    history: History, unpacked: Callable[[str], Unpacked | None], staging: Staging
) -> Iterator[tuple[str, Use]]:
    """Results, values, checks and review items; an extraction that came twice is there once."""
    extracted_at = first_times(history)
    for outcome, part in history.parts():
        key, current = part.extraction_key, history.is_current(outcome, part)
        if key is None:
            staging.add(review_rows(history, outcome, part, None) if current else ())
            continue
        found = found_in_lake(unpacked(extraction_name(key)), f"extraction {key}")
        filled = FilledPart(history.first_uri, outcome, part, found.content or {})
        context = {
            "part": part.part,
            "uri": history.first_uri,
            "ocr_engine": str(outcome.ocr_engine),
            "extractor": filled.extractor,
            "extraction_key": key,
            "extracted_at": extracted_at[part.part, key],
            "current": current,
        }
        staging.add_extraction(context, found.text)
        staging.add(filled.check_rows())
        if current:
            staging.add([filled.result_row(found.result)])
            staging.add(review_rows(history, outcome, part, filled.stored))
        yield (
            filled.stored["schema_name"],
            Use(utc(outcome.finished_at), filled.stored["schema_hash"]),
        )
