from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docmill.infra.commits import document_commit
from docmill.infra.outputs.message import Message, message_of
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentStatus, PartOutcome
from docmill.schemas.result_json import result_json


def data(message: Message) -> Any:
    return json.loads(message.body)["data"]


def test_a_message_holds_the_whole_result(mill: Any) -> None:
    outcome = mill.finish("a")
    commit = document_commit(outcome)
    message = message_of(commit, mill.lake)
    document = json.loads(message.body)
    assert (document["id"], document["type"]) == (outcome.work_key, "document.finished")
    assert document["timestamp"] == "2026-11-20T12:00:00Z"
    told = document["data"]
    (part,) = told["parts"]
    extraction = mill.lake.extraction(part["extraction_key"])
    assert part["result"] == json.loads(json.dumps(result_json(extraction)))
    assert part["result"]["total"]["value"] == "12.5"
    assert (told["uri"], told["status"], told["final"]) == (
        "file:///in/a.pdf", "needs_review", True,
    )  # fmt: skip
    assert (told["review_count"], told["review"][0]["path"]) == (1, "total")
    assert told["ocr_engine"] == {"name": "text_layer", "version": "1", "model": None}
    assert (told["truncated"], told["failures"]) == (False, [])
    assert message == message_of(commit, mill.lake)


def test_a_failure_comes_with_its_hint(mill: Any) -> None:
    outcome = mill.fail("b", retryable=True)
    told = data(message_of(document_commit(outcome), mill.lake))
    assert (told["final"], told["failure_count"], told["parts"]) == (False, 1, [])
    assert told["failures"][0]["hint"] == "fetch it again"


def test_a_lost_extraction_is_no_empty_result(mill: Any) -> None:
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.DONE, schema_name="invoice",
        extraction_key="f" * 40,
    )  # fmt: skip
    outcome = mill.outcome("c", "first", DocumentStatus.DONE, parts=(part,))
    with pytest.raises(StoreError, match="lost extraction"):
        message_of(document_commit(outcome), mill.lake)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.integers(1, 60), limit=st.integers(16, 300))
def test_no_message_is_larger_than_its_bound(mill: Any, parts: int, limit: int) -> None:
    outcome = mill.finish("a")
    many = outcome.model_copy(update={"parts": outcome.parts * parts})
    message = message_of(document_commit(many), mill.lake, limit * 1024)
    whole = message_of(document_commit(many), mill.lake)
    told = data(message)
    assert len(message.body) <= limit * 1024
    assert told["truncated"] == (len(whole.body) > limit * 1024)
    assert (told["part_count"], told["review_count"]) == (parts, parts)
    if told["truncated"]:
        assert all(part["result"] is None for part in told["parts"])
    else:
        assert message == whole
