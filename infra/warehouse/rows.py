"""Rows on their way into tables, and those that belong to no document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from docmill.infra.lake import Lake
from docmill.infra.warehouse import ddl
from docmill.schemas.errors import StoreError
from docmill.schemas.extraction import Extraction
from docmill.schemas.outcome import RunRecord
from docmill.schemas.source import Departure, Sighting

Row: TypeAlias = dict[str, Any]
TableRow: TypeAlias = tuple[ddl.Table, Row]

_Value = TypeVar("_Value")


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
    return utc(time).strftime("%Y-%m-%d %H:%M:%S.%f")


def utc(time: datetime) -> datetime:
    """The time in UTC; one without a zone is taken for that."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


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


def extraction_in(lake: Lake, key: str) -> Extraction:
    """An extraction that a commit record refers to.

    Raises:
        StoreError: the lake lacks it, or it is damaged.
    """
    return found_in_lake(lake.extraction(key), f"extraction {key}")
