"""Pages of many documents by turns, so that a long one keeps nobody waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Condition
from typing import Generic, TypeVar

P = TypeVar("P")

PAGES_PER_TURN = 4


class Turns(Generic[P]):
    """Documents whose pages are taken by turns, those of one document in their order.

    Behind a document of 300 pages, the next document's first page thus is the fifth, not the
    301st. A few pages per turn, not one, spare whoever opens the files. Used by many threads.
    """

    def __init__(self) -> None:
        self._at_turn: deque[Iterator[P]] = deque()
        self._left_in_turn = PAGES_PER_TURN
        self._changed = Condition()
        self._closed = False

    def add(self, pages: Iterable[P]) -> None:
        """One more document. After `close` nobody may take it any more."""
        with self._changed:
            self._at_turn.append(iter(pages))
            self._changed.notify_all()

    def close(self) -> None:
        """No document is to come any more; those there are still taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, wait_s: float) -> tuple[P, ...] | None:
        """The next page; none after waiting for `wait_s` seconds; None where none is to come.

        Raises:
            Exception: what a document raised instead of a page.
        """
        with self._changed:
            page = self._next()
            if page is None and not self._closed:
                self._changed.wait(wait_s)
                page = self._next()
            if page is None:
                return None if self._closed else ()
            return page

    def _next(self) -> tuple[P] | None:
        while self._at_turn:
            page = list(islice(self._at_turn[0], 1))
            if not page:
                self._at_turn.popleft()
                self._left_in_turn = PAGES_PER_TURN
                continue
            self._left_in_turn -= 1
            if not self._left_in_turn:
                self._at_turn.rotate(-1)
                self._left_in_turn = PAGES_PER_TURN
            return (page[0],)
        return None


def turns_of(documents: Iterable[Iterable[P]]) -> Turns[P]:
    """The pages of these documents, and no more."""
    turns: Turns[P] = Turns()
    for pages in documents:
        turns.add(pages)
    turns.close()
    return turns
