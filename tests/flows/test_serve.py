"""`docmill serve` as a process: it loads, counts, shows and delivers until it is told to end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

T = TypeVar("T")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "w"
    root.mkdir()
    (tmp_path / "out").mkdir()
    (root / "docmill.toml").write_text(
        f'[outputs.copies]\nkind = "files"\nto = "{tmp_path / "out"}"\nsince = "start"\n'
    )
    return root


@pytest.fixture
def served(workspace: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running service and its address."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "docmill.flows.cli", "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--workspace", str(workspace)], stdout=output, stderr=output
        )
    try:
        address = eventually(lambda: re.search(r"serving .* at (http://\S+)", log.read_text()))
        yield process, address[1]
    finally:
        process.kill()
        process.wait()


def eventually(look: Callable[[], T | None], seconds: float = 60) -> T:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def values(url: str, name: str) -> dict[tuple[str, ...], float]:
    with urlopen(f"{url}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_what_is_finished_is_counted_and_delivered(
    served: tuple[subprocess.Popen[bytes], str],
    docmill: Run,
    workspace: Path,
    samples: Path,
    tmp_path: Path,
) -> None:
    process, url = served
    document = samples / "invoices" / "it-tiles.pdf"
    options = ("--schema", "invoice", "--ocr", "text_layer", "--quiet")
    done = docmill("run", document, "--workspace", workspace, *options)
    assert done.returncode == 0, done.stderr
    eventually(lambda: values(url, "docmill_documents_total"))
    assert sum(values(url, "docmill_documents_total").values()) == 1
    assert values(url, "docmill_stage_seconds_count")[("read",)] == 1
    eventually(lambda: list((tmp_path / "out").rglob("*.docmill.json")))
    delivered = ("delivered", "copies")
    eventually(lambda: values(url, "docmill_deliveries_total").get(delivered))
    assert values(url, "docmill_deliveries_total")[delivered] == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
