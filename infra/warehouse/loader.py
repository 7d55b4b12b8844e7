"""From the lake into the warehouse: what is new, in batches.

A batch is first made ready (`preparing`), which takes most of the time, and then written, some
documents at a time, for which the loader takes its turn among those who write. A document's rows
and the note that its commit records are loaded become visible together, so a loader killed at any
point has loaded a document or has not. The records of the last hours are listed anew each time, for
those that a slow or ill-timed machine files late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import tee
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from duckdb import DuckDBPyConnection

from docmill.infra.commits import CommitRecord
from docmill.infra.lake import Lake, commit_key_at, time_of, utc_now
from docmill.infra.warehouse.batches import PAGES_PER_BATCH, Batch, Pace, batches
from docmill.infra.warehouse.newest_schemas import SchemaViews
from docmill.infra.warehouse.prepared import Prepared, Turn
from docmill.infra.warehouse.preparing import Begun, Preparation
from docmill.infra.warehouse.stagers import Here, Stager
from docmill.infra.warehouse.turns import Turns
from docmill.infra.warehouse.writing import transaction

OVERLAP = timedelta(hours=6)
THREADS = 8  # that fetch commit records


@dataclass(frozen=True)
class LoadReport:
    """What a load did. `warnings` are for people."""

    commits: int = 0
    documents: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Waiting:
    """A batch whose documents, if any, are being staged; `about` as of `Batch.about`."""

    batch: Batch
    begun: Begun | None
    others: Batch
    about: set[str]


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
        stager: where batches are staged; None: here.
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
        stager: Stager | None = None,
        loaded: Callable[[CommitRecord], None] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._clock = clock
        self._turn = turn
        self._loaded = loaded
        self._pace = Pace(lock_s, pages_per_batch)
        self._stager = stager or Here(lake)
        self._schemas: SchemaViews | None = None  # from the first batch on

    def load(
        self, overlap: timedelta = OVERLAP, stop: Callable[[], bool] = lambda: False
    ) -> LoadReport:
        """Load every commit record that is not loaded yet.

        Args:
            overlap: how far before the last listing's end this one begins.
            stop: asked after each batch; True ends the load there.

        Raises:
            StoreError: the lake is damaged; batches before the damage stay loaded.
            CageError: a worker that staged a batch was killed.
            duckdb.Error: the warehouse cannot be written.
        """
        with (
            closing(self._connection.cursor()) as connection,
            ThreadPoolExecutor(THREADS, thread_name_prefix="lake") as pool,
            # a worker that is being ended may still write into it
            TemporaryDirectory(prefix="docmill-load-", ignore_cleanup_errors=True) as folder,
        ):
            keys = self._new_keys(connection, overlap)
            found = batches(self._records(keys, pool), self._pace, stop)
            return self._load(connection, found, Path(folder))

    def _load(
        self, connection: DuckDBPyConnection, found: Iterator[Batch], folder: Path
    ) -> LoadReport:
        commits, documents = 0, 0
        for batch, written in self._written(connection, found, folder):
            commits += len(batch.records)
            documents += written
        warnings = self._schemas.warnings() if self._schemas and commits else ()
        return LoadReport(commits, documents, warnings)

    def _written(
        self, connection: DuckDBPyConnection, found: Iterator[Batch], folder: Path
    ) -> Iterator[tuple[Batch, int]]:
        """Batches as they are written, each with the number of documents that it touched.

        The documents of later batches are being staged meanwhile.
        """
        waiting: deque[_Waiting] = deque()
        for batch in found:
            preparation = self._preparation(connection, folder)
            documents, others = batch.parts()
            together = any(not documents.about.isdisjoint(each.about) for each in waiting)
            while waiting and together:
                yield self._finish(preparation, waiting.popleft())
            begun = preparation.begin(documents) if documents.records else None
            waiting.append(_Waiting(batch, begun, others, batch.about))
            while len(waiting) > self._stager.ahead:
                yield self._finish(preparation, waiting.popleft())
        while waiting:
            yield self._finish(self._preparation(connection, folder), waiting.popleft())

    def _preparation(self, connection: DuckDBPyConnection, folder: Path) -> Preparation:
        self._schemas = self._schemas or SchemaViews(connection, self._lake)
        return Preparation(connection, self._lake, self._stager, folder, self._schemas)

    def _finish(self, preparation: Preparation, waiting: _Waiting) -> tuple[Batch, int]:
        """Write a batch: its documents, which were begun, then all else."""
        batch, others = waiting.batch, waiting.others
        # a record from the future does not count as that far
        scanned_to = min(time_of(max(batch.records)), self._clock())
        written = 0
        if waiting.begun is not None:
            until = None if others.records else scanned_to
            written += self._write(preparation, waiting.begun, preparation.begin, until)
        if others.records:
            begun = preparation.begin_others(others)
            written += self._write(preparation, begun, preparation.begin_others, scanned_to)
        return batch, written

    def _write(
        self,
        preparation: Preparation,
        begun: Begun,
        again: Callable[[Batch], Begun],
        scanned_to: datetime | None,
    ) -> int:
        """Write what was begun, some documents in a turn; returns how many were touched.

        Where somebody answered about its documents meanwhile, the rest is begun `again`.
        """
        prepared = preparation.ready(begun, scanned_to)
        first = documents = 0
        while first < len(prepared.portions):
            turn = prepared.turn(first, self._pace.pages)
            if not self._took(prepared, turn):
                preparation.done(begun)
                begun = again(begun.batch.only(prepared.keys_from(first)))
                prepared, first = preparation.ready(begun, scanned_to), 0
                continue
            for record in turn.news:
                self._loaded(record)
            documents += turn.documents
            first = turn.last + 1
        preparation.done(begun)
        return documents

    def _took(self, prepared: Prepared, turn: Turn) -> bool:
        """Take a turn; False where the warehouse has changed, and nothing was written."""
        with self._turn():
            started = perf_counter()
            if not prepared.is_current(turn):
                return False
            with transaction(prepared.connection):
                prepared.write(turn)
            prepared.keep(turn)
            self._pace.took(turn.pages, perf_counter() - started)
        return True

    def _records(self, keys: Iterator[str], pool: Executor) -> Iterator[tuple[str, CommitRecord]]:
        """Commit records in order, fetched ahead."""
        keys, coming = tee(keys)
        lake = self._lake.ahead(pool, coming)
        return ((key, lake.commit(key)) for key in keys)

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
