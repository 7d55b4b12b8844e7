"""The lake's requests, counted by a store around the store."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.store import ObjectStore, Sink, StoredObject
from docmill.infra.telemetry.metrics import LAKE_REQUESTS, LAKE_SECONDS, Metrics

OK, NONE, KEPT, FAILED = "ok", "none", "kept", "failed"


def measured_lake(root: str, metrics: Metrics) -> Lake:
    """The lake at a root (`Workspace.lake_root`), whose requests are counted."""
    return Lake(MeasuredStore(open_store(root), metrics))


@dataclass(frozen=True)
class MeasuredStore:
    """A store as another one, with every request counted and timed; see `ObjectStore`."""

    store: ObjectStore
    metrics: Metrics

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`."""
        return self.store.uri

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        with self._request("put") as request:
            created = self.store.put(key, content)
            request.outcome = OK if created else KEPT
            return created

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`."""
        with self._request("put") as request:
            created = self.store.put_file(key, path)
            request.outcome = OK if created else KEPT
            return created

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        with self._request("get") as request:
            content = self.store.get(key)
            request.outcome = NONE if content is None else OK
            return content

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`."""
        with self._request("get") as request:
            self.store.download(key, target, etag)
            request.outcome = OK

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        with self._request("find") as request:
            found = self.store.find(key)
            request.outcome = NONE if found is None else OK
            return found

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`; counted when it ends, without the time of whoever asks."""
        coming = iter(self.store.list(prefix, start_after))
        seconds, outcome = 0.0, FAILED
        try:
            while True:
                began = perf_counter()
                try:
                    found = next(coming, None)
                finally:
                    seconds += perf_counter() - began
                if found is None:
                    outcome = OK
                    return
                try:
                    yield found
                except GeneratorExit:
                    outcome = OK  # who asked had enough
                    raise
        finally:
            self._note("list", outcome, seconds)

    @contextmanager
    def _request(self, operation: str) -> Generator[_Request]:
        request, began = _Request(), perf_counter()
        try:
            yield request
        finally:
            self._note(operation, request.outcome, perf_counter() - began)

    def _note(self, operation: str, outcome: str, seconds: float) -> None:
        self.metrics.count(LAKE_REQUESTS, operation, outcome)
        self.metrics.observe(LAKE_SECONDS, seconds, operation)


@dataclass
class _Request:
    outcome: str = FAILED
