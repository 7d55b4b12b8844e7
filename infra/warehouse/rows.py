"""From what the lake holds about one document to its rows, without a database.

The rows of a document depend on all its outcomes together, never on the order in which they
were loaded: that is why a grown warehouse and a rebuilt one are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from docmill.extractors.tables.joining import TableJoiner
from docmill.infra.commits import DocumentCommit
from docmill.infra.lake import Lake, extraction_name, page_name
from docmill.infra.warehouse import ddl
from docmill.schemas.document_schema import pattern_of
from docmill.schemas.errors import StoreError
from docmill.schemas.extraction import Evidence, Extraction, FieldValue
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, Failure, PartOutcome, RunRecord
from docmill.schemas.page import PageText
from docmill.schemas.result_json import result_json
from docmill.schemas.review import ReviewItem
from docmill.schemas.source import Departure, Sighting

Row: TypeAlias = dict[str, Any]
TableRow: TypeAlias = tuple[ddl.Table, Row]

_Value = TypeVar("_Value")
_ROW_NUMBER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class History:
    """Everything about one document: its outcomes (at least one), and its first source.

    `uri` and `first_seen_at` are None where no source was recorded; its first outcome then
    speaks for it.
    """

    commits: tuple[DocumentCommit, ...]
    uri: str | None = None
    first_seen_at: datetime | None = None

    @cached_property
    def outcomes(self) -> tuple[DocumentOutcome, ...]:
        """From the oldest to the newest."""
        ordered = sorted(self.commits, key=lambda commit: (commit.content.finished_at, commit.id))
        return tuple(commit.content for commit in ordered)

    @property
    def newest(self) -> DocumentOutcome:
        """The outcome that counts."""
        return self.outcomes[-1]

    @property
    def first_uri(self) -> str:
        """The first place the document was seen at."""
        return self.outcomes[0].uri if self.uri is None else self.uri

    @property
    def seen_at(self) -> datetime:
        """When it was first seen."""
        return self.first_seen_at or min(outcome.started_at for outcome in self.outcomes)

    @property
    def names(self) -> Iterator[str]:
        """The lake's objects that its rows are made of, in the order of their use."""
        yield from (page_name(key) for key in self.newest.page_keys if key is not None)
        for outcome in reversed(self.outcomes):
            keys = (part.extraction_key for part in outcome.parts)
            yield from (extraction_name(key) for key in keys if key is not None)

    @cached_property
    def newest_by_schema(self) -> dict[str, DocumentOutcome]:
        """For every schema, the newest outcome that filled it: its values are the current ones."""
        return {
            part.schema_name: outcome
            for outcome in self.outcomes
            for part in outcome.parts
            if part.schema_name is not None and part.extraction_key is not None
        }

    def is_current(self, outcome: DocumentOutcome, part: PartOutcome) -> bool:
        """Whether what `outcome` says about this part still holds."""
        if part.schema_name is None or part.extraction_key is None:
            return outcome is self.newest
        return outcome is self.newest_by_schema[part.schema_name]


def document_rows(history: History, lake: Lake) -> Iterator[TableRow]:
    """All rows of one document.

    Raises:
        StoreError: the lake lacks something that a commit record refers to, or it is damaged.
    """
    yield from _outline_rows(history)
    yield from _failure_rows(history)
    yield from _reading_rows(history.newest, lake)
    yield from _part_rows(history, lake)


def sighting_rows(sightings: Iterable[Sighting]) -> Iterator[TableRow]:
    """Rows of the loader's own sightings table."""
    for sighting in sightings:
        yield (
            ddl.SIGHTINGS,
            {
                "uri": sighting.uri,
                "document_id": sighting.document_id,
                "etag": sighting.etag,
                "size": sighting.size,
                "seen_at": timestamp(sighting.seen_at),
            },
        )


def departure_rows(departures: Iterable[Departure]) -> Iterator[TableRow]:
    """Rows of the loader's own departures table."""
    for departure in departures:
        gone_at = timestamp(departure.gone_at)
        yield ddl.DEPARTURES, {**departure.model_dump(), "gone_at": gone_at}


def run_row(record: RunRecord) -> TableRow:
    """The row of a run."""
    times = {
        "started_at": timestamp(record.started_at),
        "finished_at": timestamp(record.finished_at),
    }
    engines = {
        "ocr_engine": record.ocr_engine and str(record.ocr_engine),
        "extractor": record.extractor and str(record.extractor),
    }
    return ddl.RUNS, {**record.model_dump(exclude={"unread_sources"}), **times, **engines}


def unread_source_rows(record: RunRecord) -> Iterator[TableRow]:
    """Sources whose bytes could not be read: failures that belong to no document."""
    for source in record.unread_sources:
        row = {
            "document_id": None,
            "uri": source.uri,
            "failed_at": timestamp(record.finished_at),
            "run_id": record.run_id,
            "current": True,
        }
        yield ddl.FAILURES, {**source.failure.model_dump(mode="json"), **row}


def timestamp(time: datetime) -> str:
    """A time as DuckDB's TIMESTAMP, in UTC; a time without a zone is taken for UTC."""
    utc = time if time.tzinfo is None else time.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S.%f")


def _outline_rows(history: History) -> Iterator[TableRow]:
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
        yield ddl.DOCUMENTS, {**shared, **own, **_status(outcome, part.status, part)}


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


def _failure_rows(history: History) -> Iterator[TableRow]:
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


def _reading_rows(outcome: DocumentOutcome, lake: Lake) -> Iterator[TableRow]:
    joiner = TableJoiner()
    for number, key in enumerate(outcome.page_keys, start=1):
        if key is None:
            yield ddl.PAGES, _failed_page(outcome, number)
        else:
            page = found_in_lake(lake.page(key), f"page {key}")
            yield from _page_rows(page)
            yield from _table_cell_rows(page, joiner)


def _failed_page(outcome: DocumentOutcome, page: int) -> Row:
    return {
        "document_id": outcome.document_id,
        "page": page,
        "ocr_engine": str(outcome.ocr_engine),
        "status": "failed",
    }


def _page_rows(page: PageText) -> Iterator[TableRow]:
    place = {"document_id": page.document_id, "page": page.page}
    yield (
        ddl.PAGES,
        {
            **place,
            "width_px": page.width_px,
            "height_px": page.height_px,
            "rotation": page.rotation,
            "ocr_engine": str(page.engine),
            "status": page.status.value,
            "mean_confidence": page.mean_confidence,
            "findings": page.findings,
        },
    )
    for number, block in enumerate(page.blocks):
        box = block.box
        corners = {"x0": box.x0, "y0": box.y0, "x1": box.x1, "y1": box.y1}
        text = {"label": block.label, "text": block.text, "confidence": block.confidence}
        yield ddl.BLOCKS, {**place, "block": number, **text, **corners}
    yield from _word_rows(page)


def _table_cell_rows(page: PageText, joiner: TableJoiner) -> Iterator[TableRow]:
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


def _word_rows(page: PageText) -> Iterator[TableRow]:
    """The bulk of all rows, so made in one go each."""
    document_id, number = page.document_id, page.page
    for index, word in enumerate(page.words):
        box = word.box
        yield (
            ddl.WORDS,
            {
                "document_id": document_id,
                "page": number,
                "block": word.block,
                "word": index,
                "text": word.text,
                "x0": box.x0,
                "y0": box.y0,
                "x1": box.x1,
                "y1": box.y1,
                "confidence": word.confidence,
                "box_source": word.box_source.value,
                "line": word.line,
                "visible": word.visible,
            },
        )


def _part_rows(history: History, lake: Lake) -> Iterator[TableRow]:
    """Results, values and review items; an extraction that came twice is in the history once."""
    extracted_at = _first_times(history)
    told: set[tuple[int, str]] = set()
    for outcome in reversed(history.outcomes):  # the newest first: it says whether it is current
        for part in outcome.parts:
            extraction = _extraction_of(part, lake)
            current = history.is_current(outcome, part)
            context = _Context(history.first_uri, outcome, part)
            if current:
                yield from _review_rows(context, extraction)
            if extraction is None:
                continue
            if current:
                yield ddl.RESULTS, _result_row(context, extraction)
            identity = (part.part, part.extraction_key or "")
            if identity not in told:
                yield from _value_rows(context, extraction, current, extracted_at[identity])
            told.add(identity)


@dataclass(frozen=True)
class _Context:
    """What all rows of one part share."""

    uri: str
    outcome: DocumentOutcome
    part: PartOutcome


def _first_times(history: History) -> dict[tuple[int, str], str]:
    """When each extraction (part and key) was first part of an outcome."""
    return {
        (part.part, part.extraction_key): timestamp(outcome.finished_at)
        for outcome in reversed(history.outcomes)
        for part in outcome.parts
        if part.extraction_key is not None
    }


def _extraction_of(part: PartOutcome, lake: Lake) -> Extraction | None:
    key = part.extraction_key
    return None if key is None else found_in_lake(lake.extraction(key), f"extraction {key}")


def _result_row(context: _Context, extraction: Extraction) -> Row:
    return {
        "document_id": extraction.document_id,
        "part": context.part.part,
        "schema_name": extraction.schema_name,
        "result": result_json(extraction),
        "extraction_key": context.part.extraction_key,
        "uri": context.uri,
        "status": context.part.status.value,
        "page_from": context.part.page_from,
        "page_to": context.part.page_to,
        "schema_hash": extraction.schema_hash,
        "finished_at": timestamp(context.outcome.finished_at),
    }


def _value_rows(
    context: _Context, extraction: Extraction, current: bool, extracted_at: str
) -> Iterator[TableRow]:
    shared = {
        "document_id": extraction.document_id,
        "part": context.part.part,
        "uri": context.uri,
        "schema_name": extraction.schema_name,
        "reviewed": False,
        "ocr_engine": str(context.outcome.ocr_engine),
        "extractor": str(extraction.engine),
        "extraction_key": context.part.extraction_key,
    }
    for value in extraction.fields:
        row = {**shared, **_value_row(value)}
        yield ddl.FIELD_HISTORY, {**row, "extracted_at": extracted_at, "current": current}
        if current:
            yield ddl.FIELDS, row


def _value_row(value: FieldValue) -> Row:
    number = _ROW_NUMBER.search(value.path)
    return {
        "path": value.path,
        "value": value.value,
        "raw": value.raw,
        "status": value.status.value,
        "confidence": value.confidence,
        "confidence_status": value.confidence_status.value,
        "match": value.match.value,
        "derived": value.derived,
        "pattern": pattern_of(value.path),
        "row": int(number[1]) if number else None,
        **_evidence_row(value.evidence),
    }


def _evidence_row(evidence: Evidence | None) -> Row:
    if evidence is None:
        return {}
    x0, y0, x1, y1 = evidence.box.as_tuple()
    return {"page": evidence.page, "x0": x0, "y0": y0, "x1": x1, "y1": y1}


def _review_rows(context: _Context, extraction: Extraction | None) -> Iterator[TableRow]:
    shared = {"uri": context.uri, "created_at": timestamp(context.outcome.finished_at)}
    for item in context.part.review:
        row = {**item.model_dump(mode="json"), **shared, **_questioned(item, extraction)}
        yield ddl.REVIEW_QUEUE, row


def _questioned(item: ReviewItem, extraction: Extraction | None) -> Row:
    """The value that a review item is about."""
    value = extraction.field(item.path) if extraction else None
    if value is None:
        return {}
    return {"value": value.value, "raw": value.raw, **_evidence_row(value.evidence)}


def found_in_lake(value: _Value | None, what: str) -> _Value:
    """The value itself.

    Raises:
        StoreError: it is None, although a commit record refers to it.
    """
    if value is None:
        raise StoreError(
            f"the lake lacks {what}, which a commit record refers to",
            "Restore the lake from a backup, or remove the record and run again.",
        )
    return value
