"""How many requests are under way."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.gpu_workers.gate import Gate, GatePolicy, next_limit
from docmill.gpu_workers.load import ServerLoad

POLICY = GatePolicy(first=8, most=256, spare=1 / 8, least_spare=2)
counts = st.integers(0, 1000)


@given(counts, counts, st.builds(ServerLoad, counts, counts) | st.none())
def test_the_limit_stays_within_its_bounds(
    limit: int, in_flight: int, load: ServerLoad | None
) -> None:
    limit = max(1, min(limit, POLICY.most))
    assert 1 <= next_limit(limit, min(in_flight, limit), load, POLICY) <= POLICY.most


@given(seats=st.integers(1, 200), others=st.integers(0, 100))
def test_a_server_of_any_size_is_full_after_a_few_looks_and_its_queue_short(
    seats: int, others: int
) -> None:
    limit = POLICY.first
    for _ in range(25):
        requests = limit + others  # other users of the same server
        load = ServerLoad(min(seats, requests), max(0, requests - seats))
        limit = next_limit(limit, limit, load, POLICY)
    assert limit + others >= seats
    queued = limit + others - seats
    spare = max(POLICY.least_spare, -(-seats // 8))
    assert 1 <= queued <= spare or limit == 1  # others alone may keep it full


@given(seats=st.integers(20, 200), requests_per_page=st.integers(2, 30))
def test_pages_of_many_requests_keep_it_full_too(seats: int, requests_per_page: int) -> None:
    limit, limits = POLICY.first, list[int]()
    for _ in range(30):
        requests = limit * requests_per_page
        load = ServerLoad(min(seats, requests), max(0, requests - seats), requests)
        limit = next_limit(limit, limit, load, POLICY)
        limits.append(limit)
    for settled in limits[-10:]:
        queued = settled * requests_per_page - seats
        assert 0 <= queued < -(-seats // 8) + requests_per_page


def test_the_limit_does_not_grow_while_pages_are_short() -> None:
    assert next_limit(40, 30, ServerLoad(30, 0), POLICY) == 40


def test_the_limit_does_not_grow_while_requests_are_on_their_way() -> None:
    assert next_limit(72, 72, ServerLoad(running=30, waiting=0, own=72), POLICY) == 72
    assert next_limit(72, 72, ServerLoad(running=64, waiting=0, own=72), POLICY) > 72


def test_without_a_known_load_nothing_changes() -> None:
    assert next_limit(8, 8, None, POLICY) == 8


def test_requests_in_the_queue_are_made_fewer_by_sending_none() -> None:
    assert next_limit(128, 128, ServerLoad(64, 64), POLICY) == 64 + 8


def test_nobody_enters_a_full_gate_before_somebody_leaves() -> None:
    async def run() -> None:
        gate = Gate(GatePolicy(first=2))
        await gate.enter()
        await gate.enter()
        third = asyncio.create_task(gate.enter())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(third), 0.02)
        gate.leave()
        await asyncio.wait_for(third, 1)
        assert gate.inside == 2

    asyncio.run(run())


def test_a_raised_limit_lets_those_in_who_wait() -> None:
    async def run() -> None:
        gate = Gate(GatePolicy(first=1))
        await gate.enter()
        second = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        gate.steer(ServerLoad(running=1, waiting=0))
        await asyncio.wait_for(second, 1)
        assert gate.limit == 3

    asyncio.run(run())
