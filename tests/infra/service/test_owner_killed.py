"""The owner killed while documents arrive and people answer: nothing lost, nothing double."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from warehouse_content import content_of_file

from docmill.infra.service.answers import Answer, Decision, Verdict
from docmill.infra.service.client import ServiceClient
from docmill.infra.warehouse.owner import rebuild
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.review import ReviewEvent

TOKEN = "a token for tests only"
REVIEWERS = 3
START_S = 60.0
KEPT = (Decision.ACCEPTED, Decision.REPEATED)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Owner:
    """`docmill serve` in a process of its own, started again after every kill."""

    def __init__(self, workspace: Workspace, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._workspace = workspace
        self._log = log
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "docmill.flows.cli", "serve", "--port", str(self.port)]
        environment = os.environ | {
            "DOCMILL_SERVE__TOKEN": TOKEN,
            "DOCMILL_SERVE__PUBLISH_SECONDS": "0.5",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--workspace", str(self._workspace.root)],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        with ServiceClient(self.url, TOKEN) as client:
            while True:
                with suppress(StoreError):
                    client.state()
                    return
                if self.process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the owner does not start:\n{self._log.read_text()[-3000:]}")
                time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._start()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


@dataclass
class World:
    """Documents that arrive, and people who answer, until `over`."""

    mill: Any
    url: str
    new_answer: Callable[..., Answer]
    over: threading.Event = field(default_factory=threading.Event)
    finished: list[DocumentOutcome] = field(default_factory=list[DocumentOutcome])
    acknowledged: dict[str, ReviewEvent] = field(default_factory=dict[str, ReviewEvent])
    failures: int = 0

    def produce(self) -> None:
        number = 0
        while not self.over.is_set():
            self.mill.sight(str(number))
            self.finished.append(self.mill.finish(str(number)))
            number += 1
            time.sleep(0.05)

    def review(self, reviewer: int) -> None:
        """Answer every third document, each answer until it is kept."""
        position = reviewer
        with ServiceClient(self.url, TOKEN) as client:
            while not self.over.is_set():
                if position >= len(self.finished):
                    time.sleep(0.02)
                    continue
                given = self.new_answer(
                    self.finished[position], action="correct", value=f"{position}.00",
                    reviewer=f"reviewer {reviewer}", answer_id=f"{reviewer}-{position}",
                )  # fmt: skip
                verdict = self._insist(client, given)
                if verdict and verdict.event:
                    self.acknowledged[given.answer_id] = verdict.event
                position += REVIEWERS

    def _insist(self, client: ServiceClient, given: Answer) -> Verdict | None:
        while not self.over.is_set():
            try:
                verdict = client.answer([given])[0]
            except StoreError:
                self.failures += 1
                time.sleep(0.1)
            else:
                if verdict.decision in KEPT:
                    return verdict
                assert "no such document" in verdict.reason  # it is not loaded yet
            time.sleep(0.02)
        return None


@pytest.mark.servers
@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_a_killed_owner_loses_nothing(
    kills: int, workspace: Workspace, live_mill: Any, answer: Any, tmp_path: Path
) -> None:
    chance = random.Random(kills)
    owner = Owner(workspace, tmp_path / "log")
    world = World(live_mill, owner.url, answer)
    threads = [threading.Thread(target=world.produce)]
    threads += [threading.Thread(target=world.review, args=(n,)) for n in range(REVIEWERS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 2.5))
            owner.kill()
        time.sleep(1)
    finally:
        world.over.set()
        for thread in threads:
            thread.join()
    with ServiceClient(owner.url, TOKEN) as client:
        client.publish()
        rows = client.sql("SELECT count(*), count(DISTINCT document_id) FROM documents")["rows"]
    assert owner.end() == 0
    assert rows == [[len(world.finished)] * 2]
    assert len(world.acknowledged) > kills
    assert world.failures
    grown = content_of_file(workspace.warehouse)
    kept = {row[0] for row in grown['main."review_events"']}
    assert {event.key for event in world.acknowledged.values()} <= kept
    for answer_id, event in world.acknowledged.items():
        assert event.answer_id == answer_id
        assert live_mill.lake.review(event.key) == event
    shown = {
        (row[0], row[5]) for row in grown['main."fields"'] if row[4] == "total" and row[17]
    }  # document_id, value
    assert {(e.document_id, e.value) for e in world.acknowledged.values()} <= shown
    rebuild(workspace)
    assert content_of_file(workspace.warehouse) == grown
