"""How many pages are read at once: enough that the server never idles, and no more.

A server with continuous batching works on as many requests as it has room for and queues the rest.
While anything is queued it never idles; a long queue only makes every page wait. So a few requests
are kept in its queue, whatever its size, its other users and the way there: each page that ends is
followed by the next at once, and now and then their number is set right by what the server shows.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from docmill.gpu_workers.load import ServerLoad


@dataclass(frozen=True)
class GatePolicy:
    """How many pages may be read at once.

    Args:
        first: before anything is known, and where the server tells nothing.
        most: never more; the picture of each is in memory.
        spare: requests that are to wait in the server's queue, as a share of those running...
        least_spare: ...but never fewer.
    """

    first: int = 8
    most: int = 256
    spare: float = 1 / 8
    least_spare: int = 2


def next_limit(limit: int, in_flight: int, load: ServerLoad | None, policy: GatePolicy) -> int:
    """How many pages may be read at once from now on.

    Nothing queued: half of those running are added, until a queue forms, so that a server of
    unknown size is full after a few looks. Afterwards the queue is kept at its length. The limit
    is not raised where it was not reached, since pages are short then, not the server; nor while
    many requests are still on their way, which more of them would only delay. Other users of the
    server go first: where they fill its queue, one page at a time is left.

    Args:
        limit: what it was.
        in_flight: pages that are read now. Where a page is several requests (one for each of its
            regions), `load.own` tells how many on average.
        load: what the server shows.
        policy: bounds.
    """
    if load is None:
        return limit
    requests_per_page = max(1.0, load.own / max(1, in_flight))
    spare = max(policy.least_spare, math.ceil(load.running * policy.spare))
    if load.waiting > spare:
        too_many = int((load.waiting - spare) / requests_per_page)
        return max(1, min(limit, in_flight - too_many))
    on_their_way = load.own - load.running - load.waiting
    if in_flight < limit or on_their_way > max(spare, load.running // 2):
        return limit
    missing = spare - load.waiting if load.waiting else max(spare, load.running // 2)
    step = math.ceil(missing / requests_per_page)
    return min(policy.most, limit + step)


class Gate:
    """Lets as many in as the limit says; used by one event loop."""

    def __init__(self, policy: GatePolicy) -> None:
        self._policy = policy
        self._limit = min(policy.first, policy.most)
        self._inside = 0
        self._room = asyncio.Event()

    @property
    def limit(self) -> int:
        """How many may be inside."""
        return self._limit

    @property
    def inside(self) -> int:
        """How many are."""
        return self._inside

    async def enter(self) -> None:
        """Waits for room and takes it; whoever enters calls `leave` afterwards."""
        while self._inside >= self._limit:
            self._room.clear()
            await self._room.wait()
        self._inside += 1

    def leave(self) -> None:
        """Gives the room back."""
        self._inside -= 1
        self._room.set()

    def steer(self, load: ServerLoad | None) -> None:
        """Sets the limit after what the server shows."""
        self._limit = next_limit(self._limit, self._inside, load, self._policy)
        self._room.set()
