"""What became of documents, counted from their outcomes.

An outcome is counted by whoever lives long enough to be scraped. Flow runs are processes of
minutes on any machine: counts in their memory would be lost with them, doubled by their retries,
and spread over ports that nobody knows. Their outcomes lie in the lake, once each, killed or not;
so the owner of the warehouse counts every commit record that it loads, and one scrape of the owner
tells the numbers of all machines. `docmill run` counts for itself, as its outcomes come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from docmill.infra.commits import CommitRecord, DocumentCommit, RunCommit
from docmill.infra.lake import utc_now
from docmill.infra.pipeline import Progress
from docmill.infra.telemetry import metrics as m
from docmill.infra.telemetry.metrics import Metrics
from docmill.schemas.outcome import DocumentOutcome, ModelCall, RunRecord, SourceFailure
from docmill.schemas.source import SourceObject


def count_commit(
    metrics: Metrics, record: CommitRecord, clock: Callable[[], datetime] = utc_now
) -> None:
    """Counts a commit record that was just loaded into the warehouse for the first time."""
    metrics.count(m.LOAD_COMMITS, record.kind)
    match record:
        case DocumentCommit(content=outcome):
            count_outcome(metrics, outcome)
            delay = (clock() - outcome.finished_at).total_seconds()
            metrics.observe(m.LOAD_DELAY, max(0.0, delay))  # clocks of machines differ
        case RunCommit(content=run):
            _count_run(metrics, run)
        case _:
            pass


def count_outcome(metrics: Metrics, outcome: DocumentOutcome) -> None:
    """Counts what became of a document; its parts count one by one, as in table `documents`."""
    for part in outcome.parts:
        metrics.count(m.DOCUMENTS, part.status, part.schema_name or "")
        for item in part.review:
            metrics.count(m.REVIEW_ITEMS, item.schema_name, item.reason)
    if not outcome.parts:
        metrics.count(m.DOCUMENTS, outcome.status, "")
    metrics.count(m.PAGES, outcome.ocr_engine.name, by=outcome.page_count)
    for failure in outcome.failures:
        metrics.count(m.FAILURES, failure.stage, failure.code)
    for stage, seconds in outcome.stage_seconds.items():
        metrics.observe(m.STAGE_SECONDS, seconds, stage)
    taken = (outcome.finished_at - outcome.started_at).total_seconds()
    metrics.observe(m.DOCUMENT_SECONDS, max(0.0, taken))
    for call in outcome.calls:
        _count_call(metrics, call)


def _count_run(metrics: Metrics, run: RunRecord) -> None:
    metrics.count(m.RUNS)
    for unread in run.unread_sources:
        _count_unread(metrics, unread)


def _count_unread(metrics: Metrics, unread: SourceFailure) -> None:
    metrics.count(m.SOURCES_UNREAD, unread.failure.code)


def _count_call(metrics: Metrics, call: ModelCall) -> None:
    engine = call.engine.name
    metrics.count(m.MODEL_CALLS, call.stage, engine, "failed" if call.error else "ok")
    metrics.count(m.MODEL_TOKENS, engine, "input", by=call.input_tokens)
    metrics.count(m.MODEL_TOKENS, engine, "cached", by=call.cached_tokens)
    metrics.count(m.MODEL_TOKENS, engine, "output", by=call.output_tokens)
    metrics.count(m.MODEL_COST, engine, by=call.price_usd or 0)
    metrics.observe(m.MODEL_SECONDS, call.seconds, engine)


@dataclass(frozen=True)
class CountingProgress:
    """A `Progress` that counts, and tells another one."""

    metrics: Metrics
    told: Progress

    def found(self, objects: int) -> None:
        """See `Progress.found`."""
        self.told.found(objects)

    def skipped(self, source: SourceObject) -> None:
        """See `Progress.skipped`."""
        self.told.skipped(source)

    def finished(self, outcome: DocumentOutcome) -> None:
        """See `Progress.finished`."""
        count_outcome(self.metrics, outcome)
        self.told.finished(outcome)

    def unread(self, failure: SourceFailure) -> None:
        """See `Progress.unread`."""
        _count_unread(self.metrics, failure)
        self.told.unread(failure)
