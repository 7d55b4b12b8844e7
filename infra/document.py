"""One document from its source to its outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from docmill.extractors.render import check_size
from docmill.infra.cage import CUT_OFF, Cage
from docmill.infra.fetch import LocalCopy, local_copy
from docmill.infra.lake import Lake, utc_now
from docmill.infra.reading import FileReader
from docmill.infra.retrying import retried
from docmill.infra.tasks import ExtractOrder, ExtractReport, extract_parts
from docmill.infra.telemetry.stages import StageClock
from docmill.infra.telemetry.tracing import describe, span
from docmill.infra.work import Work
from docmill.schemas.errors import DocmillError, TooLarge
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    PartOutcome,
    SourceFailure,
    Stage,
)
from docmill.schemas.reading import DocumentReading
from docmill.schemas.source import Sighting, SourceObject


@dataclass(frozen=True)
class Handled:
    """What became of one object.

    Without `outcome` and `unread` there was nothing to do: done before, the same bytes had their
    turn in this batch, or only reading was asked for. `settled`: the document's outcome is final.
    """

    source: SourceObject
    document_id: str | None = None
    sighting: Sighting | None = None
    outcome: DocumentOutcome | None = None
    unread: SourceFailure | None = None
    settled: bool = False
    pages_read: int = 0
    pages_found: int = 0


@dataclass(frozen=True)
class Processor:
    """Processes one object at a time per thread.

    Args:
        work: what to do.
        lake: where it is kept.
        reader: who reads files.
        cage: where extraction is done.
        until: the last stage to do.
    """

    work: Work
    lake: Lake
    reader: FileReader
    cage: Cage
    until: Stage
    _claimed: set[str] = field(default_factory=set[str])
    _claiming: Lock = field(default_factory=Lock)

    def process(self, source: SourceObject) -> Handled:
        """What becomes of an object; every failure of its document is part of the outcome.

        Raises:
            StoreError: the lake failed.
        """
        with span("docmill.document", bytes=source.size) as opened:
            handled = self._processed(source, StageClock())
            describe(
                opened,
                document_id=handled.document_id or "",
                status=_word(handled),
                pages_read=handled.pages_read,
            )
            return handled

    def _processed(self, source: SourceObject, clock: StageClock) -> Handled:
        known = source.document_id or self.lake.known_document(source)
        if known:
            if self._is_done(known):
                return Handled(source, known, settled=True)
            reading = self.lake.reading(self.work.reading_key(known))
            if reading:
                return self._claimed_once(Handled(source, known), clock, lambda: (reading, True))
        return self._fetched(source, clock)

    def _fetched(self, source: SourceObject, clock: StageClock) -> Handled:
        """The same where the object's bytes are needed."""
        limits = self.work.settings.limits.opening()
        with ExitStack() as stack:
            try:
                with clock.stage(Stage.FETCH):
                    copy = stack.enter_context(local_copy(source, limits.max_bytes))
            except DocmillError as error:
                failure = Failure.of(error, Stage.FETCH)
                return Handled(source, unread=SourceFailure(uri=source.uri, failure=failure))
            sighting = Sighting(
                uri=source.uri,
                document_id=copy.document_id,
                size=copy.size,
                etag=source.etag,
                seen_at=utc_now(),
            )
            handled = Handled(source, copy.document_id, sighting)
            if self._is_done(copy.document_id):
                return replace(handled, settled=True)
            return self._claimed_once(
                handled, clock, lambda: self._reading(source.uri, copy, clock)
            )

    def _is_done(self, document_id: str) -> bool:
        return self.lake.is_done(self.work.key(document_id))

    def _claimed_once(
        self,
        handled: Handled,
        clock: StageClock,
        read: Callable[[], tuple[DocumentReading, bool]],
    ) -> Handled:
        """Goes on with the document, unless its bytes had their turn under another name."""
        document_id = handled.document_id
        assert document_id is not None
        with self._claiming:
            if document_id in self._claimed:
                return handled
            self._claimed.add(document_id)
        started_at = utc_now()
        reading, found = read()
        pages_found = sum(found or page.found for page in reading.pages)
        handled = replace(
            handled, pages_found=pages_found, pages_read=len(reading.pages) - pages_found
        )
        if self.until is Stage.READ:
            return handled
        outcome = self._outcome(handled, reading, started_at, clock)
        self.lake.commit_document(outcome)
        return replace(handled, outcome=outcome, settled=outcome.final)

    def _reading(
        self, uri: str, copy: LocalCopy, clock: StageClock
    ) -> tuple[DocumentReading, bool]:
        """How the file reads, and whether the lake knew."""
        key = self.work.reading_key(copy.document_id)
        reading = self.lake.reading(key)
        if reading:
            return reading, True
        try:
            check_size(copy.size, self.work.settings.limits.opening())
            with clock.stage(Stage.READ) as opened:
                reading = self.reader.read(uri, copy.path, copy.document_id)
                describe(opened, pages=reading.page_count, failures=len(reading.failures))
        except TooLarge as error:
            failure = Failure.of(error, Stage.OPEN)
            reading = DocumentReading(media_type=None, page_count=0, failure=failure)
        if reading.final:
            self.lake.put_reading(key, reading)
        return reading, False

    def _outcome(
        self,
        handled: Handled,
        reading: DocumentReading,
        started_at: datetime,
        clock: StageClock,
    ) -> DocumentOutcome:
        extracted = self._extract(reading, clock)
        failures = (*reading.failures, *extracted.failures)
        document_id = handled.document_id or ""
        return DocumentOutcome(
            work_key=self.work.key(document_id),
            document_id=document_id,
            uri=handled.source.uri,
            media_type=reading.media_type,
            bytes=handled.sighting.size if handled.sighting else handled.source.size,
            page_count=reading.page_count,
            status=status_of(extracted.parts, failures),
            ocr_engine=self.work.ocr_engine,
            extractor=self.work.extractor,
            page_keys=tuple(page.key for page in reading.pages),
            parts=extracted.parts,
            failures=failures,
            calls=tuple(call for page in reading.pages for call in page.calls),
            stage_seconds=clock.seconds,
            run_id=self.work.run_id,
            started_at=started_at,
            finished_at=utc_now(),
        )

    def _extract(self, reading: DocumentReading, clock: StageClock) -> ExtractReport:
        """Parts and values from the pages that were read in full."""
        if not reading.keys:
            return ExtractReport(())
        order = ExtractOrder(
            lake_root=self.work.settings.open_workspace().lake_root,
            page_keys=reading.keys,
            schemas=self.work.schemas,
            extractor=self.work.settings.extractor,
            thresholds=self.work.settings.review.thresholds(),
        )
        with clock.stage(Stage.EXTRACT) as opened:
            report = self._extracted(order)
            describe(opened, parts=len(report.parts), failures=len(report.failures))
        return report

    def _extracted(self, order: ExtractOrder) -> ExtractReport:
        try:
            return retried(
                lambda: self._call_extract(order),
                lambda report: any(failure.retryable for failure in report.failures),
            )
        except DocmillError as error:
            return ExtractReport((), (Failure.of(error, Stage.EXTRACT, attempt=2),))

    def _call_extract(self, order: ExtractOrder) -> ExtractReport:
        """A second worker gets a chance where the first was cut off."""
        seconds = self.work.settings.limits.page_seconds + len(order.page_keys)
        try:
            return self.cage.call(extract_parts, order, wall_s=seconds)
        except CUT_OFF:
            self.lake.check()  # a wait for a dead lake proves nothing
            return self.cage.call(extract_parts, order, wall_s=seconds)


def _word(handled: Handled) -> str:
    """What became of an object, in a word for its span."""
    if handled.outcome:
        return handled.outcome.status.value
    return "unread" if handled.unread else "nothing to do"


def status_of(parts: Sequence[PartOutcome], failures: Sequence[Failure]) -> DocumentStatus:
    """A document's status from what its parts came to and what failed."""
    if failures or not parts:
        saved = any(part.status is not DocumentStatus.FAILED for part in parts)
        return DocumentStatus.PARTIAL if saved else DocumentStatus.FAILED
    if any(part.status is DocumentStatus.NEEDS_REVIEW for part in parts):
        return DocumentStatus.NEEDS_REVIEW
    return DocumentStatus.DONE
