"""Several servers of the same model as one `ChatClient`; a sick one is set aside for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import cycle
from operator import add
from types import TracebackType
from typing import Self

import httpx

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatClient, ChatRequest
from docmill.gpu_workers.load import LoadSource, MetricsLoad, ServerLoad, UntoldLoad
from docmill.schemas.errors import EngineUnavailable


@dataclass(frozen=True)
class Endpoint:
    """One model server.

    Args:
        name: for people; its URL.
        client: asks it.
        well: whether it is ready for questions; never raises.
        load: how busy it is.
    """

    name: str
    client: ChatClient
    well: Callable[[], Awaitable[bool]]
    load: LoadSource


def endpoint(http: httpx.AsyncClient, url: str, client: ChatClient) -> Endpoint:
    """A server of the vLLM kind, with `/health` and `/metrics`.

    Args:
        http: for these two; short timeouts.
        url: of the server, without a path.
        client: for everything else.
    """

    async def well() -> bool:
        try:
            return (await http.get(f"{url.rstrip('/')}/health")).is_success
        except httpx.HTTPError:
            return False

    return Endpoint(url, client, well, MetricsLoad(http, url))


def ollama_endpoint(http: httpx.AsyncClient, url: str, client: ChatClient) -> Endpoint:
    """A server of Ollama's, which does not tell how busy it is.

    Args:
        http: as of `endpoint`.
        url: of the server, without a path.
        client: for everything else.
    """

    async def well() -> bool:
        try:
            return (await http.get(f"{url.rstrip('/')}/api/version")).is_success
        except httpx.HTTPError:
            return False

    return Endpoint(url, client, well, UntoldLoad())


class Rotated:
    """A `ChatClient` over several clients of the same server, which take turns.

    For each request, a connection pool of httpx looks through all its connections, and polls the
    idle ones: with a hundred in one pool that takes more time than encoding the picture. A few
    clients with a few connections each take next to none.
    """

    def __init__(self, clients: Iterable[ChatClient]) -> None:
        self._clients = cycle(clients)

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient.ask`."""
        return await next(self._clients).ask(request)


@dataclass(frozen=True)
class Patience:
    """How long servers are waited for.

    Args:
        tries: how often a request is sent before it fails, each time where fewest are; 1 where
            the caller asks again himself and keeps a record of it.
        wait_s: seconds that a request waits for any server to be well.
        first_pause_s: pause before a server is looked at again; doubled each time...
        longest_pause_s: ...up to this.
    """

    tries: int = 1
    wait_s: float = 600.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0

    def pause(self, times: int) -> float:
        """Seconds before the look number `times`, from 0."""
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(times, 20))


@dataclass(eq=False)
class _Seat:
    """An endpoint and what is known of it.

    `strikes` counts how often in a row it was set aside without an answer in between.
    """

    endpoint: Endpoint
    outstanding: int = 0
    turn: int = 0
    strikes: int = 0
    trouble: str | None = None

    @contextmanager
    def taken(self) -> Generator[ChatClient]:
        """One more request is on its way to it."""
        self.outstanding += 1
        try:
            yield self.endpoint.client
        finally:
            self.outstanding -= 1

    async def load(self) -> ServerLoad | None:
        """What the endpoint shows, with the requests on their way to it."""
        shown = await self.endpoint.load.load()
        return shown and replace(shown, own=self.outstanding)


@dataclass(eq=False)
class Balanced:
    """A `ChatClient` over several servers of one model: each request goes where fewest are.

    A server that does not answer is set aside: nothing is sent to it before it says that it is
    well, which it is asked after growing pauses. One that says so and still answers nothing rests
    longer each time. A request that comes while none is well waits for the first that is. Use it
    in an `async with` block, in one event loop.
    """

    endpoints: Sequence[Endpoint]
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self._seats = [_Seat(each) for each in self.endpoints]
        self._turns = 0
        self._returned = asyncio.Condition()
        self._nursing: set[asyncio.Task[None]] = set()

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient.ask`.

        Raises:
            EngineUnavailable: it failed `Patience.tries` times, or no server was well for
                `Patience.wait_s`.
        """
        failure: EngineUnavailable | None = None
        for _ in range(self.patience.tries):
            seat = await self._free_seat()
            try:
                with seat.taken() as client:
                    answer = await client.ask(request)
            except EngineUnavailable as error:
                failure = error
                self._set_aside(seat, error)
            else:
                seat.strikes = 0
                return answer
        assert failure is not None
        raise failure

    async def load(self) -> ServerLoad | None:
        """See `LoadSource.load`: of all servers that are well, together."""
        loads = await asyncio.gather(*(seat.load() for seat in self._well()))
        known = [load for load in loads if load is not None]
        return reduce(add, known) if known else None

    @property
    def outstanding(self) -> dict[str, int]:
        """Requests on their way, by the endpoint's name."""
        return {seat.endpoint.name: seat.outstanding for seat in self._seats}

    @property
    def aside(self) -> dict[str, str]:
        """What is wrong with those set aside, by the endpoint's name."""
        return {seat.endpoint.name: seat.trouble for seat in self._seats if seat.trouble}

    async def _free_seat(self) -> _Seat:
        """The one with the fewest requests on their way, of those that are well."""
        try:
            async with asyncio.timeout(self.patience.wait_s), self._returned:
                await self._returned.wait_for(self._well)
                seat = min(self._well(), key=lambda seat: (seat.outstanding, seat.turn))
        except TimeoutError:
            raise self._none_left() from None
        self._turns += 1
        seat.turn = self._turns  # among equals the one that was not asked for the longest time
        return seat

    def _well(self) -> list[_Seat]:
        return [seat for seat in self._seats if seat.trouble is None]

    def _none_left(self) -> EngineUnavailable:
        troubles = "; ".join(f"{name}: {trouble}" for name, trouble in self.aside.items())
        return EngineUnavailable(
            f"No model server was ready for {self.patience.wait_s:g} s. {troubles}",
            "Look into the server's log; `docmill doctor` asks each of them.",
        )

    def _set_aside(self, seat: _Seat, error: EngineUnavailable) -> None:
        if seat.trouble is not None:  # one fall of a server fails all its requests
            return
        seat.trouble = error.message
        seat.strikes += 1
        nursing = asyncio.create_task(self._nurse(seat))
        self._nursing.add(nursing)
        nursing.add_done_callback(self._nursing.discard)

    async def _nurse(self, seat: _Seat) -> None:
        """Brings it back when it is well; at once after its first fall."""
        if seat.strikes > 1:
            await asyncio.sleep(self.patience.pause(seat.strikes - 2))
        looks = 0
        while not await seat.endpoint.well():
            await asyncio.sleep(self.patience.pause(looks))
            looks += 1
        async with self._returned:
            seat.trouble = None
            self._returned.notify_all()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Looks after nobody any more."""
        for nursing in tuple(self._nursing):
            nursing.cancel()
        await asyncio.gather(*self._nursing, return_exceptions=True)
