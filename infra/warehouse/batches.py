"""What is new in the lake, in batches, and how much of a batch is written in one turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from docmill.infra.commits import CommitRecord, DocumentCommit, ReviewCommit, SightingsCommit
from docmill.schemas.review import ReviewEvent
from docmill.schemas.source import Departure, Sighting

PAGES_PER_BATCH = 120
COMMITS_PER_BATCH = 1000

_Record = TypeVar("_Record")


@dataclass
class Batch:
    """Commit records by key, in order of time. `pages` are those of the documents in it."""

    records: dict[str, CommitRecord] = field(default_factory=dict[str, CommitRecord])
    pages: int = 0

    def add(self, key: str, record: CommitRecord) -> None:
        """Take in one more."""
        self.records[key] = record
        if isinstance(record, DocumentCommit):
            self.pages += max(1, len(record.content.page_keys))

    def only(self, keys: Iterable[str]) -> Batch:
        """The same with these records alone."""
        batch = Batch()
        for key in keys:
            batch.add(key, self.records[key])
        return batch

    def parts(self) -> tuple[Batch, Batch]:
        """The documents' records, and all others."""
        documents = self.documents
        others = (key for key in self.records if key not in documents)
        return self.only(documents), self.only(others)

    @property
    def about(self) -> set[str]:
        """Ids of all documents that it says something about."""
        found = {record.content.document_id for record in self.documents.values()}
        found.update(sighting.document_id for sighting in self.sightings)
        return found.union(event.document_id for event in self.events)

    @property
    def documents(self) -> dict[str, DocumentCommit]:
        """The documents' records by key."""
        found = self.records.items()
        return {key: record for key, record in found if isinstance(record, DocumentCommit)}

    @property
    def sightings(self) -> list[Sighting]:
        """What was seen at sources."""
        return [each for record in self._of(SightingsCommit) for each in record.content.sightings]

    @property
    def departures(self) -> list[Departure]:
        """What was gone from sources."""
        return [each for record in self._of(SightingsCommit) for each in record.content.departures]

    @property
    def events(self) -> list[ReviewEvent]:
        """Answers of reviewers."""
        return [each for record in self._of(ReviewCommit) for each in record.content]

    def _of(self, kind: type[_Record]) -> Iterator[_Record]:
        return (record for record in self.records.values() if isinstance(record, kind))


class Pace:
    """How large batches are, and how much of one is written in a turn.

    Args:
        seconds: that a turn may take; None: a batch is written in one.
        pages: a batch is full with documents of so many pages.
    """

    def __init__(self, seconds: float | None, pages: int = PAGES_PER_BATCH) -> None:
        self._wanted = None if seconds is None else _SHARE * seconds
        self._full = pages if seconds is None else min(pages, _PAGES_IN_TURNS)
        self.pages = float("inf") if seconds is None else float(_FIRST_PAGES)

    def is_full(self, batch: Batch) -> bool:
        """Whether it should be made ready now."""
        return batch.pages >= self._full or len(batch.records) >= COMMITS_PER_BATCH

    def took(self, pages: int, seconds: float) -> None:
        """Learn from how long a turn took, in which documents of so many pages were written."""
        if self._wanted is None or not pages:
            return
        change = min(max(self._wanted / max(seconds, 1e-6), 0.5), _FASTEST_GROWTH)
        if change < 1 or pages >= int(self.pages):  # few pages say little about many
            wanted = max(pages * change, pages + 1) if change > 1 else pages * change
            self.pages = min(max(wanted, _FEWEST_PAGES), self._full)


_SHARE = 0.75  # of the time, for the mean: single turns take longer
_PAGES_IN_TURNS = 120  # few enough that new documents are seen soon
_FIRST_PAGES = 8
_FEWEST_PAGES = 3  # with fewer, most of the time is spent on what every turn takes
_FASTEST_GROWTH = 1.3


def batches(
    records: Iterator[tuple[str, CommitRecord]], pace: Pace, stop: Callable[[], bool]
) -> Iterator[Batch]:
    """The records in batches; `stop` is asked between them."""
    batch = Batch()
    for key, record in records:
        batch.add(key, record)
        if pace.is_full(batch):
            yield batch
            batch = Batch()
            if stop():
                return
    if batch.records:
        yield batch
