from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from docmill.infra.lake import utc_now
from docmill.infra.service.answers import Answer, Verdict
from docmill.infra.service.application import create_app
from docmill.infra.service.client import ServiceClient
from docmill.infra.service.listening import Listening
from docmill.infra.service.owner_service import OwnerService
from docmill.infra.settings import Serve
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.workspace import Workspace
from docmill.schemas.outcome import DocumentOutcome

TOKEN = "a token for tests only"


@pytest.fixture
def serve_settings() -> Serve:
    return Serve(
        port=0, token=SecretStr(TOKEN), publish_seconds=0.5, sql_seconds=3, sql_memory_mb=400,
        sql_rows=50, sql_workers=1,
    )  # fmt: skip


@pytest.fixture
def publish(workspace: Workspace, mill: Any) -> Callable[[], None]:
    """Loads and publishes what is in the lake."""

    def publish() -> None:
        with WarehouseOwner(workspace) as owner:
            owner.load(mill.lake)
            owner.publish()

    return publish


@pytest.fixture
def live_mill(mill: Any, workspace: Workspace) -> Any:
    """Puts documents into the lake now, as pipelines do beside a running service."""
    return type(mill)(workspace.lake(), utc_now)


@dataclass
class Running:
    """A service, and a client of it."""

    service: OwnerService
    url: str
    client: ServiceClient

    def answer(self, *answers: Answer) -> list[Verdict]:
        return self.client.answer(answers)

    def decide(self, answer: Answer) -> str:
        return self.answer(answer)[0].decision.value

    def rows(self, sql: str) -> list[list[Any]]:
        """What the published warehouse says, after everything so far was published."""
        self.client.publish()
        return self.client.sql(sql)["rows"]


@contextmanager
def running_in(workspace: Workspace, settings: Serve) -> Generator[Running]:
    with (
        OwnerService(workspace, settings, TOKEN) as service,
        Listening(create_app(service), settings.host, settings.port) as listening,
        ServiceClient(listening.url, TOKEN) as client,
    ):
        service.announce(listening.url)
        yield Running(service, listening.url, client)


@pytest.fixture
def start(workspace: Workspace, serve_settings: Serve) -> Callable[..., Any]:
    """Starts the service; `with start() as running`."""

    def start(at: Workspace = workspace, **settings: Any) -> AbstractContextManager[Running]:
        return running_in(at, serve_settings.model_copy(update=settings))

    return start


@pytest.fixture
def running(start: Callable[..., AbstractContextManager[Running]]) -> Iterator[Running]:
    with start() as running:
        yield running


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Makes an answer to a question about an outcome: (outcome, path="total", **changes)."""

    def answer(outcome: DocumentOutcome, path: str = "total", **changes: Any) -> Answer:
        part = outcome.parts[0]
        said = {
            "document_id": outcome.document_id,
            "part": part.part,
            "schema_name": part.schema_name or "",
            "path": path,
            "revision": 1,
            "extraction_key": part.extraction_key or "",
            "action": "accept",
            "reviewer": "ada",
            "answer_id": uuid4().hex,
        }
        return Answer.model_validate({**said, **changes})

    return answer


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until a condition holds."""

    def wait(condition: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    return wait
