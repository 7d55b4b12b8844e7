from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from prefect_api import PrefectApi
from prefect_server import PrefectServer, Process

Start = Callable[..., Process]


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A real Prefect server, for all tests of a session."""
    with PrefectServer(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture
def api(prefect_server: PrefectServer) -> Iterator[PrefectApi]:
    api = PrefectApi(prefect_server.url)
    yield api
    api.close()


@pytest.fixture
def start(prefect_server: PrefectServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a process that knows the server; all are ended with the test."""
    started: list[Process] = []

    def start(name: str, command: list[str], variables: Mapping[str, str] | None = None) -> Process:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        environment = {**prefect_server.environment(), **(variables or {})}
        environment["HOME"] = str(folder)
        started.append(Process(command, environment, folder / "log"))
        return started[-1]

    yield start
    for process in reversed(started):
        process.close()


@pytest.fixture(scope="session")
def samples(repository: Path) -> Path:
    """The folder of sample documents."""
    return repository / "sample_docs"


@pytest.fixture
def documents(samples: Path) -> Callable[[int], Iterator[tuple[str, bytes]]]:
    """So many small documents, all different, as names and bytes."""

    def documents(count: int) -> Iterator[tuple[str, bytes]]:
        paths = sorted((samples / "invoices").glob("*.pdf"))
        for number in range(count):
            path = paths[number % len(paths)]
            content = path.read_bytes() + f"\n% copy {number}\n".encode()
            yield f"{number:05}-{path.name}", content

    return documents


@pytest.fixture(scope="session")
def test_documents() -> int:
    """How many documents the tests of many workers process: DOCUMENTS in the environment."""
    return int(os.environ.get("DOCUMENTS", "40"))
