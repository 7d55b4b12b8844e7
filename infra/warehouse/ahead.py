"""The lake's objects, fetched by threads before the loader comes to them.

They only fetch and inflate. What keeps Python busy is done by the loader itself: threads that
compute would make it wait for Python at every step it takes in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import orjson

from docmill.infra.lake import Lake, is_extraction
from docmill.schemas.result_json import result_of

MOST = 64  # fetched or under way, and not yet asked for


@dataclass(frozen=True)
class Unpacked:
    """An object: its JSON text; of an extraction also its content, and its result as JSON."""

    text: bytes
    content: dict[str, Any] | None = None
    result: bytes = b""


class ObjectsAhead:
    """Objects by name. Used by one thread.

    Args:
        lake: where they are.
        pool: the threads that fetch.
    """

    def __init__(self, lake: Lake, pool: Executor) -> None:
        self._lake = lake
        self._pool = pool
        self._wanted: dict[str, None] = {}  # in the order in which they will be asked for
        self._under_way: dict[str, Future[bytes | None]] = {}

    def want(self, names: Iterable[str]) -> None:
        """Say what will be asked for next."""
        self._wanted.update((name, None) for name in names if name not in self._under_way)
        self._go_on()

    def get(self, name: str) -> Unpacked | None:
        """The object; None where there is none.

        Raises:
            StoreError: it cannot be read.
            ValueError, KeyError, TypeError, AttributeError, IndexError: it is not what it should
                be.
        """
        self._wanted.pop(name, None)
        fetched = self._under_way.pop(name, None)
        self._go_on()
        text = fetched.result() if fetched else self._lake.text(name)
        return None if text is None else _unpacked(name, text)

    def forget(self, names: Iterable[str]) -> None:
        """Say what will not be asked for after all."""
        for name in names:
            self._wanted.pop(name, None)
            self._under_way.pop(name, None)
        self._go_on()

    def _go_on(self) -> None:
        while self._wanted and len(self._under_way) < MOST:
            name = next(iter(self._wanted))
            del self._wanted[name]
            self._under_way[name] = self._pool.submit(self._lake.text, name)


def _unpacked(name: str, text: bytes) -> Unpacked:
    if not is_extraction(name):
        return Unpacked(text)
    content = orjson.loads(text)
    return Unpacked(text, content, orjson.dumps(result_of(content)))
