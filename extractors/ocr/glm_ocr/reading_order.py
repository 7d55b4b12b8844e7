"""Reading order of regions: a recursive XY cut.

Source: Nagy and Seth, "Hierarchical representation of optically scanned documents" (1984). Columns
are cut before rows, and rows that columns run through are kept together: a title above two columns
and a footer below them do not tear them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from docmill.schemas.geometry import Box

OVERLAP: Final = 0.01
"""How far boxes may reach into each other and still be cut apart, in 0..1 of the page."""


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Numbers of the boxes in reading order, left before right, top before bottom."""
    return _ordered(boxes, _sorted(boxes, range(len(boxes))))


def _ordered(boxes: Sequence[Box], numbers: list[int]) -> list[int]:
    """`numbers` come sorted from top to bottom."""
    if len(numbers) < 2:
        return numbers
    columns = _groups({n: (boxes[n].x0, boxes[n].x1) for n in numbers})
    if len(columns) > 1:
        return [n for column in columns for n in _ordered(boxes, _sorted(boxes, column))]
    rows = _groups({n: (boxes[n].y0, boxes[n].y1) for n in numbers})
    if len(rows) == 1:
        return numbers  # no cut goes through
    ordered: list[int] = []
    while rows:
        together = _with_columns(boxes, rows)
        first = [n for row in rows[:together] for n in row]
        ordered += _ordered(boxes, _sorted(boxes, first))
        rows = rows[together:]
    return ordered


def _sorted(boxes: Sequence[Box], numbers: Sequence[int]) -> list[int]:
    return sorted(numbers, key=lambda n: (boxes[n].y0, boxes[n].x0))


def _with_columns(boxes: Sequence[Box], rows: Sequence[Sequence[int]]) -> int:
    """How many of the first rows have columns that run through all of them; at least one."""
    extents: dict[int, tuple[float, float]] = {}
    most = 1
    for count, row in enumerate(rows, 1):
        extents |= {n: (boxes[n].x0, boxes[n].x1) for n in row}
        if len(_groups(extents)) == 1:
            break
        most = count
    return most


def _groups(extents: dict[int, tuple[float, float]]) -> list[list[int]]:
    """Boxes between the gaps along one axis."""
    groups: list[list[int]] = []
    reach = 0.0
    for number, (start, end) in sorted(extents.items(), key=lambda item: (item[1], item[0])):
        if not groups or start >= reach - OVERLAP:
            groups.append([])
        groups[-1].append(number)
        reach = max(reach, end)
    return groups
