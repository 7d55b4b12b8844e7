from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from docmill.infra.commits import DocumentCommit, RunCommit, document_commit, run_commit
from docmill.infra.telemetry.counting import count_commit
from docmill.infra.telemetry.metrics import Metrics
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    ModelCall,
    PartOutcome,
    RunRecord,
    SourceFailure,
    Stage,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENGINE = EngineTag(name="nano", version="1", model="m")


def call(number: int, error: str | None = None) -> ModelCall:
    return ModelCall(
        call_id=f"c{number}",
        stage=Stage.EXTRACT,
        engine=ENGINE,
        part=1,
        output_key=None,
        prompt_hash="p",
        input_tokens=100,
        cached_tokens=60,
        output_tokens=10,
        price_usd=None if error else 0.25,
        seconds=2,
        error=error,
        called_at=NOW,
    )


def part(number: int, status: DocumentStatus, schema: str | None) -> PartOutcome:
    return PartOutcome(
        part=number,
        page_from=number,
        page_to=number,
        status=status,
        schema_name=schema,
        extraction_key=None,
    )


def outcome(*parts: PartOutcome, calls: tuple[ModelCall, ...] = ()) -> DocumentCommit:
    return document_commit(
        DocumentOutcome(
            work_key="w",
            document_id="d",
            uri="file:///d",
            media_type="application/pdf",
            bytes=1,
            page_count=3,
            status=DocumentStatus.DONE,
            ocr_engine=EngineTag(name="text_layer", version="1"),
            extractor=ENGINE,
            parts=parts,
            failures=(Failure.of(StoreError("no"), Stage.READ, page=2),),
            calls=calls,
            stage_seconds={Stage.READ: 1.5},
            run_id="r",
            started_at=NOW - timedelta(seconds=9),
            finished_at=NOW - timedelta(seconds=4),
        )
    )


def run() -> RunCommit:
    failure = Failure.of(StoreError("no"), Stage.FETCH)
    return run_commit(
        RunRecord(
            run_id="r",
            started_at=NOW,
            finished_at=NOW,
            sources=(),
            documents=1,
            already_done=0,
            pages=3,
            failed=1,
            version="1",
            unread_sources=(SourceFailure(uri="file:///x", failure=failure),),
        )
    )


def counted(*records: DocumentCommit | RunCommit) -> dict[tuple[str, ...], float]:
    """Samples by name and label values, in the order of the labels' names; zeros left out."""
    metrics = Metrics()
    for record in records:
        count_commit(metrics, record, lambda: NOW)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.value and not sample.name.endswith(("_bucket", "_created", "_info"))
    }


def test_a_document_counts_by_parts_pages_failures_and_stages() -> None:
    found = counted(
        outcome(
            part(1, DocumentStatus.DONE, "invoice"), part(2, DocumentStatus.NEEDS_REVIEW, "receipt")
        )
    )
    assert found == {
        ("docmill_load_commits_total", "document"): 1,
        ("docmill_documents_total", "invoice", "done"): 1,
        ("docmill_documents_total", "receipt", "needs_review"): 1,
        ("docmill_pages_total", "text_layer"): 3,
        ("docmill_failures_total", "StoreError", "read"): 1,
        ("docmill_stage_seconds_count", "read"): 1,
        ("docmill_stage_seconds_sum", "read"): 1.5,
        ("docmill_document_seconds_count",): 1,
        ("docmill_document_seconds_sum",): 5,
        ("docmill_load_delay_seconds_count",): 1,
        ("docmill_load_delay_seconds_sum",): 4,
    }


def test_a_document_without_parts_counts_once() -> None:
    assert counted(outcome())["docmill_documents_total", "", "done"] == 1


def test_calls_count_their_tokens_and_their_price_where_it_is_known() -> None:
    found = counted(outcome(calls=(call(1), call(2, "timeout"))))
    assert found["docmill_model_calls_total", "nano", "ok", "extract"] == 1
    assert found["docmill_model_calls_total", "nano", "failed", "extract"] == 1
    assert found["docmill_model_tokens_total", "nano", "input"] == 200
    assert found["docmill_model_tokens_total", "nano", "cached"] == 120
    assert found["docmill_model_tokens_total", "nano", "output"] == 20
    assert found["docmill_model_cost_usd_total", "nano"] == 0.25
    assert found["docmill_model_seconds_sum", "nano"] == 4


def test_a_run_counts_with_what_it_could_not_read() -> None:
    assert counted(run()) == {
        ("docmill_load_commits_total", "run"): 1,
        ("docmill_runs_total",): 1,
        ("docmill_sources_unread_total", "StoreError"): 1,
    }
