"""Pages too full to look through say so, and full ones end in good time."""

from __future__ import annotations

from time import process_time

import pytest

from docmill.extractors.tables.find import MAX_LINES, MAX_WORDS, find_tables
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import TooLarge
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word


def page_with(count: int) -> PageText:
    """Words in rows of a hundred."""
    words = [
        Word(
            text="12",
            box=Box.clipped(0.01 * (n % 100), 0.01 * (n // 100), 0.01 * (n % 100) + 0.007, 1),
            block=0,
            line=n // 100,
        )
        for n in range(count)
    ]
    words = [
        word.model_copy(update={"box": word.box.model_copy(update={"y1": word.box.y0 + 0.004})})
        for word in words
    ]
    return PageText(
        document_id="d",
        page=1,
        width_px=1654,
        height_px=2339,
        engine=EngineTag(name="scripted", version="1"),
        status=PageStatus.OK,
        words=tuple(words),
    )


def test_too_many_words() -> None:
    with pytest.raises(TooLarge, match="words"):
        find_tables(page_with(MAX_WORDS + 1), ())


def test_too_many_lines() -> None:
    places = [(n + 1) / 600 for n in range(MAX_LINES * 11 // 20)]
    lines = [(0.0, at, 1.0, at) for at in places] + [(at, 0.0, at, 1.0) for at in places]
    with pytest.raises(TooLarge, match="lines"):
        find_tables(page_with(6), lines)


def test_a_full_page_ends_in_good_time() -> None:
    across = [(0.0, 0.01 * n + 0.007, 1.0, 0.01 * n + 0.007) for n in range(90)]
    down = [(0.01 * n + 0.0085, 0.0, 0.01 * n + 0.0085, 1.0) for n in range(90)]
    started = process_time()
    find_tables(page_with(9_000), [*across, *down])
    assert process_time() - started < 30
