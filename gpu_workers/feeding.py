"""Keeping a model server busy: pages are drawn, asked about, parsed and kept, all at once.

    documents ─▶ by turns ─▶ draw (cage) ─▶ a few ready ─▶ gate ─▶ read (model server) ─▶ keep

Nothing waits for a document or a batch to be complete: whichever page is done makes room for the
next one. What is in memory is bounded by the sizes of the stages, not by the number of pages. Every
page that was taken ends in one outcome, which `keep` is given: what was read, or why not.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.gpu_workers.gate import Gate, GatePolicy
from docmill.gpu_workers.load import LoadSource, ServerLoad
from docmill.gpu_workers.memory import collect_less_often, give_back_large_blocks
from docmill.gpu_workers.turns import Turns
from docmill.infra.cage import Cage
from docmill.schemas.errors import CageError, DocmillError, InternalError, WorkerDied

P = TypeVar("P")
T = TypeVar("T")

# Seconds after which a thread that waits for a page looks whether it is to stop.
_WAIT_S = 0.5


@dataclass(frozen=True)
class Stages(Generic[P, T]):
    """What is done with a page; `P` says which page of which file it is, and pickles.

    Args:
        draw: a function of an importable module, which runs in the cage.
        read: asks the model and parses what it says, for many pages at a time. A page that could
            not be read is its result, or a `DocmillError`.
        keep: stores what became of a page. Called in threads, once for each page taken, some
            pages at a time. What it raises ends the feeding: there is no use in reading on.
    """

    draw: Callable[[P], PagePicture]
    read: Callable[[PagePicture], Awaitable[T]]
    keep: Callable[[P, T | DocmillError], None]


@dataclass(frozen=True)
class FeedLimits:
    """How much goes on at once, which bounds the memory.

    Args:
        gate: pages that are read at a time.
        drawers: pages that are drawn at a time; as many as the cage has workers.
        ready: drawn pages that wait for the gate.
        keepers: outcomes that are stored at a time.
        look_s: seconds between looks at the server's queue.
    """

    gate: GatePolicy = field(default_factory=GatePolicy)
    drawers: int = 2
    ready: int = 8
    keepers: int = 4
    look_s: float = 0.5


@dataclass(frozen=True)
class FeedState:
    """How it goes on, for metrics.

    All are pages: `in_flight` are being read, which may be `limit`; `ready` are drawn and wait;
    `read` and `failed` have their outcome.
    """

    limit: int
    in_flight: int
    ready: int
    read: int
    failed: int
    load: ServerLoad | None


@dataclass(frozen=True)
class Fed:
    """What was done: pages read, and pages that ended in an error.

    `stopped`: perhaps not all pages were taken. Those that were have their outcome.
    """

    read: int
    failed: int
    stopped: bool


async def feed(
    turns: Turns[P],
    stages: Stages[P, T],
    cage: Cage,
    load: LoadSource,
    limits: FeedLimits = FeedLimits(),
    *,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[FeedState], None] = lambda _: None,
) -> Fed:
    """Gives every page of all documents an outcome; ends when `turns` are closed and empty.

    Args:
        turns: the pages. Taken as needed, in threads.
        stages: what is done with a page.
        cage: where pages are drawn.
        load: what the number of pages read at a time follows.
        limits: how much goes on at once.
        stop: asked before each page; once true, no more are taken, and those under way get their
            outcomes.
        watch: told at every look at the server.

    Raises:
        Exception: what `turns` or `keep` raised, after all pages under way were finished.
    """
    give_back_large_blocks()
    collect_less_often()
    feeding = _Feeding(turns, stages, cage, limits, stop)
    try:
        await feeding.run(load, watch)
    finally:
        feeding.close()
    if feeding.broken:
        raise feeding.broken
    return Fed(feeding.read, feeding.failed, stopped=feeding.stopped)


class _Feeding(Generic[P, T]):
    """One run of `feed`."""

    def __init__(
        self,
        turns: Turns[P],
        stages: Stages[P, T],
        cage: Cage,
        limits: FeedLimits,
        stop: Callable[[], bool],
    ) -> None:
        self.stopped = False
        self.read = 0
        self.failed = 0
        self.broken: Exception | None = None
        self._stop = stop
        self._stages = stages
        self._cage = cage
        self._limits = limits
        self._turns = turns
        self._gate = Gate(limits.gate)
        # None is the last of each queue.
        self._ready: asyncio.Queue[tuple[P, PagePicture] | None] = asyncio.Queue(limits.ready)
        self._outcomes: asyncio.Queue[tuple[P, T | DocmillError] | None] = asyncio.Queue(
            limits.keepers
        )
        self._drawing = ThreadPoolExecutor(limits.drawers, thread_name_prefix="draw")
        self._keeping = ThreadPoolExecutor(limits.keepers, thread_name_prefix="keep")

    async def run(self, load: LoadSource, watch: Callable[[FeedState], None]) -> None:
        """All stages side by side; each ends when the one before it has ended."""
        async with asyncio.TaskGroup() as all_stages:
            steering = all_stages.create_task(self._steer(load, watch))
            for _ in range(self._limits.keepers):
                all_stages.create_task(self._keep())
            async with asyncio.TaskGroup() as reading:
                reading.create_task(self._send(reading))
                async with asyncio.TaskGroup() as drawing:
                    for _ in range(self._limits.drawers):
                        drawing.create_task(self._draw())
                await self._ready.put(None)
            for _ in range(self._limits.keepers):
                await self._outcomes.put(None)
            steering.cancel()

    def close(self) -> None:
        """Gives the threads back; none is at work but after a cancellation."""
        self._drawing.shutdown(wait=False)
        self._keeping.shutdown(wait=False)

    async def _steer(self, load: LoadSource, watch: Callable[[FeedState], None]) -> None:
        while True:
            shown = await load.load()
            self._gate.steer(shown)
            watch(self._state(shown))
            await asyncio.sleep(self._limits.look_s)

    def _state(self, load: ServerLoad | None) -> FeedState:
        gate = self._gate
        return FeedState(gate.limit, gate.inside, self._ready.qsize(), self.read, self.failed, load)

    async def _draw(self) -> None:
        loop = asyncio.get_running_loop()
        while taken := await loop.run_in_executor(self._drawing, self._next_drawn):
            page, drawn = taken
            if isinstance(drawn, DocmillError):
                await self._outcomes.put((page, drawn))
            else:
                await self._ready.put((page, drawn))

    def _next_drawn(self) -> tuple[P, PagePicture | DocmillError] | None:
        """The next page, drawn; None where there is none. In a thread."""
        taken = self._next_page()
        if taken is None:
            return None
        (page,) = taken
        return page, self._drawn(page)

    def _next_page(self) -> tuple[P, ...] | None:
        """Waits for a page; None where none is to come, or none is to be taken."""
        while not self.broken:
            self.stopped = self.stopped or self._stop()
            if self.stopped:
                return None
            try:
                page = self._turns.take(_WAIT_S)
            except Exception as error:
                self._break(error)
                return None
            if page != ():
                return page
        return None

    def _drawn(self, page: P) -> PagePicture | DocmillError:
        """The page, drawn; a second worker gets a chance where the first was cut off."""
        try:
            try:
                return self._cage.call(self._stages.draw, page)
            except CageError:
                return self._cage.call(self._stages.draw, page)
        except DocmillError as error:
            return error
        except concurrent.futures.CancelledError:
            return WorkerDied("The work was stopped before the page was drawn.", "")

    async def _send(self, reading: asyncio.TaskGroup) -> None:
        while drawn := await self._ready.get():
            await self._gate.enter()
            reading.create_task(self._ask(*drawn))

    async def _ask(self, page: P, picture: PagePicture) -> None:
        try:
            outcome = await self._outcome(picture)
            await self._outcomes.put((page, outcome))
        finally:
            self._gate.leave()

    async def _outcome(self, picture: PagePicture) -> T | DocmillError:
        try:
            return await self._stages.read(picture)
        except DocmillError as error:
            return error
        except Exception as error:  # a defect: it costs this page, and says so
            return _defect(error)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while outcome := await self._outcomes.get():
            try:
                await loop.run_in_executor(self._keeping, self._stages.keep, *outcome)
            except Exception as error:
                self._break(error)
                continue
            if isinstance(outcome[1], DocmillError):
                self.failed += 1
            else:
                self.read += 1

    def _break(self, error: Exception) -> None:
        """The first error that ends the feeding is the one that is raised."""
        self.broken = self.broken or error


def _defect(error: Exception) -> InternalError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(traceback.format_exception_only(error)).strip()
    defect = InternalError(f"{text} ({frame.name}, line {frame.lineno})")
    defect.__cause__ = error
    return defect
