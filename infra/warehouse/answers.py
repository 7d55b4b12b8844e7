"""New answers of reviewers, put into an open warehouse at once, without loading their documents.

What is written is exactly what loading the commit record of the answers writes; the loader, when
it comes to that record, finds them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from docmill.infra.lake import Lake
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.answer_rows import answer_rows
from docmill.infra.warehouse.event_rows import event_row
from docmill.infra.warehouse.histories import Known, known
from docmill.infra.warehouse.rows import TableRow, found_in_lake
from docmill.infra.warehouse.staging import insert_rows
from docmill.schemas.extraction import Extraction
from docmill.schemas.review import ReviewEvent


@dataclass(frozen=True)
class PreparedAnswers:
    """Answers that are ready to be written; `rows` are right while `before` is."""

    lake: Lake
    events: tuple[ReviewEvent, ...]
    before: Mapping[str, Known]
    rows: tuple[TableRow, ...]

    def write(self, connection: DuckDBPyConnection) -> None:
        """Write them, within the caller's transaction and turn.

        Where their documents changed since they were prepared, they are prepared anew, which
        reads from the lake; that is rare.

        Raises:
            StoreError: the lake is damaged.
            duckdb.Error: the warehouse cannot be written.
        """
        if known(connection, list(self.before)) != self.before:
            prepare_answers(connection, self.lake, self.events).write(connection)
            return
        answered = [each for each, it in self.before.items() if it.commits and it.events]
        for table in ddl.FROM_ANSWERS if answered else ():
            connection.execute(
                f"DELETE FROM {table.qualified} WHERE document_id IN (SELECT unnest(?::VARCHAR[]))",
                [answered],
            )
        insert_rows(connection, self.rows)
        connection.execute("UPDATE internal.state SET revision = revision + 1")


def prepare_answers(
    connection: DuckDBPyConnection, lake: Lake, events: Iterable[ReviewEvent]
) -> PreparedAnswers:
    """Make new answers ready to be written; those that the warehouse has already do no harm.

    Args:
        connection: to the warehouse; it is only read.
        lake: has the outcomes and extractions of the documents.
        events: the answers, which must lie in the lake already.

    Raises:
        StoreError: the lake is damaged.
        duckdb.Error: the warehouse cannot be read.
    """
    events = tuple(events)
    before = known(connection, sorted({event.document_id for event in events}))
    rows = tuple(_rows(lake, events, before))
    return PreparedAnswers(lake, events, before, rows)


def _rows(
    lake: Lake, events: Sequence[ReviewEvent], before: Mapping[str, Known]
) -> Iterator[TableRow]:
    def extraction_of(key: str) -> Extraction:
        return found_in_lake(lake.extraction(key), f"extraction {key}")

    after = dict(before)
    for event in events:
        now = after[event.document_id]
        if event.key not in now.events:
            yield event_row(event)
            after[event.document_id] = now.with_event(event)
    for now in after.values():
        history = now.history(lake.commit)
        if history is not None:
            yield from answer_rows(history, extraction_of)
