"""The few rows of one document, without a database; the many are made by `projection`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from msgspec.structs import asdict

from docmill.extractors.tables.joining import TableJoiner
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.histories import History
from docmill.infra.warehouse.rows import Row, TableRow, timestamp
from docmill.schemas.document_schema import pattern_of
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Evidence, FieldValue
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, Failure, PartOutcome
from docmill.schemas.page import PageText
from docmill.schemas.result_json import result_json
from docmill.schemas.stored import StoredEvidence, StoredExtraction, StoredValue

_ROW_NUMBER = re.compile(r"\[(\d+)\]")


def outline_rows(history: History) -> Iterator[TableRow]:
    """One row per part, or one for the file where it has no parts."""
    outcome = history.newest
    shared = {
        "document_id": outcome.document_id,
        "uri": history.first_uri,
        "media_type": outcome.media_type,
        "bytes": outcome.bytes,
        "page_count": outcome.page_count,
        "first_seen_at": timestamp(history.seen_at),
        "finished_at": timestamp(outcome.finished_at),
    }
    whole = {"part": 1, "page_from": None, "page_to": None, "schema_name": None}
    if not outcome.parts:
        yield ddl.DOCUMENTS, {**shared, **whole, **_status(outcome, outcome.status)}
    for part in outcome.parts:
        own = {name: getattr(part, name) for name in (*whole, "schema_confidence")}
        row = {**shared, **own, "extraction_key": part.extraction_key}
        yield ddl.DOCUMENTS, {**row, **_status(outcome, part.status, part)}


def _status(
    outcome: DocumentOutcome, status: DocumentStatus, part: PartOutcome | None = None
) -> Row:
    broken = status in (DocumentStatus.FAILED, DocumentStatus.PARTIAL)
    own = [failure for failure in outcome.failures if part and _concerns(failure, part)]
    failures = own or outcome.failures
    error = _error_text(failures[0]) if broken and failures else None
    return {"status": status.value, "error": error}


def _concerns(failure: Failure, part: PartOutcome) -> bool:
    return failure.page is not None and part.page_from <= failure.page <= part.page_to


def _error_text(failure: Failure) -> str:
    return f"{failure.message} — {failure.hint}" if failure.hint else failure.message


def failure_rows(history: History) -> Iterator[TableRow]:
    """Every failure of every attempt."""
    for outcome in history.outcomes:
        shared = {
            "document_id": outcome.document_id,
            "uri": history.first_uri,
            "failed_at": timestamp(outcome.finished_at),
            "run_id": outcome.run_id,
            "current": outcome is history.newest,
        }
        for failure in outcome.failures:
            yield ddl.FAILURES, {**failure.model_dump(mode="json"), **shared}


def call_rows(history: History) -> Iterator[TableRow]:
    """Requests to models; one that two outcomes tell of is one."""
    calls = {call.call_id: (outcome, call) for outcome in reversed(history.outcomes)
             for call in outcome.calls}  # fmt: skip
    for outcome, call in calls.values():
        row = {
            "document_id": outcome.document_id,
            "uri": history.first_uri,
            "run_id": outcome.run_id,
            "engine": str(call.engine),
            "model": call.engine.model,
            "called_at": timestamp(call.called_at),
        }
        yield ddl.MODEL_CALLS, {**call.model_dump(mode="json"), **row}


def part_history_rows(history: History) -> Iterator[TableRow]:
    """One row per outcome and part."""
    for number, outcome in enumerate(history.outcomes, start=1):
        shared = {
            "document_id": outcome.document_id,
            "outcome": number,
            "finished_at": timestamp(outcome.finished_at),
            "run_id": outcome.run_id,
            "ocr_engine": str(outcome.ocr_engine),
            "extractor": str(outcome.extractor),
        }
        for part in outcome.parts:
            own = part.model_dump(mode="json", exclude={"review", "schema_confidence"})
            yield ddl.PART_HISTORY, {**shared, **own, "current": history.is_current(outcome, part)}


def failed_page_row(outcome: DocumentOutcome, page: int) -> TableRow:
    """The row of a page that was not read."""
    own = {"page": page, "ocr_engine": str(outcome.ocr_engine), "status": "failed"}
    return ddl.PAGES, {"document_id": outcome.document_id, **own}


def table_cell_rows(page: PageText, joiner: TableJoiner) -> Iterator[TableRow]:
    """Cells with their place in the table of the page, and in that of the whole document."""
    for number, (table, index) in enumerate(
        zip(page.tables, joiner.add(page), strict=True), start=1
    ):
        rows = enumerate(joiner.tables[index].rows)
        joined = {(row.page, row.table, row.row): place for place, row in rows}
        for cell in table.cells:
            x0, y0, x1, y1 = cell.box.as_tuple()
            yield (
                ddl.TABLE_CELLS,
                {
                    **cell.model_dump(exclude={"box", "words"}),
                    "document_id": page.document_id,
                    "page": page.page,
                    "table_number": number,
                    "joined_table": index + 1,
                    "joined_row": joined.get((page.page, number - 1, cell.row)),
                    "x0": x0,
                    "y0": y0,
                    "x1": x1,
                    "y1": y1,
                },
            )


@dataclass(frozen=True)
class FilledPart:
    """A part with its extraction."""

    uri: str
    outcome: DocumentOutcome
    part: PartOutcome
    stored: StoredExtraction

    @property
    def _shared(self) -> Row:
        return {
            "document_id": self.stored.document_id,
            "part": self.part.part,
            "schema_name": self.stored.schema_name,
            "extraction_key": self.part.extraction_key,
        }

    @property
    def extractor(self) -> str:
        """The engine that filled the schema, as a tag."""
        engine = self.stored.engine
        return str(EngineTag(name=engine.name, version=engine.version, model=engine.model))

    def result_row(self) -> TableRow:
        """The row of its result."""
        own = {
            "result": result_json(self.stored),
            "uri": self.uri,
            "status": self.part.status.value,
            "page_from": self.part.page_from,
            "page_to": self.part.page_to,
            "schema_hash": self.stored.schema_hash,
            "finished_at": timestamp(self.outcome.finished_at),
        }
        return ddl.RESULTS, {**self._shared, **own}

    def check_rows(self) -> Iterator[TableRow]:
        """The rows of what the validators found."""
        for number, check in enumerate(self.stored.checks):
            own = asdict(check)
            yield ddl.CHECKS, {**self._shared, "number": number, **own}


def first_times(history: History) -> dict[tuple[int, str], str]:
    """When each extraction (part and key) was first part of an outcome."""
    return {
        (part.part, part.extraction_key): timestamp(outcome.finished_at)
        for outcome in reversed(history.outcomes)
        for part in outcome.parts
        if part.extraction_key is not None
    }


def value_row(value: FieldValue) -> Row:
    """What a row of values, or of reviewed ones, says about the value itself."""
    pattern, row = _place_of(value.path)
    return {
        "path": value.path,
        "value": value.value,
        "raw": value.raw,
        "status": value.status.value,
        "confidence": value.confidence,
        "confidence_status": value.confidence_status.value,
        "match": value.match.value,
        "derived": value.derived,
        "pattern": pattern,
        "row": row,
        **evidence_row(value.evidence),
    }


def evidence_row(evidence: Evidence | StoredEvidence | None) -> Row:
    """Where a value stands."""
    if evidence is None:
        return {}
    box = evidence.box
    return {"page": evidence.page, "x0": box.x0, "y0": box.y0, "x1": box.x1, "y1": box.y1}


def value_columns(values: Sequence[StoredValue]) -> dict[str, list[Any]]:
    """Rows of values as columns; see `projection.VALUE_COLUMNS`."""
    places = [_place_of(value.path) for value in values]
    evidence = [value.evidence for value in values]
    boxes = [each.box if each else None for each in evidence]
    return {
        "path": [value.path for value in values],
        "value": [value.value for value in values],
        "raw": [value.raw for value in values],
        "status": [value.status for value in values],
        "confidence": [value.confidence for value in values],
        "confidence_status": [value.confidence_status for value in values],
        "match": [value.match for value in values],
        "page": [each.page if each else None for each in evidence],
        "x0": [box.x0 if box else None for box in boxes],
        "y0": [box.y0 if box else None for box in boxes],
        "x1": [box.x1 if box else None for box in boxes],
        "y1": [box.y1 if box else None for box in boxes],
        "derived": [value.derived for value in values],
        "pattern": [pattern for pattern, _ in places],
        "row": [row for _, row in places],
    }


@lru_cache(maxsize=100_000)  # the paths of one schema's documents are the same again and again
def _place_of(path: str) -> tuple[str, int | None]:
    """The path without row numbers, and the first of those."""
    number = _ROW_NUMBER.search(path)
    return pattern_of(path), int(number[1]) if number else None


def review_rows(
    history: History, outcome: DocumentOutcome, part: PartOutcome, stored: StoredExtraction | None
) -> Iterator[TableRow]:
    """What a person is to look at in a part; `stored` is its extraction."""
    shared = {
        "uri": history.first_uri,
        "created_at": timestamp(outcome.finished_at),
        "extraction_key": part.extraction_key,
    }
    values = {value.path: value for value in stored.fields} if stored and part.review else {}
    for item in part.review:
        own = item.model_dump(mode="json")
        yield ddl.REVIEW_ITEMS, {**own, **shared, **_questioned(values.get(item.path))}


def _questioned(value: StoredValue | None) -> Row:
    """The value that a review item is about."""
    if value is None:
        return {}
    return {"value": value.value, "raw": value.raw, **evidence_row(value.evidence)}
