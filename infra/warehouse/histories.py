"""Everything about one document together: its outcomes, its first source, its answers.

The rows of a document depend on nothing else, and never on the order in which these were loaded:
that is why a grown warehouse and a rebuilt one are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from duckdb import DuckDBPyConnection

from docmill.infra.commits import CommitRecord, DocumentCommit
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.event_rows import event_of
from docmill.schemas.outcome import DocumentOutcome, PartOutcome
from docmill.schemas.review import ReviewEvent


@dataclass(frozen=True)
class History:
    """Everything about one document: its outcomes (at least one), first source, and answers.

    `uri` and `first_seen_at` are None where no source was recorded; its first outcome then
    speaks for it.
    """

    commits: tuple[DocumentCommit, ...]
    uri: str | None = None
    first_seen_at: datetime | None = None
    events: tuple[ReviewEvent, ...] = ()

    @cached_property
    def outcomes(self) -> tuple[DocumentOutcome, ...]:
        """From the oldest to the newest."""
        ordered = sorted(self.commits, key=lambda commit: (commit.content.finished_at, commit.id))
        return tuple(commit.content for commit in ordered)

    @property
    def document_id(self) -> str:
        """Whose history it is."""
        return self.newest.document_id

    @property
    def newest(self) -> DocumentOutcome:
        """The outcome that counts."""
        return self.outcomes[-1]

    @property
    def first_uri(self) -> str:
        """The first place the document was seen at."""
        return self.outcomes[0].uri if self.uri is None else self.uri

    @property
    def seen_at(self) -> datetime:
        """When it was first seen."""
        return self.first_seen_at or min(outcome.started_at for outcome in self.outcomes)

    @cached_property
    def newest_by_schema(self) -> dict[str, DocumentOutcome]:
        """For every schema, the newest outcome that filled it: its values are the current ones."""
        return {
            part.schema_name: outcome
            for outcome in self.outcomes
            for part in outcome.parts
            if part.schema_name is not None and part.extraction_key is not None
        }

    def is_current(self, outcome: DocumentOutcome, part: PartOutcome) -> bool:
        """Whether what `outcome` says about this part still holds."""
        if part.schema_name is None or part.extraction_key is None:
            return outcome is self.newest
        return outcome is self.newest_by_schema[part.schema_name]

    def parts(self) -> Iterator[tuple[DocumentOutcome, PartOutcome]]:
        """All parts of all outcomes, those of the newest outcome first.

        Of parts with the same number and extraction only the first, which tells whether it is
        current.
        """
        told: set[tuple[int, str]] = set()
        for outcome in reversed(self.outcomes):
            for part in outcome.parts:
                identity = (part.part, part.extraction_key or "")
                if part.extraction_key is None or identity not in told:
                    yield outcome, part
                told.add(identity)


@dataclass(frozen=True)
class Known:
    """What is known about a document, before its commit records are read.

    `commits` are keys by id, of records with the same id the earliest; `events` are by key.
    """

    commits: Mapping[str, str] = field(default_factory=dict[str, str])
    uri: str | None = None
    first_seen_at: datetime | None = None
    events: Mapping[str, ReviewEvent] = field(default_factory=dict[str, ReviewEvent])

    def with_commit(self, commit_id: str, key: str) -> Known:
        """The same with one more commit record."""
        earliest = min(key, self.commits.get(commit_id, key))
        return replace(self, commits={**self.commits, commit_id: earliest})

    def with_event(self, event: ReviewEvent) -> Known:
        """The same with one more answer; one that is known stays as it is."""
        return replace(self, events={event.key: event, **self.events})

    def history(self, record: Callable[[str], CommitRecord]) -> History | None:
        """The history, its records as given by their keys; None where there is no outcome yet.

        Raises:
            StoreError: by `record`.
        """
        found = (record(key) for key in sorted(self.commits.values()))
        commits = tuple(each for each in found if isinstance(each, DocumentCommit))
        events = tuple(self.events[key] for key in sorted(self.events))
        return History(commits, self.uri, self.first_seen_at, events) if commits else None


def known(
    connection: DuckDBPyConnection, documents: Sequence[str], sources: str = "main.sources"
) -> dict[str, Known]:
    """What the warehouse knows about documents: an entry for each of them.

    Args:
        connection: the warehouse.
        documents: their ids.
        sources: the table of sources, or a query in brackets that gives another state of it.
    """
    commits: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for document_id, commit_id, key in _rows(connection, _COMMITS, documents):
        commits[document_id][commit_id] = key
    seen = {row[0]: row[1:] for row in _rows(connection, first_sources(sources), documents)}
    events = events_about(connection, documents)
    return {
        each: Known(commits[each], *seen.get(each, (None, None)), events=events[each])
        for each in documents
    }


def events_about(
    connection: DuckDBPyConnection, documents: Sequence[str]
) -> Mapping[str, dict[str, ReviewEvent]]:
    """The answers about documents by key, by document; no entry is missing."""
    found: defaultdict[str, dict[str, ReviewEvent]] = defaultdict(dict)
    if number_of_answers(connection) == 0:
        return found
    names = [column.name for column in ddl.REVIEW_EVENTS.columns]
    for row in _rows(connection, _EVENTS, documents):
        event = event_of(dict(zip(names, row, strict=True)))
        found[event.document_id][event.key] = event
    return found


def number_of_answers(connection: DuckDBPyConnection) -> int:
    """How many answers the warehouse holds; none ever goes."""
    row = connection.execute("SELECT count(*) FROM main.review_events").fetchone()
    return row[0] if row else 0


def first_sources(sources: str = "main.sources") -> str:
    """A query for the first source of each of the documents that its parameter lists."""
    return (
        "SELECT document_id, arg_min(uri, (first_seen_at, uri)) AS uri, "
        f"min(first_seen_at) AS seen_at FROM {sources} "
        "WHERE document_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY document_id"
    )


def _rows(
    connection: DuckDBPyConnection, query: str, documents: Sequence[str]
) -> list[tuple[Any, ...]]:
    return connection.execute(query, [list(documents)]).fetchall()


_COMMITS = """
SELECT document_id, commit_id, min(commit_key) FROM internal.commits
WHERE document_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY document_id, commit_id
"""
_EVENTS = "SELECT * FROM main.review_events WHERE document_id IN (SELECT unnest($1::VARCHAR[]))"
