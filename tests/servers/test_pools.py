"""Reading on one work pool and extraction on another; long documents read by several flow runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from prefect_api import PrefectApi
from prefect_server import PrefectServer, Process, docmill, worker
from workspaces import committed, rows

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600)]

PAGES = 40


def test_two_pools_a_long_document_and_the_same_again_under_another_schema(
    start: Callable[..., Process],
    api: PrefectApi,
    prefect_server: PrefectServer,
    samples: Path,
    tmp_path: Path,
) -> None:
    inbox, workspace = tmp_path / "inbox", tmp_path / "control"
    inbox.mkdir()
    workspace.mkdir()
    long: Any = pymupdf.open()
    with pymupdf.open(next((samples / "invoices").glob("de-*.pdf"))) as one:
        while long.page_count < PAGES:
            long.insert_pdf(one, to_page=0)
    long.save(inbox / "long.pdf")
    long.close()
    (workspace / "docmill.toml").write_text(
        f"""
ocr = "text_layer"
workers = 1
schema = "invoice"
[flows]
load_minutes = 100000
spread_pages = 20
[sources.long]
uri = "{inbox}"
extract_pool = "llm"
"""
    )
    environment = prefect_server.environment()
    subprocess.run(docmill("deploy", "--workspace", workspace), env=environment, check=True)
    for pool, limit in (("ingest", 1), ("cpu", 3), ("llm", 1), ("warehouse", 2)):
        start(pool, worker(pool, limit))

    run = api.wait(api.start("ingest/long"), 240)
    assert run["state_name"] == "Completed", run["state"]["message"]
    process, read = api.children(run["id"])
    assert read["name"] == "long · batch 1 · 1 document · read"
    assert process["name"] == "long · batch 1 · 1 document · extract"
    assert read["work_pool_name"] == "cpu"
    assert process["work_pool_name"] == "llm"
    assert read["end_time"] < process["start_time"]
    helpers = api.children(read["id"])
    assert [each["name"] for each in helpers] == [
        "long · long.pdf · pages 1–20",
        "long · long.pdf · pages 21–40",
    ]
    assert {each["state_name"] for each in helpers} == {"Completed"}
    assert len(committed(workspace)) == 1
    api.load()
    assert len(rows(workspace)["pages"]) == PAGES

    planned = api.wait(api.start("reprocess/warehouse", where="true", as_schema="receipt"), 120)
    assert planned["state"]["message"].startswith("1 document would be processed again")
    assert api.children(planned["id"]) == []
    assert any(each["type"] == "table" for each in api.artifacts(planned["id"]))
    done = api.wait(
        api.start("reprocess/warehouse", where="true", as_schema="receipt", run=True), 240
    )
    assert done["state_name"] == "Completed", done["state"]["message"]
    assert done["state"]["message"].startswith("1 document: ")
    assert len(committed(workspace)) == 2
