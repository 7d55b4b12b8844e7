from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import model_server
import pytest

from docmill.gpu_workers.process import KeptProcess
from docmill.infra.model_endpoints.endpoint import ModelEndpoint


def is_alive(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_for(look: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass(frozen=True)
class Fake:
    """A server like vLLM, as a command; `folder` is where its behaviour is told."""

    folder: Path
    port: int
    model: str = "chandra"

    @property
    def command(self) -> tuple[str, ...]:
        program = (sys.executable, model_server.__file__, "serve", "weights")
        return (*program, "--served-model-name", self.model, "--host", "127.0.0.1",
                "--port", str(self.port), "--max-model-len", "20480")  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "MODEL_SERVER_FOLDER": str(self.folder)}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tell(self, behaviour: str, text: str = "") -> None:
        (self.folder / behaviour).write_text(text)

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    @property
    def pids(self) -> list[int]:
        """All processes of all its starts."""
        return [int(pid) for line in self.lines("starts") for pid in line.split()]

    def process(self, grace_s: float = 5) -> KeptProcess:
        return KeptProcess(self.command, self.environment, self.folder / "log", grace_s)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "fake"
    folder.mkdir()
    yield Fake(folder, port)
    alive = [pid for pid in Fake(folder, port).pids if is_alive(pid)]
    assert alive == []  # whatever a test did, nothing stays behind


@pytest.fixture
def endpoint(fake: Fake) -> Iterator[ModelEndpoint]:
    with ModelEndpoint(fake.url, timeout_s=5) as endpoint:
        yield endpoint


@pytest.fixture
def alive() -> Callable[[int], bool]:
    return is_alive


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_for
