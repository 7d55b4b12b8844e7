"""A batch, made ready to be written: everything that needs no turn to write.

Reads of the warehouse and of the lake happen here, and the rows are made; what is left to write is
in temporary tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from duckdb import DuckDBPyConnection

from docmill.infra.commits import (
    CommitRecord,
    DocumentCommit,
    EvaluationCommit,
    ReviewCommit,
    RunCommit,
    SightingsCommit,
)
from docmill.infra.lake import Lake, time_of
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.ahead import ObjectsAhead
from docmill.infra.warehouse.answer_rows import answer_rows
from docmill.infra.warehouse.batches import Batch
from docmill.infra.warehouse.documents import stage_document
from docmill.infra.warehouse.evaluation_rows import evaluation_rows
from docmill.infra.warehouse.event_rows import event_row
from docmill.infra.warehouse.histories import History, Known, known, number_of_answers
from docmill.infra.warehouse.newest_schemas import SchemaViews, Use, newest_of
from docmill.infra.warehouse.prepared import Prepared, portion_of
from docmill.infra.warehouse.rows import (
    TableRow,
    departure_rows,
    found_in_lake,
    run_row,
    sighting_rows,
    unread_source_rows,
)
from docmill.infra.warehouse.sources import SourceChanges
from docmill.infra.warehouse.staging import Staging
from docmill.schemas.extraction import Extraction

_NOT_WHAT_IT_SHOULD_BE = (ValueError, LookupError, TypeError, AttributeError, duckdb.Error)


class Preparation:
    """Makes batches ready.

    Args:
        connection: to the warehouse, for the loader alone.
        lake: what the warehouse shows.
        objects: the lake's objects, fetched ahead.
        schemas: follows what the typed views show.
        clock: the present time, in UTC.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        lake: Lake,
        objects: ObjectsAhead,
        schemas: SchemaViews,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._objects = objects
        self._schemas = schemas
        self._clock = clock

    @contextmanager
    def prepared(self, batch: Batch) -> Generator[Prepared]:
        """The batch, ready to be written inside the `with` block.

        Raises:
            StoreError: the lake is damaged; what is damaged is named.
            duckdb.Error: the warehouse cannot be read, or there is no space for temporary tables.
        """
        with TemporaryDirectory(prefix="docmill-load-") as folder:
            yield self._prepare(batch, Staging(self._connection, Path(folder)))

    def _prepare(self, batch: Batch, staging: Staging) -> Prepared:
        answers_before = number_of_answers(self._connection)  # before the answers are read
        sources = SourceChanges(self._connection, batch.sightings, batch.departures)
        committed = dict.fromkeys(each.content.document_id for each in batch.documents.values())
        moved = set(sources.moved_documents()) - committed.keys()
        asked = {event.document_id for event in batch.events} - committed.keys()
        before = known(self._connection, [*committed, *sorted(moved | asked)], sources.table)
        after = _with_batch(before, batch)
        told = self._told(batch)
        numbered: list[Collection[str]] = [sorted(moved | asked), *([each] for each in committed)]
        records = _by_number(batch, {each: n for n, each in enumerate(committed, start=1)})
        events = [*_new_event_rows(before, after)]
        histories: list[History] = []
        uses: list[tuple[str, Use]] = []
        try:
            for number, documents in enumerate(numbered):
                staging.begin(number)
                staging.add(self._bookkeeping_rows(records[number], told))
                staging.add(events if number == 0 else ())
                for history in self._histories([after[each] for each in documents], batch):
                    histories.append(history)
                    touched = number > 0 or history.document_id in moved
                    uses += self._stage(history, touched, staging)
            staging.read()
        except _NOT_WHAT_IT_SHOULD_BE:
            self._name_what_is_damaged(histories)
            raise
        known_ids = told.union(*(each.commits for each in before.values()))
        portions = [
            portion_of(records[number], documents, moved if number == 0 else committed.keys(),
                     before, after, known_ids)
            for number, documents in enumerate(numbered)
        ]  # fmt: skip
        replaced = [each for portion in portions for each in portion.replaced]
        return Prepared(
            connection=self._connection,
            staging=staging,
            sources=sources,
            schemas=self._schemas,
            schema_change=self._schemas.change(self._connection, newest_of(uses), replaced),
            portions=portions,
            answers_before=answers_before,
            answers_after=answers_before + len(events),
            # a record from the future does not count as that far
            scanned_to=min(time_of(max(batch.records)), self._clock()),
        )

    def _histories(self, documents: Iterable[Known], batch: Batch) -> Iterator[History]:
        """Of those documents that have an outcome."""
        for each in documents:
            history = each.history(lambda key: batch.records.get(key) or self._lake.commit(key))
            if history is not None:
                yield history

    def _stage(self, history: History, touched: bool, staging: Staging) -> list[tuple[str, Use]]:
        """Stage a document's rows, where it is `touched`, and those of its answers."""
        uses = [*stage_document(history, self._objects.get, staging)] if touched else []
        if history.events:
            staging.add(answer_rows(history, self._extraction))
        return uses

    def _extraction(self, key: str) -> Extraction:
        return found_in_lake(self._lake.extraction(key), f"extraction {key}")

    def _name_what_is_damaged(self, histories: Sequence[History]) -> None:
        """Look at every object by itself, as its model.

        Raises:
            StoreError: one is damaged.
        """
        for history in histories:
            for key in filter(None, history.newest.page_keys):
                self._lake.page(key)
            for _, part in history.parts():
                if part.extraction_key is not None:
                    self._lake.extraction(part.extraction_key)

    def _bookkeeping_rows(
        self, records: Mapping[str, CommitRecord], told: Collection[str]
    ) -> Iterator[TableRow]:
        """The note that records are loaded, and rows that need no other record."""
        told = set(told)
        for key, record in records.items():
            row = {"commit_key": key, "commit_id": record.id}
            if isinstance(record, DocumentCommit):
                row["document_id"] = record.content.document_id
            yield ddl.COMMITS, row
            if record.id not in told:
                yield from self._independent_rows(record)
            told.add(record.id)

    def _told(self, batch: Batch) -> set[str]:
        """Ids of records that are loaded already under another key; equal ids, equal content."""
        ids = [record.id for record in batch.records.values() if not _is_merged(record)]
        if not ids:
            return set()
        rows = self._connection.execute(
            "SELECT DISTINCT commit_id FROM internal.commits "
            "WHERE commit_id IN (SELECT unnest(?::VARCHAR[]))",
            [ids],
        ).fetchall()
        return {commit_id for (commit_id,) in rows}

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
            case DocumentCommit() | ReviewCommit():
                return


def _by_number(batch: Batch, numbers: Mapping[str, int]) -> Sequence[dict[str, CommitRecord]]:
    """The batch's records under the numbers of their documents; all others under 0."""
    found: list[dict[str, CommitRecord]] = [{} for _ in range(len(numbers) + 1)]
    for key, record in batch.records.items():
        is_document = isinstance(record, DocumentCommit)
        found[numbers[record.content.document_id] if is_document else 0][key] = record
    return found


def _is_merged(record: CommitRecord) -> bool:
    """Whether its content is merged with what is known, so that it may come again."""
    return isinstance(record, (DocumentCommit, ReviewCommit))


def _with_batch(before: Mapping[str, Known], batch: Batch) -> dict[str, Known]:
    after = dict(before)
    for key, record in batch.documents.items():
        document_id = record.content.document_id
        after[document_id] = after[document_id].with_commit(record.id, key)
    for event in batch.events:
        after[event.document_id] = after[event.document_id].with_event(event)
    return after


def _new_event_rows(before: Mapping[str, Known], after: Mapping[str, Known]) -> Iterator[TableRow]:
    for document, now in after.items():
        new = now.events.keys() - before[document].events.keys()
        yield from (event_row(now.events[key]) for key in sorted(new))
