"""New answers of reviewers, put into an open warehouse at once, without loading their documents.

What is written is exactly what loading the commit record of the answers writes; the loader, when
it comes to that record, finds them there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from duckdb import DuckDBPyConnection

from docmill.infra.lake import Lake
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.answer_rows import answer_rows
from docmill.infra.warehouse.event_rows import event_row
from docmill.infra.warehouse.histories import Known, known
from docmill.infra.warehouse.rows import TableRow, extraction_in
from docmill.infra.warehouse.writing import delete_documents, insert_rows
from docmill.schemas.extraction import Extraction
from docmill.schemas.review import ReviewEvent


@dataclass(frozen=True)
class PreparedAnswers:
    """Answers that are ready to be written; `rows` are right while nothing new is known."""

    lake: Lake
    extraction_of: Callable[[str], Extraction]
    events: tuple[ReviewEvent, ...]
    before: Mapping[str, Known]
    facts: int
    rows: tuple[TableRow, ...]

    def write(self, connection: DuckDBPyConnection) -> None:
        """Write them, within the caller's transaction and turn.

        Where their documents changed since they were prepared, they are prepared anew, which
        reads from the lake; that is rare.

        Raises:
            StoreError: the lake is damaged.
            duckdb.Error: the warehouse cannot be written.
        """
        if _facts(connection, self.before) != self.facts:
            again = prepare_answers(connection, self.lake, self.events, self.extraction_of)
            again.write(connection)
            return
        answered = [each for each, it in self.before.items() if it.commits and it.events]
        delete_documents(connection, ddl.FROM_ANSWERS, answered)
        insert_rows(connection, self.rows)
        connection.execute("UPDATE internal.state SET revision = revision + 1")


def prepare_answers(
    connection: DuckDBPyConnection,
    lake: Lake,
    events: Iterable[ReviewEvent],
    extraction_of: Callable[[str], Extraction] | None = None,
) -> PreparedAnswers:
    """Make new answers ready to be written; those that the warehouse has already do no harm.

    Args:
        connection: to the warehouse; it is only read.
        lake: has the outcomes and extractions of the documents.
        events: the answers, which must lie in the lake already.
        extraction_of: gives an extraction by its key, where some are at hand; None: from the lake.

    Raises:
        StoreError: the lake is damaged.
        duckdb.Error: the warehouse cannot be read.
    """
    events = tuple(events)
    documents = sorted({event.document_id for event in events})
    facts = _facts(connection, documents)  # before they are read
    before = known(connection, documents)
    extraction_of = extraction_of or partial(extraction_in, lake)
    rows = tuple(_rows(lake, extraction_of, events, before))
    return PreparedAnswers(lake, extraction_of, events, before, facts, rows)


def _facts(connection: DuckDBPyConnection, documents: Iterable[str]) -> int:
    """How much is known about documents: outcomes, sightings and answers, of which none ever goes.

    Asked while others wait, where comparing what is known would take longer.
    """
    rows = connection.execute(_FACTS, [list(documents)]).fetchall()
    return rows[0][0]


_FACTS = """
SELECT count(*) FROM (
    SELECT document_id FROM internal.commits
    UNION ALL SELECT document_id FROM internal.sightings
    UNION ALL SELECT document_id FROM main.review_events
) WHERE document_id IN (SELECT unnest($1::VARCHAR[]))
"""


def _rows(
    lake: Lake,
    extraction_of: Callable[[str], Extraction],
    events: Sequence[ReviewEvent],
    before: Mapping[str, Known],
) -> Iterator[TableRow]:
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
