"""Two machines that share object storage and a Prefect server; one of them keeps dying."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from object_server import ObjectServer
from prefect_api import PrefectApi, until
from prefect_server import PrefectServer, Process, descendants, docmill, flow_run_of, kill, worker
from workspaces import committed_in, rows

pytestmark = [pytest.mark.servers, pytest.mark.timeout(3000)]

Documents = Callable[[int], Iterator[tuple[str, bytes]]]
Start = Callable[..., Process]


def upload(server: ObjectServer, bucket: str, documents: Iterator[tuple[str, bytes]]) -> None:
    client = server.client()
    client.create_bucket(Bucket=bucket)
    for name, content in documents:
        client.put_object(Bucket=bucket, Key=f"inbox/{name}", Body=content)


def deploy(
    server: PrefectServer, workspace: Path, bucket: str, credentials: dict[str, str], batch: int
) -> None:
    workspace.mkdir()
    (workspace / "docmill.toml").write_text(
        f"""
lake = "s3://{bucket}/lake"
ocr = "text_layer"
[flows]
load_minutes = 100000
silent_seconds = 65
pending_minutes = 1.5
[sources.{bucket}]
uri = "s3://{bucket}/inbox"
schema = "invoice"
batch_documents = {batch}
"""
    )
    command = docmill("deploy", "--workspace", workspace)
    env = server.environment() | credentials
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def machine(start: Start, name: str, folder: Path, credentials: dict[str, str]) -> Process:
    """A worker of pool `cpu` with a workspace folder of its own."""
    settings = {"DOCMILL_WORKSPACE": str(folder / name), "DOCMILL_WORKERS": "1"}
    return start(name, worker("cpu", limit=1), credentials | settings)


def at_work(process: Process) -> list[int]:
    """The processes of the flow run that a worker has begun, and all below them."""
    return [pid for pid in descendants(process.pid) if flow_run_of(pid)]


def control(start: Start, credentials: dict[str, str]) -> None:
    """The machine that lists sources and loads the warehouse."""
    start("ingest", worker("ingest", limit=2), credentials)
    start("warehouse", worker("warehouse", limit=1), credentials)


@pytest.mark.slow
def test_two_workers_one_of_which_is_killed_twice(
    start: Start,
    api: PrefectApi,
    prefect_server: PrefectServer,
    object_server: ObjectServer,
    documents: Documents,
    test_documents: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket, count = "two-workers", test_documents
    credentials = object_server.environment()
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    upload(object_server, bucket, documents(count))
    deploy(prefect_server, tmp_path / "control", bucket, credentials, max(10, count // 8))
    control(start, credentials)
    machine(start, "steady", tmp_path, credentials)
    dying = machine(start, "dying", tmp_path, credentials)
    run_id = api.start(f"ingest/{bucket}")

    lake = f"s3://{bucket}/lake"
    killed: set[str] = set()
    for _ in range(2):
        pids = until(lambda: busy(api, dying, killed), 300, dying.tail)
        killed.add(str(flow_run_of(pids[0])))
        for pid in pids:
            kill(pid)
    run = api.wait(run_id, 300 + count)

    assert run["state_name"] == "Completed", run["state"]["message"]
    restarted = [child for child in api.children(run_id) if child["run_count"] > 1]
    assert {child["id"] for child in restarted} == killed
    done = committed_in(lake)
    assert len(done) == count
    assert len(set(done)) == count
    api.load()
    assert len(rows(tmp_path / "control")["documents"]) == count

    again = api.wait(api.start(f"ingest/{bucket}"), 120)
    assert again["state"]["message"] == "nothing to do"
    assert api.children(again["id"]) == []
    assert len(committed_in(lake)) == count


def busy(api: PrefectApi, process: Process, but_not: set[str]) -> list[int] | None:
    """A worker's processes in the midst of a flow run that is none of `but_not`."""
    pids = at_work(process)
    run_id = flow_run_of(pids[0]) if pids else None
    if not run_id or run_id in but_not:
        return None
    progress = [each for each in api.artifacts(run_id) if each["type"] == "progress"]
    return pids if progress and api.run(run_id)["state_type"] == "RUNNING" else None


@pytest.mark.slow
def test_a_machine_that_vanishes_is_noticed_by_its_silence(
    start: Start,
    api: PrefectApi,
    prefect_server: PrefectServer,
    object_server: ObjectServer,
    documents: Documents,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket, count = "vanished", 60
    credentials = object_server.environment()
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    upload(object_server, bucket, documents(count))
    deploy(prefect_server, tmp_path / "control", bucket, credentials, count)
    control(start, credentials)
    vanishing = machine(start, "vanishing", tmp_path, credentials)
    run_id = api.start(f"ingest/{bucket}")

    pids = until(lambda: busy(api, vanishing, set()), 120, vanishing.tail)
    for pid in [vanishing.pid, *pids]:
        kill(pid)
    machine(start, "other", tmp_path, credentials)
    run = api.wait(run_id, 300)

    assert run["state_name"] == "Completed", run["state"]["message"]
    (child,) = api.children(run_id)
    states = api.states(child["id"])
    assert [each for each in states if each in ("Crashed", "AwaitingRetry", "Completed")] == [
        "Crashed",
        "AwaitingRetry",
        "Completed",
    ]
    done = committed_in(f"s3://{bucket}/lake")
    assert len(done) == len(set(done)) == count
