"""Publishing while others write: whole transactions, no torn rows, nobody waits for the copy."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import duckdb
import pytest

from docmill.infra.service.turn import Turn
from docmill.infra.warehouse.opening import opened, wal_of
from docmill.infra.warehouse.publishing import checkpoint, publish
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError

ROWS = 500
COMMIT = "commits/2026-11-21T09/20261121T091500.000000Z-{}.json"


class Writer:
    """Writes transactions until the end of its block: a commit's row, and rows that belong to it.

    Large ones go to the file itself even before they are committed, since DuckDB writes full row
    groups at once.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, turn: Turn, large: int) -> None:
        self._connection = connection.cursor()
        self._turn = turn
        self._large = large
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written = 0
        self.longest_wait = 0.0

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _write(self) -> None:
        while not self._over.is_set():
            rows = self._large if self.written % 10 == 9 else ROWS
            began = time.perf_counter()
            with self._turn.patient():
                self.longest_wait = max(self.longest_wait, time.perf_counter() - began)
                self._transaction(rows)
            self.written += 1
            time.sleep(0.002)

    def _transaction(self, rows: int) -> None:
        execute = self._connection.execute
        execute("BEGIN")
        execute(
            "INSERT INTO internal.commits VALUES (?, ?, NULL)",
            [COMMIT.format(self.written), str(rows)],
        )
        execute(
            "INSERT INTO main.words (document_id, page, word, text) "
            "SELECT ?, 1, range, 'word ' || range FROM range(?)",
            [str(self.written), rows],
        )
        execute("UPDATE internal.state SET revision = revision + 1")
        execute("COMMIT")


@pytest.fixture
def live(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(workspace.warehouse, checkpoints=False) as connection:
        yield connection


TORN = """
SELECT count(*) FROM (
    SELECT commit_id, (
        SELECT count(*) FROM main.words
        WHERE document_id = regexp_extract(commit_key, '-([0-9]+).json', 1)
    ) AS found FROM internal.commits
) WHERE commit_id::BIGINT <> found
"""


def test_snapshots_taken_while_others_write_are_whole(
    workspace: Workspace, live: duckdb.DuckDBPyConnection
) -> None:
    turn, seen = Turn(), [0]
    with Writer(live, turn, large=300_000) as writer:
        for _ in range(8):
            time.sleep(0.1)
            before = writer.written
            with live.cursor() as cursor:
                assert publish(cursor, workspace, turn.urgent)
            with duckdb.connect(workspace.published, read_only=True) as published:
                assert published.execute(TORN).fetchall() == [(0,)]
                ((commits,),) = published.execute(
                    "SELECT count(*) FROM internal.commits"
                ).fetchall()
            assert before <= commits <= writer.written
            seen.append(commits)
    assert seen == sorted(seen)
    assert seen[-1] > 10
    with live.cursor() as cursor:
        publish(cursor, workspace)
        assert publish(cursor, workspace) is False  # nothing was written since


@contextmanager
def reading(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    """Somebody has begun to read, and another one has written since."""
    with connection.cursor() as reader, connection.cursor() as writer:
        reader.execute("SELECT range FROM range(100000), internal.state").fetchone()
        writer.execute("UPDATE internal.state SET revision = revision + 1")
        yield


def test_a_reader_in_this_process_is_waited_for(
    workspace: Workspace, live: duckdb.DuckDBPyConnection
) -> None:
    done: list[float] = []

    def shorten() -> None:
        with live.cursor() as cursor:
            checkpoint(cursor, workspace.warehouse)
        done.append(time.monotonic())

    thread = threading.Thread(target=shorten)
    with reading(live):
        thread.start()
        time.sleep(0.3)
        assert not done
    thread.join()
    assert done
    assert (
        not wal_of(workspace.warehouse).exists() or not wal_of(workspace.warehouse).stat().st_size
    )


def test_a_checkpoint_without_room_is_refused_before_it_harms(
    workspace: Workspace, live: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.execute("UPDATE internal.state SET revision = revision + 1")
    monkeypatch.setattr("docmill.infra.warehouse.publishing._ROOM", 2**60)
    with live.cursor() as cursor, pytest.raises(StoreError, match="the disk is full"):
        checkpoint(cursor, workspace.warehouse)
    assert live.execute("SELECT revision FROM internal.state").fetchall() == [(1,)]
