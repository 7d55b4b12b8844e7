"""A model server that is killed in the middle: every page ends with an outcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from threading import Thread

import httpx
import pytest
from feeding_pages import Place, drawn, places, question
from simulated_server import PlainChat, SimulatedServer

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.gpu_workers.endpoints import Balanced, Patience, endpoint
from docmill.gpu_workers.feeding import Fed, FeedLimits, FeedState, Stages, feed
from docmill.gpu_workers.gate import GatePolicy
from docmill.gpu_workers.turns import turns_of
from docmill.infra.cage import Cage
from docmill.schemas.errors import DocmillError, EngineUnavailable

pytestmark = pytest.mark.servers

PAGES = 300
IN_FLIGHT = 64
LIMITS = FeedLimits(gate=GatePolicy(first=IN_FLIGHT), look_s=0.05)
Outcomes = list[tuple[Place, ChatAnswer | DocmillError]]


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(2) as cage:
        yield cage


def fed(
    cage: Cage, servers: list[SimulatedServer], patience: Patience, states: list[FeedState]
) -> tuple[Fed, Outcomes, int]:
    """All pages, read by these servers; and how many requests were unanswered."""
    outcomes: Outcomes = []
    unanswered = 0

    class Noted(PlainChat):
        async def ask(self, request: ChatRequest) -> ChatAnswer:
            nonlocal unanswered
            try:
                return await super().ask(request)
            except EngineUnavailable:
                unanswered += 1
                raise

    async def run() -> Fed:
        unlimited = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=unlimited, timeout=5) as http:
            endpoints = [endpoint(http, each.url, Noted(http, each.url)) for each in servers]
            async with Balanced(endpoints, patience) as client:

                async def read(picture: PagePicture) -> ChatAnswer:
                    return await client.ask(question(picture))

                def keep(place: Place, outcome: ChatAnswer | DocmillError) -> None:
                    outcomes.append((place, outcome))

                stages = Stages(drawn, read, keep)
                documents = [places("long", PAGES - 40), *(places(f"d{n}", 1) for n in range(40))]
                turns = turns_of(documents)
                return await feed(turns, stages, cage, client, LIMITS, watch=states.append)

    return asyncio.run(run()), outcomes, unanswered


def until_in_flight(states: list[FeedState]) -> None:
    """Waits until the server works on 64 pages."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if states and states[-1].load and states[-1].load.running == IN_FLIGHT:
            return
        time.sleep(0.01)
    raise TimeoutError("64 pages were never in flight")


def complete(outcomes: Outcomes) -> bool:
    """Whether each page has one outcome."""
    return len(outcomes) == PAGES == len({place for place, _ in outcomes})


def test_pages_in_flight_are_read_after_a_restart(cage: Cage) -> None:
    states: list[FeedState] = []
    with SimulatedServer(speed=100) as server:  # 144 pages/s, 0.4 s for each

        def kill_and_restart() -> None:
            until_in_flight(states)
            server.kill()
            time.sleep(0.5)
            server.restart()

        killer = Thread(target=kill_and_restart)
        killer.start()
        done, outcomes, unanswered = fed(
            cage, [server], Patience(tries=3, wait_s=30, longest_pause_s=0.5), states
        )
        killer.join()
    assert done == Fed(read=PAGES, failed=0, stopped=False)
    assert complete(outcomes)
    assert unanswered >= IN_FLIGHT
    assert any(state.load is None for state in states)  # it was seen to be gone


def test_pages_fail_as_such_where_the_server_stays_away(cage: Cage) -> None:
    states: list[FeedState] = []
    with SimulatedServer(speed=100) as server:

        def kill() -> None:
            until_in_flight(states)
            server.kill()

        killer = Thread(target=kill)
        killer.start()
        done, outcomes, unanswered = fed(
            cage, [server], Patience(tries=3, wait_s=0.5, longest_pause_s=0.1), states
        )
        killer.join()
    assert complete(outcomes)
    assert unanswered >= IN_FLIGHT
    failures = [outcome for _, outcome in outcomes if isinstance(outcome, DocmillError)]
    assert len(failures) == done.failed >= IN_FLIGHT
    assert {type(failure) for failure in failures} == {EngineUnavailable}
    assert all(failure.retryable for failure in failures)


def test_another_server_takes_over(cage: Cage) -> None:
    states: list[FeedState] = []
    with SimulatedServer(speed=100) as killed, SimulatedServer(speed=100) as other:

        def kill() -> None:
            deadline = time.monotonic() + 20
            while killed.metric("vllm:num_requests_running") < 32:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            killed.kill()

        killer = Thread(target=kill)
        killer.start()
        done, outcomes, unanswered = fed(
            cage, [killed, other], Patience(tries=3, wait_s=30), states
        )
        killer.join()
    assert done == Fed(read=PAGES, failed=0, stopped=False)
    assert complete(outcomes)
    assert unanswered >= IN_FLIGHT // 2
