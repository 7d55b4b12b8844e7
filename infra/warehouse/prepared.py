"""What is ready to be written, and how much of it belongs into one turn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from docmill.infra.commits import CommitRecord, DocumentCommit
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.histories import Known, number_of_answers
from docmill.infra.warehouse.newest_schemas import SchemaChange, SchemaViews
from docmill.infra.warehouse.rows import timestamp
from docmill.infra.warehouse.sources import SourceChanges
from docmill.infra.warehouse.table_files import TableFiles
from docmill.infra.warehouse.writing import delete_documents


@dataclass(frozen=True)
class Portion:
    """What is written as a whole: one document, or everything that is none.

    `documents` is how many it touches, `keys` are of its commit records, `news` those of them that
    were not known by another key. Documents in `replaced` have rows that are there already, those
    in `answered` may have rows of answers. `expected` are the keys of the answers to a document
    that the warehouse should have.
    """

    documents: int
    pages: int
    keys: Sequence[str]
    news: Sequence[CommitRecord]
    replaced: Sequence[str]
    answered: Sequence[str]
    expected: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Turn:
    """The portions from number `first` to `last`, to be written in one turn."""

    first: int
    last: int
    portions: Sequence[Portion]

    @property
    def documents(self) -> int:
        """How many it touches."""
        return sum(portion.documents for portion in self.portions)

    @property
    def pages(self) -> int:
        """Of its documents."""
        return sum(portion.pages for portion in self.portions)

    @property
    def news(self) -> Iterator[CommitRecord]:
        """Records in it that were not known."""
        return (record for portion in self.portions for record in portion.news)


@dataclass(frozen=True)
class Prepared:
    """Portions by number, ready to be written.

    `answers` is how many the warehouse had when they were made ready. `scanned_to` is how far the
    lake is loaded once they are written; None: there is more of the same batch.
    """

    connection: DuckDBPyConnection
    files: TableFiles
    sources: SourceChanges | None
    schemas: SchemaViews
    schema_change: SchemaChange | None
    portions: Sequence[Portion]
    answers: int
    scanned_to: datetime | None

    def turn(self, first: int, pages: float) -> Turn:
        """The next turn's work: from number `first` on, documents of about so many pages."""
        last, seen = first, self.portions[first].pages
        for portion in self.portions[first + 1 :]:
            if seen + portion.pages > pages:
                break
            last += 1
            seen += portion.pages
        return Turn(first, last, self.portions[first : last + 1])

    def keys_from(self, first: int) -> list[str]:
        """Keys of the commit records from number `first` on."""
        return [key for portion in self.portions[first:] for key in portion.keys]

    def is_current(self, turn: Turn) -> bool:
        """Whether nobody else answered about its documents; to be asked in the turn."""
        if number_of_answers(self.connection) == self.answers:
            return True
        expected = {
            document: keys for portion in turn.portions
            for document, keys in portion.expected.items()
        }  # fmt: skip
        return answers_known(self.connection, list(expected)) == expected

    def write(self, turn: Turn) -> None:
        """Write a part of it, within the caller's transaction.

        Raises:
            duckdb.Error: the warehouse cannot be written.
        """
        answered = [each for it in turn.portions for each in it.answered]
        delete_documents(self.connection, ddl.FROM_ANSWERS, answered)
        replaced = [each for it in turn.portions for each in it.replaced]
        delete_documents(self.connection, ddl.FROM_OUTCOMES, replaced)
        if self.sources is not None:
            self.sources.write(self.connection)
        self.files.insert(self.connection, turn.first, turn.last)
        if turn.first == 0 and self.schema_change is not None:
            self.schema_change.write(self.connection)
        self.connection.execute("UPDATE internal.state SET revision = revision + 1")
        if turn.last + 1 == len(self.portions) and self.scanned_to is not None:
            at = timestamp(self.scanned_to)
            self.connection.execute(
                "UPDATE internal.state SET "
                "scanned_to = greatest(coalesce(scanned_to, ?::TIMESTAMP), ?::TIMESTAMP)",
                [at, at],
            )

    def keep(self, turn: Turn) -> None:
        """It was written."""
        if turn.first == 0 and self.schema_change is not None:
            self.schemas.keep(self.schema_change)


def portion_of(
    records: Mapping[str, CommitRecord],
    documents: Collection[str],
    touched: Collection[str],
    before: Mapping[str, Known],
    known_ids: Collection[str] = (),
) -> Portion:
    """What is written together.

    Args:
        records: its commit records, by key.
        documents: those that it is about.
        touched: documents whose rows are made anew.
        before: what was known about documents.
        known_ids: ids of commit records that were loaded before, besides those about `documents`.
    """
    known_before = [each for each in documents if before[each].commits]
    news: dict[str, CommitRecord] = {}  # of equal ids the first
    for record in records.values():
        news.setdefault(record.id, record)
    known_ids = set(known_ids).union(*(before[each].commits for each in documents))
    return Portion(
        documents=len(set(documents).intersection(touched)),
        pages=sum(
            max(1, len(record.content.page_keys))
            for record in records.values()
            if isinstance(record, DocumentCommit)
        ),
        keys=list(records),
        news=[record for key, record in news.items() if key not in known_ids],
        replaced=[each for each in known_before if each in touched],
        answered=[each for each in known_before if before[each].events],
        expected={each: frozenset(before[each].events) for each in documents},
    )


def answers_known(
    connection: DuckDBPyConnection, documents: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Keys of the answers about documents in the warehouse, an entry for each of them."""
    if not documents:
        return {}
    rows = connection.execute(
        "SELECT document_id, list(event_key) FROM main.review_events "
        "WHERE document_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY document_id",
        [documents],
    ).fetchall()
    found: dict[str, list[str]] = dict(rows)
    return {each: frozenset(found.get(each, ())) for each in documents}
