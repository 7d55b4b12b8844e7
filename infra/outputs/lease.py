"""Who delivers: of several processes one at a time, for each output.

Time is cut into slots of half a minute. Whoever creates a slot's object delivers in that slot, and
must own every slot that a request may reach into. So a killed process is waited for no longer than
that, nothing has to be renewed while there is nothing to do, and no server keeps the locks. It
holds as far as the machines' clocks agree to some seconds; beyond that, the receiver sees an event
twice, and its id tells.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from docmill.infra.lake import Lake, hour_of
from docmill.schemas.frozen import Frozen

SLOT = timedelta(seconds=30)
_FREE = ".free"


class Holder(Frozen):
    """Who holds a slot: `who` for people, `token` for the process."""

    who: str
    token: str


class Lease:
    """The right to deliver to one output.

    Raises:
        StoreError: from every method, when the lake fails.
    """

    def __init__(self, lake: Lake, output: str) -> None:
        self._lake = lake
        self._root = f"deliveries/{output}/slots"
        self._me = Holder(who=f"{socket.gethostname()}:{os.getpid()}", token=uuid4().hex)
        self._held: dict[datetime, str] = {}

    def hold(self, now: datetime, duration: timedelta) -> str:
        """Own the slots from now until `duration` later.

        Returns:
            Who else holds one of them; empty when all are one's own.
        """
        self._held = {slot: key for slot, key in self._held.items() if slot + SLOT > now}
        for slot in _slots(now, duration):
            if slot not in self._held:
                other = self._claim(slot)
                if other:
                    return other
        return ""

    def release(self) -> None:
        """Let others deliver at once."""
        for key in self._held.values():
            self._lake.keep(key.replace(".json", f"{_FREE}.json"), self._me)
        self._held = {}

    def _claim(self, slot: datetime) -> str:
        prefix = f"{self._root}/{hour_of(slot)}/{slot:%M%S}/"
        taken = list(self._lake.kept_keys(prefix))
        claims = [key for key in taken if not key.endswith(f"{_FREE}.json")]
        if 2 * len(claims) > len(taken):  # one of them was not let go of
            return self._who(claims[-1])
        key = f"{prefix}{len(claims):04}.json"
        if not self._lake.keep(key, self._me):
            return self._who(key)
        self._held[slot] = key
        return ""

    def _who(self, key: str) -> str:
        holder = self._lake.kept(Holder, key)
        return holder.who if holder else "another process"


def _slots(now: datetime, duration: timedelta) -> Iterator[datetime]:
    number = now.astimezone(UTC).timestamp() // SLOT.total_seconds()
    slot = datetime.fromtimestamp(number * SLOT.total_seconds(), UTC)
    while slot < now + duration:
        yield slot
        slot += SLOT
