"""Reviewers' answers over HTTP: kept for good or refused, and nothing between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouse_content import content_of_file

from docmill.infra.lake import Lake
from docmill.infra.service import owner_service
from docmill.infra.service.answers import Answer, Decision
from docmill.infra.service.fitting import misfit
from docmill.infra.storage.local import LocalFolder
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.warehouse.owner import rebuild
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import FieldKind, FieldSpec
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.review import ReviewEvent

NewAnswer = Callable[..., Answer]


@pytest.fixture
def outcome(live_mill: Any, running: Any) -> DocumentOutcome:
    """A document that the running service has loaded."""
    outcome: DocumentOutcome = live_mill.finish("a")
    running.client.publish()
    return outcome


def test_a_correction_counts(running: Any, outcome: DocumentOutcome, answer: NewAnswer) -> None:
    box = {"x0": 0.5, "y0": 0.5, "x1": 0.6, "y1": 0.52}
    given = answer(outcome, action="correct", value="13.50", raw="13,50", page=2, box=box,
                   seconds_spent=3.5, note="a smudge")  # fmt: skip
    (verdict,) = running.answer(given)
    assert verdict.decision is Decision.ACCEPTED
    event = verdict.event
    assert (event.old_value, event.value) == ("12.5", "13.50")
    assert (event.page_from, event.page_to) == (1, 2)
    total = (
        "SELECT value, raw, confidence, confidence_status, reviewed, page, x0 FROM fields WHERE "
    )
    assert running.rows(f"{total} path = 'total'") == [
        ["13.50", "13,50", 1.0, "reviewed", True, 2, 0.5]
    ]
    assert running.rows("FROM review_queue") == []
    assert running.rows("SELECT status FROM documents") == [["done"]]
    assert running.rows("SELECT result.total.value FROM results") == [['"13.50"']]


def test_the_answer_is_in_lake_and_warehouse_before_it_is_told(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer, workspace: Workspace, live_mill: Any
) -> None:
    (verdict,) = running.answer(answer(outcome))
    assert live_mill.lake.review(verdict.event.key) == verdict.event
    committed = [
        event
        for _, record in live_mill.lake.commits()
        if record.kind == "review"
        for event in record.content
    ]
    assert committed == [verdict.event]
    assert not (workspace.root / "answers.unfinished").read_text()


def test_an_answer_sent_twice_is_one(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer
) -> None:
    given = answer(outcome)
    first = running.answer(given)[0]
    again = running.answer(given, given)
    assert [verdict.decision for verdict in again] == [Decision.REPEATED] * 2
    assert again[0].event == first.event
    other = answer(outcome, path="invoice_number")
    both = running.answer(other, other)
    assert [verdict.decision for verdict in both] == [Decision.ACCEPTED, Decision.REPEATED]
    assert running.rows("SELECT count(*) FROM review_events") == [[2]]


def test_the_first_answer_wins(running: Any, outcome: DocumentOutcome, answer: NewAnswer) -> None:
    def ask(number: int) -> tuple[str, str]:
        given = answer(outcome, action="correct", value=str(number), reviewer=f"r{number}")
        verdict = running.service.answer([given]).result(30)[0]
        return verdict.decision.value, verdict.event.value

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(ask, range(32)))
    (winner,) = [value for decision, value in told if decision == "accepted"]
    assert sorted(decision for decision, _ in told) == ["accepted"] + ["conflict"] * 31
    assert {value for _, value in told} == {winner}
    assert running.rows("SELECT value FROM fields WHERE path = 'total'") == [[winner]]


def test_revisions_follow_each_other(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer
) -> None:
    assert running.decide(answer(outcome, revision=2)) == "refused"
    assert running.decide(answer(outcome, action="reopen")) == "refused"
    assert running.decide(answer(outcome, action="absent")) == "accepted"
    second = running.answer(answer(outcome, revision=2, action="correct", value="1.00"))[0]
    assert (second.decision, second.event.old_value) == (Decision.ACCEPTED, None)
    assert running.decide(answer(outcome, revision=3, action="reopen")) == "accepted"
    assert running.rows("SELECT value, reviewed FROM fields WHERE path = 'total'") == [
        ["12.5", False]
    ]
    assert len(running.rows("FROM review_queue")) == 1


def test_an_answer_to_an_old_extraction_is_stale(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer, live_mill: Any, value: Any
) -> None:
    newer = live_mill.finish("a", [value("total", "99.00")], work="second")
    running.client.publish()
    assert running.decide(answer(outcome)) == "stale"
    assert running.decide(answer(newer)) == "accepted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"path": "nothing"}, "no value at `nothing`"),
        ({"path": "line_items[7].quantity"}, "no value at"),
        ({"document_id": "0" * 64}, "no such document part"),
        ({"part": 2}, "no such document part"),
        ({"schema_name": "receipt"}, "no such document part"),
        ({"action": "correct"}, "needs a value"),
        ({"action": "correct", "value": "1,50"}, "is no plain decimal"),
        ({"action": "correct", "value": "1.50 "}, "white space"),
        ({"path": "invoice_date", "action": "correct", "value": "2.11.2026"}, "is no ISO date"),
        ({"path": "line_items[0].quantity", "action": "correct", "value": "2.5"}, "is no integer"),
        ({"action": "absent", "value": "1"}, "takes no value"),
        ({"action": "correct", "value": "1", "page": 1}, "a page and a box"),
        ({"path": "", "action": "correct", "value": "1"}, "whole part"),
        (
            {"action": "correct", "value": "1", "page": 3,
             "box": {"x0": 0, "y0": 0, "x1": 1, "y1": 1}},
            "page 3 is none of the part's",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer, changes: Any, reason: str
) -> None:
    (verdict,) = running.answer(answer(outcome, **changes))
    assert (verdict.decision, verdict.event) == (Decision.REFUSED, None)
    assert reason in verdict.reason
    assert running.rows("FROM review_events") == []


KINDS = {
    FieldKind.DATE: (("2026-02-28", "0001-01-01"), ("2026-02-30", "2026-2-3", "20260203", "x")),
    FieldKind.AMOUNT: (("0", "-1.50", "12345678901234567890"), ("1.", ".5", "+1", "1e3", "١")),
    FieldKind.INTEGER: (("12", "-3"), ("1.0", "1_000", "twelve")),
    FieldKind.BOOLEAN: (("true", "false"), ("True", "yes", "1")),
    FieldKind.CURRENCY: (("EUR",), ("eur", "€", "EURO")),
    FieldKind.CHOICE: (("red",), ("green",)),
    FieldKind.TEXT: (("anything",), ("", "  ", " a")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_types(kind: FieldKind) -> None:
    spec = FieldSpec(name="f", kind=kind, choices=("red", "blue"))
    fitting, others = KINDS[kind]
    assert [misfit(spec, value) for value in fitting] == [None] * len(fitting)
    assert all(misfit(spec, value) for value in others)


@given(st.dates())
def test_every_iso_date_fits(day: Any) -> None:
    assert misfit(FieldSpec(name="f", kind=FieldKind.DATE), day.isoformat()) is None


def event_of(answer: Answer, **changes: Any) -> ReviewEvent:
    said = answer.model_dump() | {
        "page_from": 1, "page_to": 2, "row": None, "old_value": "12.5",
        "answered_at": "2026-11-20T12:00:00Z",
    }  # fmt: skip
    return ReviewEvent.model_validate({**said, **changes})


def test_an_answer_that_lay_uncommitted_is_found_when_its_question_is_asked_again(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer, live_mill: Any
) -> None:
    mine, others = answer(outcome), answer(outcome, path="invoice_number")
    live_mill.lake.put_review(event_of(mine))
    live_mill.lake.put_review(event_of(others, answer_id="another's", reviewer="grace"))
    told = running.answer(mine, others)
    assert [verdict.decision for verdict in told] == [Decision.REPEATED, Decision.CONFLICT]
    assert told[1].event.reviewer == "grace"
    assert running.rows("SELECT path FROM fields WHERE reviewed ORDER BY 1") == [
        ["invoice_number"], ["total"],
    ]  # fmt: skip


def test_what_a_killed_service_began_is_finished_by_the_next(
    start: Any, live_mill: Any, answer: NewAnswer, workspace: Workspace, eventually: Any
) -> None:
    outcome = live_mill.finish("a")
    event, never_filed = event_of(answer(outcome)), "f" * 40
    live_mill.lake.put_review(event)
    unfinished = workspace.root / "answers.unfinished"
    unfinished.write_text(f"{event.key}\n{never_filed}\n")
    with start() as running:
        eventually(lambda: unfinished.read_text() == "")
        assert running.rows("SELECT path FROM fields WHERE reviewed") == [["total"]]


def test_nobody_is_told_ok_while_the_lake_fails(
    running: Any, outcome: DocumentOutcome, answer: NewAnswer, workspace: Workspace
) -> None:
    given = answer(outcome)
    in_the_way = Path(workspace.lake_root) / "reviews"
    in_the_way.write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot write"):
        running.answer(given)
    assert running.service.state().problems["answering"]
    assert running.rows("FROM review_events") == []
    in_the_way.unlink()
    assert running.decide(given) == "accepted"
    assert running.service.state().problems == {}


class Breaking(LocalFolder):
    """A folder that breaks after commit records were written, as a connection may."""

    def put(self, key: str, content: bytes) -> bool:
        done = super().put(key, content)
        if key.startswith("commits/") and b'"review"' in content:
            raise StoreError("the connection broke")
        return done


def broken_lake(root: str, metrics: Metrics) -> Lake:
    return Lake(Breaking(Path(root)))


def test_an_answer_whose_commit_broke_off_is_kept_once(
    start: Any,
    live_mill: Any,
    answer: NewAnswer,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = live_mill.finish("a")
    given = answer(outcome)
    with monkeypatch.context() as patched:
        patched.setattr(owner_service, "measured_lake", broken_lake)
        with start() as running:
            running.client.publish()
            with pytest.raises(StoreError, match="the connection broke"):
                running.answer(given)
    with start() as running:
        running.client.publish()
        assert running.decide(given) == "repeated"
        assert running.rows("SELECT count(*) FROM review_events") == [[1]]
    grown = content_of_file(workspace.warehouse)
    rebuild(workspace)
    assert content_of_file(workspace.warehouse) == grown
