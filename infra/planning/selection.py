"""Documents chosen by a question to the published warehouse, and where their bytes are now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import UsageError

# What a condition can speak of: one row per document part.
COLUMNS: Mapping[str, str] = {
    "document_id": "SHA-256 of the file's bytes",
    "part": "which document inside the file, from 1",
    "uri": "the first place the file was seen at",
    "media_type": "type of the file by its bytes",
    "bytes": "size of the file",
    "page_count": "pages of the whole file",
    "schema_name": "the schema that was filled; NULL when none fitted or it failed",
    "schema_confidence": "0..1, how sure the classification was",
    "status": "done, partial, failed or needs_review",
    "error": "what went wrong; NULL unless partial or failed",
    "first_seen_at": "when any source first held the document (UTC)",
    "finished_at": "when the work on it ended (UTC)",
    "ocr_engines": "list of engines that read its pages, each as name and as name@version[model]",
    "extractor": "engine that filled the schema, name@version[model]",
    "mean_confidence": "0..1, mean of its values",
    "review_items": "how many items of it wait for review",
}

_DOCUMENTS = """
WITH read AS (
    SELECT document_id,
           list_distinct(flatten([list(ocr_engine), list(split_part(ocr_engine, '@', 1))]))
               AS ocr_engines
    FROM pages GROUP BY document_id
), valued AS (
    SELECT document_id, part, schema_name, any_value(extractor) AS extractor,
           avg(confidence) FILTER (status = 'present') AS mean_confidence
    FROM fields GROUP BY ALL
), queued AS (
    SELECT document_id, part, count(*) AS review_items FROM review_queue GROUP BY ALL
), chosen AS (
    SELECT documents.*, coalesce(ocr_engines, []) AS ocr_engines, extractor, mean_confidence,
           coalesce(review_items, 0) AS review_items
    FROM documents LEFT JOIN read USING (document_id)
    LEFT JOIN valued USING (document_id, part, schema_name)
    LEFT JOIN queued USING (document_id, part)
)
"""


@dataclass(frozen=True)
class Filter:
    """Which documents: all that fulfil everything that is set.

    `where` is an SQL condition over `COLUMNS`; all tables and views of the published warehouse
    may be asked in subqueries. `ocr_engine` and `extractor` are names, with or without version.
    `before` is when the work on them ended, in UTC. `source` is the beginning of a URI.
    """

    where: str | None = None
    schema_name: str | None = None
    ocr_engine: str | None = None
    extractor: str | None = None
    before: datetime | None = None
    status: str | None = None
    source: str | None = None

    def conditions(self) -> Iterator[tuple[str, Any]]:
        """SQL conditions, each with the value of its one placeholder."""
        if self.schema_name is not None:
            yield "schema_name = ?", self.schema_name
        if self.ocr_engine is not None:
            yield "list_contains(ocr_engines, ?)", self.ocr_engine
        if self.extractor is not None:
            yield "list_contains([extractor, split_part(extractor, '@', 1)], ?)", self.extractor
        if self.before is not None:
            yield "finished_at < ?", self.before.astimezone(UTC).replace(tzinfo=None)
        if self.status is not None:
            yield "status = ?", self.status
        if self.source is not None:
            sources = "SELECT document_id FROM sources WHERE starts_with(uri, ?)"
            yield f"document_id IN ({sources})", self.source


@dataclass(frozen=True)
class Seat:
    """A place that held a document; `gone`: not any more, as far as the warehouse knows."""

    uri: str
    size: int
    etag: str | None
    seen_at: datetime
    gone: bool


@dataclass(frozen=True)
class Selected:
    """A document, its size in bytes, and the places it was seen at, those still good first."""

    document_id: str
    uri: str
    size: int
    seats: tuple[Seat, ...] = field(default=())


def select(workspace: Workspace, wanted: Filter) -> tuple[Selected, ...]:
    """The documents of a published warehouse that a filter lets through, in order of their URIs.

    The condition can read and nothing else: the file is open for reading only, and DuckDB's
    access to other files is shut off.

    Raises:
        UsageError: nothing is published, or the condition is no SQL condition over `COLUMNS`.
    """
    connection = open_published(workspace)
    try:
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        documents = _chosen(connection, wanted)
        seats = _seats(connection, [document_id for document_id, _, _ in documents])
    finally:
        connection.close()
    return tuple(Selected(each, uri, size, seats.get(each, ())) for each, uri, size in documents)


def _chosen(
    connection: duckdb.DuckDBPyConnection, wanted: Filter
) -> Sequence[tuple[str, str, int]]:
    conditions = list(wanted.conditions())
    texts = [text for text, _ in conditions]
    if wanted.where is not None:
        texts.append(f"({wanted.where}\n)")  # the line break ends a comment
    sql = (
        f"{_DOCUMENTS} SELECT document_id, min(uri), any_value(bytes) FROM chosen "
        f"WHERE {' AND '.join(texts) or 'true'} GROUP BY document_id ORDER BY 2, 1"
    )
    try:
        if len(duckdb.extract_statements(sql)) != 1:
            raise UsageError("give one condition, without “;”", _hint())
        return connection.execute(sql, [value for _, value in conditions]).fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"this is no condition on documents: {reason}", _hint()) from error


def _hint() -> str:
    return (
        "Write what would stand behind WHERE, such as: status = 'failed' AND page_count > 3. "
        f"Columns: {', '.join(COLUMNS)}. Other tables in subqueries, such as: document_id IN "
        "(SELECT document_id FROM fields WHERE path = 'total' AND confidence < 0.5)."
    )


def _seats(
    connection: duckdb.DuckDBPyConnection, documents: Sequence[str]
) -> Mapping[str, tuple[Seat, ...]]:
    rows = connection.execute(
        "SELECT document_id, uri, size, etag, last_seen_at, deleted_at IS NOT NULL AS gone "
        "FROM sources WHERE document_id IN (SELECT unnest(?::VARCHAR[])) "
        "ORDER BY document_id, gone, last_seen_at DESC, uri",
        [list(documents)],
    ).fetchall()
    return {
        document_id: tuple(
            Seat(uri, size, etag, seen_at.replace(tzinfo=UTC), gone)
            for _, uri, size, etag, seen_at, gone in group
        )
        for document_id, group in groupby(rows, itemgetter(0))
    }
