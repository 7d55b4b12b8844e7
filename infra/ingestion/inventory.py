"""A source's inventory: what it held when it was last looked at, and what came of it.

It is a list of objects in the order of their keys, cut into immutable chunks of some thousand.
An update reads and writes the chunks that change, and a manifest that names them all; the newest
manifest counts. Memory is bounded by a few chunks, whatever the size of the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from docmill.infra.ingestion.joining import side_by_side
from docmill.infra.lake import Lake
from docmill.schemas.errors import StoreError
from docmill.schemas.frozen import Frozen
from docmill.schemas.keys import stable_key

CHUNK_ENTRIES = 5000
_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a source that was read; `key` is its path below the place.

    `settled` is the work key under which its document has a final outcome, None where it is to
    be tried again.
    """

    key: str
    size: int
    etag: str
    document_id: str
    settled: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What is to be known of an object from now on; nothing, where it is gone."""

    key: str
    entry: Entry | None


class Chunk(Frozen):
    """Neighbouring objects of a source."""

    entries: tuple[Entry, ...]


class ChunkRef(Frozen):
    """A chunk in the lake: its key there, the key of its first object, how many it has."""

    key: str
    first: str
    entries: int


class Inventory(Frozen):
    """A manifest: the chunks, in order."""

    source: str
    uri: str
    made_at: datetime
    chunks: tuple[ChunkRef, ...] = ()

    @property
    def entries(self) -> int:
        """How many objects are known."""
        return sum(chunk.entries for chunk in self.chunks)


@dataclass(frozen=True)
class Inventories:
    """The inventories of one source in the lake.

    They belong to its name and place. What is included and excluded may change: objects that are
    no longer wanted are dropped, without being taken for gone.

    Args:
        lake: where they are kept.
        source: the source's name.
        uri: the place's URI.
        chunk_entries: a chunk has about this many objects, at most twice as many.
    """

    lake: Lake
    source: str
    uri: str
    chunk_entries: int = CHUNK_ENTRIES

    @property
    def prefix(self) -> str:
        """Where they are in the lake."""
        return f"inventories/{stable_key('source', {'name': self.source, 'uri': self.uri})}/"

    def newest(self) -> Inventory:
        """The inventory that counts; an empty one before the first.

        Raises:
            StoreError: the lake failed, or it is damaged.
        """
        key = next(self.lake.kept_keys(f"{self.prefix}manifests/"), None)
        inventory = self.lake.kept(Inventory, key) if key else None
        first = datetime.fromtimestamp(0, UTC)
        return inventory or Inventory(source=self.source, uri=self.uri, made_at=first)

    def entries(self, chunks: Iterable[ChunkRef]) -> Iterator[Entry]:
        """The objects in these chunks, read one chunk at a time.

        Raises:
            StoreError: the lake failed, or lacks a chunk.
        """
        for chunk in chunks:
            yield from self._chunk(chunk).entries

    def put_chunk(self, entries: Iterable[Entry]) -> ChunkRef:
        """Keep objects (at least one) as a chunk; it is not part of any inventory by that."""
        chunk = Chunk(entries=tuple(entries))
        key = stable_key("chunk", {"content": chunk.model_dump_json()})
        self.lake.keep(self._chunk_key(key), chunk)
        return ChunkRef(key=key, first=chunk.entries[0].key, entries=len(chunk.entries))

    def update(self, old: Inventory, updates: Iterable[Update], now: datetime) -> Inventory:
        """Make a new inventory of an old one; chunks that no update falls into stay as they are.

        Args:
            old: the newest inventory.
            updates: in ascending order of keys, each once.
            now: the present time, in UTC.

        Returns:
            The new one, or `old` where nothing changed.
        """
        building = _Building(self)
        ahead = _Ahead(updates)
        uppers = (*(chunk.first for chunk in old.chunks[1:]), None)
        for chunk, upper in zip(old.chunks or (None,), uppers, strict=True):
            if chunk and not ahead.has_below(upper) and not building.is_tiny:
                building.keep(chunk)
                continue
            known = self._chunk(chunk).entries if chunk else ()
            for entry, update in side_by_side(known, ahead.below(upper)):
                result = update.entry if update else entry
                if result:
                    building.add(result)
        chunks = building.chunks()
        if chunks == old.chunks:
            return old
        made_at = max(now, old.made_at + _MICROSECOND)  # newest first, even by a clock set back
        inventory = Inventory(source=self.source, uri=self.uri, made_at=made_at, chunks=chunks)
        self.lake.keep(f"{self.prefix}manifests/{_newest_first(made_at)}.json", inventory)
        return inventory

    def _chunk(self, chunk: ChunkRef) -> Chunk:
        found = self.lake.kept(Chunk, self._chunk_key(chunk.key))
        if found is None:
            raise StoreError(
                f"the lake lacks {self._chunk_key(chunk.key)}, a part of an inventory",
                f"Restore it from a backup, or delete all below {self.prefix}manifests/: "
                "the source is then looked at as if for the first time, and done work stays done.",
            )
        return found

    def _chunk_key(self, key: str) -> str:
        return f"{self.prefix}chunks/{key[:2]}/{key}.json.gz"


@dataclass
class _Building:
    """The chunks of an inventory that is being made; at most two are held in memory."""

    inventories: Inventories
    done: list[ChunkRef] = field(default_factory=list[ChunkRef])
    waiting: list[Entry] = field(default_factory=list[Entry])

    @property
    def is_tiny(self) -> bool:
        """Whether what waits should rather go together with its neighbours."""
        return 0 < len(self.waiting) < self.inventories.chunk_entries // 4

    def keep(self, chunk: ChunkRef) -> None:
        """Take a chunk as it is."""
        self._write(len(self.waiting))
        self.done.append(chunk)

    def add(self, entry: Entry) -> None:
        """One more object."""
        self.waiting.append(entry)
        if len(self.waiting) >= 2 * self.inventories.chunk_entries:
            self._write(self.inventories.chunk_entries)

    def chunks(self) -> tuple[ChunkRef, ...]:
        """All of them."""
        self._write(len(self.waiting))
        return tuple(self.done)

    def _write(self, count: int) -> None:
        if count:
            self.done.append(self.inventories.put_chunk(self.waiting[:count]))
            del self.waiting[:count]


class _Ahead:
    """Updates, with a look at the next one."""

    def __init__(self, updates: Iterable[Update]) -> None:
        self._remaining = iter(updates)
        self._next = next(self._remaining, None)

    def has_below(self, upper: str | None) -> bool:
        """Whether the next one's key is below `upper`; None is above all keys."""
        return self._next is not None and (upper is None or self._next.key < upper)

    def below(self, upper: str | None) -> Iterator[Update]:
        """All those to come whose keys are below `upper`."""
        while self._next is not None and self.has_below(upper):
            yield self._next
            self._next = next(self._remaining, None)


def _newest_first(time: datetime) -> str:
    """A name that sorts before those of earlier times, with the time for people behind it."""
    left = (_LAST_MOMENT - time) // _MICROSECOND
    return f"{left:018d}-{time.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
