"""The regions of a page that GLM-OCR is asked about, one by one.

Nothing of the page is left out: words that lie in no region the layout model found make regions
of their own, and pictures are asked about where words were found in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from docmill.extractors.ocr.glm_ocr.layout import FoundRegion, LayoutModel
from docmill.extractors.ocr.glm_ocr.prompts import Task
from docmill.extractors.ocr.glm_ocr.reading_order import reading_order
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word

LABELS_OF_LAYOUT: Final = {
    "text": "text",
    "title": "section_header",
    "figure": "picture",
    "figure_caption": "caption",
    "table": "table",
    "table_caption": "caption",
    "header": "page_header",
    "footer": "page_footer",
    "reference": "bibliography",
    "equation": "formula",
}
"""The kinds of CDLA, in docmill's words."""

PICTURE: Final = "figure"
UNCOVERED: Final = "uncovered"
"""Native label of regions around words that the layout model saw no region for."""

_TASKS = {"table": Task.TABLE, "formula": Task.FORMULA}
_WITHIN: Final = 0.8  # share of a region's area from which it is a part of a larger one
_MARGIN: Final = 0.004  # around a region, in 0..1 of the page: letters reach over tight boxes
_NEAR: Final = 1.0  # white between lines of one region, in heights of a line


@dataclass(frozen=True)
class PagePart:
    """A region to be asked about, or a picture (`task` None) in which nothing is to be read."""

    label: str
    native_label: str
    box: Box
    score: float | None
    task: Task | None


def parts_of(picture: PagePicture, layout: LayoutModel) -> tuple[PagePart, ...]:
    """The parts of a page in reading order.

    Raises:
        EngineUnavailable: the layout model is not installed.
        EngineError: it failed.
    """
    found = _outermost(layout.regions(picture.image))
    found += _uncovered(picture.words, found)
    other = [word for word in picture.words if not any(_reads(one, word) for one in found)]
    order = reading_order([region.box for region in found])
    return tuple(_part(found[number], other) for number in order)


def _part(region: FoundRegion, unread: Iterable[Word]) -> PagePart:
    """`unread` are the words that stand in pictures alone."""
    label = LABELS_OF_LAYOUT.get(region.label, "text")
    task: Task | None = _TASKS.get(label, Task.TEXT)
    if label == "picture" and not any(_holds(region.box, word.box) for word in unread):
        task = None  # a model that is asked about a picture without print invents some
    x0, y0, x1, y1 = region.box.as_tuple()
    box = Box.clipped(x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN)
    return PagePart(label, region.label, box, region.score, task)


def _outermost(regions: Sequence[FoundRegion]) -> list[FoundRegion]:
    """Regions that are no part of a larger one: what stands in both would be read twice.

    Pictures come last: what stands in one is read as what it is.
    """
    kept: list[FoundRegion] = []
    for region in sorted(regions, key=lambda one: (one.label == PICTURE, -one.box.area)):
        inside = (other.box.intersection_area(region.box) for other in kept)
        if not any(shared >= _WITHIN * region.box.area for shared in inside):
            kept.append(region)
    return kept


def _uncovered(words: Sequence[Word], regions: Sequence[FoundRegion]) -> list[FoundRegion]:
    """Regions around words in none; lines close below each other make one."""
    left = [
        word
        for word in words
        if word.visible and not any(_holds(region.box, word.box) for region in regions)
    ]
    lines = [
        Box.around(word.box for word in line)
        for _, line in groupby(left, key=lambda word: (word.block, word.line))
    ]
    taken = [region.box for region in regions]
    found: list[FoundRegion] = []
    for line in lines:
        last = found[-1].box if found else None
        whole = Box.around([last, line]) if last else line
        free = not any(whole.intersection_area(box) > line.intersection_area(box) for box in taken)
        if last and free and _continues(last, line):
            found[-1] = replace(found[-1], box=whole)
        else:
            found.append(FoundRegion(UNCOVERED, line, None))
    return found


def _continues(above: Box, line: Box) -> bool:
    beside = min(above.x1, line.x1) - max(above.x0, line.x0)
    return beside > 0 and -line.height <= line.y0 - above.y1 <= _NEAR * line.height


def _reads(region: FoundRegion, word: Word) -> bool:
    return region.label != PICTURE and _holds(region.box, word.box)


def _holds(region: Box, word: Box) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return region.x0 <= x <= region.x1 and region.y0 <= y <= region.y1
