"""The JSON document that tells of a finished document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docmill.infra.commits import DocumentCommit
from docmill.infra.lake import Lake
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentOutcome, PartOutcome
from docmill.schemas.result_json import result_json

FINISHED = "document.finished"
_LISTED = 20  # items of a list that was too long


@dataclass(frozen=True)
class Message:
    """One finished document on its way. `event_id` is its commit's id, and its body's `id`."""

    event_id: str
    document_id: str
    uri: str
    body: bytes


def message_of(commit: DocumentCommit, lake: Lake, max_bytes: int | None = None) -> Message:
    """The message about a commit; the same bytes whenever it is made.

    Args:
        commit: the outcome.
        lake: holds its extractions.
        max_bytes: the largest body; None for any.

    Raises:
        StoreError: an extraction cannot be read.
    """
    outcome = commit.content
    return Message(
        event_id=commit.id,
        document_id=outcome.document_id,
        uri=outcome.uri,
        body=_bounded(_document(commit, lake), max_bytes),
    )


def _document(commit: DocumentCommit, lake: Lake) -> dict[str, Any]:
    outcome = commit.content
    return {
        "id": commit.id,
        "type": FINISHED,
        "timestamp": outcome.model_dump(mode="json", include={"finished_at"})["finished_at"],
        "data": {**_head(outcome), **_body(outcome, lake)},
    }


def _head(outcome: DocumentOutcome) -> dict[str, Any]:
    head = {
        "document_id", "uri", "media_type", "bytes", "page_count", "status", "ocr_engine",
        "extractor", "run_id", "started_at", "finished_at",
    }  # fmt: skip
    return outcome.model_dump(mode="json", include=head)


def _body(outcome: DocumentOutcome, lake: Lake) -> dict[str, Any]:
    review = [item.model_dump(mode="json") for part in outcome.parts for item in part.review]
    failures = [failure.model_dump(mode="json") for failure in outcome.failures]
    return {
        "final": outcome.final,
        "truncated": False,
        "part_count": len(outcome.parts),
        "parts": [_part(part, lake) for part in outcome.parts],
        "review_count": len(review),
        "review": review,
        "failure_count": len(failures),
        "failures": failures,
    }


def _part(part: PartOutcome, lake: Lake) -> dict[str, Any]:
    plain = part.model_dump(mode="json", exclude={"review"})
    return {**plain, "result": _result(part.extraction_key, lake)}


def _result(key: str | None, lake: Lake) -> dict[str, Any] | None:
    if key is None:
        return None
    extraction = lake.extraction(key)
    if extraction is None:
        raise StoreError(f"the lake has lost extraction {key}", "Restore it from a backup.")
    return result_json(extraction)


def _bounded(document: dict[str, Any], max_bytes: int | None) -> bytes:
    """As JSON; what is too large loses its results, then long lists, then its parts."""
    body = _json(document)
    if max_bytes is None:
        return body
    for shorten in _SHORTER:
        if len(body) <= max_bytes:
            break
        shorten(document["data"])
        document["data"]["truncated"] = True
        body = _json(document)
    return body


def _without_results(data: dict[str, Any]) -> None:
    data["parts"] = [{**part, "result": None} for part in data["parts"]]


def _with_short_lists(data: dict[str, Any]) -> None:
    data.update(review=data["review"][:_LISTED], failures=data["failures"][:_LISTED])


def _without_lists(data: dict[str, Any]) -> None:
    data.update(parts=[], review=[], failures=[])


_SHORTER: tuple[Callable[[dict[str, Any]], None], ...] = (
    _without_results,
    _with_short_lists,
    _without_lists,
)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
