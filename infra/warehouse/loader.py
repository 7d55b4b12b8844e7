"""From the lake into the warehouse: what is new, in batches, each one transaction.

A batch's rows and the note that its commit records are loaded become visible together, so a
loader killed at any point has loaded a batch or has not. The records of the last hours are
listed anew each time, for those that a slow or ill-timed machine files late.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import tee

from duckdb import DuckDBPyConnection

from docmill.infra.commits import (
    CommitRecord,
    DocumentCommit,
    EvaluationCommit,
    RunCommit,
    SightingsCommit,
)
from docmill.infra.lake import Lake, hour_of, time_of, utc_now
from docmill.infra.warehouse import ddl, views
from docmill.infra.warehouse.evaluation_rows import evaluation_rows
from docmill.infra.warehouse.rows import (
    History,
    TableRow,
    departure_rows,
    document_rows,
    found_in_lake,
    run_row,
    sighting_rows,
    timestamp,
    unread_source_rows,
)
from docmill.infra.warehouse.staging import Staging
from docmill.schemas.source import Departure, Sighting

OVERLAP = timedelta(hours=6)
PAGES_PER_BATCH = 500
COMMITS_PER_BATCH = 1000
THREADS = 8  # that fetch from the lake


@dataclass(frozen=True)
class LoadReport:
    """What a load did. `warnings` are for people."""

    commits: int = 0
    documents: int = 0
    warnings: tuple[str, ...] = ()


@dataclass
class _Batch:
    """Commit records by key, in order of time."""

    records: dict[str, CommitRecord] = field(default_factory=dict[str, CommitRecord])
    pages: int = 0  # of the documents in it

    def add(self, key: str, record: CommitRecord) -> None:
        self.records[key] = record
        if isinstance(record, DocumentCommit):
            self.pages += len(record.content.page_keys)


class Loader:
    """Loads one lake into one open warehouse, which nobody else writes to.

    Args:
        connection: the warehouse.
        lake: what it shows.
        clock: the present time, in UTC.
        pages_per_batch: a batch is full when its documents have this many pages.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        lake: Lake,
        clock: Callable[[], datetime] = utc_now,
        pages_per_batch: int = PAGES_PER_BATCH,
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._clock = clock
        self._pages_per_batch = pages_per_batch

    def load(self) -> LoadReport:
        """Load every commit record that is not loaded yet.

        Raises:
            StoreError: the lake is damaged; batches before the damage stay loaded.
            duckdb.Error: the warehouse cannot be written.
        """
        commits, documents, warnings = 0, 0, ()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="lake") as pool:
            for batch in self._batches(pool):
                with self._transaction():
                    documents += self._load(batch, pool)
                    warnings = views.refresh(self._connection, self._lake)
                commits += len(batch.records)
        return LoadReport(commits, documents, warnings)

    def _batches(self, pool: Executor) -> Iterator[_Batch]:
        batch = _Batch()
        keys, coming = tee(self._new_keys())
        lake = self._lake.ahead(pool, coming)
        for key in keys:
            batch.add(key, lake.commit(key))
            if batch.pages >= self._pages_per_batch or len(batch.records) >= COMMITS_PER_BATCH:
                yield batch
                batch = _Batch()
        if batch.records:
            yield batch

    def _new_keys(self) -> Iterator[str]:
        since = self._scan_start()
        rows = self._connection.execute(
            "SELECT commit_key FROM internal.commits WHERE commit_key >= ?",
            [f"commits/{since or ''}"],
        ).fetchall()
        loaded = {key for (key,) in rows}
        return (key for key in self._lake.commit_keys(since) if key not in loaded)

    def _scan_start(self) -> str | None:
        row = self._connection.execute("SELECT scanned_to FROM internal.state").fetchone()
        scanned_to: datetime | None = row[0] if row else None
        return scanned_to and hour_of(scanned_to.replace(tzinfo=UTC) - OVERLAP)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _load(self, batch: _Batch, pool: Executor) -> int:
        """Bring the tables up to date with a batch; returns how many documents it touched."""
        before = self._loaded_ids(batch)
        with Staging(self._connection) as staging:
            staging.add(self._bookkeeping_rows(batch, before))
        self._refresh_sources(batch)
        documents = self._touched_documents(batch)
        self._delete(documents)
        histories = tuple(self._histories(documents, batch))
        lake = self._lake.ahead(pool, (name for history in histories for name in history.names))
        with Staging(self._connection) as staging:
            for history in histories:
                staging.add(document_rows(history, lake))
        self._remember(batch)
        return len(documents)

    def _loaded_ids(self, batch: _Batch) -> set[str]:
        ids = [record.id for record in batch.records.values()]
        rows = self._connection.execute(
            "SELECT DISTINCT commit_id FROM internal.commits "
            "WHERE commit_id IN (SELECT unnest(?::VARCHAR[]))",
            [ids],
        ).fetchall()
        return {commit_id for (commit_id,) in rows}

    def _bookkeeping_rows(self, batch: _Batch, loaded_ids: set[str]) -> Iterator[TableRow]:
        """Rows that need no other record; equal ids have equal content."""
        told = set(loaded_ids)
        for key, record in batch.records.items():
            row = {"commit_key": key, "commit_id": record.id}
            if isinstance(record, DocumentCommit):
                row["document_id"] = record.content.document_id
            yield ddl.COMMITS, row
            if record.id not in told:
                yield from self._independent_rows(record)
            told.add(record.id)

    def _independent_rows(self, record: CommitRecord) -> Iterator[TableRow]:
        match record:
            case SightingsCommit():
                yield from sighting_rows(record.content.sightings)
                yield from departure_rows(record.content.departures)
            case RunCommit():
                yield run_row(record.content)
                yield from unread_source_rows(record.content)
            case EvaluationCommit(content=key):
                yield from evaluation_rows(
                    found_in_lake(self._lake.evaluation(key), f"evaluation {key}")
                )
            case DocumentCommit():
                return

    def _refresh_sources(self, batch: _Batch) -> None:
        uris = sorted({each.uri for each in (*_sightings(batch), *_departures(batch))})
        if uris:
            self._connection.execute(_DELETE_SOURCES, [uris])
            self._connection.execute(_INSERT_SOURCES, [uris])

    def _touched_documents(self, batch: _Batch) -> list[str]:
        """Documents with a new outcome, and those whose first source turned out to be another."""
        committed = {
            record.content.document_id
            for record in batch.records.values()
            if isinstance(record, DocumentCommit)
        }
        seen = sorted({sighting.document_id for sighting in _sightings(batch)} - committed)
        rows = self._connection.execute(_MOVED_DOCUMENTS, [seen]).fetchall()
        return sorted(committed | {document_id for (document_id,) in rows})

    def _delete(self, documents: Sequence[str]) -> None:
        known = self._connection.execute(
            "SELECT DISTINCT document_id FROM main.documents "
            "WHERE document_id IN (SELECT unnest(?::VARCHAR[]))",
            [documents],
        ).fetchall()
        for table in ddl.BY_DOCUMENT if known else ():
            self._connection.execute(
                f"DELETE FROM {table.qualified} WHERE document_id IN (SELECT unnest(?::VARCHAR[]))",
                [[document_id for (document_id,) in known]],
            )

    def _histories(self, documents: Sequence[str], batch: _Batch) -> Iterator[History]:
        rows = self._connection.execute(_HISTORIES, [documents]).fetchall()
        for keys, uri, seen_at in rows:
            commits = (batch.records.get(key) or self._lake.commit(key) for key in keys)
            yield History(
                tuple(commit for commit in commits if isinstance(commit, DocumentCommit)),
                uri,
                seen_at,
            )

    def _remember(self, batch: _Batch) -> None:
        """Note how far the listing came; a record from the future does not count as that far."""
        scanned_to = min(time_of(max(batch.records)), self._clock())
        self._connection.execute(
            "UPDATE internal.state SET revision = revision + 1, "
            "scanned_to = greatest(coalesce(scanned_to, ?::TIMESTAMP), ?::TIMESTAMP)",
            [timestamp(scanned_to)] * 2,
        )


def _sightings(batch: _Batch) -> Iterator[Sighting]:
    for record in batch.records.values():
        if isinstance(record, SightingsCommit):
            yield from record.content.sightings


def _departures(batch: _Batch) -> Iterator[Departure]:
    for record in batch.records.values():
        if isinstance(record, SightingsCommit):
            yield from record.content.departures


_DELETE_SOURCES = "DELETE FROM main.sources WHERE uri IN (SELECT unnest(?::VARCHAR[]))"

# A place's document counts as gone when, after it was last seen itself, another one was seen there
# or nothing at all.
_INSERT_SOURCES = """
INSERT INTO main.sources BY NAME
WITH own AS (
    SELECT uri, document_id, arg_max_null(etag, (seen_at, etag)) AS etag, max(size) AS size,
           min(seen_at) AS first_seen_at, max(seen_at) AS last_seen_at
    FROM internal.sightings WHERE uri IN (SELECT unnest($1::VARCHAR[]))
    GROUP BY uri, document_id
), other AS (
    SELECT uri, document_id, seen_at AS at FROM internal.sightings
    WHERE uri IN (SELECT unnest($1::VARCHAR[]))
    UNION ALL
    SELECT uri, NULL, gone_at FROM internal.departures WHERE uri IN (SELECT unnest($1::VARCHAR[]))
)
SELECT own.*, (
    SELECT min(other.at) FROM other
    WHERE other.uri = own.uri AND other.document_id IS DISTINCT FROM own.document_id
      AND other.at > own.last_seen_at
) AS deleted_at
FROM own
"""

_FIRST_SOURCE = """
SELECT document_id, arg_min(uri, (first_seen_at, uri)) AS uri, min(first_seen_at) AS seen_at
FROM main.sources WHERE document_id IN (SELECT unnest(?::VARCHAR[]))
GROUP BY document_id
"""

_MOVED_DOCUMENTS = f"""
SELECT DISTINCT document_id
FROM main.documents JOIN ({_FIRST_SOURCE}) AS source USING (document_id)
WHERE documents.uri <> source.uri OR documents.first_seen_at <> source.seen_at
"""

# Of records with the same id, the earliest counts.
_HISTORIES = f"""
WITH counting AS (
    SELECT document_id, min(commit_key) AS commit_key FROM internal.commits
    WHERE document_id IN (SELECT unnest($1::VARCHAR[]))
    GROUP BY document_id, commit_id
)
SELECT list(commit_key ORDER BY commit_key), any_value(source.uri), any_value(source.seen_at)
FROM counting LEFT JOIN ({_FIRST_SOURCE.replace("?", "$1")}) AS source USING (document_id)
GROUP BY document_id ORDER BY document_id
"""
