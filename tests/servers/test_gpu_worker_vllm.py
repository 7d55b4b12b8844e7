"""A GPU worker keeps the real vLLM, on this machine's processor with a tiny random model."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prefect_api import until
from prefect_server import Process, descendants, docmill
from vllm_cpu import MODELS, VllmCpu

from docmill.gpu_workers.load import MetricsLoad, ServerLoad
from docmill.infra.model_endpoints.checking import Expected, checks
from docmill.infra.model_endpoints.endpoint import ModelEndpoint
from docmill.infra.model_endpoints.figures import figures_of

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(2400)]

# What a processor and a toy need otherwise than a GPU and a model.
SMALL = ("--load-format", "dummy", "--enforce-eager", "--max-model-len", "4096",
         "--max-num-seqs", "8", "--max-num-batched-tokens", "4096")  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def worker(
    request: pytest.FixtureRequest, vllm: VllmCpu, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Process, str, str]]:
    """A worker that only serves; its process, its server's address, and the model's name."""
    folder = tmp_path_factory.mktemp(str(request.param))
    model = vllm.model(request.param)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{vllm.command.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
    }
    command = docmill(
        "gpu-worker", "--model", model, "--weights-gb", "0.01", "--memory-gb", "8",
        "--server-only", "--vllm", vllm.command, "--port", port, "--workspace", folder / "w",
        "--", *SMALL,
    )  # fmt: skip
    process = Process(command, environment, folder / "log")
    yield process, f"http://127.0.0.1:{port}", model.name
    process.close()


def test_it_serves_and_passes_the_checks(worker: tuple[Process, str, str]) -> None:
    process, url, model = worker
    until(lambda: process.ended or "is ready at" in process.tail(), 600, process.tail)
    assert not process.ended, process.tail()
    with ModelEndpoint(url) as endpoint:
        found = {check.name: check for check in checks(endpoint, Expected(model, 4096))}
    verdicts = {name: check.verdict for name, check in found.items()}
    structured = verdicts.pop("structured output")  # random weights may run out of tokens
    assert structured in ("ok", "warn")
    assert set(verdicts.values()) == {"ok"}, found
    assert found["log-probabilities"].detail.endswith("; raw_logprobs")


def test_its_metrics_are_read(worker: tuple[Process, str, str]) -> None:
    process, url, _ = worker
    until(lambda: "is ready at" in process.tail(), 600, process.tail)

    async def load() -> ServerLoad | None:
        async with httpx.AsyncClient() as http:
            return await MetricsLoad(http, url).load()

    with ModelEndpoint(url) as endpoint:
        figures = figures_of(endpoint.metrics())
    assert (figures.running, figures.waiting) == (0, 0)
    assert figures.input_tokens > figures.output_tokens > 0
    assert figures.prefix_queries >= figures.input_tokens > figures.prefix_hits
    assert sum(number for _, number in figures.finished) > 0
    assert asyncio.run(load()) == ServerLoad(running=0, waiting=0)


def test_all_of_it_ends_and_starts_again(worker: tuple[Process, str, str]) -> None:
    process, _, _ = worker
    until(lambda: "is ready at" in process.tail(), 600, process.tail)
    server = next(pid for pid in descendants(process.pid) if is_server(pid))
    before = descendants(server)
    os.kill(server, signal.SIGKILL)
    until(lambda: is_ready_again(process), 600, process.tail)
    assert not [pid for pid in (server, *before) if is_alive(pid)]
    below = descendants(process.pid)
    os.kill(process.pid, signal.SIGTERM)
    until(lambda: process.ended, 90, process.tail)
    assert not [pid for pid in below if is_alive(pid)]


def is_ready_again(process: Process) -> bool:
    """Whether it said so after its server had failed, at the end of what it said."""
    before, _, after = process.tail().rpartition("starting it again")
    return bool(before) and "is ready at" in after


def is_server(pid: int) -> bool:
    """Whether it is `vllm serve` itself, rather than the keeper that names it too."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return "serve" in words[1:3]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False
