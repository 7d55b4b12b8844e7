"""From the lake into the warehouse: what is new, in batches.

A batch is first made ready (`preparing`), which takes most of the time, and then written, some
documents at a time, for which the loader takes its turn among those who write. A document's rows
and the note that its commit records are loaded become visible together, so a loader killed at any
point has loaded a document or has not. The records of the last hours are listed anew each time, for
those that a slow or ill-timed machine files late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import tee
from time import perf_counter

from duckdb import DuckDBPyConnection

from docmill.infra.commits import CommitRecord, DocumentCommit
from docmill.infra.lake import Lake, commit_key_at, utc_now
from docmill.infra.warehouse.ahead import ObjectsAhead
from docmill.infra.warehouse.batches import PAGES_PER_BATCH, Batch, Pace, batches
from docmill.infra.warehouse.documents import object_names
from docmill.infra.warehouse.newest_schemas import SchemaViews
from docmill.infra.warehouse.prepared import Prepared
from docmill.infra.warehouse.preparing import Preparation
from docmill.infra.warehouse.turns import Turns

OVERLAP = timedelta(hours=6)
THREADS = 8  # that fetch from the lake
_RECORDS_AHEAD = 32


@dataclass(frozen=True)
class LoadReport:
    """What a load did. `warnings` are for people."""

    commits: int = 0
    documents: int = 0
    warnings: tuple[str, ...] = ()


class Loader:
    """Loads one lake into one open warehouse, to which others write only in turns.

    Args:
        connection: the warehouse.
        lake: what it shows.
        clock: the present time, in UTC.
        turn: gives the right to write.
        lock_s: seconds for which a turn should be held at most; a document is never divided.
            None: a batch is written in one turn.
        pages_per_batch: a batch is full when its documents have this many pages.
        loaded: is told of every record once, when it was loaded for the first time; a record that
            was committed twice, or is loaded again elsewhere, is the same one.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        lake: Lake,
        clock: Callable[[], datetime] = utc_now,
        turn: Turns = nullcontext,
        lock_s: float | None = None,
        pages_per_batch: int = PAGES_PER_BATCH,
        loaded: Callable[[CommitRecord], None] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._clock = clock
        self._turn = turn
        self._loaded = loaded
        self._pace = Pace(lock_s, pages_per_batch)

    def load(
        self, overlap: timedelta = OVERLAP, stop: Callable[[], bool] = lambda: False
    ) -> LoadReport:
        """Load every commit record that is not loaded yet.

        Args:
            overlap: how far before the last listing's end this one begins.
            stop: asked after each batch; True ends the load there.

        Raises:
            StoreError: the lake is damaged; batches before the damage stay loaded.
            duckdb.Error: the warehouse cannot be written.
        """
        with (
            closing(self._connection.cursor()) as connection,
            ThreadPoolExecutor(THREADS, thread_name_prefix="lake") as pool,
        ):
            return self._load(connection, pool, overlap, stop)

    def _load(
        self,
        connection: DuckDBPyConnection,
        pool: Executor,
        overlap: timedelta,
        stop: Callable[[], bool],
    ) -> LoadReport:
        objects = ObjectsAhead(self._lake, pool)
        records = self._records(self._new_keys(connection, overlap), pool, objects)
        schemas: SchemaViews | None = None
        commits, documents = 0, 0
        for batch in batches(records, self._pace, stop):
            schemas = schemas or SchemaViews(connection, self._lake)
            preparation = Preparation(connection, self._lake, objects, schemas, self._clock)
            rest: Batch | None = batch
            while rest is not None:
                with preparation.prepared(rest) as prepared:
                    written, rest = self._write(connection, prepared, rest)
                documents += written
            commits += len(batch.records)
            objects.forget(_names(batch))
        return LoadReport(commits, documents, schemas.warnings() if schemas else ())

    def _write(
        self, connection: DuckDBPyConnection, prepared: Prepared, batch: Batch
    ) -> tuple[int, Batch | None]:
        """Write what is prepared, some documents in a turn.

        Returns:
            How many documents were touched, and what must be prepared again, since somebody
            answered about its documents meanwhile.
        """
        first = documents = 0
        while first < len(prepared.portions):
            turn = prepared.turn(first, self._pace.pages)
            with self._turn():
                started = perf_counter()
                if not prepared.is_current(turn):
                    return documents, batch.only(prepared.keys_from(first))
                with _transaction(connection):
                    prepared.write(turn)
                prepared.keep(turn)
                self._pace.took(turn.pages, perf_counter() - started)
            for record in turn.news:
                self._loaded(record)
            documents += turn.documents
            first = turn.last + 1
        return documents, None

    def _records(
        self, keys: Iterator[str], pool: Executor, objects: ObjectsAhead
    ) -> Iterator[tuple[str, CommitRecord]]:
        """Commit records in order; what documents refer to is being fetched when one comes."""
        keys, coming = tee(keys)
        lake = self._lake.ahead(pool, coming)
        waiting: deque[tuple[str, CommitRecord]] = deque()
        for key in keys:
            record = lake.commit(key)
            if isinstance(record, DocumentCommit):
                objects.want(object_names(record.content))
            waiting.append((key, record))
            if len(waiting) > _RECORDS_AHEAD:
                yield waiting.popleft()
        yield from waiting

    def _new_keys(self, connection: DuckDBPyConnection, overlap: timedelta) -> Iterator[str]:
        after = self._scan_start(connection, overlap)
        rows = connection.execute(
            "SELECT commit_key FROM internal.commits WHERE commit_key > ?", [after or "commits/"]
        ).fetchall()
        loaded = {key for (key,) in rows}
        return (key for key in self._lake.commit_keys(after=after) if key not in loaded)

    def _scan_start(self, connection: DuckDBPyConnection, overlap: timedelta) -> str | None:
        row = connection.execute("SELECT scanned_to FROM internal.state").fetchone()
        scanned_to: datetime | None = row[0] if row else None
        return scanned_to and commit_key_at(scanned_to.replace(tzinfo=UTC) - overlap)


def _names(batch: Batch) -> Iterator[str]:
    for record in batch.documents.values():
        yield from object_names(record.content)


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Generator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
