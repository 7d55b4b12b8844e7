"""The service as a whole: who may use it, what it does by itself, and what it survives."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from pydantic import SecretStr

from docmill.infra.lake import utc_now
from docmill.infra.service import token
from docmill.infra.service.client import ServiceClient, service_of
from docmill.infra.service.keeping_up import load_and_publish, rebuild_and_publish
from docmill.infra.service.turn import Turn
from docmill.infra.settings import Serve, Settings
from docmill.infra.warehouse.owner import WarehouseOwner, rebuild
from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, StoreRefused, UsageError, WorkspaceBusy

PUBLISHED = "SELECT count(*) FROM documents"


def published_documents(workspace: Workspace) -> int:
    if not workspace.published.exists():
        return 0
    with open_published(workspace) as connection:
        return len(connection.execute("FROM documents").fetchall())


def http_of(running: Any) -> httpx.Client:
    headers = {"Authorization": f"Bearer {running.service.token}"}
    return httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=30)


def test_only_health_is_open(running: Any) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as http:
        assert http.get("/health/live").json() == "live"
        assert http.get("/health/ready").status_code in (200, 503)
        for method, path in (
            ("GET", "/api/state"), ("POST", "/api/sql"), ("POST", "/api/review-events"),
            ("POST", "/api/publish"), ("POST", "/api/rebuild"), ("GET", "/api/openapi.json"),
        ):  # fmt: skip
            refused = http.request(method, path, json={})
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            wrong = http.request(method, path, headers={"Authorization": "Bearer wrong"})
            assert wrong.status_code == 401
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert http.get(path).status_code == 404
    with ServiceClient(running.url, "not the token") as stranger, pytest.raises(StoreRefused):
        stranger.state()


def test_malformed_requests_are_refused(running: Any) -> None:
    running.client.publish()
    with http_of(running) as http:
        assert http.post("/api/sql", json={"sql": ""}).status_code == 422
        assert http.post("/api/review-events", json=[{"document_id": "x"}]).status_code == 422
        assert http.post("/api/review-events", content=b"{").status_code == 422
        assert http.post("/api/sql", json={"sql": "SELECT nothing"}).status_code == 400
        description = http.get("/api/openapi.json").json()
    assert set(description["paths"]) >= {"/api/review-events", "/api/sql", "/health/ready"}


def test_what_is_committed_shows_up_by_itself(
    running: Any, live_mill: Any, workspace: Workspace, eventually: Any
) -> None:
    for number in range(5):
        live_mill.finish(str(number))
    eventually(lambda: published_documents(workspace) == 5)
    assert httpx.get(f"{running.url}/health/ready", trust_env=False).json() == []


def test_limits_of_queries_are_told(running: Any, live_mill: Any) -> None:
    live_mill.finish("a")
    running.client.publish()
    endless = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"
    greedy = "SELECT list(range) FROM range(1000000000)"
    with http_of(running) as http:
        assert http.post("/api/sql", json={"sql": endless}).status_code == 408
        assert http.post("/api/sql", json={"sql": greedy}).status_code == 413


def test_the_token_is_made_once_and_for_the_owner_alone(workspace: Workspace) -> None:
    first = token.token_of(workspace, Serve())
    path = token.token_file(workspace)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(first) > 40
    assert token.token_of(workspace, Serve()) == token.known_token(workspace, Serve()) == first
    chosen = Serve(token=SecretStr("chosen by somebody"))
    assert token.token_of(workspace, chosen) == "chosen by somebody"
    path.chmod(0o644)
    with pytest.raises(StoreError, match="others may read"):
        token.known_token(workspace, Serve())
    with pytest.raises(UsageError, match="fewer than"):
        token.token_of(workspace, Serve(token=SecretStr("short")))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "example.org"])
def test_other_machines_need_a_token_that_was_chosen(host: str) -> None:
    with pytest.raises(UsageError, match="no token is set"):
        token.check_host(Serve(host=host))
    token.check_host(Serve(host=host, token=SecretStr("chosen by somebody")))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_does_not(host: str) -> None:
    token.check_host(Serve(host=host))


def test_a_second_owner_is_refused_and_told_who_and_where(
    running: Any, start: Any, workspace: Workspace
) -> None:
    state = running.client.state()
    for second in (start(), WarehouseOwner(workspace)):
        with pytest.raises(WorkspaceBusy) as refused, second:
            pass
        assert f"process {state.pid} (" in refused.value.message
        assert running.url in refused.value.message


@pytest.fixture
def settings(workspace: Workspace, running: Any) -> Settings:
    return Settings(workspace=workspace.root, serve=Serve(token=SecretStr(running.service.token)))


def test_commands_ask_the_service_that_owns_the_workspace(
    running: Any, settings: Settings, live_mill: Any, workspace: Workspace
) -> None:
    live_mill.finish("a")
    load_and_publish(settings)
    assert published_documents(workspace) == 1
    rebuild_and_publish(settings)
    assert running.client.state().rebuilt == 1
    assert published_documents(workspace) == 1


def test_an_owner_that_is_no_service_is_busy(workspace: Workspace) -> None:
    settings = Settings(workspace=workspace.root)
    with WarehouseOwner(workspace), pytest.raises(WorkspaceBusy):
        load_and_publish(settings)


def test_a_service_that_ended_is_not_asked(
    start: Any, workspace: Workspace, live_mill: Any
) -> None:
    with start():
        pass
    live_mill.finish("a")
    settings = Settings(workspace=workspace.root)
    load_and_publish(settings)
    assert published_documents(workspace) == 1
    with pytest.raises(WorkspaceBusy):
        service_of(settings, WorkspaceBusy("busy"))


def damage(workspace: Workspace) -> None:
    workspace.warehouse.write_bytes(b"no database" * 1000)


def outdate(workspace: Workspace) -> None:
    with duckdb.connect(workspace.warehouse) as connection:
        connection.execute("UPDATE internal.state SET format = 1")


@pytest.mark.parametrize("spoil", [damage, outdate])
def test_a_spoilt_warehouse_is_built_anew_by_itself(
    start: Any, workspace: Workspace, live_mill: Any, spoil: Callable[[Workspace], None]
) -> None:
    live_mill.finish("a")
    with start() as running:
        running.client.publish()
    live_mill.finish("b")
    spoil(workspace)
    with start() as running:
        assert running.client.sql(PUBLISHED)["rows"] in ([[1]], [[2]])  # readable all the while
        assert running.rows(PUBLISHED) == [[2]]
        assert running.client.state().rebuilt == 1


def test_answers_go_on_while_the_warehouse_is_built_anew(
    running: Any, live_mill: Any, answer: Any, workspace: Workspace
) -> None:
    outcomes = [live_mill.finish(str(number)) for number in range(60)]
    running.client.publish()
    told: list[str] = []
    building = threading.Thread(target=running.client.rebuild)
    building.start()
    with ServiceClient(running.url, running.service.token) as reviewer:
        for outcome in outcomes:
            told += [verdict.decision for verdict in reviewer.answer([answer(outcome)])]
    building.join()
    assert told == ["accepted"] * 60
    assert running.rows("SELECT count(*) FROM fields WHERE reviewed") == [[60]]
    assert running.client.state().rebuilt == 1


def test_a_service_ends_with_its_answers_published(
    start: Any, workspace: Workspace, live_mill: Any, answer: Any
) -> None:
    outcome = live_mill.finish("a")
    with start(publish_seconds=1000) as running:
        running.client.publish()
        running.answer(answer(outcome))
    with open_published(workspace) as connection:
        assert connection.execute("SELECT count(*) FROM review_events").fetchone() == (1,)
    assert not workspace.warehouse.with_name("warehouse.duckdb.wal").exists()


def test_a_damaged_lake_is_told_and_reading_goes_on(
    running: Any, live_mill: Any, workspace: Workspace, eventually: Any
) -> None:
    live_mill.finish("a")
    running.client.publish()
    live_mill.finish("b")
    keys = sorted((Path(workspace.lake_root) / "commits").rglob("*.json"))
    content = keys[-1].read_bytes()
    keys[-1].write_bytes(b"{")
    try:
        with pytest.raises(StoreError):
            running.client.publish()
    except pytest.fail.Exception:  # it was loaded before it was damaged
        return
    unready = httpx.get(f"{running.url}/health/ready", trust_env=False)
    assert unready.status_code == 503
    assert any("cannot be read" in reason for reason in unready.json())
    assert running.client.sql(PUBLISHED)["rows"] == [[1]]
    keys[-1].write_bytes(content)
    eventually(lambda: httpx.get(f"{running.url}/health/ready", trust_env=False).json() == [])
    assert running.rows(PUBLISHED) == [[2]]


def test_whoever_cannot_wait_goes_first() -> None:
    turn = Turn()
    order: list[str] = []
    first_holds = threading.Event()

    def load() -> None:
        for _ in range(3):
            with turn.patient():
                order.append("load")
                first_holds.set()
                time.sleep(0.05)

    def answer() -> None:
        with turn.urgent():
            order.append("answer")

    loading = threading.Thread(target=load)
    loading.start()
    first_holds.wait()
    answering = [threading.Thread(target=answer) for _ in range(2)]
    for thread in answering:
        thread.start()
    for thread in (*answering, loading):
        thread.join()
    assert order == ["load", "answer", "answer", "load", "load"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full; for those who may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system needs rights that are missing here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_survived(
    small_disk: Path, start: Any, answer: Any, tmp_path: Path, mill: Any, eventually: Any
) -> None:
    workspace = Workspace(small_disk / "ws", str(tmp_path / "lake"))
    mill = type(mill)(workspace.lake(), utc_now)
    outcome = mill.finish("a")
    with start(workspace, publish_seconds=0.3) as running:
        running.client.publish()
        ballast = small_disk / "ballast"
        fill(ballast)
        mill.finish("b", words=["word"] * 3000)
        mill.finish("c", words=["word"] * 3000)
        with pytest.raises(StoreError):
            running.client.publish()
        with pytest.raises(StoreError, match="No space"):
            for revision in range(1, 100):
                running.answer(answer(outcome, revision=revision, action="absent"))
        unready = httpx.get(f"{running.url}/health/ready", trust_env=False)
        assert unready.status_code == 503
        assert running.client.sql(PUBLISHED)["rows"] == [[1]]
        ballast.unlink()
        eventually(lambda: httpx.get(f"{running.url}/health/ready", trust_env=False).json() == [])
        assert running.rows(PUBLISHED) == [[3]]
        grown = running.rows("SELECT count(*) FROM words")
    rebuild(workspace)
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM words").fetchall() == [tuple(grown[0])]


def fill(path: Path) -> None:
    """Leave not a byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
