from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from docmill.infra.lake import Lake
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.evaluation import (
    Counts,
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    PlacedBox,
    TableCounts,
    TextCounts,
    Verdict,
)
from docmill.schemas.extraction import Match
from docmill.schemas.geometry import Box

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RIGHT = Judgement(
    path="rows[2].price",
    pattern="rows[].price",
    truth="$1.00",
    value="1.00",
    verdict=Verdict.RIGHT,
    strict=True,
    confidence=0.75,
    match=Match.EXACT,
    place=PlacedBox(page=2, box=Box(x0=0.1, y0=0.2, x1=0.3, y1=0.4)),
    iou=0.5,
)
MISSING = Judgement(path="day", pattern="day", truth="May", value=None, verdict=Verdict.MISSING)
DOCUMENT = DocumentEvaluation(
    example="a",
    path="docs/a.pdf",
    doc_type="invoice",
    stratum="typed",
    language="en",
    document_id="d" * 64,
    schema_name="invoice",
    outcome="needs_review",
    failures=("NoText",),
    pages=2,
    seconds=1.5,
    given_values=9,
    invented=("seller",),
    judgements=(RIGHT, MISSING),
    text=TextCounts(
        characters=100, edits=7, edits_any_order=3, words=Counts(right=8, given=9, wanted=10),
        runs=Counts(),
    ),
    tables=TableCounts(
        tables_wanted=1, tables_given=1, position=Counts(right=4, given=5, wanted=6),
        content=Counts(), adjacency=Counts(),
    ),
)  # fmt: skip
RECORD = EvaluationRecord(
    evaluation_id="e1",
    name="set at 150 dpi",
    dataset="sets/set",
    started_at=NOON,
    finished_at=NOON,
    ocr_engine="text_layer@1",
    extractor="local@1",
    rasterised_dpi=150,
    pages_per_second=2.5,
    version="0.1.0",
    documents=(
        DOCUMENT,
        DocumentEvaluation(
            example="b", path="b.pdf", doc_type="invoice", stratum="typed", language="en",
            document_id=None, schema_name=None, outcome="missing_file",
        ),
    ),
)  # fmt: skip


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def test_an_evaluation_becomes_rows(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    mill.lake.commit_evaluation(RECORD)
    Loader(warehouse, mill.lake).load()
    noon = NOON.replace(tzinfo=None)
    assert rows(warehouse, "FROM eval_runs") == [
        (
            *("e1", "set at 150 dpi", "sets/set", noon, noon, "text_layer@1", "local@1", 150),
            *(2, 1, 1, 2, 2.5, "0.1.0"),
        )
    ]
    assert rows(warehouse, "FROM eval_documents ORDER BY example") == [
        (
            *("e1", "a", "d" * 64, "invoice", "typed", "en", "docs/a.pdf", "invoice"),
            *("needs_review", ["NoText"], 2, 1.5, 1, 1, 2, ["seller"]),
            *(100, 7, 3, 8, 9, 10, 4, 5, 6),
        ),
        (
            *("e1", "b", None, "invoice", "typed", "en", "b.pdf", None),
            *("missing_file", [], 0, None, 0, 0, 0, []),
            *[None] * 9,
        ),
    ]
    assert rows(warehouse, "FROM eval_values ORDER BY path") == [
        (
            *("e1", "a", "d" * 64, "invoice", "typed", "en", "day", "day", "May", None),
            *("missing", False, *[None] * 9),
        ),
        (
            *("e1", "a", "d" * 64, "invoice", "typed", "en", "rows[2].price", "rows[].price"),
            *("$1.00", "1.00", "right", True, 0.75, "exact", 2, 0.1, 0.2, 0.3, 0.4, 0.5, None),
        ),
    ]


def test_the_same_evaluation_counts_once(
    warehouse: duckdb.DuckDBPyConnection, new_warehouse: Any, content: Any, mill: Any
) -> None:
    mill.lake.commit_evaluation(RECORD)
    Loader(warehouse, mill.lake).load()
    mill.clock.forward(hours=1)
    mill.lake.commit_evaluation(RECORD)
    mill.finish("x")
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT count(*) FROM eval_runs") == [(1,)]
    with new_warehouse() as rebuilt:
        Loader(rebuilt, mill.lake).load()
        assert content(rebuilt) == content(warehouse)


def test_the_lake_gives_it_back(mill: Any) -> None:
    lake: Lake = mill.lake
    lake.commit_evaluation(RECORD)
    ((_, commit),) = lake.commits()
    assert commit.kind == "evaluation"
    assert lake.evaluation(commit.content) == RECORD
    assert lake.evaluation("0" * 40) is None
