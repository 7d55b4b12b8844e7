"""Chosen documents again: every one of them is done, settled, or named as out of reach."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from docmill.infra.planning.plan import Plan
from docmill.infra.planning.reprocess import plan_again
from docmill.infra.planning.selection import COLUMNS, Filter, select
from docmill.infra.planning.steps import Step
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schemas


def names(mill: Any, **wanted: Any) -> list[str]:
    found = select(mill.settings().open_workspace(), Filter(**wanted))
    return [each.uri.rpartition("/")[2] for each in found]


def again(mill: Any, where: str = "true", **options: Any) -> Any:
    settings = mill.settings(**options)
    return plan_again(Filter(where=where), load_schemas(settings.schema_), settings)


def statuses(mill: Any) -> dict[str, str]:
    with duckdb.connect(mill.workspace / "published.duckdb", read_only=True) as connection:
        return dict(connection.execute("SELECT uri, schema_name FROM documents").fetchall())


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"where": "true"}, ["a.pdf", "b.pdf", "c.pdf"]),
        ({"where": "page_count > 1 -- two or more"}, ["b.pdf", "c.pdf"]),
        ({"where": "list_contains(ocr_engines, 'text_layer') AND uri LIKE '%a.pdf'"}, ["a.pdf"]),
        ({"where": "document_id IN (SELECT document_id FROM pages WHERE page = 3)"}, ["c.pdf"]),
        ({"ocr_engine": "text_layer"}, ["a.pdf", "b.pdf", "c.pdf"]),
        ({"ocr_engine": "rapidocr"}, []),
        ({"extractor": "local", "where": "page_count = 2"}, ["b.pdf"]),
        ({"extractor": "loc"}, []),
        ({"schema_name": "receipt"}, []),
        ({"schema_name": "invoice", "before": datetime(2020, 1, 1, tzinfo=UTC)}, []),
        ({"before": datetime.now(UTC) + timedelta(days=1)}, ["a.pdf", "b.pdf", "c.pdf"]),
        ({"status": "failed"}, []),
        ({"source": "s3://"}, []),
        ({"source": "file:///"}, ["a.pdf", "b.pdf", "c.pdf"]),
    ],
)
def test_documents_are_chosen(mill: Any, wanted: dict[str, Any], expected: list[str]) -> None:
    assert names(mill, **wanted) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "nonsense > 3",
        "page_count >",
        "true; DROP TABLE documents",
        "document_id IN (SELECT column0 FROM read_csv('/etc/passwd'))",
        "true) FROM documents; COPY documents TO 'stolen.csv'; SELECT (true",
    ],
)
def test_what_is_no_condition_is_refused_with_the_columns(mill: Any, condition: str) -> None:
    with pytest.raises(UsageError) as refused:
        names(mill, where=condition)
    assert all(column in refused.value.hint for column in COLUMNS)


def test_documents_without_bytes_are_extracted_from_their_reading(own_mill: Any) -> None:
    (own_mill.inbox / "x.pdf").unlink()
    (own_mill.inbox / "y.pdf").write_bytes(b"%PDF-1.7 other")
    planned = again(own_mill, schema="receipt")
    assert planned.plan.steps == {Step.EXTRACT: 2}
    assert planned.plan.unreachable == ()
    report = own_mill.run_planned(planned, schema="receipt")
    assert (report.outcomes, report.pages_read, report.pages_found) == (2, 0, 3)
    assert set(statuses(own_mill).values()) == {"receipt"}


def test_without_bytes_and_reading_a_document_is_named(own_mill: Any) -> None:
    (own_mill.inbox / "x.pdf").unlink()
    plan: Plan = again(own_mill, ocr="rapidocr").plan
    assert plan.steps == {Step.READ: 1}
    assert [each.uri.rpartition("/")[2] for each in plan.unreachable] == ["x.pdf"]
    assert "holds it no more" in plan.unreachable[0].reason


def test_a_file_that_moved_is_found_at_its_other_place(own_mill: Any) -> None:
    (own_mill.inbox / "x.pdf").rename(own_mill.inbox / "z.pdf")
    own_mill.run(own_mill.objects())
    planned = again(own_mill, "page_count = 1", ocr="rapidocr")
    assert planned.plan.unreachable == ()
    assert [each.uri.rpartition("/")[2] for each in planned.objects] == ["z.pdf"]


def test_a_file_that_was_only_touched_is_the_same(own_mill: Any) -> None:
    os.utime(own_mill.inbox / "x.pdf", (1, 1))
    planned = again(own_mill, ocr="rapidocr")
    assert planned.plan.steps == {Step.READ: 2}
    assert planned.plan.pages_to_read.known == 3


def test_a_file_of_equal_size_with_other_bytes_is_another(own_mill: Any) -> None:
    path = own_mill.inbox / "x.pdf"
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    plan = again(own_mill, ocr="rapidocr").plan
    assert len(plan.unreachable) == 1


def test_settled_documents_are_in_the_plan_but_not_run(
    own_mill: Any, invoice: Callable[..., None]
) -> None:
    own_mill.run(own_mill.objects()[:1], schema="receipt")
    planned = again(own_mill, schema="receipt")
    assert planned.plan.steps == {Step.NOTHING: 1, Step.EXTRACT: 1}
    assert len(planned.objects) == 1
