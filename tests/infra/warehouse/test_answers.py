"""Answers written at once leave what loading their commit records would leave."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse.answers import prepare_answers
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.errors import StoreError
from docmill.schemas.review import ReviewAction


def write(warehouse: duckdb.DuckDBPyConnection, prepared: Any) -> None:
    warehouse.execute("BEGIN")
    prepared.write(warehouse)
    warehouse.execute("COMMIT")


def put(mill: Any, *events: Any) -> None:
    for event in events:
        mill.lake.put_review(event)


@pytest.fixture
def same_as_rebuilt(
    new_warehouse: Callable[[], duckdb.DuckDBPyConnection], content: Any, mill: Any
) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def check(warehouse: duckdb.DuckDBPyConnection) -> None:
        Loader(warehouse, mill.lake).load()
        with new_warehouse() as rebuilt:
            Loader(rebuilt, mill.lake).load()
            assert content(warehouse) == content(rebuilt)

    return check


def test_answers_are_there_at_once(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any, same_as_rebuilt: Any
) -> None:
    mill.finish("a", [value("total", "0"), value("notes[0]", "x", page=2)], work="older")
    mill.clock.forward(minutes=1)
    outcome = mill.finish("a", [value("total", "1"), value("notes[0]", "x", page=2)])
    other = mill.finish("b")
    Loader(warehouse, mill.lake).load()
    first = [
        mill.event(outcome, "total", ReviewAction.CORRECT, "2"),
        mill.event(outcome, "notes[0]", ReviewAction.ILLEGIBLE),
        mill.event(other, "total"),
    ]
    second = [mill.event(outcome, "total", ReviewAction.CORRECT, "3", revision=2)]
    for events in (first, second, second):
        put(mill, *events)
        write(warehouse, prepare_answers(warehouse, mill.lake, events))
    shown = "SELECT value FROM fields WHERE path = 'total' AND reviewed ORDER BY value"
    assert warehouse.execute(shown).fetchall() == [("12.5",), ("3",)]
    mill.answer(*first)
    mill.answer(*second)
    same_as_rebuilt(warehouse)


def test_answers_about_what_is_not_loaded_yet(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, same_as_rebuilt: Any
) -> None:
    event = mill.event(mill.finish("a"), "total", ReviewAction.ABSENT)
    put(mill, event)
    write(warehouse, prepare_answers(warehouse, mill.lake, [event]))
    mill.answer(event)
    same_as_rebuilt(warehouse)
    assert warehouse.execute("SELECT status FROM documents").fetchall() == [("done",)]


def test_a_document_that_changed_in_between(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any, same_as_rebuilt: Any
) -> None:
    outcome = mill.finish("a")
    Loader(warehouse, mill.lake).load()
    event = mill.event(outcome, "total", ReviewAction.CORRECT, "2")
    put(mill, event)
    prepared = prepare_answers(warehouse, mill.lake, [event])
    mill.clock.forward(minutes=1)
    mill.sight("a", "file:///elsewhere")
    mill.finish("a", [value("total", "7")], work="second")
    Loader(warehouse, mill.lake).load()
    write(warehouse, prepared)
    mill.answer(event)
    same_as_rebuilt(warehouse)
    shown = "SELECT uri, value FROM fields WHERE path = 'total'"
    assert warehouse.execute(shown).fetchall() == [("file:///elsewhere", "2")]


def test_an_answer_between_two_turns_of_a_batch(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any, same_as_rebuilt: Any
) -> None:
    outcome = mill.finish("last")
    Loader(warehouse, mill.lake).load()
    mill.clock.forward(minutes=1)
    for number in range(30):
        mill.finish(f"document {number}")
    mill.finish("last", [value("total", "7")], work="second")
    event = mill.event(outcome, "total", ReviewAction.CORRECT, "2")
    put(mill, event)
    turns = 0

    @contextmanager
    def turn() -> Any:
        nonlocal turns
        turns += 1
        if turns == 2:
            write(warehouse, prepare_answers(warehouse, mill.lake, [event]))
        yield

    report = Loader(warehouse, mill.lake, turn=turn, lock_s=1).load()
    assert turns > 2
    assert report.documents == 31
    mill.answer(event)
    same_as_rebuilt(warehouse)


def test_an_answer_while_the_loader_makes_ready(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, value: Any, same_as_rebuilt: Any
) -> None:
    outcome = mill.finish("a")
    Loader(warehouse, mill.lake).load()
    mill.clock.forward(minutes=1)
    mill.finish("a", [value("total", "7")], work="second")
    event = mill.event(outcome, "total", ReviewAction.CORRECT, "2")
    put(mill, event)
    waiting = [event]

    @contextmanager
    def turn() -> Any:
        """Somebody else's turn comes first."""
        if waiting:
            with warehouse.cursor() as other:
                write(other, prepare_answers(other, mill.lake, [waiting.pop()]))
        yield

    Loader(warehouse, mill.lake, turn=turn).load()
    shown = "SELECT value, reviewed FROM fields WHERE path = 'total'"
    assert warehouse.execute(shown).fetchall() == [("2", True)]
    mill.answer(event)
    same_as_rebuilt(warehouse)


def test_what_was_not_committed_is_not_there(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, content: Any
) -> None:
    event = mill.event(mill.finish("a"), "total")
    Loader(warehouse, mill.lake).load()
    before = content(warehouse)
    warehouse.execute("BEGIN")
    prepare_answers(warehouse, mill.lake, [event]).write(warehouse)
    warehouse.execute("ROLLBACK")
    assert content(warehouse) == before


def test_an_extraction_that_is_lost_is_named(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, workspace: Any
) -> None:
    event = mill.event(mill.finish("a"), "total")
    Loader(warehouse, mill.lake).load()
    for path in workspace.root.glob("lake/extractions/*/*"):
        path.unlink()
    with pytest.raises(StoreError, match="the lake lacks extraction"):
        prepare_answers(warehouse, mill.lake, [event])
