"""Pages by turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.gpu_workers.turns import PAGES_PER_TURN, Turns, turns_of

Page = tuple[str | int, int]
LONG_S = 60.0


def taken(turns: Turns[Page]) -> list[Page]:
    """All pages until none is to come."""
    pages: list[Page] = []
    while (page := turns.take(LONG_S)) is not None:
        pages += page
    return pages


@given(st.lists(st.integers(0, 30), max_size=20))
def test_every_page_comes_once_and_in_the_order_of_its_document(
    lengths: list[int],
) -> None:
    documents: list[list[Page]] = [
        [(number, page) for page in range(pages)] for number, pages in enumerate(lengths)
    ]
    came = taken(turns_of(documents))
    assert sorted(came) == [page for document in documents for page in document]
    for number, document in enumerate(documents):
        assert [page for page in came if page[0] == number] == document


def test_a_long_document_lets_others_pass() -> None:
    documents: list[list[Page]] = [[("long", page) for page in range(300)], [("short", 0)]]
    assert taken(turns_of(documents)).index(("short", 0)) == PAGES_PER_TURN


def test_whoever_waits_gets_the_page_that_comes() -> None:
    turns: Turns[Page] = Turns()
    assert turns.take(0.0) == ()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(turns.take, LONG_S)
        time.sleep(0.05)
        turns.add([("late", 1)])
        assert waiting.result() == (("late", 1),)
        waiting = pool.submit(turns.take, LONG_S)
        time.sleep(0.05)
        turns.close()
        assert waiting.result() is None


def test_what_a_document_raises_is_told_to_whoever_takes() -> None:
    def pages() -> Iterator[Page]:
        yield ("broken", 1)
        raise OSError("gone")

    turns = turns_of([pages()])
    assert turns.take(LONG_S) == (("broken", 1),)
    with pytest.raises(OSError, match="gone"):
        turns.take(LONG_S)
