"""Batches that are staged by other processes, while those before are written."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.cage import Cage, CageLimits
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.stagers import Elsewhere, staging_workers
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, WorkerTimeout


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(2) as cage:
        yield cage


@pytest.fixture
def elsewhere(cage: Cage, workspace: Workspace) -> Iterator[Elsewhere]:
    with ThreadPoolExecutor(2) as threads:
        yield Elsewhere(workspace.lake_root, cage, threads, ahead=2)


def test_what_workers_stage_is_what_is_staged_here(
    warehouse: duckdb.DuckDBPyConnection,
    mill: Any,
    elsewhere: Elsewhere,
    new_warehouse: Any,
    content: Any,
) -> None:
    for number in range(12):
        mill.finish(f"document {number}")
        mill.finish(f"document {number // 2}", work=f"again {number}")  # in batches side by side
        mill.sight(f"document {number}")
        mill.sight(f"document {number // 3}", uri=f"file:///a/copy {number}.pdf")
        mill.run(f"run {number}")
        mill.clock.forward(seconds=1)
    loader = Loader(warehouse, mill.lake, stager=elsewhere, lock_s=1, pages_per_batch=3)
    assert loader.load().commits == 60
    with new_warehouse() as here:
        Loader(here, mill.lake).load()
        assert content(warehouse) == content(here)


def test_batches_are_staged_ahead_of_what_is_written(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, elsewhere: Elsewhere
) -> None:
    for number in range(6):
        mill.finish(f"document {number}")
        mill.clock.forward(seconds=1)
    asked: list[int] = []

    class Noting:
        ahead = 2

        def stage(self, orders: Any, folder: Path) -> Any:
            asked.append(written())
            return elsewhere.stage(orders, folder)

    def written() -> int:
        row = warehouse.cursor().execute("SELECT count(*) FROM documents").fetchone()
        return row[0] if row else 0

    Loader(warehouse, mill.lake, stager=Noting(), pages_per_batch=2).load()
    assert asked == [0, 0, 0, 1, 2, 3]


def test_a_first_sighting_does_not_write_a_documents_rows_again(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, content: Any, new_warehouse: Any
) -> None:
    mill.finish("a")
    loader = Loader(warehouse, mill.lake)
    loader.load()
    mill.clock.forward(minutes=-1)
    mill.sight("a", uri=warehouse.execute("SELECT uri FROM documents").fetchall()[0][0])
    assert loader.load(overlap=timedelta(hours=1)).documents == 0
    with new_warehouse() as rebuilt:
        Loader(rebuilt, mill.lake).load()
        assert content(warehouse) == content(rebuilt)


def test_what_is_damaged_is_named_by_workers_too(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, workspace: Workspace, elsewhere: Elsewhere
) -> None:
    mill.finish("a")
    (path,) = (Path(workspace.lake_root) / "extractions").rglob("*.json.gz")
    path.write_bytes(gzip.compress(b"{"))
    with pytest.raises(StoreError, match=path.name):
        Loader(warehouse, mill.lake, stager=elsewhere).load()


def test_a_worker_that_is_killed_loses_nothing(
    warehouse: duckdb.DuckDBPyConnection, mill: Any, workspace: Workspace
) -> None:
    mill.finish("a")
    with ThreadPoolExecutor(1) as threads, Cage(1, CageLimits(wall_s=0.001)) as hurried:
        stager = Elsewhere(workspace.lake_root, hurried, threads, ahead=1)
        with pytest.raises(WorkerTimeout):
            Loader(warehouse, mill.lake, stager=stager).load()
    with staging_workers(workspace.lake_root) as stager:
        assert Loader(warehouse, mill.lake, stager=stager).load().documents == 1
