"""What the warehouse shows once reviewers have answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse.histories import events_about
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.geometry import Box
from docmill.schemas.outcome import DocumentStatus, PartOutcome
from docmill.schemas.review import ReviewAction, ReviewItem, ReviewReason

BOX = Box(x0=0.5, y0=0.6, x1=0.7, y1=0.8)


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def test_a_corrected_value_is_shown_everywhere(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    outcome = mill.finish("a")
    mill.answer(
        mill.event(outcome, "total", ReviewAction.CORRECT, "13", raw="13,00", page=2, box=BOX)
    )
    Loader(warehouse, mill.lake).load()
    shown = (
        "SELECT value, raw, status, confidence, confidence_status, match, page, x0, y1, reviewed, "
        "derived, pattern FROM fields WHERE path = 'total'"
    )
    corrected = ("13", "13,00", "present", 1, "reviewed", "normalised", 2, 0.5, 0.8, True)
    assert rows(warehouse, shown) == [(*corrected, False, "total")]
    assert rows(warehouse, "SELECT count(*), count(*) FILTER (reviewed) FROM fields") == [(9, 1)]
    assert rows(warehouse, "SELECT total, status FROM invoice") == [(13, "done")]
    said = "SELECT value, confidence, reviewed FROM field_history WHERE path = 'total'"
    assert rows(warehouse, said) == [("12.5", 0.4, False)]
    assert rows(warehouse, "FROM review_queue") == []
    assert rows(warehouse, "SELECT status FROM documents") == [("done",)]
    result = "SELECT result ->> '$.total.value', result ->> '$.total.confidence_status', status"
    assert rows(warehouse, f"{result} FROM results") == [("13", "reviewed", "done")]


def test_what_is_left_to_answer_keeps_a_document_open(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    outcome = mill.finish("a")
    mill.answer(mill.event(outcome, "invoice_number"))
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT path FROM review_queue") == [("total",)]
    assert rows(warehouse, "SELECT status FROM documents") == [("needs_review",)]
    assert rows(warehouse, "SELECT path FROM fields WHERE reviewed") == [("invoice_number",)]


@pytest.mark.parametrize("action", [ReviewAction.ABSENT, ReviewAction.ILLEGIBLE])
def test_a_value_that_is_not_there(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, action: ReviewAction
) -> None:
    mill.answer(mill.event(mill.finish("a"), "total", action))
    Loader(warehouse, mill.lake).load()
    shown = "SELECT value, status, page, match, reviewed FROM fields WHERE path = 'total'"
    assert rows(warehouse, shown) == [(None, action.value, None, "none", True)]


def test_a_question_opened_again(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.finish("a")
    mill.answer(mill.event(outcome, "total", ReviewAction.CORRECT, "13"))
    loader = Loader(warehouse, mill.lake)
    loader.load()
    mill.answer(mill.event(outcome, "total", ReviewAction.REOPEN, revision=2))
    loader.load()
    assert rows(warehouse, "SELECT value, reviewed FROM fields WHERE path = 'total'") == [
        ("12.5", False)
    ]
    assert rows(warehouse, "SELECT path FROM review_queue") == [("total",)]
    assert rows(warehouse, "SELECT status FROM documents") == [("needs_review",)]
    assert rows(warehouse, "SELECT result ->> '$.total.value' FROM results") == [("12.5",)]
    kept = "SELECT revision, action, value, newest FROM internal.reviewed ORDER BY revision"
    assert rows(warehouse, kept) == [(1, "correct", "13", False), (2, "reopen", "12.5", True)]
    assert len(rows(warehouse, "FROM review_events")) == 2


def test_an_answer_outlives_another_extraction(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    outcome = mill.finish("a", [value("total", "1"), value("notes[0]", "x", page=2)])
    mill.answer(
        mill.event(outcome, "total", ReviewAction.CORRECT, "2"),
        mill.event(outcome, "notes[0]", ReviewAction.CORRECT, "y"),
    )
    loader = Loader(warehouse, mill.lake)
    loader.load()
    mill.clock.forward(minutes=1)
    values = [value("total", "7"), value("notes[0]", "new"), value("notes[1]", "x", page=2)]
    mill.finish("a", values, work="second")
    loader.load()
    fields = "SELECT path, value, reviewed FROM fields ORDER BY path"
    assert rows(warehouse, fields) == [
        ("notes[0]", "new", False), ("notes[1]", "y", True), ("total", "2", True),
    ]  # fmt: skip
    assert rows(warehouse, "SELECT count(*) FROM internal.reviewed") == [(4,)]


def test_a_part_without_an_extraction_is_answered(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    base = mill.outcome("a", "w", DocumentStatus.NEEDS_REVIEW, page_keys=(None,))
    item = ReviewItem(
        document_id=base.document_id, part=1, schema_name="", path="",
        reason=ReviewReason.UNKNOWN_KIND, explanation="No schema fits.", confidence=0.0,
    )  # fmt: skip
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.NEEDS_REVIEW, schema_name=None,
        extraction_key=None, review=(item,),
    )  # fmt: skip
    outcome = base.model_copy(update={"parts": (part,)})
    mill.lake.commit_document(outcome)
    mill.answer(mill.event(outcome, ""))
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "FROM review_queue") == []
    assert rows(warehouse, "SELECT status FROM documents") == [("done",)]
    kept = "SELECT path, value, status, extraction_key FROM internal.reviewed"
    assert rows(warehouse, kept) == [("", None, None, None)]
    assert rows(warehouse, "FROM fields") == []


def test_events_come_back_as_they_were(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.finish("a")
    at = datetime(2026, 11, 20, 12, 0, 1, 234567, tzinfo=UTC)
    events = [
        mill.event(outcome, "total", ReviewAction.CORRECT, "13", page=2, box=BOX, answered_at=at),
        mill.event(outcome, "notes[0]", note="smudged", seconds_spent=2.5),
        mill.event(outcome, "", old_value=None),
    ]
    mill.answer(*events)
    mill.answer(events[0])
    Loader(warehouse, mill.lake).load()
    found = events_about(warehouse, [outcome.document_id])[outcome.document_id]
    assert found == {event.key: event for event in events}
