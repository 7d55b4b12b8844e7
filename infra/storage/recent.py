"""A store that remembers what was read lately: objects never change, and people ask in bursts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from docmill.infra.storage.store import ObjectStore, Sink, StoredObject

MOST_BYTES = 32 * 2**20


class RecentlyRead:
    """A store as another one, whose last objects are not fetched again; see `ObjectStore`.

    Args:
        store: where the objects are.
        most_bytes: how much is remembered.
    """

    def __init__(self, store: ObjectStore, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`."""
        return self._store.uri

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`; that there is nothing is not remembered."""
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        content = self._store.get(key)
        if content is not None:
            self._remember(key, content)
        return content

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        return self._store.put(key, content)

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`."""
        return self._store.put_file(key, path)

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`."""
        self._store.download(key, target, etag)

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        return self._store.find(key)

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`."""
        return self._store.list(prefix, start_after)

    def _remember(self, key: str, content: bytes) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = content
                self._bytes += len(content)
            while self._bytes > self._most_bytes:
                _, dropped = self._known.popitem(last=False)
                self._bytes -= len(dropped)
