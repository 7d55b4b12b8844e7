"""A plan says what a run then does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.planning.figure import Figure
from docmill.infra.planning.plan import Plan, Planned, plan_of
from docmill.infra.planning.source import plan_source
from docmill.infra.planning.steps import Step
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schemas
from docmill.schemas.source import SourceObject


def planned(mill: Any, objects: tuple[SourceObject, ...] | None = None, **options: Any) -> Planned:
    exact = options.pop("exact", False)
    settings = mill.settings(**options)
    found = mill.objects() if objects is None else objects
    return plan_of(found, load_schemas(settings.schema_), settings, exact=exact)


def plan(mill: Any, **options: Any) -> Plan:
    return planned(mill, **options).plan


def test_what_is_settled_needs_nothing(mill: Any) -> None:
    found = planned(mill)
    assert found.plan.steps == {Step.NOTHING: 3}
    assert found.plan.todo == 0
    assert found.objects == ()
    assert found.plan.minutes == Figure()
    assert mill.run(mill.objects()).outcomes == 0


def test_other_thresholds_cost_triage_alone(mill: Any) -> None:
    review = {"threshold": 0.2}
    found = planned(mill, review=review)
    assert found.plan.steps == {Step.TRIAGE: 3}
    assert (found.plan.pages_found, found.plan.pages_to_read) == (6, Figure())
    assert found.plan.parts == Figure()
    lake = mill.workspace / "lake"
    before = set((lake / "extractions").rglob("*.gz"))
    report = mill.run_planned(found, review=review)
    assert (report.outcomes, report.pages_read, report.pages_found) == (3, 0, 6)
    assert set((lake / "extractions").rglob("*.gz")) == before


def test_another_schema_costs_extraction_alone(mill: Any) -> None:
    found = planned(mill, schema="receipt")
    assert found.plan.steps == {Step.EXTRACT: 3}
    assert found.plan.pages_to_read == Figure()
    report = mill.run_planned(found, schema="receipt")
    assert (report.outcomes, report.pages_read, report.pages_found) == (3, 0, 6)


def test_choosing_among_schemas_is_not_taken_for_what_was_named(mill: Any) -> None:
    assert plan(mill, schema="auto").steps == {Step.EXTRACT: 3}
    mill.run(mill.objects(), schema="auto")
    again = plan(mill, schema="auto", review={"threshold": 0.2})
    assert again.steps[Step.TRIAGE] > 0


def test_other_limits_find_the_pages_again(mill: Any) -> None:
    found = planned(mill, limits={"max_pages": 5})
    assert found.plan.steps == {Step.READ: 3}
    assert (found.plan.pages_to_read, found.plan.pages_found) == (Figure(), 6)
    report = mill.run_planned(found, limits={"max_pages": 5})
    assert (report.pages_read, report.pages_found) == (0, 6)


def test_another_engine_reads_known_pages_and_its_speed_is_unknown(mill: Any) -> None:
    found = plan(mill, ocr="rapidocr")
    assert found.steps == {Step.READ: 3}
    assert found.pages_to_read == Figure(known=6)
    assert found.minutes.value is None
    assert any("no run of this workspace with rapidocr" in note for note in found.notes)


def test_pages_of_new_objects_are_estimated_or_counted(
    mill: Any, tmp_path: Path, invoice: Callable[..., None]
) -> None:
    mill.inbox = tmp_path / "new"
    mill.inbox.mkdir()
    invoice(mill.inbox / "long.pdf", 4, day=2)
    (mill.inbox / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    guessed = plan(mill)
    assert guessed.steps == {Step.FETCH: 2}
    assert guessed.pages_to_read.known == 0
    assert guessed.pages_to_read.estimated >= 2
    assert guessed.minutes.certainty == "estimated"
    exact = plan(mill, exact=True)
    assert exact.pages_to_read == Figure(known=4)
    assert exact.unreadable == 1


def test_exact_knows_documents_under_another_name(mill: Any, tmp_path: Path) -> None:
    content = (mill.inbox / "b.pdf").read_bytes()
    mill.inbox = tmp_path / "moved"
    mill.inbox.mkdir()
    for name in ("one.pdf", "two.pdf"):
        (mill.inbox / name).write_bytes(content)
    assert plan(mill).documents == 2
    exact = plan(mill, exact=True)
    assert (exact.documents, exact.objects) == (1, 2)
    assert exact.steps == {Step.NOTHING: 1}


def test_without_a_past_nothing_is_made_up(own_mill: Any, tmp_path: Path) -> None:
    own_mill.workspace = tmp_path / "empty"
    found = plan(own_mill)
    assert found.steps == {Step.FETCH: 2}
    for figure in (found.pages_to_read, found.parts, found.minutes):
        assert (figure.value, figure.certainty) == (None, "unknown")
    assert not own_mill.workspace.exists()


def test_time_comes_from_runs_of_this_workspace(mill: Any) -> None:
    mill.run(mill.objects(), schema="receipt")
    found = plan(mill, schema="form")
    assert found.minutes.certainty == "estimated"
    assert 0 < found.minutes.estimated < 5
    assert any("6 pages in 1 run" in note for note in found.notes)


def test_a_plan_is_json(mill: Any) -> None:
    found = plan(mill, ocr="rapidocr")
    data = json.loads(found.model_dump_json())
    assert data["pages_to_read"] == {
        "known": 6, "estimated": 0, "unknown": 0, "value": 6, "certainty": "known",
    }  # fmt: skip
    assert data["minutes"]["value"] is None


def test_a_followed_source_is_planned_by_its_own_settings(mill: Any, tmp_path: Path) -> None:
    sources = {"in": {"uri": str(mill.inbox), "schema": "receipt"}}
    found = plan_source("in", mill.settings(sources=sources))
    assert found.plan.schemas == ("receipt",)
    assert found.plan.steps == {Step.EXTRACT: 3}
    with pytest.raises(UsageError, match="no source"):
        plan_source("out", mill.settings(sources=sources))
