from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.storage.local import LocalFolder
from docmill.infra.warehouse import layout
from docmill.infra.warehouse.docs import with_reference
from docmill.infra.warehouse.exporting import export
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import SchemaError
from docmill.schemas.evaluation import DocumentEvaluation, EvaluationRecord, Judgement, Verdict
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.outcome import ModelCall, Stage
from docmill.schemas.parsing import schema_from_json

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT = (DOCS / "warehouse.md").read_text(encoding="utf-8")
ANALYSTS = (DOCS / "analysts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", DOCUMENT + ANALYSTS, re.DOTALL)
LAKEHOUSE = re.findall(r"```sql lakehouse\n(.*?)```", ANALYSTS, re.DOTALL)
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
    call = ModelCall(
        call_id="1", stage=Stage.READ, engine=EngineTag(name="vision", version="1"), page=1,
        output_key=None, prompt_hash="p", input_tokens=10, output_tokens=1, price_usd=0.1,
        seconds=1, called_at=NOON,
    )  # fmt: skip
    called = mill.outcome("d", "first", "done").model_copy(update={"calls": (call,)})
    mill.lake.commit_document(called)
    Loader(warehouse, mill.lake).load()
    return warehouse


@pytest.mark.parametrize("sql", EXAMPLES, ids=lambda sql: " ".join(sql.split())[:40])
def test_every_example_answers(small: duckdb.DuckDBPyConnection, sql: str) -> None:
    rows = small.execute(sql).fetchall()
    assert rows
    assert any(cell is not None for cell in rows[0])


def test_the_lakehouse_query_gives_the_current_state(
    small: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalFolder(tmp_path / "lakehouse")
    export(small, store, ["fields", "words"], incremental=False, now=NOON)
    monkeypatch.chdir(tmp_path)
    query = LAKEHOUSE[0].strip().rstrip(";")
    found = small.execute(f"SELECT document_id, path, value FROM ({query})")
    rows = sorted(found.fetchall())
    assert rows == sorted(small.execute("SELECT document_id, path, value FROM fields").fetchall())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 18
    assert len(LAKEHOUSE) == 1


@pytest.mark.parametrize("table", layout.taken_names())
def test_no_schema_takes_the_name_of_a_table(table: str) -> None:
    with pytest.raises(SchemaError, match="warehouse"):
        schema_from_json({"type": "object", "properties": {"x": {"type": "string"}}}, table)
