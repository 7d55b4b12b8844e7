"""What is gone from a source: recorded in the lake at once, and left out of the next inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from docmill.infra.ingestion.inventory import ChunkRef, Entry, Inventories, Update
from docmill.infra.lake import Lake
from docmill.schemas.source import Departure

TOGETHER = 1000  # departures in one commit record


@dataclass
class Departing:
    """Objects that an inventory will no longer have, in order of keys.

    They are kept as chunks in the lake until the inventory is made, since they may be many.

    Args:
        lake: where departures are committed.
        inventories: the source's.
        clock: the present time, in UTC. A departure has the time it was noticed at, so that it
            ends every sighting before it.
    """

    lake: Lake
    inventories: Inventories
    clock: Callable[[], datetime]
    _chunks: list[ChunkRef] = field(default_factory=list[ChunkRef])
    _entries: list[Entry] = field(default_factory=list[Entry])
    _departures: list[Departure] = field(default_factory=list[Departure])

    def add(self, entry: Entry, *, is_gone: bool) -> None:
        """One more; where not `is_gone`, its place may hold it still."""
        self._entries.append(entry)
        if is_gone:
            uri = self.inventories.uri + entry.key
            self._departures.append(
                Departure(uri=uri, document_id=entry.document_id, gone_at=self.clock())
            )
        if len(self._entries) >= TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Record those that wait.

        Raises:
            StoreError: the lake failed.
        """
        if self._entries:
            self.lake.commit_sightings((), self._departures)
            self._chunks.append(self.inventories.put_chunk(self._entries))
            self._entries.clear()
            self._departures.clear()

    def updates(self) -> Iterator[Update]:
        """All that were recorded."""
        return (Update(entry.key, None) for entry in self.inventories.entries(self._chunks))
