"""`docmill gpu-worker` reads pages for flows of a real Prefect server, and loses none of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import copy
from typing import Any

import model_server
import pymupdf
import pytest
from prefect_api import PrefectApi, until
from prefect_server import PrefectServer, Process, descendants, docmill, worker
from truthful_model import answers_for
from workspaces import committed, rows

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

Start = Callable[..., Process]
StartWorker = Callable[..., Process]

SETTINGS = """
ocr = "chandra"
workers = 1
schema = "invoice"
[models]
fallback = ""
[models.chandra]
urls = ["http://127.0.0.1:9"]  # nobody is there: the worker's own server is asked
[flows]
load_minutes = 100000
[sources.inbox]
uri = "{inbox}"
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """The folder that tells the model server how to behave; its program is `vllm` in it."""
    folder = tmp_path / "fake"
    (folder / "answers").mkdir(parents=True)
    program = folder / "vllm"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {model_server.__file__} "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def deployed(start: Start, prefect_server: PrefectServer, inbox: Path, tmp_path: Path) -> Path:
    """The workspace, with all deployments, and workers for all pools but `gpu`."""
    workspace = tmp_path / "control"
    workspace.mkdir()
    (workspace / "docmill.toml").write_text(SETTINGS.format(inbox=inbox))
    environment = prefect_server.environment()
    subprocess.run(docmill("deploy", "--workspace", workspace), env=environment, check=True)
    for pool in ("ingest", "cpu", "warehouse"):
        start(pool, worker(pool, 1))
    return workspace


@pytest.fixture
def start_worker(start: Start, fake: Path, tmp_path: Path) -> StartWorker:
    """Starts a GPU worker of pool `gpu`, whose server says what is in `fake`, and waits for it."""

    def start_worker(*options: str, name: str = "gpu-worker") -> Process:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = docmill(
            "gpu-worker", "--model", "chandra", "--memory-gb", "24", "--vllm", fake / "vllm",
            "--port", port, "--workspace", tmp_path / name, *options,
        )  # fmt: skip
        process = start(name, command, {"MODEL_SERVER_FOLDER": str(fake)})
        until(lambda: "is ready at" in process.tail(), 60, process.tail)
        return process

    return start_worker


def knows(fake: Path, paths: Iterable[Path]) -> None:
    """From now on the model knows what stands on these files' pages."""
    for name, text in answers_for(paths).items():
        (fake / "answers" / name).write_text(text)


def contract(path: Path, pages: int) -> Path:
    """A long document."""
    document: Any = pymupdf.open()
    for number in range(pages):
        document.new_page().insert_text((72, 72), f"Contract, page {number} of many")
    document.save(path)
    return path


def asked(fake: Path) -> int:
    """Requests that the server answered, the worker's own first one among them."""
    finished = fake / "finished"
    return len(finished.read_text().splitlines()) if finished.exists() else 0


def counted(folder: Path) -> int:
    """Pages that the worker was told of."""
    files = folder.glob("gpu-worker/*/counts")
    return sum(len(file.read_bytes().splitlines()) for file in files)


def test_pages_are_read_by_the_worker_and_values_taken_from_them_elsewhere(
    deployed: Path, start_worker: StartWorker, api: PrefectApi, inbox: Path, fake: Path,
    samples: Path, tmp_path: Path,
) -> None:  # fmt: skip
    for name in ("de-office-supplies.pdf", "gb-fasteners-two-pages.pdf"):
        copy(samples / "invoices" / name, inbox)
    knows(fake, inbox.iterdir())
    start_worker()
    run = api.wait(api.start("ingest/inbox"), 240)
    assert run["state_name"] == "Completed", run["state"]["message"]
    process, read = api.children(run["id"])
    assert (read["work_pool_name"], process["work_pool_name"]) == ("gpu", "cpu")
    assert read["state"]["message"] == "3 pages read, 0 found in the lake"
    assert len(committed(deployed)) == 2
    assert counted(tmp_path / "gpu-worker") == 3
    api.load()
    found = rows(deployed)
    assert not found["failures"]
    assert len(found["pages"]) == 3
    assert any("chandra" in str(cell) for cell in found["pages"][0])


def test_a_drain_ends_pages_under_way_and_another_worker_reads_the_rest(
    deployed: Path, start_worker: StartWorker, api: PrefectApi, inbox: Path, fake: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    pages = 200
    knows(fake, [contract(inbox / "long.pdf", pages)])
    (fake / "slow").write_text("0.5")
    first = start_worker()
    run_id = api.start("ingest/inbox")
    until(lambda: counted(tmp_path / "gpu-worker") > 2, 240, first.tail)
    below = descendants(first.pid)
    os.kill(first.pid, signal.SIGTERM)
    until(lambda: first.ended, 120, first.tail)
    read_by_first = counted(tmp_path / "gpu-worker")
    assert 2 < read_by_first < pages
    assert not [pid for pid in below if Path(f"/proc/{pid}/cmdline").exists()]
    (fake / "slow").unlink()
    start_worker(name="second")
    run = api.wait(run_id, 300)
    assert run["state_name"] == "Completed", run["state"]["message"]
    (read,) = [child for child in api.children(run_id) if child["name"].endswith("read")]
    assert "Crashed" in api.states(read["id"])
    assert counted(tmp_path / "second") == pages - read_by_first
    assert asked(fake) == pages + 2  # and the first question of each worker
    api.load()
    assert len(rows(deployed)["pages"]) == pages


def test_pages_wait_while_the_server_is_started_again(
    deployed: Path, start_worker: StartWorker, api: PrefectApi, inbox: Path, fake: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    knows(fake, [contract(inbox / "long.pdf", 60)])
    (fake / "slow").write_text("0.3")
    worker = start_worker()
    run_id = api.start("ingest/inbox")
    until(lambda: counted(tmp_path / "gpu-worker") > 2, 240, worker.tail)
    (server, _) = (fake / "starts").read_text().split()
    os.kill(int(server), signal.SIGKILL)
    until(lambda: worker.tail().count("is ready at") == 2, 60, worker.tail)
    run = api.wait(run_id, 240)
    assert run["state_name"] == "Completed", run["state"]["message"]
    api.load()
    found = rows(deployed)
    assert len(found["pages"]) == 60
    assert not found["failures"]
