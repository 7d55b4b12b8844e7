"""Several model servers as one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from feeding_pages import Place, drawn, question

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish
from docmill.gpu_workers.endpoints import Balanced, Endpoint, Patience, Rotated
from docmill.gpu_workers.load import ServerLoad
from docmill.schemas.errors import BadOutput, EngineUnavailable

REQUEST = question(drawn(Place("d", 1)))
PATIENCE = Patience(tries=3, wait_s=0.3, first_pause_s=0.02, longest_pause_s=0.05)


@dataclass
class Server:
    """A server that does as it is told, and counts."""

    name: str
    seconds: float = 0.0
    up: bool = True
    ready: bool = True  # what it says of itself
    asked: int = 0
    looked_at: int = 0
    shown: ServerLoad | None = None
    errors: list[Exception] = field(default_factory=list[Exception])

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.errors:
            raise self.errors.pop()
        if not self.up:
            raise EngineUnavailable(f"{self.name} is down")
        return ChatAnswer("text", Finish.STOP, self.name, 1, 1, self.seconds)

    async def well(self) -> bool:
        self.looked_at += 1
        return self.ready

    async def load(self) -> ServerLoad | None:
        return self.shown

    def endpoint(self) -> Endpoint:
        return Endpoint(self.name, self, self.well, self)


def balanced(
    servers: list[Server], use: Callable[[Balanced], Awaitable[None]], patience: Patience = PATIENCE
) -> None:
    async def run() -> None:
        async with Balanced([server.endpoint() for server in servers], patience) as client:
            await use(client)

    asyncio.run(run())


def test_requests_go_where_fewest_are() -> None:
    quick, slow = Server("quick", 0.01), Server("slow", 0.1)

    async def use(client: Balanced) -> None:
        async def one_after_the_other() -> None:
            for _ in range(20):
                await client.ask(REQUEST)

        await asyncio.gather(*(one_after_the_other() for _ in range(4)))
        assert client.outstanding == {"quick": 0, "slow": 0}

    balanced([quick, slow], use)
    assert quick.asked > 2 * slow.asked


def test_equals_are_asked_by_turns() -> None:
    servers = [Server("a"), Server("b"), Server("c")]

    async def use(client: Balanced) -> None:
        answers = [await client.ask(REQUEST) for _ in range(9)]
        assert Counter(answer.model for answer in answers) == {"a": 3, "b": 3, "c": 3}

    balanced(servers, use)


def test_a_sick_server_is_set_aside_and_its_requests_are_asked_of_another() -> None:
    sick, well = Server("sick", up=False, ready=False), Server("well")

    async def use(client: Balanced) -> None:
        answers = await asyncio.gather(*(client.ask(REQUEST) for _ in range(20)))
        assert {answer.model for answer in answers} == {"well"}
        assert client.aside == {"sick": "sick is down"}
        asked = sick.asked
        await asyncio.gather(*(client.ask(REQUEST) for _ in range(20)))
        assert sick.asked == asked
        sick.up = sick.ready = True
        await asyncio.sleep(0.15)
        assert client.aside == {}
        answers = await asyncio.gather(*(client.ask(REQUEST) for _ in range(20)))
        assert Counter(answer.model for answer in answers) == {"sick": 10, "well": 10}

    balanced([sick, well], use)


def test_requests_wait_for_a_restart() -> None:
    only = Server("only", up=False, ready=False)

    async def use(client: Balanced) -> None:
        asked = [asyncio.create_task(client.ask(REQUEST)) for _ in range(10)]
        await asyncio.sleep(0.1)
        only.up = only.ready = True
        assert {answer.model for answer in await asyncio.gather(*asked)} == {"only"}

    balanced([only], use)


def test_nobody_waits_for_ever() -> None:
    only = Server("only", up=False, ready=False)

    async def use(client: Balanced) -> None:
        results = await asyncio.gather(
            *(client.ask(REQUEST) for _ in range(10)), return_exceptions=True
        )
        assert all(isinstance(each, EngineUnavailable) for each in results)
        assert "only is down" in str(results[-1])

    balanced([only], use)


def test_a_server_that_only_says_it_is_well_rests_longer_each_time() -> None:
    liar = Server("liar", up=False, ready=True)
    patience = Patience(tries=50, wait_s=5, first_pause_s=0.01, longest_pause_s=0.04)

    async def use(client: Balanced) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(REQUEST), 0.5)

    balanced([liar], use, patience)
    assert 5 <= liar.asked <= 20  # not thousands: pauses of 0, 10, 20, 40, 40, … ms


def test_a_request_is_not_asked_for_ever() -> None:
    only = Server("only", up=False, ready=True)

    async def use(client: Balanced) -> None:
        with pytest.raises(EngineUnavailable, match="only is down"):
            await client.ask(REQUEST)

    balanced([only], use)
    assert only.asked == PATIENCE.tries


def test_an_answer_that_cannot_be_used_says_nothing_about_the_server() -> None:
    only = Server("only", errors=[BadOutput("no")])

    async def use(client: Balanced) -> None:
        with pytest.raises(BadOutput):
            await client.ask(REQUEST)
        assert client.aside == {}

    balanced([only], use)
    assert (only.asked, only.looked_at) == (1, 0)


def test_one_request_that_takes_too_long_does_not_keep_a_well_server_aside() -> None:
    only = Server("only", errors=[EngineUnavailable("it took longer than 300 s")])

    async def use(client: Balanced) -> None:
        assert (await client.ask(REQUEST)).model == "only"
        assert client.aside == {}

    balanced([only], use)
    assert (only.asked, only.looked_at) == (2, 1)


def test_the_load_is_that_of_all_who_are_well() -> None:
    sick = Server("sick", up=False, ready=False, shown=ServerLoad(0, 0))
    a = Server("a", seconds=0.1, shown=ServerLoad(64, 3))
    b = Server("b", seconds=0.1, shown=ServerLoad(8, 1))

    async def use(client: Balanced) -> None:
        await asyncio.gather(*(client.ask(REQUEST) for _ in range(3)))
        assert await client.load() == ServerLoad(72, 4)
        asked = [asyncio.create_task(client.ask(REQUEST)) for _ in range(6)]
        await asyncio.sleep(0.01)
        assert await client.load() == ServerLoad(72, 4, own=4)  # two of them at the untold one
        await asyncio.gather(*asked)

    balanced([a, b, sick, Server("untold", seconds=0.1)], use)


def test_a_load_that_nobody_tells_is_unknown() -> None:
    async def use(client: Balanced) -> None:
        assert await client.load() is None

    balanced([Server("untold")], use)


def test_clients_of_one_server_take_turns() -> None:
    servers = [Server("a"), Server("b"), Server("c")]
    client = Rotated(servers)

    async def names() -> list[str]:
        return [(await client.ask(REQUEST)).model for _ in range(4)]

    assert asyncio.run(names()) == ["a", "b", "c", "a"]
