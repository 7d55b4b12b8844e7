"""Whether everything that commit records refer to is in the lake, and can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from docmill.infra.commits import (
    CommitRecord,
    DocumentCommit,
    EvaluationCommit,
    ReviewCommit,
    RunCommit,
    SightingsCommit,
)
from docmill.infra.lake import Lake, extraction_name, page_name
from docmill.schemas.errors import StoreError, StoreRefused
from docmill.schemas.review import ReviewEvent

THREADS = 8
_RECORDS_AT_ONCE = 200


@dataclass(frozen=True)
class Damage:
    """An object that is missing or cannot be read; `document_id` is None if it is of no document.

    `what` says in words what is wrong with it.
    """

    name: str
    what: str
    document_id: str | None


@dataclass(frozen=True)
class _Reference:
    """An object that a commit record refers to; `read` says what is wrong with it, or None."""

    name: str
    document_id: str | None
    read: Callable[[], str | None]


class LakeCheck:
    """Reads all objects that some commit records refer to, each once.

    Args:
        lake: where they are.
        progress: is told how many commit records of how many are done.
    """

    def __init__(self, lake: Lake, progress: Callable[[int, int], None]) -> None:
        self._lake = lake
        self._progress = progress
        self._seen: set[str] = set()

    @property
    def objects(self) -> int:
        """How many objects were read so far, commit records not counted."""
        return len(self._seen)

    def damages(self, commits: Sequence[tuple[str, str | None]]) -> Iterator[Damage]:
        """What is damaged.

        Args:
            commits: key of each commit record, and the document that it is known to be about.

        Raises:
            StoreError: the store does not answer.
        """
        with ThreadPoolExecutor(THREADS, thread_name_prefix="lake") as pool:
            for start in range(0, len(commits), _RECORDS_AT_ONCE):
                self._progress(start, len(commits))
                some = commits[start : start + _RECORDS_AT_ONCE]
                records = list(pool.map(self._record, some))
                yield from (found for found in records if isinstance(found, Damage))
                read = [found for found in records if not isinstance(found, Damage)]
                yield from self._checked(pool, read)
        self._progress(len(commits), len(commits))

    def _record(self, commit: tuple[str, str | None]) -> CommitRecord | Damage:
        key, document_id = commit
        try:
            return self._lake.commit(key)
        except StoreError as error:
            return Damage(key, self._said(error), document_id)

    def _checked(
        self, pool: ThreadPoolExecutor, records: Sequence[CommitRecord]
    ) -> Iterator[Damage]:
        """Objects of these records; then the schemas that their extractions name."""
        schemas: set[str] = set()
        references = chain.from_iterable(self._references(record, schemas) for record in records)
        yield from _found(pool, self._new(references))
        yield from _found(pool, self._new(self._schema(name) for name in sorted(schemas)))

    def _new(self, references: Iterator[_Reference]) -> list[_Reference]:
        new: dict[str, _Reference] = {}
        for reference in references:
            if reference.name not in self._seen:
                new[reference.name] = reference
        self._seen.update(new)
        return list(new.values())

    def _references(self, record: CommitRecord, schemas: set[str]) -> Iterator[_Reference]:
        match record:
            case DocumentCommit(content=outcome):
                for key in filter(None, outcome.page_keys):
                    yield self._page(key, outcome.document_id)
                for key in (part.extraction_key for part in outcome.parts):
                    if key is not None:
                        yield self._extraction(key, outcome.document_id, schemas)
            case EvaluationCommit(content=key):
                yield _Reference(
                    f"evaluation {key}", None, self._reading(lambda: self._lake.evaluation(key))
                )
            case ReviewCommit(content=events):
                yield from map(self._review, events)
            case RunCommit() | SightingsCommit():
                return

    def _page(self, key: str, document_id: str) -> _Reference:
        return _Reference(page_name(key), document_id, self._reading(lambda: self._lake.page(key)))

    def _extraction(self, key: str, document_id: str, schemas: set[str]) -> _Reference:
        def read() -> object:
            extraction = self._lake.extraction(key)
            if extraction is not None:
                schemas.add(extraction.schema_hash)
            return extraction

        return _Reference(extraction_name(key), document_id, self._reading(read))

    def _schema(self, schema_hash: str) -> _Reference:
        return _Reference(
            f"schema {schema_hash}", None, self._reading(lambda: self._lake.schema(schema_hash))
        )

    def _review(self, event: ReviewEvent) -> _Reference:
        def read() -> str | None:
            try:
                kept = self._lake.review(event.key)
            except StoreError as error:
                return self._said(error)
            if kept is None:
                return "missing"
            return None if kept == event else "is another answer than its commit record says"

        return _Reference(f"answer {event.key}", event.document_id, read)

    def _reading(self, get: Callable[[], object]) -> Callable[[], str | None]:
        def read() -> str | None:
            try:
                return "missing" if get() is None else None
            except StoreError as error:
                return self._said(error)

        return read

    def _said(self, error: StoreError) -> str:
        """The error's message, after making sure that it is not the store itself that fails."""
        if isinstance(error, StoreRefused):
            raise error
        self._lake.check()
        return error.message


def _found(pool: ThreadPoolExecutor, references: Sequence[_Reference]) -> Iterator[Damage]:
    for reference, what in zip(references, pool.map(_fault, references), strict=True):
        if what is not None:
            yield Damage(reference.name, what, reference.document_id)


def _fault(reference: _Reference) -> str | None:
    return reference.read()
