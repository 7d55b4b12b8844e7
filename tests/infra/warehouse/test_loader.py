from __future__ import annotations

import gzip
import math
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.infra.warehouse.batches import Pace
from docmill.infra.warehouse.loader import Loader
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentStatus, PartOutcome
from docmill.schemas.review import ReviewAction, ReviewItem, ReviewReason

# The contract: what other tools rely on. More columns may follow, none may go.
CONTRACT = {
    "documents": "document_id part uri media_type bytes page_count page_from page_to schema_name "
    "status error first_seen_at finished_at",
    "sources": "uri document_id etag size first_seen_at last_seen_at deleted_at",
    "results": "document_id part schema_name result extraction_key",
    "fields": "document_id part uri schema_name path value raw status confidence "
    "confidence_status match page x0 y0 x1 y1 reviewed ocr_engine extractor extraction_key",
    "pages": "document_id page width_px height_px rotation ocr_engine status mean_confidence",
    "blocks": "document_id page block label text x0 y0 x1 y1 confidence",
    "words": "document_id page block word text x0 y0 x1 y1 confidence box_source",
    "table_cells": "document_id page table_number row column row_span column_span header text "
    "x0 y0 x1 y1",
    "part_history": "document_id part schema_name extraction_key status page_from page_to "
    "finished_at run_id ocr_engine extractor current",
    "checks": "document_id part schema_name extraction_key number name passed paths detail",
    "review_events": "event_key document_id part schema_name path revision answer_id "
    "extraction_key page_from page_to row action old_value value raw page x0 y0 x1 y1 reviewer "
    "answered_at seconds_spent note",
    "model_calls": "document_id uri run_id stage engine model page part output_key prompt_hash "
    "input_tokens cached_tokens output_tokens price_usd seconds attempt error called_at call_id",
    "field_history": "document_id part uri schema_name path value raw status confidence",
    "review_queue": "document_id part uri schema_name path reason explanation confidence value "
    "raw page x0 y0 x1 y1 created_at",
    "failures": "document_id uri stage page code message hint retryable attempt failed_at run_id",
    "runs": "run_id started_at finished_at",
    "snapshot": "published_at loaded_through",
}


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize("table", CONTRACT)
def test_the_contract_columns_come_first(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    columns = [row[0] for row in rows(warehouse, f"DESCRIBE {table}")]
    names = CONTRACT[table].split()
    assert columns[: len(names)] == names


def test_everything_has_a_comment(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert rows(warehouse, "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL") == []
    uncommented = "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL"
    assert rows(warehouse, f"{uncommented} AND NOT internal") == []


def test_a_finished_document(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    sighting = mill.sight("a")
    mill.clock.forward(minutes=1)
    outcome = mill.finish("a")
    report = Loader(warehouse, mill.lake).load()
    assert (report.commits, report.documents, report.warnings) == (2, 1, ())

    id_, uri, key = outcome.document_id, sighting.uri, outcome.parts[0].extraction_key
    seen, done = datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 12, 1)
    expected = (
        *(id_, 1, uri, "application/pdf", 1000, 2, 1, 2),
        *("invoice", "needs_review", None, seen, done, None),
    )
    assert rows(warehouse, "FROM documents") == [expected]
    assert rows(warehouse, "FROM sources") == [(uri, id_, "e", 1000, seen, seen, None)]
    total = (
        *(id_, 1, uri, "invoice", "total", "12.5", "<12.5>", "present", 0.4, "prior", "exact"),
        *(1, 0.1, 0.2, 0.3, 0.25, False, "text_layer@1", "local@2[m]", key),
        *(False, "total", None),
    )
    assert rows(warehouse, "FROM fields WHERE path = 'total'") == [total]
    assert rows(warehouse, "FROM field_history WHERE path = 'total'") == [(*total, done, True)]
    missing = (
        "SELECT value, raw, status, match, page, x0, pattern, row FROM fields "
        "WHERE path = 'line_items[1].quantity'"
    )
    assert rows(warehouse, missing) == [
        (None, None, "not_found", "none", None, None, "line_items[].quantity", 1)
    ]
    assert rows(warehouse, "FROM review_queue") == [
        (
            *(id_, 1, uri, "invoice", "total", "low_confidence", "The total is doubtful.", 0.4),
            *("12.5", "<12.5>", 1, 0.1, 0.2, 0.3, 0.25, done),
        )
    ]
    result = "SELECT result.total.box, result.line_items[1].description.page FROM results"
    assert rows(warehouse, result) == [("[0.1,0.2,0.3,0.25]", "2")]


def test_the_readings_of_a_document(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.finish("a", words=["Straße", "12,50 €"])
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT * EXCLUDE (document_id) FROM pages ORDER BY page") == [
        (page, 1654, 2339, 0, "text_layer@1", "ok", None, "[]", key, None)
        for page, key in enumerate(outcome.page_keys, start=1)
    ]
    box = (0.1, 0.2, 0.3, 1 / 3)
    words = rows(warehouse, "FROM words ORDER BY page, word")
    assert words == [
        (outcome.document_id, page, 0, number, text, *box, None, "text_layer", 0, True)
        for page in (1, 2)
        for number, text in enumerate(["Straße", "12,50 €"])
    ]
    assert (
        rows(warehouse, "SELECT block, label, text, x0, y0, x1, y1 FROM blocks")
        == [(0, "text", "Straße 12,50 €", *box)] * 2
    )


def test_the_tables_of_a_document(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.finish("a", words=["Bolt", "12"])
    Loader(warehouse, mill.lake).load()
    box = (0.1, 0.2, 0.3, 1 / 3)
    assert rows(warehouse, 'FROM table_cells ORDER BY page, "column"') == [
        (outcome.document_id, page, 1, 0, column, 1, 1, False, text, *box, 1, page - 1)
        for page in (1, 2)  # the same columns, with nothing between: one table
        for column, text in enumerate(["Bolt", "12"])
    ]


def test_a_failed_document_says_what_to_do(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    outcome = mill.fail("a", retryable=False)
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT part, page_from, status, error FROM documents") == [
        (1, None, "failed", "cut off — fetch it again")
    ]
    done = outcome.finished_at.replace(tzinfo=None)
    expected = (
        *(outcome.document_id, outcome.uri, "open", None, "UnreadableFile", "cut off"),
        *("fetch it again", False, 1, done, "run-1", True),
    )
    assert rows(warehouse, "FROM failures") == [expected]


def test_a_page_that_failed_is_listed(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    keys = mill.read("d" * 64, 1, ["x"])
    outcome = mill.outcome("a", "w", DocumentStatus.PARTIAL, page_keys=(*keys, None))
    mill.lake.commit_document(outcome)
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT page, status, width_px FROM pages ORDER BY page") == [
        (1, "ok", 1654),
        (2, "failed", None),
    ]


def test_a_run(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    mill.run()
    Loader(warehouse, mill.lake).load()
    noon = datetime(2026, 11, 20, 12)
    engines = ("text_layer@1", "local@2[m]")
    assert rows(warehouse, "FROM runs") == [
        ("run-1", noon, noon, ["in/", "it's"], 2, 0, 4, 0, "0.1.0", 3, *engines)
    ]


def test_parts_of_one_file_have_a_row_each(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    base = mill.outcome("a", "w", DocumentStatus.PARTIAL, page_keys=(None, None))
    first, _ = mill.extract(base.document_id, [value("total", "1")])
    unread = ReviewItem(
        document_id=base.document_id,
        part=2,
        schema_name="",
        path="",
        reason=ReviewReason.UNKNOWN_KIND,
        explanation="No schema fits.",
        confidence=0.0,
    )
    parts = (
        part(1, 1, DocumentStatus.DONE, "invoice", first),
        part(2, 2, DocumentStatus.PARTIAL, None, None).model_copy(update={"review": (unread,)}),
    )
    mill.lake.commit_document(base.model_copy(update={"parts": parts}))
    Loader(warehouse, mill.lake).load()
    outline = "SELECT part, page_from, schema_name, status FROM documents ORDER BY part"
    assert rows(warehouse, outline) == [(1, 1, "invoice", "done"), (2, 2, None, "partial")]
    assert rows(warehouse, "SELECT part, reason, value FROM review_queue") == [
        (2, "unknown_kind", None)
    ]
    assert rows(warehouse, "SELECT part, total FROM invoice") == [(1, 1)]


def part(
    number: int, page: int, status: DocumentStatus, schema: str | None, key: str | None
) -> PartOutcome:
    return PartOutcome(
        part=number,
        page_from=page,
        page_to=page,
        status=status,
        schema_name=schema,
        extraction_key=key,
    )


def test_a_newer_outcome_supersedes(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.finish("a", [value("total", "1"), value("line_items[0].description", "x")])
    mill.clock.forward(minutes=1)
    loader = Loader(warehouse, mill.lake)
    loader.load()
    mill.finish("a", [value("total", "2")], work="second", words=["other"])
    loader.load()
    assert rows(warehouse, "SELECT path, value FROM fields") == [("total", "2")]
    history = (
        "SELECT path, value, current, extracted_at::TIME::TEXT FROM field_history ORDER BY 4,1"
    )
    assert rows(warehouse, history) == [
        ("line_items[0].description", "x", False, "12:00:00"),
        ("total", "1", False, "12:00:00"),
        ("total", "2", True, "12:01:00"),
    ]
    assert rows(warehouse, "SELECT total FROM invoice") == [(2,)]
    assert rows(warehouse, "FROM invoice_line_items") == []
    assert rows(warehouse, "SELECT DISTINCT text FROM words") == [("other",)]
    assert rows(warehouse, "SELECT count(*) FROM review_queue") == [(1,)]
    assert rows(warehouse, "SELECT count(*) FROM documents") == [(1,)]


def test_an_extraction_that_comes_again_is_once_in_the_history(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    for work in ("first", "second"):
        mill.finish("a", [value("total", "1")], work=work)
        mill.clock.forward(minutes=1)
    Loader(warehouse, mill.lake).load()
    history = "SELECT value, current, extracted_at::TIME::TEXT FROM field_history"
    assert rows(warehouse, history) == [("1", True, "12:00:00")]


def test_a_later_failure_keeps_the_values_and_tells(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.fail("a", retryable=True, run_id="run-0")
    mill.clock.forward(minutes=1)
    mill.finish("a", [value("total", "1")])
    mill.clock.forward(minutes=1)
    mill.fail("a", retryable=True)
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT value FROM fields") == [("1",)]
    assert rows(warehouse, "SELECT status FROM documents") == [("failed",)]
    failures = "SELECT run_id, current FROM failures ORDER BY failed_at"
    assert rows(warehouse, failures) == [("run-0", False), ("run-1", True)]


def test_another_schema_does_not_supersede(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.finish("a", [value("total", "1")])
    mill.clock.forward(minutes=1)
    mill.schema = DocumentSchema(
        name="receipt",
        fields=(FieldSpec(name="total", kind=FieldKind.TEXT),),
        json_schema={},
    )
    mill.finish("a", [value("total", "2")], work="as receipt")
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT schema_name, value FROM fields ORDER BY ALL") == [
        ("invoice", "1"),
        ("receipt", "2"),
    ]
    assert rows(warehouse, "SELECT schema_name FROM documents") == [("receipt",)]
    assert rows(warehouse, "SELECT i.total, r.total FROM invoice i, receipt r") == [(1, "2")]


def test_of_two_records_with_one_id_the_earlier_counts(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any
) -> None:
    mill.finish("a", [value("total", "1")])
    mill.clock.forward(hours=1)
    mill.finish("a", [value("total", "1")])  # a crash came between record and marker
    mill.run()
    mill.run()
    Loader(warehouse, mill.lake).load()
    Loader(warehouse, mill.lake).load()
    assert rows(warehouse, "SELECT finished_at::TIME::TEXT FROM documents") == [("12:00:00",)]
    assert rows(warehouse, "SELECT count(*) FROM runs") == [(1,)]


def test_the_first_source_names_the_document(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    loader = Loader(warehouse, mill.lake)
    mill.finish("a")
    loader.load()
    mill.clock.forward(minutes=1)
    mill.sight("a", "file:///in/copy.pdf")
    mill.clock.forward(minutes=1)
    mill.sight("a", "file:///in/another.pdf")
    loader.load()
    for table in ("documents", "fields", "review_queue", "results", "invoice"):
        uris = rows(warehouse, f"SELECT DISTINCT uri FROM {table}")
        assert uris == [("file:///in/copy.pdf",)], table
    first = "SELECT DISTINCT first_seen_at::TIME::TEXT FROM documents"
    assert rows(warehouse, first) == [("12:01:00",)]
    assert rows(warehouse, "SELECT count(*) FROM sources") == [(2,)]


def test_a_source_that_changes_and_changes_back(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    loader = Loader(warehouse, mill.lake)
    sources = (
        "SELECT size, first_seen_at::TIME::TEXT, last_seen_at::TIME::TEXT, deleted_at::TIME::TEXT "
        "FROM sources ORDER BY first_seen_at"
    )
    mill.sight("a", "file:///x")
    mill.clock.forward(minutes=1)
    mill.sight("b", "file:///x")
    loader.load()
    assert rows(warehouse, sources) == [
        (1000, "12:00:00", "12:00:00", "12:01:00"),
        (1000, "12:01:00", "12:01:00", None),
    ]
    mill.clock.forward(minutes=1)
    mill.sight("a", "file:///x")
    loader.load()
    assert rows(warehouse, sources) == [
        (1000, "12:00:00", "12:02:00", None),
        (1000, "12:01:00", "12:01:00", "12:02:00"),
    ]


NASTY = ["a\tb", 'say "x"', "it's", "\\N", "NULL", "null", "", "\n", "\u0000", "日本", "😀", "{}"]


def test_text_arrives_as_it_is(warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any) -> None:
    mill.finish("a", [value(f"notes[{n}]", text) for n, text in enumerate(NASTY)], words=NASTY)
    Loader(warehouse, mill.lake).load()
    words = rows(warehouse, "SELECT text FROM words WHERE page = 1 ORDER BY word")
    assert [text for (text,) in words] == NASTY
    assert [text for (text,) in rows(warehouse, "SELECT value FROM fields ORDER BY row")] == NASTY


@settings(max_examples=8, deadline=None)
@given(confidence=st.lists(st.floats(0, 1), min_size=1, max_size=100))
def test_numbers_arrive_as_they_are(
    confidence: list[float],
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
    new_mill: Any,
    value: Any,
) -> None:
    with tempfile.TemporaryDirectory() as root, new_warehouse() as warehouse:
        mill = new_mill(Path(root))
        values = [value(f"x[{n}]", "1", confidence=it) for n, it in enumerate(confidence)]
        mill.finish("a", values)
        Loader(warehouse, mill.lake).load()
        loaded = rows(warehouse, "SELECT confidence FROM fields ORDER BY row")
    assert [it for (it,) in loaded] == confidence


@pytest.mark.parametrize("lost", ["extractions", "pages", "schemas"])
def test_a_lake_that_lost_something_is_named_and_nothing_half_loaded(
    warehouse: duckdb.DuckDBPyConnection,
    mill: Any,
    workspace: Workspace,
    content: Any,
    lost: str,
) -> None:
    mill.run()
    Loader(warehouse, mill.lake).load()
    before = content(warehouse)
    mill.finish("a")
    for path in (Path(workspace.lake_root) / lost).rglob("*.json*"):
        path.unlink()
    with pytest.raises(StoreError, match="the lake lacks"):
        Loader(warehouse, mill.lake).load()
    assert content(warehouse) == before


@pytest.mark.parametrize("kind", ["extractions", "pages"])
@pytest.mark.parametrize(
    "damage",
    [b"{", b"{}", b"[]", b'{"document_id": "d", "fields": 1, "words": 1}', b"\x00", b""],
)
def test_an_object_that_is_damaged_is_named(
    warehouse: duckdb.DuckDBPyConnection,
    mill: Any,
    workspace: Workspace,
    content: Any,
    kind: str,
    damage: bytes,
) -> None:
    mill.finish("whole")
    mill.finish("a", words=["only here"])
    before = content(warehouse)
    paths = sorted((Path(workspace.lake_root) / kind).rglob("*.json.gz"))
    paths[-1].write_bytes(gzip.compress(damage))
    with pytest.raises(StoreError, match=paths[-1].name) as caught:
        Loader(warehouse, mill.lake).load()
    assert "Restore the object" in caught.value.hint
    assert content(warehouse) == before


def test_a_load_may_be_stopped_between_batches(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    for name in "abc":
        mill.finish(name)
        mill.clock.forward(minutes=1)
    loader = Loader(warehouse, mill.lake, pages_per_batch=1)
    assert loader.load(stop=lambda: True).documents == 1
    assert rows(warehouse, "SELECT count(*) FROM documents") == [(1,)]
    assert loader.load().documents == 2


def test_how_far_back_is_looked(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    loader = Loader(warehouse, mill.lake, mill.clock)
    mill.run("first")
    loader.load()
    mill.clock.forward(minutes=-5)
    mill.run("late")
    assert loader.load(overlap=timedelta(minutes=2)).commits == 0
    assert loader.load(overlap=timedelta(minutes=10)).commits == 1


def test_turns_follow_the_time_they_take() -> None:
    pace = Pace(0.1)
    first = pace.pages
    pace.took(int(first), 0.01)
    more = pace.pages
    assert more > first
    pace.took(1, 0.01)  # one page says little about many
    assert pace.pages == more
    pace.took(int(more), 0.2)
    assert pace.pages < more
    for _ in range(20):
        pace.took(int(pace.pages), 10)
    assert 1 <= pace.pages < first


def test_without_a_limit_a_batch_is_written_in_one_turn() -> None:
    pace = Pace(None)
    pace.took(1000, 10)
    assert pace.pages == math.inf


class Turns:
    """Counts turns, and does something in one of them."""

    def __init__(self, at: int, do: Callable[[], None]) -> None:
        self.number, self._at, self._do = 0, at, do

    @contextmanager
    def __call__(self) -> Generator[None]:
        self.number += 1
        if self.number == self._at:
            self._do()
        yield


def test_killed_between_turns_every_document_is_there_or_not(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, new_warehouse: Any, content: Any
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    for number in range(30):
        mill.finish(f"document {number}", words=["w"])
    with pytest.raises(KeyboardInterrupt):
        Loader(warehouse, mill.lake, turn=Turns(2, killed), lock_s=1).load()
    counts = "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM internal.commits)"
    ((documents, commits),) = rows(warehouse, counts.format("documents"))
    assert 0 < documents == commits < 30
    turns = Turns(0, killed)
    Loader(warehouse, mill.lake, turn=turns, lock_s=1).load()
    assert turns.number > 1
    with new_warehouse() as rebuilt:
        Loader(rebuilt, mill.lake).load()
        assert content(warehouse) == content(rebuilt)


def test_a_late_writer_is_found(warehouse: duckdb.DuckDBPyConnection, mill: Any) -> None:
    loader = Loader(warehouse, mill.lake)
    mill.run("in time")
    loader.load()
    mill.clock.forward(hours=-5)
    mill.run("late")
    assert loader.load().commits == 1
    assert rows(warehouse, "SELECT run_id FROM runs ORDER BY ALL") == [("in time",), ("late",)]


def test_a_record_from_the_future_hides_no_others(
    warehouse: duckdb.DuckDBPyConnection, mill: Any
) -> None:
    loader = Loader(warehouse, mill.lake, mill.clock)
    mill.clock.forward(days=400)
    mill.run("clock is wrong")
    mill.clock.forward(days=-400)
    loader.load()
    mill.run("clock is right")
    assert loader.load().commits == 1
    assert loader.load().commits == 0
    mill.clock.forward(days=30)
    mill.run("a month later")
    assert loader.load().commits == 1
    mill.clock.forward(hours=-5)
    mill.run("late")
    assert loader.load().commits == 1


EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("finish"), st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from("xy")
        ),
        st.tuples(
            st.just("answer"),
            st.sampled_from("ab"),
            st.sampled_from(["total", "notes[0]", "notes[1]", ""]),
            st.sampled_from(ReviewAction),
        ),
        st.tuples(st.just("fail"), st.sampled_from("ab"), st.booleans(), st.sampled_from("rs")),
        st.tuples(st.just("sight"), st.sampled_from("ab"), st.sampled_from("uv"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 40), st.none(), st.none()),
    ),
    min_size=1,
    max_size=9,
)


class Player:
    """Plays events on a lake; answers are about the newest outcome of their document."""

    def __init__(self, mill: Any, value: Any) -> None:
        self.mill = mill
        self.value = value
        self.finished: dict[str, Any] = {}
        self.revisions: Counter[tuple[str, str]] = Counter()

    def play(self, event: tuple[Any, ...]) -> None:
        match event:
            case ("finish", name, work, text):
                self.finished[name] = self.mill.finish(name, self._values(work, text), work=work)
            case ("answer", name, path, action):
                self._answer(name, path, action)
            case ("fail", name, retryable, run_id):
                self.mill.fail(name, retryable=retryable, run_id=run_id)
            case ("sight", name, uri, _):
                self.mill.sight(name, f"file:///{uri}")
            case _:
                self.mill.clock.forward(minutes=event[1])

    def _values(self, work: str, text: str) -> list[Any]:
        """The first list row of one work is the second one of the other."""
        notes = [text, "same"] if work == "1" else ["same", text]
        return [self.value("total", work), *(
            self.value(f"notes[{row}]", note, page=1 + (note == "same"))
            for row, note in enumerate(notes)
        )]  # fmt: skip

    def _answer(self, name: str, path: str, action: ReviewAction) -> None:
        if name in self.finished:
            self.revisions[name, path] += 1
            revision = self.revisions[name, path]
            said = "said" if action is ReviewAction.CORRECT else None
            event = self.mill.event(self.finished[name], path, action, said, revision=revision)
            self.mill.answer(event)


@settings(max_examples=25, deadline=None)
@given(events=EVENTS, seed=st.integers(0, 10**6))
def test_the_order_of_loading_does_not_matter(
    events: list[tuple[Any, ...]],
    seed: int,
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection],
    new_mill: Any,
    value: Any,
    content: Any,
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, new_warehouse() as grown, new_warehouse() as new:
        mill = new_mill(Path(folder) / "lake")
        player = Player(mill, value)
        for event in events:
            player.play(event)
        commits = list((Path(folder) / "lake/commits").rglob("*.json"))
        records = {path: path.read_bytes() for path in commits}
        for path in commits:
            path.unlink()
        chance.shuffle(commits)
        for path in commits:
            path.write_bytes(records[path])
            if chance.random() < 0.5:
                Loader(grown, mill.lake).load()
        Loader(grown, mill.lake).load()
        assert Loader(grown, mill.lake).load().commits == 0
        Loader(new, mill.lake, pages_per_batch=1).load()
        assert content(grown) == content(new)
