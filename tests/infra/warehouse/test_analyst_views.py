"""The views and functions for analysts, over small warehouses whose answers are known."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.infra.warehouse import analyst_functions, analyst_views
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.outcome import DocumentStatus, ModelCall, PartOutcome, Stage
from docmill.schemas.page import BoxSource
from docmill.schemas.review import ReviewAction

GPT = EngineTag(name="openai", version="1", model="gpt-5.4-nano")


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def plain(type_name: str) -> str:
    return type_name.replace('"', "")


@pytest.mark.parametrize("view", analyst_views.VIEWS, ids=lambda view: view.name)
def test_views_have_the_columns_they_say(
    warehouse: duckdb.DuckDBPyConnection, view: analyst_views.View
) -> None:
    found = [(row[0], row[1]) for row in rows(warehouse, f"DESCRIBE FROM {view.name}")]
    assert found == [(column.name, column.type) for column in view.columns]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (analyst_functions.LINEAGE, "'d', 'total'"),
        (analyst_functions.AS_OF, "TIMESTAMP '2026-11-20'"),
    ],
)
def test_functions_have_the_columns_they_say(
    warehouse: duckdb.DuckDBPyConnection, function: analyst_functions.TableFunction, arguments: str
) -> None:
    described = rows(warehouse, f"DESCRIBE FROM {function.name}({arguments})")
    found = [(row[0], plain(row[1])) for row in described]
    assert found == [(column.name, column.type) for column in function.columns]


def schema_of(name: str, *fields: str) -> DocumentSchema:
    specs = tuple(FieldSpec(name=field, kind=FieldKind.TEXT) for field in fields)
    return DocumentSchema(name=name, fields=specs, json_schema={})


BILL = schema_of("bill", "seller_name", "invoice_date", "currency", "total")
SLIP = schema_of("slip", "company", "date", "currency", "total")


def test_amounts_are_added_by_supplier_currency_and_month(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    def finish(name: str, schema: DocumentSchema, *values: str | None) -> Any:
        mill.schema = schema
        fields = zip(schema.fields, values, strict=True)
        return mill.finish(name, [value(it.name, text) for it, text in fields if text is not None])

    finish("a", BILL, "Acme  GmbH", "2026-11-02", "EUR", "10.10")
    b = finish("b", BILL, "ACME GmbH", "2026-11-30", "eur", "0.2")
    finish("c", BILL, "Acme GmbH", "2026-11-05", "USD", "7")
    finish("d", BILL, "Acme GmbH", "2026-12-01", "EUR", "about 5")
    finish("e", BILL, None, None, None, "3")
    finish("f", SLIP, "Acme GmbH", "2026-11-02", "EUR", "4")
    finish("g", schema_of("letter", "currency"), "EUR")
    mill.answer(mill.event(b, "total", ReviewAction.CORRECT, "0.25"))
    Loader(warehouse, mill.lake).load()
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    shown = "SELECT * EXCLUDE (lowest_confidence) FROM amounts_by_supplier_month ORDER BY ALL"
    assert rows(warehouse, shown) == [
        ("bill", "ACME GmbH", "EUR", november, 2, Decimal("10.35"), 0, 1),
        ("bill", "Acme GmbH", "EUR", december, 1, None, 1, 0),
        ("bill", "Acme GmbH", "USD", november, 1, Decimal(7), 0, 0),
        ("bill", None, None, None, 1, Decimal(3), 0, 0),
        ("slip", "Acme GmbH", "EUR", november, 1, Decimal(4), 0, 0),
    ]


def test_the_total_of_several_that_has_a_value_counts(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.schema = schema_of("note", "total", "grand_total")
    mill.finish("a", [value("grand_total", "8", confidence=0.3)])
    Loader(warehouse, mill.lake).load()
    shown = "SELECT total, lowest_confidence FROM amounts_by_supplier_month"
    assert rows(warehouse, shown) == [(Decimal(8), 0.3)]


def test_confidence_beside_what_reviewers_say(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    sure = [("total", 0.7), ("notes[0]", 0.75), ("notes[1]", 0.05), ("seller.name", 1.0)]
    outcome = mill.finish("a", [value(path, "1", confidence=it) for path, it in sure])
    mill.answer(
        mill.event(outcome, "total", ReviewAction.CORRECT, "2"),
        mill.event(outcome, "notes[0]", ReviewAction.ACCEPT, "1"),
        mill.event(outcome, "notes[1]", ReviewAction.ABSENT),
    )
    Loader(warehouse, mill.lake).load()
    shown = "SELECT * EXCLUDE (schema_name, confidence_status) FROM confidence_bands ORDER BY ALL"
    assert rows(warehouse, shown) == [
        (0.0, 0.1, 1, 0.05, 1, 1, 1.0, 1.0),
        (0.7, 0.8, 2, 0.725, 2, 1, 1.0, 0.5),
        (0.9, 1.0, 1, 1.0, 0, 0, 0.0, None),
    ]


def test_what_reviewing_did(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    first, second = mill.finish("a"), mill.finish("b")
    mill.finish("c")
    item = "line_items[0].description"
    mill.answer(
        mill.event(first, "total", ReviewAction.CORRECT, "13", seconds_spent=30),
        mill.event(second, "total", ReviewAction.CORRECT, "14"),
        mill.event(first, item, ReviewAction.ACCEPT, "Bolt", seconds_spent=6),
        mill.event(second, item, ReviewAction.ILLEGIBLE, seconds_spent=3),
    )
    mill.answer(
        mill.event(second, "total", ReviewAction.CORRECT, "12.5", revision=2, old_value="14"),
        mill.event(second, item, ReviewAction.REOPEN, revision=2, seconds_spent=3),
    )
    Loader(warehouse, mill.lake).load()
    shown = "SELECT * EXCLUDE (schema_name) FROM review_effect ORDER BY pattern"
    assert rows(warehouse, shown) == [
        ("line_items[].description", 1, 1, 0, 0, 0, 1, 0, 0.2, 0, 0, 0.0),
        ("total", 2, 0, 2, 0, 0, 0, 1, 0.5, 2, 1, 0.5),
    ]


def call(name: str, mill: Any, **own: Any) -> ModelCall:
    shared: dict[str, Any] = {
        "call_id": name, "stage": Stage.EXTRACT, "engine": GPT, "part": 1, "output_key": None,
        "prompt_hash": "p", "input_tokens": 100, "cached_tokens": 0, "output_tokens": 10,
        "price_usd": 0.1, "seconds": 0.5, "called_at": mill.clock(),
    }  # fmt: skip
    return ModelCall(**{**shared, **own})


def finished(mill: Any, name: str, *calls: ModelCall) -> Any:
    """A finished document with requests; those without an output went into its extraction."""
    document_id = mill.sight(name).document_id
    key, _ = mill.extract(document_id, [])
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.DONE,
        schema_name=mill.schema.name, extraction_key=key,
    )  # fmt: skip
    outcome = mill.outcome(name, "first", DocumentStatus.DONE, parts=(part,)).model_copy(
        update={
            "calls": tuple(
                each if each.error else each.model_copy(update={"output_key": key})
                for each in calls
            )
        }
    )
    mill.lake.commit_document(outcome)
    return outcome


def test_an_unknown_price_is_never_nothing(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    finished(mill, "a", call("1", mill), call("2", mill, price_usd=0.2, cached_tokens=40))
    finished(mill, "b", call("3", mill), call("4", mill, price_usd=None, error="Timeout"))
    finished(mill, "c", call("5", mill, price_usd=None))
    finished(mill, "d")
    Loader(warehouse, mill.lake).load()
    shown = (
        "SELECT uri[-5:-5], calls, failed_calls, input_tokens, cached_tokens, output_tokens, "
        "unpriced_calls, known_price_usd, price_usd FROM document_costs ORDER BY 1"
    )
    assert rows(warehouse, shown) == [
        ("a", 2, 0, 200, 40, 20, 0, Decimal("0.3"), Decimal("0.3")),
        ("b", 2, 1, 200, 0, 20, 1, Decimal("0.1"), None),
        ("c", 1, 0, 100, 0, 10, 1, None, None),
        ("d", 0, 0, 0, 0, 0, 0, 0, 0),
    ]


def test_cached_tokens_per_schema_and_day(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    finished(mill, "a", call("1", mill), call("2", mill, cached_tokens=50))
    finished(mill, "b", call("3", mill, error="Timeout", input_tokens=0))
    mill.clock.forward(days=1)
    finished(mill, "c", call("4", mill, cached_tokens=100))
    Loader(warehouse, mill.lake).load()
    first, second, model = date(2026, 11, 20), date(2026, 11, 21), "gpt-5.4-nano"
    assert rows(warehouse, "FROM cache_hit_rates ORDER BY ALL") == [
        (first, "invoice", "extract", model, 2, 1, 200, 50, 0.25),
        (first, None, "extract", model, 1, 0, 0, 0, None),
        (second, "invoice", "extract", model, 1, 1, 100, 100, 1.0),
    ]


def test_failures_by_cause(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    mill.fail("a", retryable=True)
    mill.clock.forward(minutes=1)
    mill.fail("a", retryable=False, run_id="run-2")
    mill.fail("b", retryable=True)
    mill.clock.forward(minutes=1)
    mill.finish("b")
    Loader(warehouse, mill.lake).load()
    noon = datetime(2026, 11, 20, 12)
    assert rows(warehouse, "FROM failure_causes") == [
        ("UnreadableFile", "open", 3, 2, 1, True, noon, noon + timedelta(minutes=1),
         "file:///in/b.pdf", "cut off", "fetch it again")
    ]  # fmt: skip


def test_one_query_tells_where_a_value_comes_from(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, reading: Any, value: Any
) -> None:
    document_id = mill.sight("a").document_id
    page = reading(document_id, 1, ["12,", "50"])
    words = tuple(
        word.model_copy(update={"box": word.box.model_copy(update={"y1": 0.25}),
                                "box_source": BoxSource.OCR, "confidence": 0.5})
        for word in page.words
    )  # fmt: skip
    far = words[0].model_copy(
        update={"text": "far", "box": words[0].box.model_copy(update={"y0": 0.7, "y1": 0.8})}
    )
    page = page.model_copy(update={"words": (*words, far), "tables": (), "image_hash": "f" * 64})
    mill.lake.put_page("page-key", page)
    key, _ = mill.extract(document_id, [value("total", "12.50", confidence=0.4)])
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.DONE, schema_name="invoice",
        extraction_key=key,
    )  # fmt: skip
    outcome = mill.outcome(
        "a", "first", DocumentStatus.DONE, parts=(part,), page_keys=("page-key",)
    ).model_copy(
        update={
            "calls": (
                call("read", mill, stage=Stage.READ, page=1, part=None, output_key="page-key"),
                call("fill", mill, output_key=key, price_usd=None, prompt_hash="q"),
                call("other", mill, output_key="another"),
            )
        }
    )
    mill.lake.commit_document(outcome)
    mill.answer(
        mill.event(outcome, "total", ReviewAction.CORRECT, "13", page=1, box=words[0].box),
        mill.event(
            outcome,
            "total",
            ReviewAction.CORRECT,
            "14",
            revision=2,
            old_value="13",
            page=1,
            box=words[0].box,
        ),
    )
    Loader(warehouse, mill.lake).load()
    found = warehouse.execute("FROM lineage(?, 'total')", [document_id])
    names = [column[0] for column in found.description]
    (row,) = (dict(zip(names, each, strict=True)) for each in found.fetchall())
    assert (row["value"], row["reviewed"], row["engine_value"]) == ("14", True, "12.50")
    assert (row["confidence"], row["engine_confidence"]) == (1, 0.4)
    assert [(word["word"], word["text"]) for word in row["words"]] == [(0, "12,"), (1, "50")]
    assert (row["page_key"], row["image_hash"]) == ("page-key", "f" * 64)
    assert (row["page_engine"], row["page_status"]) == ("text_layer@1", "ok")
    asked = [(it["stage"], it["prompt_hash"], it["price_usd"], it["engine"]) for it in row["calls"]]
    engine = "openai@1[gpt-5.4-nano]"
    assert asked == [("extract", "q", None, engine), ("read", "p", 0.1, engine)]
    assert row["checks"] == [{"name": "sum", "passed": True, "detail": "adds up"}]
    edits = [(it["revision"], it["action"], it["old_value"], it["value"]) for it in row["edits"]]
    assert edits == [(1, "correct", "12.50", "13"), (2, "correct", "13", "14")]
    mill.clock.forward(minutes=1)
    mill.finish("a", work="second", values=[])  # read anew: the old extraction's words are gone
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, f"SELECT count(*) FROM lineage('{document_id}', 'total')") == [(0,)]


def test_a_value_from_an_older_reading_claims_no_words_of_the_newer(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.finish("a", [value("total", "1")])
    mill.clock.forward(minutes=1)
    mill.schema = BILL
    outcome = mill.finish("a", [value("total", "1")], words=["other"], work="second")
    Loader(warehouse, mill.lake).load()
    shown = (
        "SELECT schema_name, len(words), page_key IS NULL "
        f"FROM lineage('{outcome.document_id}', 'total') ORDER BY 1"
    )
    assert rows(warehouse, shown) == [("bill", 0, False), ("invoice", 0, True)]


Step = tuple[Any, ...]
NAMES, TEXTS = st.sampled_from("ab"), st.sampled_from("xyz")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("finish"), NAMES, st.integers(1, 3), TEXTS, st.sampled_from("st")),
        st.tuples(st.just("fail"), NAMES),
        st.tuples(
            st.just("answer"), st.integers(0, 9), st.sampled_from(["total", "notes[0]", ""]),
            st.sampled_from(list(ReviewAction)), TEXTS,
        ),
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


def parts_of(mill: Any, value: Any, name: str, number: int, text: str, schema: str) -> Any:
    """An outcome of so many parts, whose list rows move about with the text."""
    mill.schema = schema_of(schema, "total")
    document_id = mill.sight(name).document_id
    parts: list[PartOutcome] = []
    for part in range(1, number + 1):
        notes = [value("notes[0]", "moved"), value("notes[1]", text)]
        values = [value("total", text), *(notes if text > "x" else [value("notes[0]", text)])]
        key, _ = mill.extract(document_id, values, part)
        parts.append(
            PartOutcome(
                part=part,
                page_from=1,
                page_to=1,
                status=DocumentStatus.DONE,
                schema_name=schema,
                extraction_key=key,
            )
        )
    # The same settings again are the same work, and so the same commit.
    outcome = mill.outcome(name, f"{number}{text}{schema}", DocumentStatus.DONE, parts=tuple(parts))
    mill.lake.commit_document(outcome)
    return outcome


def play(mill: Any, value: Any, steps: Sequence[Step]) -> None:
    outcomes: list[Any] = []
    revisions: dict[tuple[str, str, str], int] = {}
    for step in steps:
        mill.clock.forward(minutes=1)
        match step:
            case ("finish", name, number, text, schema):
                outcomes.append(parts_of(mill, value, name, number, text, schema))
            case ("fail", name):
                mill.fail(name, retryable=True, run_id=str(mill.clock()))
            case (_, chosen, path, action, text) if outcomes:
                outcome = outcomes[chosen % len(outcomes)]
                question = (outcome.document_id, outcome.parts[0].schema_name, path)
                revisions[question] = revisions.get(question, 0) + 1
                new = text if action is ReviewAction.CORRECT else None
                mill.answer(mill.event(outcome, path, action, new, revision=revisions[question]))
            case _:
                pass


@settings(max_examples=20, deadline=None)
@given(steps=STEPS, seed=st.integers(0, 10**6))
def test_the_past_is_what_a_warehouse_of_that_time_held(
    steps: list[Step],
    seed: int,
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
    new_mill: Any,
    value: Any,
) -> None:
    with tempfile.TemporaryDirectory() as folder, new_warehouse() as now, new_warehouse() as then:
        past, whole = (new_mill(Path(folder) / name) for name in ("past", "whole"))
        cut = random.Random(seed).randint(0, len(steps))
        play(past, value, steps[:cut])
        play(whole, value, steps)
        moment = whole.clock() - timedelta(minutes=len(steps) - cut)
        assert moment == past.clock()
        Loader(then, past.lake).load()
        Loader(now, whole.lake).load()
        held = rows(then, "FROM fields ORDER BY ALL")
        shown = f"FROM as_of(TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}') ORDER BY ALL"
        assert rows(now, shown) == held
        assert rows(now, "FROM as_of(TIMESTAMP '2099-01-01') ORDER BY ALL") == rows(
            now, "FROM fields ORDER BY ALL"
        )
