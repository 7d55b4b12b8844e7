"""The one execution path: a batch of files in, outcomes in the lake, without any scheduler.

`docmill run` and the Prefect flows call `run_batch`. Threads here only wait: all work on
strangers' bytes happens in the cage, and what it reads goes straight into the lake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from typing import Protocol, TypeVar
from uuid import uuid4

from docmill.extractors.classify import CLASSIFY_VERSION
from docmill.extractors.extract import EXTRACT_VERSION
from docmill.extractors.read import READ_VERSION
from docmill.extractors.split import SPLIT_VERSION
from docmill.extractors.triage import TRIAGE_VERSION
from docmill.infra.cage import Cage
from docmill.infra.settings import Settings
from docmill.infra.sources import SourceFile
from docmill.infra.tasks import (
    ExtractOrder,
    ExtractReport,
    PageReport,
    ReadOrder,
    ReadReport,
    extract_parts,
    read_pages,
    warm_up,
)
from docmill.infra.wiring import extractor, page_reader
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import CageError, DocmillError, InternalError, SourceGone
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    PartOutcome,
    RunRecord,
    SourceFailure,
    Stage,
)
from docmill.schemas.source import Sighting

# Pages read in one call to a worker; a worker that dies costs a second look at these, one by one.
CHUNK_PAGES = 16
# Documents handed to the threads ahead of time, per worker.
AHEAD = 4
# What one page, or one extraction, can do to the worker it runs in.
CUT_OFF = (CageError, InternalError)
T = TypeVar("T")


class Progress(Protocol):
    """Who wants to know how a run goes on. Called from one thread at a time."""

    def found(self, documents: int, already_done: int) -> None:
        """The sources are listed: how many different documents, how many need no work."""
        ...

    def finished(self, outcome: DocumentOutcome) -> None:
        """A document has its outcome, which is committed."""
        ...


@dataclass(frozen=True)
class Work:
    """What to do with every document of a batch."""

    settings: Settings
    schemas: tuple[DocumentSchema, ...]
    run_id: str

    def key(self, document_id: str) -> str:
        """The hash of all that determines a document's outcome."""
        settings = self.settings
        return stable_key(
            "document",
            {
                "document": document_id,
                "ocr": str(page_reader(settings.ocr).tag),
                "extractor": str(extractor(settings.extractor).tag),
                "schemas": [f"{schema.name}:{schema.hash}" for schema in self.schemas],
                "thresholds": settings.review.model_dump(mode="json"),
                "limits": settings.limits.model_dump(mode="json"),
                "versions": [
                    READ_VERSION,
                    SPLIT_VERSION,
                    CLASSIFY_VERSION,
                    EXTRACT_VERSION,
                    TRIAGE_VERSION,
                ],
            },
        )


@dataclass(frozen=True)
class BatchReport:
    """What a run did. `document_ids` are all documents among the sources, done before or now."""

    run: RunRecord
    document_ids: tuple[str, ...]
    outcomes: int


def now() -> datetime:
    """The present time, in UTC."""
    return datetime.now(UTC)


def run_batch(
    files: Sequence[SourceFile],
    schemas: Sequence[DocumentSchema],
    settings: Settings,
    progress: Progress,
    publish: Callable[[], None],
) -> BatchReport:
    """Gives every file an outcome; work that is already done is not done again.

    Args:
        files: what to process; equal bytes under several names are one document.
        schemas: one schema, or several to choose from by classification; none to read only.
        settings: engines, limits, thresholds, workspace.
        progress: is told about every step.
        publish: called now and then, so that finished documents become visible in long runs.

    Raises:
        StoreError: the lake cannot be written; what was committed before stays.
    """
    started_at = now()
    workspace = settings.open_workspace()
    workspace.create()
    lake = workspace.lake()
    work = Work(settings, tuple(schemas), uuid4().hex)
    documents, unread = _identify(files)
    lake.commit_sightings(_sightings(documents))
    todo = {key: sources for key, sources in documents.items() if not lake.is_done(work.key(key))}
    progress.found(len(documents) + len(unread), len(documents) - len(todo))
    pages = failed = 0
    with Cage(settings.workers, settings.limits.cage(), warm_up) as cage:
        runner = _Runner(work, workspace, cage)
        for outcome in _spread(runner.process, todo.items(), settings.workers):
            lake.commit_document(outcome)
            pages += outcome.page_count
            failed += outcome.status is DocumentStatus.FAILED
            progress.finished(outcome)
            publish()
    run = RunRecord(
        run_id=work.run_id,
        started_at=started_at,
        finished_at=now(),
        sources=tuple(file.uri for file in files[:20]),
        documents=len(todo),
        already_done=len(documents) - len(todo),
        pages=pages,
        failed=failed + len(unread),
        version=version("docmill"),
        unread_sources=unread,
    )
    if todo or unread:
        lake.commit_run(run)
    return BatchReport(run, tuple(documents), len(todo))


@dataclass(frozen=True)
class Identified:
    """A document's size in bytes and the files that hold it."""

    size: int
    files: list[SourceFile]


def _identify(
    files: Sequence[SourceFile],
) -> tuple[dict[str, Identified], tuple[SourceFailure, ...]]:
    """Files by the SHA-256 of their bytes, and those that could not be read."""
    documents: dict[str, Identified] = {}
    unread: list[SourceFailure] = []
    for file in files:
        try:
            with file.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                size = stream.tell()
        except OSError as error:
            gone = SourceGone(f"{file.path} cannot be read: {error.strerror}")
            unread.append(SourceFailure(uri=file.uri, failure=Failure.of(gone, Stage.FETCH)))
            continue
        documents.setdefault(digest, Identified(size, [])).files.append(file)
    return documents, tuple(unread)


def _sightings(documents: Mapping[str, Identified]) -> Iterator[Sighting]:
    for document_id, document in documents.items():
        for file in document.files:
            yield Sighting(uri=file.uri, document_id=document_id, size=document.size, seen_at=now())


Task = tuple[str, Identified]


def _spread(process: Callable[[Task], T], tasks: Iterable[Task], workers: int) -> Iterator[T]:
    """Results as they come, with a bounded number of tasks under way."""
    remaining = iter(tasks)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="document") as pool:
        running: set[Future[T]] = set()
        try:
            while True:
                free = workers * AHEAD - len(running)
                running |= {pool.submit(process, task) for task in islice(remaining, free)}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


@dataclass(frozen=True)
class _Runner:
    """Processes one document at a time per thread."""

    work: Work
    workspace: Workspace
    cage: Cage

    def process(self, task: Task) -> DocumentOutcome:
        """The outcome of one document; every failure inside is part of it."""
        document_id, document = task
        started_at = now()
        file = document.files[0]
        try:
            report = self._read(document_id, file)
            extracted = self._extract(report)
        except DocmillError as error:
            stage = Stage.FETCH if isinstance(error, SourceGone) else Stage.OPEN
            report = ReadReport(None, 0, ())
            extracted = ExtractReport((), (Failure.of(error, stage),))
        failures = (
            *(page.failure for page in report.pages if page.failure),
            *extracted.failures,
        )
        return DocumentOutcome(
            work_key=self.work.key(document_id),
            document_id=document_id,
            uri=file.uri,
            media_type=report.media_type,
            bytes=document.size,
            page_count=report.page_count,
            status=status_of(extracted.parts, failures),
            ocr_engine=page_reader(self.work.settings.ocr).tag,
            extractor=extractor(self.work.settings.extractor).tag,
            page_keys=tuple(page.key for page in report.pages),
            parts=extracted.parts,
            failures=failures,
            run_id=self.work.run_id,
            started_at=started_at,
            finished_at=now(),
        )

    def _read(self, document_id: str, file: SourceFile) -> ReadReport:
        """All pages, a chunk at a time."""
        order = ReadOrder(
            lake_root=self.workspace.lake_root,
            path=file.path,
            document_id=document_id,
            ocr=self.work.settings.ocr,
            limits=self.work.settings.limits.opening(),
            first_pages=CHUNK_PAGES,
        )
        first = self._chunk(order)
        pages = list(first.pages)
        for start in range(len(pages) + 1, first.page_count + 1, CHUNK_PAGES):
            numbers = tuple(range(start, min(start + CHUNK_PAGES, first.page_count + 1)))
            pages.extend(self._chunk(replace(order, pages=numbers)).pages)
        return replace(first, pages=tuple(pages))

    def _chunk(self, order: ReadOrder) -> ReadReport:
        """A chunk of pages; where its worker is cut off, the same pages one by one."""
        count = len(order.pages) if order.pages else order.first_pages
        try:
            return self._call_read(order, count)
        except CUT_OFF:
            pass
        if order.pages is None:
            opened = self._call_read(replace(order, first_pages=0), 1)
            count = min(order.first_pages, opened.page_count)
            order = replace(order, pages=tuple(range(1, count + 1)))
        else:
            opened = ReadReport(None, 0, ())
        pages = tuple(self._single(order, number) for number in order.pages or ())
        return replace(opened, pages=pages)

    def _single(self, order: ReadOrder, number: int) -> PageReport:
        try:
            return self._call_read(replace(order, pages=(number,)), 1).pages[0]
        except CUT_OFF as error:
            return PageReport(number, None, Failure.of(error, Stage.READ, page=number, attempt=2))

    def _call_read(self, order: ReadOrder, pages: int) -> ReadReport:
        seconds = self.work.settings.limits.page_seconds
        return self.cage.call(read_pages, order, wall_s=seconds * max(1, pages))

    def _extract(self, report: ReadReport) -> ExtractReport:
        """Parts and values from the pages that were read in full."""
        keys = tuple(page.key for page in report.pages if page.key and page.failure is None)
        if not keys:
            return ExtractReport(())
        order = ExtractOrder(
            lake_root=self.workspace.lake_root,
            page_keys=keys,
            schemas=self.work.schemas,
            extractor=self.work.settings.extractor,
            thresholds=self.work.settings.review.thresholds(),
        )
        seconds = self.work.settings.limits.page_seconds + len(keys)
        for attempt in (1, 2):
            try:
                return self.cage.call(extract_parts, order, wall_s=seconds)
            except CUT_OFF as error:
                failure = Failure.of(error, Stage.EXTRACT, attempt=attempt)
        return ExtractReport((), (failure,))


def status_of(parts: Sequence[PartOutcome], failures: Sequence[Failure]) -> DocumentStatus:
    """A document's status from what its parts came to and what failed."""
    if failures or not parts:
        saved = any(part.status is not DocumentStatus.FAILED for part in parts)
        return DocumentStatus.PARTIAL if saved else DocumentStatus.FAILED
    if any(part.status is DocumentStatus.NEEDS_REVIEW for part in parts):
        return DocumentStatus.NEEDS_REVIEW
    return DocumentStatus.DONE
