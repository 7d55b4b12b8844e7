"""What telemetry costs where nobody asks for it: `python -m benchmarks.telemetry`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from docmill.infra.commits import document_commit
from docmill.infra.telemetry import metrics as m
from docmill.infra.telemetry.counting import count_commit
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.telemetry.stages import StageClock
from docmill.infra.telemetry.tracing import describe, span, traceparent
from docmill.schemas.engine import EngineTag
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, PartOutcome, Stage

TIMES = 20_000


def main() -> None:
    """Prints microseconds per call, the best of five rounds."""
    metrics = Metrics()
    commit = document_commit(_outcome())
    for name, work in (
        ("a span that nobody receives", _span),
        ("all that a document does for telemetry", _document),
        ("a count", lambda: metrics.count(m.DOCUMENTS, "done", "invoice")),
        ("a document's counts in the owner", lambda: count_commit(metrics, commit)),
    ):
        print(f"{name:40} {_micros(work, TIMES):8.2f} µs")
    print(f"{'a scrape':40} {_micros(metrics.exposition, 50):8.0f} µs")


def _micros(work: Callable[[], object], times: int) -> float:
    best = float("inf")
    for _ in range(5):
        began = perf_counter()
        for _ in range(times):
            work()
        best = min(best, perf_counter() - began)
    return best / times * 1e6


def _span() -> None:
    with span("docmill.document", bytes=1):
        pass


def _document() -> None:
    """The spans and clocks of one document, and what a batch asks for its flow run."""
    clock = StageClock()
    with span("docmill.document", bytes=1) as document:
        for stage in (Stage.FETCH, Stage.READ, Stage.EXTRACT):
            with clock.stage(stage) as opened:
                describe(opened, pages=1, failures=0)
        describe(document, document_id="d", status="done", pages_read=1)
    traceparent()


def _outcome() -> DocumentOutcome:
    now = datetime.now(UTC)
    engine = EngineTag(name="local", version="1")
    part = PartOutcome(
        part=1,
        page_from=1,
        page_to=2,
        status=DocumentStatus.DONE,
        schema_name="invoice",
        extraction_key="k",
    )
    return DocumentOutcome(
        work_key="w",
        document_id="d",
        uri="file:///d",
        media_type="application/pdf",
        bytes=1,
        page_count=2,
        status=DocumentStatus.DONE,
        ocr_engine=engine,
        extractor=engine,
        parts=(part,),
        stage_seconds={Stage.FETCH: 0.1, Stage.READ: 0.5, Stage.EXTRACT: 0.2},
        run_id="r",
        started_at=now - timedelta(seconds=1),
        finished_at=now,
    )


if __name__ == "__main__":
    main()
