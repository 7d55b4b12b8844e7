"""The pages look like documents: nothing runs off the sheet or over other text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from PIL import Image, ImageStat

MARGIN_PT = 8
Box = tuple[float, float, float, float]


def area(box: Box) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def shared(a: Box, b: Box) -> float:
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def test_it_has_the_pages_it_says(entry: Any) -> None:
    assert len(entry.pages) == entry.page_count


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


def test_ticked_boxes_hold_ink_and_others_do_not(
    entry: Any, pictures: Callable[[Path], list[Image.Image]], sample_docs: Path
) -> None:
    rows: list[dict[str, Any]] = entry.data.get("checkboxes", [])
    if not rows:
        return
    shown = pictures(sample_docs / entry.data["path"])
    for index, row in enumerate(rows):
        spot = entry.data["boxes"][f"checkboxes[{index}].checked"]
        number: int = spot["page"]
        page = shown[number - 1]
        box: list[float] = spot["box"]
        x0, y0, x1, y1 = (c * side for c, side in zip(box, page.size * 2, strict=True))
        width, height = (x1 - x0) / 4, (y1 - y0) / 4  # the middle, without the frame
        inner = (x0 + width, y0 + height, x1 - width, y1 - height)
        assert (ImageStat.Stat(page.crop(inner)).mean[0] < 235) == row["checked"], row["label"]
