from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.warehouse.owner import WarehouseOwner, rebuild
from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import RebuildNeeded, StoreError, UsageError, WorkspaceBusy

OWN = """
import sys
from pathlib import Path
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.workspace import Workspace
with WarehouseOwner(Workspace(Path(sys.argv[1]))):
    print("owned", flush=True)
    sys.stdin.read()
"""
OPEN = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only="read" in sys.argv)
print("opened", connection.execute("SELECT count(*) FROM documents").fetchone()[0], flush=True)
sys.stdin.read()
print(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
"""


@contextmanager
def other_process(code: str, *args: object) -> Generator[subprocess.Popen[str]]:
    """A Python process that has said its first line, and goes on until its input ends."""
    command = [sys.executable, "-c", code, *map(str, args)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
        process.communicate()


def published_documents(workspace: Workspace) -> int:
    with open_published(workspace) as connection:
        return len(connection.execute("FROM documents").fetchall())


def test_one_owner_at_a_time(workspace: Workspace) -> None:
    with (
        other_process(OWN, workspace.root) as owner,
        pytest.raises(WorkspaceBusy, match=f"process {owner.pid} ") as caught,
    ):
        WarehouseOwner(workspace).__enter__()
    assert "published.duckdb" in caught.value.hint
    with WarehouseOwner(workspace) as ours, pytest.raises(WorkspaceBusy, match=str(os.getpid())):
        assert ours.connection
        WarehouseOwner(workspace).__enter__()


def test_whoever_has_the_file_open_is_named(workspace: Workspace) -> None:
    with WarehouseOwner(workspace):
        pass
    with (
        other_process(OPEN, workspace.warehouse) as analyst,
        pytest.raises(WorkspaceBusy, match=f"process {analyst.pid} has"),
    ):
        WarehouseOwner(workspace).__enter__()
    with WarehouseOwner(workspace):
        pass


def test_ownership_ends_with_the_process(workspace: Workspace) -> None:
    with other_process(OWN, workspace.root) as owner:
        owner.kill()
    with WarehouseOwner(workspace) as ours:
        assert ours.publish()


def test_publishing_does_not_lose_the_lock(workspace: Workspace, mill: Any) -> None:
    with WarehouseOwner(workspace) as owner:
        mill.finish("a")
        owner.load(mill.lake)
        owner.publish()
        other = subprocess.run(
            [sys.executable, "-c", OPEN, workspace.warehouse], capture_output=True, text=True
        )
    assert other.returncode != 0
    assert "Conflicting lock" in other.stderr


def test_an_empty_workspace_is_published(workspace: Workspace, mill: Any) -> None:
    with WarehouseOwner(workspace) as owner:
        assert owner.load(mill.lake).commits == 0
        assert owner.publish()
    with open_published(workspace) as connection:
        ((at, through),) = connection.execute("FROM snapshot").fetchall()
    assert at is not None
    assert through is None


def test_what_did_not_change_is_not_written(workspace: Workspace, mill: Any) -> None:
    mill.finish("a")
    with WarehouseOwner(workspace) as owner:
        owner.load(mill.lake)
        assert owner.publish()
        before = workspace.published.stat()
        assert not owner.publish()
    with WarehouseOwner(workspace) as owner:
        assert owner.load(mill.lake).commits == 0
        assert not owner.publish()
        after = workspace.published.stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        mill.finish("b")
        owner.load(mill.lake)
        assert owner.publish()
        workspace.published.unlink()
        assert owner.publish()
    assert published_documents(workspace) == 2


def test_the_snapshot_says_how_far_it_goes(workspace: Workspace, mill: Any) -> None:
    mill.run()
    mill.clock.forward(minutes=5)
    mill.finish("a")
    with WarehouseOwner(workspace) as owner:
        owner.load(mill.lake)
        owner.publish()
    with open_published(workspace) as connection:
        through = connection.execute("SELECT loaded_through::TEXT FROM snapshot").fetchall()
    assert through == [("2026-11-20 12:05:00",)]


@pytest.mark.parametrize("mode", ["read", "write"])
def test_who_reads_blocks_nobody_and_keeps_what_they_read(
    workspace: Workspace, mill: Any, mode: str
) -> None:
    mill.finish("a")
    with WarehouseOwner(workspace) as owner:
        owner.load(mill.lake)
        owner.publish()
        with other_process(OPEN, workspace.published, mode) as reader:
            mill.finish("b")
            owner.load(mill.lake)
            assert owner.publish()
            assert published_documents(workspace) == 2
            assert reader.communicate()[0] == "1\n"
    assert published_documents(workspace) == 2


def test_nothing_published_yet(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="nothing is published") as caught:
        open_published(workspace)
    assert "docmill run" in caught.value.hint


def test_a_published_file_that_is_none(workspace: Workspace) -> None:
    workspace.published.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot open"):
        open_published(workspace)


def test_the_published_file_is_read_only(workspace: Workspace) -> None:
    with WarehouseOwner(workspace) as owner:
        owner.publish()
    with open_published(workspace) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("DELETE FROM internal.documents")


def test_a_rebuilt_warehouse_equals_the_grown_one(
    workspace: Workspace, mill: Any, value: Any, content: Any
) -> None:
    with WarehouseOwner(workspace) as owner:
        for number in range(6):
            mill.sight(str(number % 4))
            mill.finish(str(number % 4), [value("total", str(number))], work=str(number))
            mill.fail("f", retryable=True, run_id=str(number))
            mill.clock.forward(minutes=30)
            owner.load(mill.lake)
        mill.run()
        owner.load(mill.lake)
    grown = content(workspace.warehouse)
    assert rebuild(workspace).commits == sum(1 for _ in mill.lake.commit_keys())
    assert content(workspace.warehouse) == grown
    assert len(grown['internal."documents"']) == 5
    with WarehouseOwner(workspace) as owner:
        assert owner.load(mill.lake).commits == 0
        assert owner.publish()


@pytest.mark.parametrize("damage", [b"", b"no database" * 1000])
def test_a_damaged_warehouse_is_rebuilt(
    workspace: Workspace, mill: Any, content: Any, damage: bytes
) -> None:
    mill.finish("a")
    rebuild(workspace)
    whole = content(workspace.warehouse)
    workspace.warehouse.write_bytes(damage)
    workspace.warehouse.with_name("warehouse.duckdb.wal").write_bytes(b"stale")
    with pytest.raises(StoreError, match=r"warehouse\.duckdb") as caught:
        WarehouseOwner(workspace).__enter__()
    assert "warehouse rebuild" in caught.value.hint
    rebuild(workspace)
    assert content(workspace.warehouse) == whole
    assert sorted(path.name for path in workspace.root.iterdir()) == [
        "lake",
        "warehouse.duckdb",
        "warehouse.lock",
    ]


def test_a_warehouse_of_another_version_asks_for_a_rebuild(workspace: Workspace) -> None:
    with WarehouseOwner(workspace) as owner:
        owner.connection.execute("UPDATE internal.state SET format = 0")
    with pytest.raises(RebuildNeeded, match="another version") as caught:
        WarehouseOwner(workspace).__enter__()
    assert "warehouse rebuild" in caught.value.hint
    rebuild(workspace)
    with WarehouseOwner(workspace):
        pass


def test_nobody_rebuilds_under_an_owner(workspace: Workspace) -> None:
    with WarehouseOwner(workspace), pytest.raises(WorkspaceBusy):
        rebuild(workspace)


def test_an_owner_is_only_open_inside_its_block(workspace: Workspace) -> None:
    owner = WarehouseOwner(workspace)
    with owner:
        pass
    with pytest.raises(RuntimeError):
        owner.connection.execute("SELECT 1")


def test_a_workspace_that_cannot_be_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.warehouse.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"warehouse\.duckdb"):
        WarehouseOwner(workspace).__enter__()


LOAD = """
import sys
from contextlib import contextmanager
from pathlib import Path
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.workspace import Workspace

@contextmanager
def telling():
    print("turn", flush=True)
    yield

workspace = Workspace(Path(sys.argv[1]))
with WarehouseOwner(workspace) as owner:
    Loader(owner.connection, workspace.lake(), turn=telling, pages_per_batch=4).load()
    owner.publish()
print("through")
"""


def kill_after(workspace: Workspace, turns: int) -> bool:
    """Load in another process and kill it while it writes its n-th batch; did it get through?"""
    command = [sys.executable, "-c", LOAD, str(workspace.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as loader:
        assert loader.stdout is not None
        for _ in range(turns):
            loader.stdout.readline()
        loader.send_signal(signal.SIGKILL)
        return "through" in loader.stdout.read()


def test_a_killed_loader_has_loaded_a_batch_or_has_not(
    workspace: Workspace, mill: Any, content: Any
) -> None:
    for number in range(24):
        mill.sight(str(number))
        mill.finish(str(number), words=["w"] * 200)
        mill.clock.forward(minutes=3)
    loaded: list[int] = []
    for turns in (1, 3, 2, 3, 2):
        assert not kill_after(workspace, turns)
        with WarehouseOwner(workspace) as owner:
            query = "SELECT count(*), count(DISTINCT document_id) FROM "
            documents = owner.connection.execute(f"{query} documents").fetchone()
            words = owner.connection.execute(f"{query} words").fetchone()
        assert documents is not None
        assert words == (400 * documents[0], documents[0])
        loaded.append(documents[0])
    assert loaded == sorted(loaded)
    assert 0 < loaded[-1] < 24
    with WarehouseOwner(workspace) as owner:
        owner.load(mill.lake)
    grown = content(workspace.warehouse)
    rebuild(workspace)
    assert content(workspace.warehouse) == grown
    assert len(grown['internal."documents"']) == 24
