"""SQL of strangers: what is answered, and that nothing else happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.service.sql import SqlRequest, SqlService
from docmill.infra.settings import Serve
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import (
    DocmillError,
    MemoryExceeded,
    StoreError,
    UsageError,
    WorkerTimeout,
)

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def service(workspace: Workspace, serve_settings: Serve) -> Iterator[SqlService]:
    service = SqlService(workspace.published, serve_settings)
    yield service
    service.close()


@pytest.fixture
def ask(service: SqlService) -> Ask:
    def ask(sql: str, parameters: Any = None, max_rows: int | None = None) -> dict[str, Any]:
        request = SqlRequest(sql=sql, parameters=parameters or [], max_rows=max_rows)
        return json.loads(service.ask(request).result(60))

    return ask


@pytest.fixture
def published(mill: Any, publish: Callable[[], None]) -> None:
    mill.finish("a")
    publish()


@pytest.mark.usefixtures("published")
def test_a_query_is_answered(ask: Ask) -> None:
    found = ask("SELECT path, confidence FROM fields WHERE value = ? ORDER BY 1", ["12.5"])
    assert found == {
        "columns": ["path", "confidence"],
        "types": ["VARCHAR", "DOUBLE"],
        "truncated": False,
        "loaded_through": "2026-11-20T12:00:00+00:00",
        "rows": [["total", 0.4]],
    }
    assert ask("SELECT $a + 1", {"a": 2})["rows"] == [[3]]


@pytest.mark.usefixtures("published")
def test_values_keep_what_they_are(ask: Ask) -> None:
    values = (
        "1.10::DECIMAL(9,2)", "DATE '2026-11-02'", "TIMESTAMP '2026-11-02 12:00:00'", "TIME '1:02'",
        "'nan'::DOUBLE", "170141183460469231731687303715884105727::HUGEINT", "'\\xAB'::BLOB",
        "[1, NULL]", "{'a': 1.5::DECIMAL(9,1)}", "MAP {1: 'x'}", "INTERVAL 2 HOURS", "true", "NULL",
        "'Müller & Söhne'",
    )  # fmt: skip
    assert ask(f"SELECT {', '.join(values)}")["rows"] == [
        [
            *("1.10", "2026-11-02", "2026-11-02T12:00:00+00:00", "01:02:00", None),
            *(170141183460469231731687303715884105727, "ab", [1, None], {"a": "1.5"}, {"1": "x"}),
            *(7200.0, True, None, "Müller & Söhne"),
        ]
    ]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "DESCRIBE fields",
        "EXPLAIN SELECT 1",
        "FROM documents",
        "WITH t AS (SELECT 1) FROM t",
        "PIVOT (SELECT schema_name, path, confidence FROM fields) ON path USING max(confidence)",
    ],
)
def test_ways_to_read(ask: Ask, sql: str) -> None:
    assert ask(sql)["rows"]


@pytest.mark.usefixtures("published")
def test_rows_are_limited(ask: Ask) -> None:
    found = ask("SELECT range FROM range(1000000000)")
    assert (len(found["rows"]), found["truncated"]) == (50, True)
    assert ask("SELECT range FROM range(50)")["truncated"] is False
    assert len(ask("SELECT range FROM range(100)", max_rows=7)["rows"]) == 7
    assert len(ask("SELECT range FROM range(100)", max_rows=70)["rows"]) == 50


FORBIDDEN = (
    "COPY fields TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{folder}/other.duckdb'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('{folder}/ws/warehouse.duckdb')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '64GB'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET VARIABLE a = 1",
    "PRAGMA threads = 64",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "PREPARE q AS SELECT 1",
    "CREATE TABLE t (a INTEGER)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO snapshot VALUES (now(), now())",
    "DELETE FROM snapshot",
    "UPDATE snapshot SET loaded_through = NULL RETURNING *",
    "WITH gone AS (DELETE FROM snapshot RETURNING *) FROM gone",
    "EXPLAIN ANALYZE DELETE FROM snapshot",
    "DROP TABLE snapshot",
    "USE system",
    "CONNECT 'elsewhere'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM snapshot",
    "",
    " ; ",
    "SELEC 1",
    "SELECT * FROM order",  # a variable of the worker's, not a table
    "SELECT * FROM settings",
)


@pytest.mark.usefixtures("published")
def test_nothing_but_reading(ask: Ask, tmp_path: Path, workspace: Workspace) -> None:
    before = sorted(tmp_path.rglob("*"))
    content = workspace.published.read_bytes()
    for sql in FORBIDDEN:
        with pytest.raises((UsageError, ValueError)) as refused:
            ask(sql.format(folder=tmp_path))
        assert "root:" not in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert workspace.published.read_bytes() == content
    assert ask("SELECT count(*) FROM snapshot")["rows"] == [[1]]


ENDLESS = (
    "WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t) SELECT count(*) FROM t",
    "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 3",
)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("sql", ENDLESS)
def test_time_is_limited(ask: Ask, sql: str) -> None:
    started = time.monotonic()
    with pytest.raises(DocmillError) as stopped:
        ask(sql)
    assert isinstance(stopped.value, WorkerTimeout | MemoryExceeded)
    assert time.monotonic() - started < 20
    assert ask("SELECT 1")["rows"] == [[1]]


GREEDY = (
    "SELECT list(range) FROM range(1000000000)",
    "SELECT string_agg(md5(range::VARCHAR), '') FROM range(1000000000)",
    "SELECT a.range, count(*) FROM range(100000000) a GROUP BY 1 ORDER BY 2",
    "SELECT range(3000000) FROM range(40)",  # small for DuckDB, large as Python objects
)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("sql", GREEDY)
def test_memory_is_limited(ask: Ask, sql: str) -> None:
    with pytest.raises((MemoryExceeded, WorkerTimeout)):
        ask(sql)
    assert ask("SELECT 1")["rows"] == [[1]]


def test_a_new_snapshot_is_seen_at_once(ask: Ask, mill: Any, publish: Callable[[], None]) -> None:
    with pytest.raises(StoreError, match="nothing is published yet"):
        ask("SELECT 1")
    mill.finish("a")
    publish()
    assert ask("SELECT count(*) FROM documents")["rows"] == [[1]]
    mill.finish("b")
    publish()
    assert ask("SELECT count(*) FROM documents")["rows"] == [[2]]


@pytest.mark.usefixtures("published")
def test_no_query_leaves_anything_to_the_next(ask: Ask) -> None:
    ask("PIVOT (SELECT path, confidence FROM fields) ON path USING max(confidence)")
    assert ask("SELECT count(*) FROM duckdb_types() WHERE NOT internal")["rows"] == [[0]]
