"""Pages made from lines of text, without any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word

WIDTH, HEIGHT = 1700, 2200
CHARACTER, LINE, TOP = 0.011, 0.02, 0.05


def page_of(lines: Sequence[str], number: int = 1) -> PageText:
    """A page with one line under the other; three spaces or more are a gap between columns."""
    words: list[Word] = []
    for row, line in enumerate(lines):
        at = 0
        for text in line.split(" "):
            if text:
                x, y = 0.06 + CHARACTER * at, TOP + LINE * row
                box = Box.clipped(x, y, x + CHARACTER * len(text), y + 0.012)
                words.append(Word(text=text, box=box, block=row, line=row))
            at += len(text) + 1
    return PageText(
        document_id="d",
        page=number,
        width_px=WIDTH,
        height_px=HEIGHT,
        engine=EngineTag(name="text_layer", version="1"),
        status=PageStatus.OK if words else PageStatus.BLANK,
        words=tuple(words),
    )


@pytest.fixture(scope="session")
def typed() -> Callable[..., PageText]:
    """Makes a page: (lines, number=1)."""
    return page_of
