"""A batch, made ready to be written: everything that needs no turn to write.

What the warehouse knows is read here, and staging is ordered (`infra.warehouse.staging`). Documents
are prepared apart from everything else a batch holds: their rows depend on nothing that is written
at the same time, so that they can be staged while what came before is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from duckdb import DuckDBPyConnection

from docmill.infra.commits import (
    CommitRecord,
    DocumentCommit,
    EvaluationCommit,
    ReviewCommit,
    RunCommit,
    SightingsCommit,
)
from docmill.infra.lake import Lake
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.batches import Batch
from docmill.infra.warehouse.evaluation_rows import evaluation_rows
from docmill.infra.warehouse.event_rows import event_row
from docmill.infra.warehouse.histories import History, Known, known, number_of_answers
from docmill.infra.warehouse.newest_schemas import SchemaViews
from docmill.infra.warehouse.prepared import Portion, Prepared, portion_of
from docmill.infra.warehouse.rows import (
    TableRow,
    departure_rows,
    found_in_lake,
    run_row,
    sighting_rows,
    unread_source_rows,
)
from docmill.infra.warehouse.sources import SourceChanges
from docmill.infra.warehouse.stagers import Here, Stager
from docmill.infra.warehouse.staging import Order, Staged


@dataclass(frozen=True)
class Begun:
    """Records that are being staged, and what the warehouse knew when that began."""

    batch: Batch
    portions: Sequence[Portion]
    answers: int
    staged: Future[Staged]
    folder: Path
    sources: SourceChanges | None = None


class Preparation:
    """Makes records ready.

    Args:
        connection: to the warehouse, for the loader alone.
        lake: what the warehouse shows.
        stager: stages documents.
        folder: for files.
        schemas: follows what the typed views show.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        lake: Lake,
        stager: Stager,
        folder: Path,
        schemas: SchemaViews,
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._stager = stager
        self._folder = folder
        self._schemas = schemas

    def begin(self, batch: Batch) -> Begun:
        """Begin with records of documents, of which none is being prepared or written already.

        Raises:
            StoreError: the lake is damaged; what is damaged is named.
            duckdb.Error: the warehouse cannot be read.
        """
        answers = number_of_answers(self._connection)  # before the answers are read
        by_document = _by_document(batch)
        before = known(self._connection, list(by_document))
        after = {
            document: _with_commits(before[document], records)
            for document, records in by_document.items()
        }
        orders = [
            Order(list(_notes(records)), self._histories([after[document]], batch))
            for document, records in by_document.items()
        ]
        portions = [
            portion_of(records, [document], [document], before)
            for document, records in by_document.items()
        ]
        return self._begun(self._stager, batch, orders, portions, answers)

    def begin_others(self, batch: Batch) -> Begun:
        """Begin with all other records, once everything before is written.

        Raises:
            StoreError: the lake is damaged; what is damaged is named.
            duckdb.Error: the warehouse cannot be read or written.
        """
        answers = number_of_answers(self._connection)
        sources = SourceChanges(self._connection, batch.sightings, batch.departures)
        moved = sources.moved_documents()
        asked = {event.document_id for event in batch.events}.difference(moved)
        before = known(self._connection, [*moved, *sorted(asked)], sources.table)
        after = dict(before)
        for event in batch.events:
            after[event.document_id] = after[event.document_id].with_event(event)
        told = self._told(batch)
        order = Order(
            [
                *_notes(batch.records),
                *self._independent_rows(batch, told),
                *_new_event_rows(before, after),
            ],
            self._histories([after[each] for each in moved], batch),
            self._histories([after[each] for each in sorted(asked)], batch),
        )
        portion = portion_of(batch.records, list(before), moved, before, told)
        begun = self._begun(Here(self._lake), batch, [order], [portion], answers)
        return replace(begun, sources=sources)

    def ready(self, begun: Begun, scanned_to: datetime | None) -> Prepared:
        """What can be written now that everything before is; this waits until it is staged.

        Raises:
            StoreError: the lake is damaged; what is damaged is named.
            CageError: a worker that staged it was killed.
            duckdb.Error: the warehouse cannot be read.
        """
        staged = begun.staged.result()
        staged.files.read(self._connection)
        replaced = [each for portion in begun.portions for each in portion.replaced]
        return Prepared(
            connection=self._connection,
            files=staged.files,
            sources=begun.sources,
            schemas=self._schemas,
            schema_change=self._schemas.change(self._connection, staged.uses, replaced),
            portions=begun.portions,
            answers=begun.answers,
            scanned_to=scanned_to,
        )

    def done(self, begun: Begun) -> None:
        """Its files are needed no more."""
        shutil.rmtree(begun.folder)

    def _begun(
        self,
        stager: Stager,
        batch: Batch,
        orders: Sequence[Order],
        portions: Sequence[Portion],
        answers: int,
    ) -> Begun:
        folder = Path(mkdtemp(dir=self._folder))
        return Begun(batch, portions, answers, stager.stage(orders, folder), folder)

    def _histories(self, documents: Sequence[Known], batch: Batch) -> Sequence[History]:
        """Of those documents that have an outcome."""
        found = (
            each.history(lambda key: batch.records.get(key) or self._lake.commit(key))
            for each in documents
        )
        return [history for history in found if history is not None]

    def _told(self, batch: Batch) -> set[str]:
        """Ids of records that are loaded already under another key; equal ids, equal content."""
        rows = self._connection.execute(
            "SELECT DISTINCT commit_id FROM internal.commits "
            "WHERE commit_id IN (SELECT unnest(?::VARCHAR[]))",
            [[record.id for record in batch.records.values()]],
        ).fetchall()
        return {commit_id for (commit_id,) in rows}

    def _independent_rows(self, batch: Batch, told: Collection[str]) -> Iterator[TableRow]:
        """Rows that need no other record; of records with the same id once."""
        told = set(told)
        for record in batch.records.values():
            if record.id not in told:
                yield from self._rows_of(record)
            told.add(record.id)

    def _rows_of(self, record: CommitRecord) -> Iterator[TableRow]:
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
            case DocumentCommit() | ReviewCommit():
                return


def _by_document(batch: Batch) -> Mapping[str, Mapping[str, DocumentCommit]]:
    """The documents' records by key, by document."""
    found: dict[str, dict[str, DocumentCommit]] = {}
    for key, record in batch.documents.items():
        found.setdefault(record.content.document_id, {})[key] = record
    return found


def _with_commits(document: Known, records: Mapping[str, DocumentCommit]) -> Known:
    for key, record in records.items():
        document = document.with_commit(record.id, key)
    return document


def _notes(records: Mapping[str, CommitRecord]) -> Iterator[TableRow]:
    """That records are loaded."""
    for key, record in records.items():
        row = {"commit_key": key, "commit_id": record.id}
        if isinstance(record, DocumentCommit):
            row["document_id"] = record.content.document_id
        yield ddl.COMMITS, row


def _new_event_rows(before: Mapping[str, Known], after: Mapping[str, Known]) -> Iterator[TableRow]:
    for document, now in after.items():
        new = now.events.keys() - before[document].events.keys()
        yield from (event_row(now.events[key]) for key in sorted(new))
