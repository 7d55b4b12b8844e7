"""The one execution path: a batch of objects in, outcomes in the lake, without any scheduler.

`docmill run` and the Prefect flows call `run_batch`. Threads here only wait: all work on
strangers' bytes happens in the cage, and what it reads goes straight into the lake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from itertools import islice
from typing import Protocol, TypeVar
from uuid import uuid4

from docmill.infra.cage import Cage
from docmill.infra.caged_pages import THREADS_PER_WORKER, CagedPages
from docmill.infra.document import Handled, Processor
from docmill.infra.fetch import local_copy
from docmill.infra.lake import Lake, utc_now
from docmill.infra.reading import ByModel, FileReader, PageRange, PagesReader, Spread
from docmill.infra.settings import Settings
from docmill.infra.tasks import warm_up
from docmill.infra.telemetry.tracing import carried, describe, span
from docmill.infra.wiring import MODEL_OCR
from docmill.infra.work import Work
from docmill.schemas.batch import BatchReport, DocumentFailure, SourceResult
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import UsageError
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    RunRecord,
    SourceFailure,
    Stage,
)
from docmill.schemas.reading import PageReading
from docmill.schemas.source import Sighting, SourceObject

# Objects handed to the threads ahead of time, per thread.
AHEAD = 2
# Sightings wait for each other, as a commit record each would double the lake's objects.
SIGHTINGS_TOGETHER = 200
SIGHTINGS_WAIT = timedelta(seconds=10)
MOST_FAILURES = 100
T = TypeVar("T")


class Progress(Protocol):
    """Who wants to know how a run goes on. Called from one thread at a time."""

    def found(self, objects: int) -> None:
        """The run begins, with this many objects."""
        ...

    def skipped(self, source: SourceObject) -> None:
        """Nothing is to be done for an object: done before, or its bytes had their turn."""
        ...

    def finished(self, outcome: DocumentOutcome) -> None:
        """A document has its outcome, which is committed."""
        ...

    def unread(self, failure: SourceFailure) -> None:
        """An object's bytes could not be had."""
        ...


def run_batch(
    objects: Sequence[SourceObject],
    schemas: Sequence[DocumentSchema],
    settings: Settings,
    progress: Progress,
    publish: Callable[[], None],
    *,
    until: Stage = Stage.EXTRACT,
    spread: Spread | None = None,
    by_model: ByModel | None = None,
) -> BatchReport:
    """Gives every object's document an outcome; work that is already done is not done again.

    Args:
        objects: what to process; equal bytes under several names are one document.
        schemas: one schema, or several to choose from by classification; none to read only.
        settings: engines, limits, thresholds, workspace.
        progress: is told about every step.
        publish: called now and then, so that finished documents become visible in long runs.
        until: `Stage.READ` stops there, without outcomes: a later run finds the readings in the
            lake and goes on from them.
        spread: who helps to read long files.
        by_model: who reads pages where the settings name a model.

    Raises:
        StoreError: the lake cannot be written; what was committed before stays.
        WorkerLeaving: this process is to end, and left work undone; what was committed stays.
        EngineUnavailable: no model server answers; what was committed stays.
        UsageError: the settings name a model that its servers do not have.
    """
    workspace = settings.open_workspace()
    workspace.create()
    lake = workspace.lake()
    work = Work(settings, tuple(schemas), uuid4().hex)
    tally = _Tally(work, utc_now())
    sightings = _Sightings(lake)
    progress.found(len(objects))
    with (
        span("docmill.batch", objects=len(objects), until=until.value) as opened,
        cage_of(settings) as cage,
        _reading(work, cage, by_model) as reader,
    ):
        processor = Processor(work, lake, FileReader(work, reader, spread), cage, until)
        for number, handled in _spread(carried(processor.process), objects, reader):
            sightings.add(handled.sighting)
            tally.add(number, handled)
            _tell(progress, handled)
            publish()
        sightings.flush()
        describe(opened, pages_read=tally.pages_read, run_id=work.run_id)
    report = tally.report(objects)
    if report.outcomes or report.pages_read or report.run.unread_sources:
        lake.commit_run(report.run)
    return report


def read_range(
    source: SourceObject, pages: PageRange, settings: Settings, by_model: ByModel | None = None
) -> tuple[PageReading, ...]:
    """Reads some pages of a long file into the lake, for whoever works on the whole of it.

    Raises:
        StoreError: the object cannot be fetched, or the lake cannot be written.
        WorkerLeaving: this process is to end.
    """
    workspace = settings.open_workspace()
    workspace.create()
    work = Work(settings, (), "")
    max_bytes = settings.limits.opening().max_bytes
    with (
        local_copy(source, max_bytes) as copy,
        cage_of(settings) as cage,
        _reading(work, cage, by_model) as reader,
    ):
        return FileReader(work, reader).read_range(copy.path, copy.document_id, pages)


@contextmanager
def _reading(work: Work, cage: Cage, by_model: ByModel | None) -> Generator[PagesReader]:
    """Who reads pages: a model, or embedded engines in the cage.

    Raises:
        UsageError: the settings name a model, and nobody here can ask one.
    """
    settings = work.settings
    if settings.ocr in MODEL_OCR:
        if by_model is None:
            raise UsageError(f"nothing here can ask a model, and ocr is “{settings.ocr}”")
        with by_model(work, cage) as reader:
            yield reader
        return
    threads = settings.workers * THREADS_PER_WORKER
    with ThreadPoolExecutor(threads, thread_name_prefix="pages") as pool:
        yield CagedPages(settings, cage, pool)


def cage_of(settings: Settings) -> Cage:
    """The worker processes that the settings ask for; none is started before it is needed."""
    warm = partial(warm_up, settings.open_workspace().lake_root)
    return Cage(settings.workers, settings.limits.cage(), warm)


def _tell(progress: Progress, handled: Handled) -> None:
    if handled.outcome:
        progress.finished(handled.outcome)
    elif handled.unread:
        progress.unread(handled.unread)
    else:
        progress.skipped(handled.source)


@dataclass
class _Sightings:
    """Sightings on their way into the lake, several in one commit record."""

    lake: Lake
    waiting: list[Sighting] = field(default_factory=list[Sighting])
    since: datetime = field(default_factory=utc_now)

    def add(self, sighting: Sighting | None) -> None:
        """One more; all are written when they are many, or the first has waited for long."""
        if sighting is None:
            return
        if not self.waiting:
            self.since = utc_now()
        self.waiting.append(sighting)
        if len(self.waiting) >= SIGHTINGS_TOGETHER or utc_now() - self.since > SIGHTINGS_WAIT:
            self.flush()

    def flush(self) -> None:
        """Write those that wait."""
        self.lake.commit_sightings(self.waiting)
        self.waiting.clear()


@dataclass
class _Tally:
    """What a run has done so far."""

    work: Work
    started_at: datetime
    handled: dict[int, str | None] = field(default_factory=dict[int, str | None])
    settled: set[str] = field(default_factory=set[str])
    statuses: Counter[DocumentStatus] = field(default_factory=Counter[DocumentStatus])
    unread: list[SourceFailure] = field(default_factory=list[SourceFailure])
    failures: list[DocumentFailure] = field(default_factory=list[DocumentFailure])
    pages: int = 0
    pages_read: int = 0
    pages_found: int = 0
    to_review: int = 0

    def add(self, number: int, handled: Handled) -> None:
        """One more object, by its number in the batch."""
        self.handled[number] = handled.document_id
        self.pages_read += handled.pages_read
        self.pages_found += handled.pages_found
        if handled.document_id and handled.settled:
            self.settled.add(handled.document_id)
        if handled.unread:
            self.unread.append(handled.unread)
            self._failed(handled.unread.uri, None, (handled.unread.failure,))
        if outcome := handled.outcome:
            self.statuses[outcome.status] += 1
            self.pages += outcome.page_count
            self.to_review += sum(len(part.review) for part in outcome.parts)
            self._failed(outcome.uri, outcome.document_id, outcome.failures)

    def _failed(self, uri: str, document_id: str | None, failures: Sequence[Failure]) -> None:
        room = MOST_FAILURES - len(self.failures)
        self.failures.extend(
            DocumentFailure(uri=uri, document_id=document_id, failure=failure)
            for failure in failures[:room]
        )

    def report(self, objects: Sequence[SourceObject]) -> BatchReport:
        """The report; of the same bytes under several names all are settled, or none."""
        documents = sum(self.statuses.values())
        run = RunRecord(
            run_id=self.work.run_id,
            started_at=self.started_at,
            finished_at=utc_now(),
            sources=tuple(source.uri for source in objects[:20]),
            documents=documents,
            already_done=len(set(self.handled.values()) - {None}) - documents,
            pages=self.pages,
            failed=self.statuses[DocumentStatus.FAILED] + len(self.unread),
            version=version("docmill"),
            pages_read=self.pages_read,
            ocr_engine=self.work.ocr_engine,
            extractor=self.work.extractor,
            unread_sources=tuple(self.unread),
        )
        return BatchReport(
            run=run,
            results=tuple(self._result(*each) for each in enumerate(objects)),
            statuses=dict(self.statuses),
            pages_read=self.pages_read,
            pages_found=self.pages_found,
            to_review=self.to_review,
            failures=tuple(self.failures),
        )

    def _result(self, number: int, source: SourceObject) -> SourceResult:
        document_id = self.handled[number]
        settled = self.work.key(document_id) if document_id in self.settled else None
        return SourceResult(object=source, document_id=document_id, settled=settled)


def _spread(
    process: Callable[[SourceObject], T], objects: Iterable[SourceObject], reader: PagesReader
) -> Iterator[tuple[int, T]]:
    """Results as they come, with the object's number, and a bounded number under way."""
    remaining = iter(enumerate(objects))
    threads = reader.files
    with ThreadPoolExecutor(threads, thread_name_prefix="document") as pool:
        running: dict[Future[T], int] = {}
        try:
            while True:
                free = threads * AHEAD - len(running)
                running |= {pool.submit(process, each): n for n, each in islice(remaining, free)}
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            reader.leave()
            for future in running:
                future.cancel()
