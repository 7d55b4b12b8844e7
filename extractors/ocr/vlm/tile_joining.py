"""What was read in a page's tiles, put back together: nothing doubled, tables whole again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from docmill.extractors.ocr.vlm.model import joined, placed
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region, RegionCell
from docmill.schemas.geometry import Box

TAIL_WORDS = 120
"""So many words are looked at on either side of a cut; an overlap holds a few lines."""

MIN_WORDS = 3
"""Fewer equal words in a row may stand there by chance."""

CUT_WORDS, CUT_ROWS = 20, 1
"""What a cut went through may differ: words of one line, or one row of a table, on either side."""

NEAR = 0.04
"""How far from a cut a table may end and still go on behind it, as a share of the page."""

AT_EDGE = 0.005
"""How far from the edge of a tile something may end that was cut there, as a share of the page."""

SAME_WIDTH = 0.8
"""What two parts of one column have in common of the wider one's width, at least."""


@dataclass(frozen=True)
class TileAnswer:
    """What a model said about a tile; boxes and spans are the tile's own."""

    box: Box
    raw: str
    answer: ParsedAnswer


def joined_tiles(tiles: Sequence[TileAnswer]) -> tuple[str, ParsedAnswer]:
    """All that was said, as one answer about the whole: boxes in 0..1 of it, spans shifted.

    What two overlapping tiles both show is taken once: from the upper one up to the end of the
    longest stretch that both have in common, from the lower one after it; lines that a cut went
    through lie beyond it on both sides. Where nothing is in common, all is kept.

    Args:
        tiles: from above; there is at least one.
    """
    answers = [placed(tile.answer, tile.box) for tile in tiles]
    for index in range(1, len(tiles)):
        upper, lower = tiles[index - 1].box, tiles[index].box
        if lower.y0 < upper.y1:
            shared = Box(x0=0, y0=lower.y0, x1=1, y1=upper.y1)
            answers[index - 1 : index + 1] = _once(answers[index - 1], answers[index], shared)
    raw, whole = joined([(tile.raw, own) for tile, own in zip(tiles, answers, strict=True)])
    regions = list(whole.regions)
    at = len(regions)
    for index in range(len(tiles) - 1, 0, -1):
        at -= len(answers[index].regions)
        if 0 < at < len(regions) and _goes_on(regions[at - 1], regions[at], tiles[index].box.y0):
            regions[at - 1 : at + 1] = [_one_table(regions[at - 1], regions[at])]
    return raw, replace(whole, regions=tuple(regions))


def _once(
    upper: ParsedAnswer, lower: ParsedAnswer, shared: Box
) -> tuple[ParsedAnswer, ParsedAnswer]:
    """Two answers, without in the lower one what is in the upper one already."""
    above = [one for one in upper.regions if not _torn(one, lower.regions, shared, shared.y1)]
    below = [one for one in lower.regions if not _torn(one, above, shared, shared.y0)]
    kept: list[Region] = []
    for number, region in enumerate(below):
        found = [
            (*_common(above[index], region), index)
            for index, other in enumerate(above)
            if _reaches(region, number, shared) and _faces(other, region, shared)
        ]
        count, end, start, index = max(found, default=(0, 0, 0, 0))
        if count:
            above[index] = _first(above[index], end)
            region = _after(region, start)
        if region.text.strip() or not count:
            kept.append(region)
    return replace(upper, regions=tuple(above)), replace(lower, regions=tuple(kept))


def _torn(region: Region, others: Sequence[Region], shared: Box, edge: float) -> bool:
    """Whether a region is what a cut left of a line that the other tile shows in full.

    It lies within what both show, at the edge of its own tile, and the other one has something at
    its place.
    """
    box = region.box
    if box is None or not shared.y0 - AT_EDGE <= box.y0 <= box.y1 <= shared.y1 + AT_EDGE:
        return False
    if min(abs(box.y0 - edge), abs(box.y1 - edge)) > AT_EDGE:
        return False
    covers = (other.box.intersection_area(box) for other in others if other.box)
    return any(area > 0.5 * box.area for area in covers)


def _reaches(lower: Region, number: int, shared: Box) -> bool:
    """Whether a region of the lower tile may begin in what the tiles share."""
    return number == 0 if lower.box is None else lower.box.y0 < shared.y1


def _faces(upper: Region, lower: Region, shared: Box) -> bool:
    """Whether both may hold the same lines of the part that two tiles share."""
    if bool(upper.cells) != bool(lower.cells):
        return False
    if upper.box is None or lower.box is None:
        return upper.box is lower.box
    return upper.box.y1 > shared.y0 and _beside(upper.box, lower.box) > 0.5


def _beside(one: Box, other: Box) -> float:
    """What two boxes have in common of the wider one's width."""
    common = min(one.x1, other.x1) - max(one.x0, other.x0)
    return common / max(one.width, other.width, 1e-9)


def _common(upper: Region, lower: Region) -> tuple[int, int, int]:
    """The longest equal stretch: its length, its end in the upper and in the lower region.

    Counted in words, in tables in rows; 0 where it is too short to mean anything.
    """
    above, below = _items(upper), _items(lower)
    skipped = max(0, len(above) - TAIL_WORDS)
    matcher = SequenceMatcher(None, above[skipped:], below[:TAIL_WORDS], autojunk=False)
    enough = 1 if upper.cells else min(MIN_WORDS, len(above), len(below))
    beyond = CUT_ROWS if upper.cells else CUT_WORDS
    found = [
        (match.size, skipped + match.a + match.size, match.b + match.size)
        for match in matcher.get_matching_blocks()
        if match.size >= max(enough, 1) and match.b <= beyond
    ]
    return max((one for one in found if len(above) - one[1] <= beyond), default=(0, 0, 0))


def _items(region: Region) -> list[str]:
    """The region's words, or the rows of its table as one word each."""
    if not region.cells:
        return region.text.casefold().split()
    return ["\t".join(cell.text.strip() for cell in row).strip() for row in _rows(region)]


def _rows(region: Region) -> list[list[RegionCell]]:
    count = max(cell.row for cell in region.cells) + 1
    return [[cell for cell in region.cells if cell.row == row] for row in range(count)]


def _first(region: Region, count: int) -> Region:
    """The region with its first words, or rows, only."""
    if region.cells:
        return _with_cells(region, [cell for cell in region.cells if cell.row < count])
    ends = [0, *(word.end() for word in re.finditer(r"\S+", region.text))]
    return replace(region, text=region.text[: ends[count]])


def _after(region: Region, count: int) -> Region:
    """The region without its first words, or rows."""
    if region.cells:
        rest = [cell for cell in region.cells if cell.row >= count]
        return _with_cells(region, [replace(cell, row=cell.row - count) for cell in rest])
    starts = [word.start() for word in re.finditer(r"\S+", region.text)]
    return replace(region, text=region.text[starts[count] :] if count < len(starts) else "")


def _with_cells(region: Region, cells: Sequence[RegionCell]) -> Region:
    table = replace(region, cells=tuple(cells))
    text = "\n".join("\t".join(cell.text for cell in row) for row in _rows(table)) if cells else ""
    return replace(table, text=text)


def _goes_on(upper: Region, lower: Region, cut: float) -> bool:
    """Whether two tables are one that was cut."""
    if not upper.cells or not lower.cells or _columns(upper) != _columns(lower):
        return False
    if upper.box is None or lower.box is None:
        return upper.box is lower.box
    near = upper.box.y1 > cut - NEAR and lower.box.y0 < cut + NEAR
    return near and _beside(upper.box, lower.box) >= SAME_WIDTH


def _columns(table: Region) -> int:
    return max(cell.column + cell.column_span for cell in table.cells)


def _one_table(upper: Region, lower: Region) -> Region:
    rows = len(_rows(upper))
    moved = [replace(cell, row=cell.row + rows) for cell in lower.cells]
    boxes = [region.box for region in (upper, lower) if region.box]
    table = replace(
        upper,
        box=Box.around(boxes) if boxes else None,
        source=f"{upper.source}\n{lower.source}",
        span=(upper.span[0], lower.span[1]),
        ticked=(*upper.ticked, *lower.ticked),
    )
    return _with_cells(table, [*upper.cells, *moved])
