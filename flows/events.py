"""Custom events: what automations can react to, beside Prefect's own.

Each has a resource that names what it is about and the source it came from; Prefect adds the
flow run, its flow and its deployment where it is emitted inside one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from docmill.schemas.batch import DocumentFailure

DOCUMENT_FAILED = "document.failed"
BUDGET_REACHED = "budget.reached"
QUEUE_BACKLOG = "queue.backlog"
DRIFT_FOUND = "drift.found"


def document_failed(source: str, failed: DocumentFailure) -> None:
    """A document has no complete outcome; the payload is its failure."""
    document = failed.document_id or "unread"
    emit_event(
        DOCUMENT_FAILED,
        resource={
            "prefect.resource.id": f"docmill.document.{document}",
            "prefect.resource.name": failed.uri.rpartition("/")[2],
            "docmill.uri": failed.uri,
            "docmill.code": failed.failure.code,
            "docmill.stage": failed.failure.stage.value,
        },
        related=[_source(source)],
        payload=failed.failure.model_dump(mode="json"),
    )


def budget_reached(source: str, max_pages: int, left: int) -> None:
    """A run stopped at its limit of pages; `left` documents wait for the next one."""
    emit_event(
        BUDGET_REACHED,
        resource={
            "prefect.resource.id": f"docmill.source.{source}",
            "prefect.resource.name": source,
        },
        payload={"max_pages_per_run": max_pages, "documents_left": left},
    )


def queue_backlog(text: str, figures: Mapping[str, Any]) -> None:
    """More values wait for reviewers than they manage: in words, and the figures."""
    _about_warehouse(QUEUE_BACKLOG, {"text": text, **figures})


def drift_found(text: str, figures: Mapping[str, Any]) -> None:
    """A figure moved away from what it was: in words, and the figures."""
    _about_warehouse(DRIFT_FOUND, {"text": text, **figures})


def _about_warehouse(event: str, payload: dict[str, Any]) -> None:
    resource = {
        "prefect.resource.id": "docmill.warehouse",
        "prefect.resource.name": "warehouse",
    }
    emit_event(event, resource=resource, payload=payload)


def _source(name: str) -> dict[str, str]:
    return {
        "prefect.resource.id": f"docmill.source.{name}",
        "prefect.resource.role": "source",
        "prefect.resource.name": name,
    }
