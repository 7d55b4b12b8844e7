"""How a batch goes on, for operators: a moving bar, a line per failure, an event per failure."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from time import monotonic

from prefect.logging import get_run_logger

from docmill.flows import events
from docmill.flows.artifacts import ProgressBar
from docmill.flows.names import counted
from docmill.schemas.batch import DocumentFailure
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, Failure, SourceFailure
from docmill.schemas.source import SourceObject

BAR_EVERY_S = 3.0
LINE_EVERY_S = 30.0
# Events of one batch; what a whole bucket of broken files needs is one warning, not a million.
MOST_EVENTS = 50


class RunLog:
    """A `Progress` that writes to the current flow run's log, bar and events.

    Healthy documents are counted, not listed. It may be told from another thread than the one
    that made it, one at a time: what it sends belongs to the flow run all the same.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._logger = get_run_logger()
        self._context = copy_context()
        self._bar: ProgressBar | None = None
        self._began = self._moved = self._wrote = monotonic()
        self._objects = self._done = self._failed = self._pages = self._events = 0

    def found(self, objects: int) -> None:
        """See `Progress.found`."""
        self._objects = objects
        self._logger.info("%s to look at", counted(objects, "document"))
        self._within(self._begin)

    def skipped(self, source: SourceObject) -> None:
        """See `Progress.skipped`."""
        self._logger.debug("nothing to do for %s", source.uri)
        self._step()

    def finished(self, outcome: DocumentOutcome) -> None:
        """See `Progress.finished`."""
        self._pages += outcome.page_count
        failed = outcome.status is DocumentStatus.FAILED
        self._failed += failed
        for failure in outcome.failures:
            self._failure(outcome.uri, outcome.document_id, failure)
        if outcome.failures:
            self._tell(outcome.uri, outcome.document_id, outcome.failures[0])
        self._step()

    def unread(self, failure: SourceFailure) -> None:
        """See `Progress.unread`."""
        self._failed += 1
        self._failure(failure.uri, None, failure.failure)
        self._tell(failure.uri, None, failure.failure)
        self._step()

    def close(self) -> None:
        """Leaves the bar where the work ended."""
        self._within(self._move)

    def _failure(self, uri: str, document_id: str | None, failure: Failure) -> None:
        page = f" page {failure.page}" if failure.page else ""
        self._logger.warning(
            "document %s%s failed in %s: %s: %s (%s). %s",
            (document_id or "unread")[:16],
            page,
            failure.stage,
            failure.code,
            failure.message,
            uri,
            failure.hint,
        )

    def _tell(self, uri: str, document_id: str | None, failure: Failure) -> None:
        if self._events >= MOST_EVENTS:
            return
        self._events += 1
        failed = DocumentFailure(uri=uri, document_id=document_id, failure=failure)
        self._within(lambda: events.document_failed(self._source, failed))

    def _step(self) -> None:
        self._done += 1
        now = monotonic()
        if now - self._moved >= BAR_EVERY_S:
            self._moved = now
            self._within(self._move)
        if now - self._wrote >= LINE_EVERY_S:
            self._wrote = now
            self._logger.info("%s", self._sentence())

    def _begin(self) -> None:
        self._bar = ProgressBar(self._sentence())

    def _move(self) -> None:
        if self._bar:
            self._bar.move(self._done, self._objects, self._sentence())

    def _sentence(self) -> str:
        rate = self._pages / max(0.001, monotonic() - self._began)
        failed = f", {self._failed} failed" if self._failed else ""
        of = counted(self._objects, "document")
        return f"{self._done:,} of {of}{failed}; {rate:.1f} pages/s"

    def _within(self, action: Callable[[], None]) -> None:
        """In the flow run's context, whichever thread this is."""
        self._context.run(action)
