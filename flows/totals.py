"""Figures of a whole run, summed up from the reports of its batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from docmill.flows.names import counted
from docmill.schemas.batch import BatchReport, DocumentFailure
from docmill.schemas.outcome import DocumentStatus

# Failures kept for the run's page and counted by kind; all of them are in the warehouse.
MOST_FAILURES = 500


@dataclass
class Totals:
    """Sums of the batches added so far.

    `known`: objects for which nothing was to be done. `left`: objects that wait for the next run,
    because their batch broke or a limit was reached.
    """

    statuses: Counter[DocumentStatus] = field(default_factory=Counter[DocumentStatus])
    unread: int = 0
    known: int = 0
    left: int = 0
    to_review: int = 0
    pages_read: int = 0
    pages_found: int = 0
    failures: list[DocumentFailure] = field(default_factory=list[DocumentFailure])

    @classmethod
    def of(cls, report: BatchReport) -> Totals:
        """The figures of one batch."""
        totals = cls()
        totals.add(report)
        return totals

    def add(self, report: BatchReport) -> None:
        """One more batch."""
        self.statuses.update(report.statuses)
        self.unread += len(report.run.unread_sources)
        self.known += report.run.already_done
        self.to_review += report.to_review
        self.pages_read += report.pages_read
        self.pages_found += report.pages_found
        self.failures += report.failures[: MOST_FAILURES - len(self.failures)]

    @property
    def documents(self) -> int:
        """Documents that got an outcome, and objects that could not be fetched."""
        return self.statuses.total() + self.unread

    @property
    def failed(self) -> int:
        """Documents without any result."""
        return self.statuses[DocumentStatus.FAILED] + self.unread

    @property
    def fail_share(self) -> float:
        """The share of failed documents, 0..1; 0 without documents."""
        return self.failed / self.documents if self.documents else 0.0

    def sentence(self) -> str:
        """`1,000 documents: 940 done, 50 to review, 10 failed`."""
        if not self.documents and not self.left:
            known = f": {counted(self.known, 'document')} done before" if self.known else ""
            return f"nothing to do{known}"
        parts = ", ".join(_parts(self))
        return f"{counted(self.documents, 'document')}: {parts}"

    def cache_hits(self) -> str:
        """The share of pages whose reading the lake held already."""
        pages = self.pages_read + self.pages_found
        return f"{self.pages_found / pages:.0%}" if pages else "–"


def _parts(totals: Totals) -> Iterator[str]:
    statuses = totals.statuses
    yield f"{statuses[DocumentStatus.DONE]:,} done"
    yield f"{statuses[DocumentStatus.NEEDS_REVIEW]:,} to review"
    if partial := statuses[DocumentStatus.PARTIAL]:
        yield f"{partial:,} partly failed"
    yield f"{totals.failed:,} failed"
    if totals.known:
        yield f"{totals.known:,} more done before"
    if totals.left:
        yield f"{totals.left:,} left for the next run"
