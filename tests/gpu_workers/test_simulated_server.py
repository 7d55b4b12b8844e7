"""The simulated model server: as fast as it says, and as full as it shows."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from statistics import fmean

import httpx
import pytest
from simulated_server import MODEL, PlainChat, SimulatedServer

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest
from docmill.gpu_workers.load import MetricsLoad, ServerLoad
from docmill.schemas.errors import BadOutput

SEQUENCES = 4
PER_SECOND = 40.0


def picture(width: int = 1596, height: int = 2240) -> bytes:
    """As much of a PNG as the server looks at."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(100)


def request(image: bytes, timeout_s: float = 30) -> ChatRequest:
    return ChatRequest(image, "image/png", "read it", max_tokens=12384, timeout_s=timeout_s)


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatedServer]:
    with SimulatedServer(speed=1, sequences=SEQUENCES, rate=PER_SECOND) as server:
        yield server


def asking(server: SimulatedServer, ask: Callable[[httpx.AsyncClient], Awaitable[object]]) -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as http:
            await ask(http)

    asyncio.run(run())


def test_it_works_at_its_rate_and_queues_the_rest(server: SimulatedServer) -> None:
    async def ask(http: httpx.AsyncClient) -> None:
        chat, load = PlainChat(http, server.url), MetricsLoad(http, server.url)
        began, worked = time.perf_counter(), server.work_seconds()
        pages = [asyncio.create_task(chat.ask(request(picture()))) for _ in range(100)]
        await asyncio.sleep(0.5)
        shown = await load.load()
        assert shown is not None
        assert shown.running == SEQUENCES
        assert 20 < shown.waiting < 96
        answers: list[ChatAnswer] = await asyncio.gather(*pages)
        taken = time.perf_counter() - began
        work = server.work_seconds() - worked
        assert taken == pytest.approx(work / SEQUENCES, rel=0.25)  # never idle but at the end
        assert work / 100 == pytest.approx(SEQUENCES / PER_SECOND, rel=0.35)
        assert await load.load() == ServerLoad(0, 0)
        assert {answer.model for answer in answers} == {MODEL}
        tokens = [answer.output_tokens for answer in answers]
        assert max(tokens) > 2 * fmean(tokens)  # a long tail

    asking(server, ask)


def test_who_goes_away_makes_room(server: SimulatedServer) -> None:
    async def ask(http: httpx.AsyncClient) -> None:
        chat, load = PlainChat(http, server.url), MetricsLoad(http, server.url)
        pages = [asyncio.create_task(chat.ask(request(picture()))) for _ in range(60)]
        await asyncio.sleep(0.2)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        await asyncio.sleep(0.1)
        assert await load.load() == ServerLoad(0, 0)

    asking(server, ask)


@pytest.mark.parametrize("image", [picture(8000, 8000), b"GIF89a"], ids=["large", "none"])
def test_what_it_cannot_take_is_refused(server: SimulatedServer, image: bytes) -> None:
    async def ask(http: httpx.AsyncClient) -> None:
        with pytest.raises(BadOutput):
            await PlainChat(http, server.url).ask(request(image))

    asking(server, ask)
