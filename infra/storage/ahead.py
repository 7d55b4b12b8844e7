"""Objects fetched by threads before they are asked for.

Whoever needs thousands of objects of a far store one after the other would do little but wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from pathlib import Path

from docmill.infra.storage.store import ObjectStore, Sink, StoredObject

AHEAD = 32  # under way, or waiting to be asked for


class FetchedAhead:
    """An `ObjectStore` that knows which objects will be asked for. Used by one thread.

    Args:
        store: where they are.
        pool: the threads that fetch.
        keys: in about the order in which `get` will be called; what comes out of order, or
            again, is fetched then.
    """

    def __init__(self, store: ObjectStore, pool: Executor, keys: Iterable[str]) -> None:
        self._store = store
        self._pool = pool
        self._keys = iter(keys)
        self._under_way: dict[str, Future[bytes | None]] = {}

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`."""
        return self._store.uri

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        return self._store.put(key, content)

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`."""
        return self._store.put_file(key, path)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        for coming in islice(self._keys, AHEAD - len(self._under_way)):
            self._under_way[coming] = self._pool.submit(self._store.get, coming)
        fetched = self._under_way.pop(key, None)
        return fetched.result() if fetched else self._store.get(key)

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`."""
        self._store.download(key, target, etag)

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        return self._store.find(key)

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`."""
        return self._store.list(prefix, start_after)
