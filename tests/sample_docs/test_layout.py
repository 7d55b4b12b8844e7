"""The pages look like documents: nothing runs off the sheet or over other text."""

from __future__ import annotations

from itertools import combinations
from typing import Any

MARGIN_PT = 8
Box = tuple[float, float, float, float]


def area(box: Box) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def shared(a: Box, b: Box) -> float:
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def test_it_has_the_pages_it_says(entry: Any) -> None:
    assert len(entry.pages) == entry.data["pages"]


def test_no_text_runs_off_the_sheet(entry: Any) -> None:
    inside = [
        span.box[0] >= MARGIN_PT
        and span.box[1] >= MARGIN_PT
        and span.box[2] <= span.sheet[2] - MARGIN_PT
        and span.box[3] <= span.sheet[3] - MARGIN_PT
        for span in entry.spans
    ]
    assert [span.text for span, ok in zip(entry.spans, inside, strict=True) if not ok] == []


def test_no_text_covers_other_text(entry: Any) -> None:
    """Stamps are turned, and meant to lie across."""
    upright = [span for span in entry.spans if span.upright and span.text.strip()]
    covered = [
        (a.text, b.text)
        for a, b in combinations(upright, 2)
        if a.page == b.page and shared(a.box, b.box) > 0.3 * min(area(a.box), area(b.box))
    ]
    assert covered == []
