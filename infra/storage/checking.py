"""Whether a store can be used, found out by using it."""

from __future__ import annotations

from docmill.infra.storage.opening import open_store
from docmill.infra.storage.patience import HURRIED
from docmill.schemas.errors import StoreRefused

# One for ever: nothing in a lake is deleted, so a check must not leave an object each time.
PROBE_KEY = "doctor/probe"


def check_source(uri: str) -> str:
    """See that a source can be listed and its objects read; returns what was found.

    Raises:
        UsageError: it is no place that docmill knows.
        StoreError: it cannot.
    """
    store = open_store(uri, HURRIED)
    first = next(iter(store.list("")), None)
    if first is None:
        return f"{store.uri} can be listed, and holds nothing"
    store.find(first.key)
    return f"{store.uri} can be listed and read"


def check_lake(root: str) -> str:
    """See that a lake can be listed, read and written, and that nothing is overwritten there.

    It leaves one empty object, always the same.

    Raises:
        UsageError: it is no place that docmill knows.
        StoreError: it cannot.
    """
    store = open_store(root, HURRIED)
    next(iter(store.list("")), None)
    store.put(PROBE_KEY, b"")
    if store.put(PROBE_KEY, b""):
        raise StoreRefused(
            f"the server behind {store.uri} overwrites objects although told not to "
            "(it ignores If-None-Match)",
            "Use a server that can create an object only once; docs/storage.md names some.",
        )
    store.get(PROBE_KEY)
    return f"{store.uri} can be listed, read and written"
