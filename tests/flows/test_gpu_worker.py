"""`docmill gpu-worker` and `docmill doctor --endpoint` as processes, with a server like vLLM."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import model_server
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DRY = ("gpu-worker", "--dry-run")


def flags(output: str) -> list[str]:
    return shlex.split(output.splitlines()[-1])


def test_a_dry_run_shows_the_sum_and_the_command_line(docmill: Run) -> None:
    done = docmill(*DRY, "--model", "chandra", "--memory-gb", "48", "--", "--max-num-seqs", "4")
    assert done.returncode == 0, done.stderr
    assert "48.0 GB × 0.85 = 40.8 GB, less 10.6 GB of weights" in done.stdout
    assert "modified OpenRAIL-M" in done.stdout
    assert "2 million USD" in done.stdout
    command = flags(done.stdout)
    assert command[:3] == ["vllm", "serve", "datalab-to/chandra-ocr-2"]
    assert int(command[command.index("--max-model-len") + 1]) >= 20480
    assert command[command.index("--max-num-seqs") + 1] == "32"
    assert command[-2:] == ["--max-num-seqs", "4"]


def test_what_does_not_fit_is_refused(docmill: Run) -> None:
    done = docmill(*DRY, "--model", "mistral-small-4", "--memory-gb", "141")
    assert done.returncode == 2
    assert "less 242.0 GB of weights" in done.stderr
    assert "quantised" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "glm-ocr"), "--memory-gb"),
        (("--model", "no-such-model", "--memory-gb", "24"), "Known: chandra, glm-ocr"),
        (("--model", "glm-ocr", "--memory-gb", "24", "--host", "0.0.0.0"), "VLLM_API_KEY"),
        (("--model", "glm-ocr", "--memory-gb", "24", "--server-only"), "docmill[gpu]"),
        (("--model", "glm-ocr", "--memory-gb", "24", "--vllm", "sh"), "PREFECT_API_URL"),
    ],
)
def test_what_is_missing_is_said(
    docmill: Run, arguments: tuple[str, ...], said: str, tmp_path: Path, free_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("VLLM_API_KEY", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    options = ("--workspace", str(tmp_path), "--port", str(free_port))
    done = docmill("gpu-worker", *arguments, *options)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def worker(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """A worker that only serves, on `free_port`; what its server is told is in `tmp_path`."""
    program = tmp_path / "vllm"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {model_server.__file__} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("MODEL_SERVER_FOLDER", str(tmp_path))
    command = [sys.executable, "-m", "docmill.flows.cli", "gpu-worker", "--model", "chandra",
               "--memory-gb", "24", "--server-only", "--vllm", str(program),
               "--port", str(free_port), "--workspace", str(tmp_path / "w")]  # fmt: skip
    with (
        socket.socket() as probe,
        (tmp_path / "said").open("w") as said,
    ):
        probe.bind(("127.0.0.1", 0))
        metrics_port = probe.getsockname()[1]
        probe.close()
        (tmp_path / "metrics_port").write_text(str(metrics_port))
        command += ["--metrics-port", str(metrics_port)]
        process = subprocess.Popen(command, stdout=said, stderr=said, text=True)
    yield process
    process.kill()
    process.wait()


def wait_for(look: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_worker_serves_until_it_is_told_to_end(
    worker: subprocess.Popen[str], docmill: Run, tmp_path: Path, free_port: int
) -> None:
    said = tmp_path / "said"
    wait_for(lambda: "is ready at" in said.read_text())
    assert "modified OpenRAIL-M" in said.read_text()
    port = (tmp_path / "metrics_port").read_text()
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert 'docmill_gpu_worker_state{state="ready"} 1.0' in answer.read().decode()
    url = f"http://127.0.0.1:{free_port}"
    checked = docmill("doctor", "--endpoint", f"chandra={url}", "--workspace", tmp_path / "w")
    assert re.search(r"ok +chandra: image input: .* 196 tokens", checked.stdout)
    assert re.search(r"warn +chandra: licence", checked.stdout)
    assert checked.returncode == 0, checked.stdout
    pids = [int(pid) for pid in (tmp_path / "starts").read_text().split()]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert not any(map(alive, pids))


def test_the_server_dies_with_its_worker(worker: subprocess.Popen[str], tmp_path: Path) -> None:
    wait_for(lambda: "is ready at" in (tmp_path / "said").read_text())
    pids = [int(pid) for pid in (tmp_path / "starts").read_text().split()]
    assert all(map(alive, pids))
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: not any(map(alive, pids)), 10)


def test_why_a_server_does_not_start_is_shown(
    worker: subprocess.Popen[str], tmp_path: Path
) -> None:
    # Told at once: the worker imports for longer than this takes.
    (tmp_path / "fails").write_text("ValueError: No available memory for the cache blocks.")
    assert worker.wait(60) == 1
    said = (tmp_path / "said").read_text()
    assert "error: the server of chandra failed 2 times" in said
    assert "No available memory for the cache blocks." in said
    assert str(Path("gpu-worker")) in said


def test_an_endpoint_that_is_not_there(docmill: Run, tmp_path: Path, free_port: int) -> None:
    place = f"glm-ocr=http://127.0.0.1:{free_port}"
    done = docmill("doctor", "--endpoint", place, "--workspace", tmp_path)
    assert done.returncode == 1
    assert re.search(r"fail +glm-ocr: reachable: .*does not answer", done.stdout)
