"""One machine: `docmill deploy --serve` does everything, and survives what is killed under it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect_api import PrefectApi, until
from prefect_server import Process, descendants, docmill, flow_run_of, kill
from workspaces import committed, rows

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

Documents = Callable[[int], Iterator[tuple[str, bytes]]]
Start = Callable[..., Process]


def configure(
    workspace: Path, inbox: Path, name: str, batch_documents: int, *, more: str = ""
) -> None:
    workspace.mkdir()
    (workspace / "docmill.toml").write_text(
        f"""
ocr = "text_layer"
workers = 2
[flows]
load_minutes = 100000
backlog_items = 10
review_url = "http://127.0.0.1:8080"
[sources.{name}]
uri = "{inbox}"
schema = "invoice"
batch_documents = {batch_documents}
{more}
"""
    )


def fill(inbox: Path, documents: Iterator[tuple[str, bytes]]) -> None:
    inbox.mkdir()
    for name, content in documents:
        (inbox / name).write_bytes(content)


def serve(start: Start, workspace: Path) -> Process:
    process = start("served", docmill("deploy", "--serve", "--workspace", workspace))
    until(lambda: "serving" in process.tail(), 90, process.tail)
    return process


def test_a_flow_gives_the_rows_of_the_command_and_shows_how_it_went(
    start: Start, api: PrefectApi, documents: Documents, samples: Path, tmp_path: Path
) -> None:
    inbox, workspace, other = tmp_path / "inbox", tmp_path / "flow", tmp_path / "command"
    fill(inbox, documents(6))
    for broken in ("truncated.pdf", "encrypted.pdf"):
        (inbox / broken).write_bytes((samples / "broken" / broken).read_bytes())
    results = tmp_path / "results"
    results.mkdir()
    output = f'[outputs.copies]\nkind = "files"\nto = "{results}"\nsince = "start"'
    configure(workspace, inbox, "shown", 5, more=output)
    serve(start, workspace)
    run = api.wait(api.start("ingest/shown"), 180)

    assert run["state_name"] == "Completed", run["state"]["message"]
    assert run["state"]["message"].startswith("8 documents: ")
    assert run["name"].startswith("shown · 20")
    children = api.children(run["id"])
    assert [child["name"] for child in children] == [
        "shown · batch 1 · 5 documents",
        "shown · batch 2 · 3 documents",
    ]
    assert {child["state_name"] for child in children} == {"Completed"}
    assert {"docmill", "source:shown"} <= set(children[0]["tags"])

    artifacts = {each["key"] or each["type"]: each for each in api.artifacts(run["id"])}
    assert {"progress", "shown-documents", "shown-failures", "shown-review"} <= set(artifacts)
    assert float(artifacts["progress"]["data"]) == 100.0
    table = json.loads(artifacts["shown-documents"]["data"])
    figures = {row["figure"]: row["this run"] for row in table}
    assert figures["done"] + figures["to review"] == 6
    assert figures["failed"] == 2
    assert figures["cost"] == "none, own engines"
    assert "encrypted.pdf" in artifacts["shown-failures"]["data"]
    assert "what to do: " in artifacts["shown-failures"]["data"]
    assert "http://127.0.0.1:8080" in artifacts["shown-failures"]["data"]
    assert "http://127.0.0.1:8080" in artifacts["shown-review"]["data"]

    def told() -> list[str] | None:
        names = [each["resource"]["docmill.uri"] for each in api.events("document.failed")]
        return [name for name in names if str(inbox) in name][1:] and names

    assert any("encrypted.pdf" in uri for uri in until(told, 30))
    lines = "\n".join("\n".join(api.logs(child["id"])) for child in children)
    assert "encrypted.pdf" in lines
    assert "EncryptedFile" in lines

    api.load()
    assert len(list((results / "shown").glob("*.docmill.json"))) == 8
    command = docmill("run", inbox, "--workspace", other, "--schema", "invoice", "--quiet")
    done = subprocess.run([*command, "--ocr", "text_layer"], timeout=120, check=False)
    assert done.returncode == 3
    assert rows(workspace) == rows(other)

    again = api.wait(api.start("ingest/shown"), 90)
    assert again["state"]["message"] == "nothing to do"
    assert api.children(again["id"]) == []


def test_a_killed_process_is_started_again_and_skips_what_is_done(
    start: Start, api: PrefectApi, documents: Documents, tmp_path: Path
) -> None:
    inbox, workspace = tmp_path / "inbox", tmp_path / "flow"
    fill(inbox, documents(60))
    configure(workspace, inbox, "killed", 60)
    process = serve(start, workspace)
    run_id = api.start("ingest/killed")

    def at_work() -> tuple[str, int] | None:
        """The batch's flow run and its process, when some documents are done and some are not."""
        if len(committed(workspace)) < 10:
            return None
        (child,) = api.children(run_id)
        pids = [pid for pid in descendants(process.pid) if flow_run_of(pid) == child["id"]]
        return (child["id"], pids[0]) if pids else None

    child_id, pid = until(at_work, 120, process.tail)
    before = len(committed(workspace))
    kill(pid)
    assert before < 60
    run = api.wait(run_id, 240)

    assert run["state_name"] == "Completed", run["state"]["message"]
    states = api.states(child_id)
    assert [state for state in states if state in ("Crashed", "AwaitingRetry", "Completed")] == [
        "Crashed",
        "AwaitingRetry",
        "Completed",
    ]
    assert api.run(child_id)["run_count"] == 2
    documents_done = committed(workspace)
    assert len(documents_done) == len(set(documents_done)) == 60
    api.load()
    assert len(rows(workspace)["documents"]) == 60


@pytest.mark.slow
def test_a_killed_run_over_a_source_finds_its_batches_again(
    start: Start, api: PrefectApi, documents: Documents, tmp_path: Path
) -> None:
    inbox, workspace = tmp_path / "inbox", tmp_path / "flow"
    fill(inbox, documents(24))
    configure(workspace, inbox, "parent", 8)
    process = serve(start, workspace)
    run_id = api.start("ingest/parent")

    def waiting() -> int | None:
        """The process of the run over the source, when it has handed out its batches."""
        pids = [pid for pid in descendants(process.pid) if flow_run_of(pid) == run_id]
        return pids[0] if pids and len(api.children(run_id)) == 3 else None

    kill(until(waiting, 120, process.tail))
    run = api.wait(run_id, 240)

    assert run["state_name"] == "Completed", run["state"]["message"]
    assert "Crashed" in api.states(run_id)
    assert run["run_count"] == 2
    assert len(api.children(run_id)) == 3
    assert len(committed(workspace)) == len(set(committed(workspace))) == 24
    api.load()  # a load that died with this test would hold the next one's place
    again = api.wait(api.start("ingest/parent"), 90)
    assert again["state"]["message"] == "nothing to do"


@pytest.mark.slow
def test_limits_that_are_reached_become_events(
    start: Start, api: PrefectApi, documents: Documents, tmp_path: Path
) -> None:
    inbox, workspace = tmp_path / "inbox", tmp_path / "flow"
    fill(inbox, documents(9))
    configure(workspace, inbox, "limited", 4, more="max_pages_per_run = 6")
    serve(start, workspace)
    messages = [api.wait(api.start("ingest/limited"), 180)["state"]["message"] for _ in range(3)]
    assert "left for the next run" in messages[0]
    assert "left for the next run" not in messages[-1]
    assert len(committed(workspace)) == 9

    def reached() -> list[dict[str, Any]]:
        found = api.events("budget.reached")
        return [each for each in found if each["resource"]["prefect.resource.name"] == "limited"]

    payload = until(reached, 30)[-1]["payload"]
    assert payload["max_pages_per_run"] == 6
    assert payload["documents_left"] > 0

    api.load()
    text = until(lambda: api.events("queue.backlog"), 30)[0]["payload"]["text"]
    assert "of 9 documents wait for review" in text
