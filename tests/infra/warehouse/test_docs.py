from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.docs import with_reference
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.errors import SchemaError
from docmill.schemas.evaluation import DocumentEvaluation, EvaluationRecord, Judgement, Verdict
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.parsing import schema_from_json

DOCUMENT = (Path(__file__).parents[3] / "docs/warehouse.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOTAL = Judgement(path="total", pattern="total", truth="1", value="1", verdict=Verdict.RIGHT)
EVALUATED = DocumentEvaluation(
    example="a", path="a.pdf", doc_type="invoice", stratum="s", language="en", document_id=None,
    schema_name="invoice", outcome="done", judgements=(TOTAL,),
)  # fmt: skip
EVALUATION = EvaluationRecord(
    evaluation_id="e", name="set", dataset="set", started_at=NOON, finished_at=NOON,
    ocr_engine="text_layer@1", extractor="local@1", version="0", documents=(EVALUATED,),
)  # fmt: skip


def test_the_reference_is_current() -> None:
    assert with_reference(DOCUMENT) == DOCUMENT, "run: python -m docmill.infra.warehouse.docs"


@pytest.fixture
def small(warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any) -> Any:
    """A warehouse in which every question has an answer."""
    mill.schema = builtin_schemas()["invoice"]
    mill.sight("a")
    invoice = {
        "invoice_date": "2026-11-02",
        "seller_name": "Müller",
        "currency": "EUR",
        "subtotal": "10",
        "total": "11.9",
        "line_items[0].line_total": "4",
        "line_items[1].line_total": "5",
    }
    mill.finish("a", [value(path, it) for path, it in {**invoice, "total": "11"}.items()])
    mill.clock.forward(minutes=1)
    mill.finish("a", [value(path, it) for path, it in invoice.items()], work="second")
    mill.sight("b", "file:///in/a.pdf")
    mill.fail("b", retryable=False)
    failed = mill.outcome("c", "first", "partial", page_keys=(None,))
    mill.lake.commit_document(failed)
    mill.lake.commit_evaluation(EVALUATION)
    Loader(warehouse, mill.lake).load()
    return warehouse


@pytest.mark.parametrize("sql", EXAMPLES, ids=lambda sql: " ".join(sql.split())[:40])
def test_every_example_answers(small: duckdb.DuckDBPyConnection, sql: str) -> None:
    rows = small.execute(sql).fetchall()
    assert rows
    assert any(cell is not None for cell in rows[0])


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("table", [table.name for table in ddl.PUBLIC])
def test_no_schema_takes_the_name_of_a_table(table: str) -> None:
    with pytest.raises(SchemaError, match="warehouse"):
        schema_from_json({"type": "object", "properties": {"x": {"type": "string"}}}, table)
