"""Feeding, with worker processes that draw; who reads the pages is told by each test."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from threading import Event, Lock

import pytest
from feeding_pages import Place, drawn, places

from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.gpu_workers.feeding import Fed, FeedLimits, FeedState, Stages, feed
from docmill.gpu_workers.gate import GatePolicy
from docmill.gpu_workers.load import ServerLoad
from docmill.gpu_workers.turns import turns_of
from docmill.infra.cage import Cage
from docmill.schemas.errors import (
    DocmillError,
    EngineUnavailable,
    InternalError,
    StoreError,
    UnreadableFile,
    WorkerDied,
)

LIMITS = FeedLimits(gate=GatePolicy(first=4, most=8), ready=3, keepers=2, look_s=0.02)
Document = Sequence[Place]


class Kept:
    """What became of the pages."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[Place, str | DocmillError]] = []
        self._lock = Lock()

    def __call__(self, place: Place, outcome: str | DocmillError) -> None:
        with self._lock:
            self.outcomes.append((place, outcome))

    def errors(self) -> dict[int, type[DocmillError]]:
        return {
            place.page: type(outcome)
            for place, outcome in self.outcomes
            if isinstance(outcome, DocmillError)
        }


class Untold:
    """A server that shows no metrics."""

    async def load(self) -> ServerLoad | None:
        return None


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(2) as cage:
        yield cage


async def at_once(picture: PagePicture) -> str:
    return f"{picture.document_id} {picture.page}"


def fed(
    cage: Cage,
    documents: Iterable[Iterable[Place]],
    keep: Callable[[Place, str | DocmillError], None],
    read: Callable[[PagePicture], Awaitable[str]] = at_once,
    stop: Callable[[], bool] = lambda: False,
) -> Fed:
    stages = Stages(drawn, read, keep)
    return asyncio.run(feed(turns_of(documents), stages, cage, Untold(), LIMITS, stop=stop))


def test_every_page_is_read_and_kept_once(cage: Cage) -> None:
    documents = [list(places(f"d{number}", pages)) for number, pages in enumerate((1, 30, 2, 1, 9))]
    kept = Kept()
    done = fed(cage, documents, kept)
    assert done == Fed(read=43, failed=0, stopped=False)
    expected = {(place, f"{place.document} {place.page}") for each in documents for place in each}
    assert Counter(kept.outcomes) == Counter(expected)


def test_without_pages_nothing_is_done(cage: Cage) -> None:
    assert fed(cage, [[], []], Kept()) == Fed(0, 0, stopped=False)


def test_a_page_that_fails_anywhere_ends_in_its_own_error(cage: Cage) -> None:
    async def read(picture: PagePicture) -> str:
        if picture.page == 4:
            raise EngineUnavailable("gone")
        if picture.page == 5:
            raise ZeroDivisionError("a defect")
        return "read"

    pages = [
        Place("d", 1), Place("d", 2, "broken"), Place("d", 3, "crash"), Place("d", 4),
        Place("d", 5), Place("d", 6),
    ]  # fmt: skip
    kept = Kept()
    assert fed(cage, [pages], kept, read) == Fed(read=2, failed=4, stopped=False)
    assert kept.errors() == {
        2: UnreadableFile, 3: WorkerDied, 4: EngineUnavailable, 5: InternalError,
    }  # fmt: skip
    defect = next(str(outcome) for place, outcome in kept.outcomes if place.page == 5)
    assert "ZeroDivisionError: a defect" in defect


def test_one_slow_page_and_one_long_document_hold_nobody_up(cage: Cage) -> None:
    async def read(picture: PagePicture) -> str:
        await asyncio.sleep(1.5 if (picture.document_id, picture.page) == ("long", 1) else 0.01)
        return "read"

    documents = [places("long", 60), places("short", 1), places("other", 20)]
    kept = Kept()
    fed(cage, documents, kept, read)
    order = [(place.document, place.page) for place, _ in kept.outcomes]
    assert order[-1] == ("long", 1)
    assert order.index(("short", 1)) < 10
    assert order.index(("other", 20)) < order.index(("long", 59))


def test_what_is_under_way_is_bounded(cage: Cage) -> None:
    taken: Counter[str] = Counter()
    under_way: list[int] = []
    in_server: list[int] = []

    def document(name: str) -> Iterator[Place]:
        for place in places(name, 50):
            taken["taken"] += 1
            yield place

    def keep(place: Place, outcome: str | DocmillError) -> None:
        del place, outcome
        under_way.append(taken["taken"] - taken["kept"])
        taken["kept"] += 1

    async def read(picture: PagePicture) -> str:
        taken["reading"] += 1
        in_server.append(taken["reading"])
        await asyncio.sleep(0.02)
        taken["reading"] -= 1
        return str(picture.page)

    done = fed(cage, [document("a"), document("b")], keep, read)
    assert done.read == 100
    assert max(in_server) == LIMITS.gate.first  # no metrics: as many as at first
    stages = LIMITS.drawers + LIMITS.ready + 1 + LIMITS.gate.first + 2 * LIMITS.keepers
    assert max(under_way) <= stages


def test_a_slow_store_holds_the_server_back_before_memory_fills(cage: Cage) -> None:
    reading: list[int] = [0, 0]  # begun, kept

    def keep(place: Place, outcome: str | DocmillError) -> None:
        del place, outcome
        time.sleep(0.02)
        reading[1] += 1

    async def read(picture: PagePicture) -> str:
        reading[0] += 1
        assert reading[0] - reading[1] <= LIMITS.gate.most + 2 * LIMITS.keepers + 1
        return str(picture.page)

    assert fed(cage, [places("d", 60)], keep, read) == Fed(60, 0, stopped=False)


def test_a_stop_finishes_what_was_begun(cage: Cage) -> None:
    stop, kept, taken = Event(), Kept(), list[Place]()

    def document() -> Iterator[Place]:
        for place in places("d", 300):
            taken.append(place)
            yield place

    async def read(picture: PagePicture) -> str:
        await asyncio.sleep(0.02)
        if picture.page == 10:
            stop.set()
        return "read"

    done = fed(cage, [document()], kept, read, stop.is_set)
    assert done.stopped
    assert 10 <= done.read < 40
    assert {place for place, _ in kept.outcomes} == set(taken)


def test_a_store_that_refuses_ends_the_feeding(cage: Cage) -> None:
    calls: list[Place] = []

    def keep(place: Place, outcome: str | DocmillError) -> None:
        del outcome
        calls.append(place)
        if place.page >= 5:
            raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        fed(cage, [places("d", 300)], keep)
    assert len(calls) < 60


def test_documents_that_cannot_be_listed_end_the_feeding_after_what_was_begun(cage: Cage) -> None:
    taken: list[Place] = []

    def document(name: str, pages: int) -> Iterator[Place]:
        for place in places(name, pages):
            taken.append(place)
            yield place

    def broken() -> Iterator[Place]:
        yield from document("broken", 6)
        raise StoreError("no listing")

    kept = Kept()
    with pytest.raises(StoreError, match="no listing"):
        fed(cage, [document("long", 100), broken()], kept)
    assert len(taken) > 5
    assert {place for place, _ in kept.outcomes} == set(taken)


def test_pages_of_a_closed_cage_have_outcomes_too() -> None:
    kept = Kept()
    with Cage(2) as cage, concurrent.futures.ThreadPoolExecutor(1) as thread:
        pages = [Place("d", page, "slow") for page in range(1, 5)]
        feeding = thread.submit(fed, cage, [pages], kept)
        time.sleep(1)
        cage.close()
        assert feeding.result(30).read + feeding.result().failed == 4
    assert WorkerDied in kept.errors().values()


def test_requests_follow_the_queue_of_the_server(cage: Cage) -> None:
    seats = asyncio.Semaphore(6)
    inside = 0

    async def read(picture: PagePicture) -> str:
        nonlocal inside
        inside += 1
        async with seats:
            await asyncio.sleep(0.03)
        inside -= 1
        return str(picture.page)

    class Shown:
        async def load(self) -> ServerLoad:
            return ServerLoad(min(6, inside), max(0, inside - 6))

    states: list[FeedState] = []
    limits = FeedLimits(gate=GatePolicy(first=1, most=100), look_s=0.02)
    stages = Stages(drawn, read, Kept())
    asyncio.run(
        feed(turns_of([places("d", 300)]), stages, cage, Shown(), limits, watch=states.append)
    )
    settled = [state for state in states[len(states) // 2 : -10] if state.ready]
    assert settled
    limits_seen = Counter(state.limit for state in settled)
    assert max(limits_seen) <= 10
    assert limits_seen[7] + limits_seen[8] > 0.7 * len(settled)  # six at work, one or two wait
