"""Reading order: lines into blocks, blocks down the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from docmill.schemas.geometry import Box

# In heights of the smaller line: white between lines of one paragraph, and how unlike in size.
LEADING = 0.8
SIZES = 1.7
# Shortest line of a text column, where columns stand side by side, in widths of the page.
COLUMN = 0.25
# How many lines back, row by row, the line above is looked for.
REACH = 60


def blocks_in_order(lines: Sequence[Box]) -> list[list[int]]:
    """Numbers of lines by block, in reading order.

    Lines close above each other that share columns form a block; blocks follow each other by
    their first line, rows from top to bottom.

    Args:
        lines: boxes of lines on the upright page, both ways in the unit of its longer side.
    """
    if not lines:
        return []
    rows = _by_rows(lines)
    order = [number for row in rows for number in row]
    # Beside others stands a cell or a value, which reads on in its row; a column's line is long.
    flowing = {n for row in rows for n in row if len(row) == 1 or lines[n].width >= COLUMN}
    block_of = list(range(len(lines)))
    for place, number in enumerate(order):
        earlier = order[max(0, place - REACH) : place]
        above = [
            other
            for other in earlier
            if {other, number} <= flowing and _continues(lines[other], lines[number])
        ]
        if above:
            nearest = max(above, key=lambda other: lines[other].y1)
            block_of[number] = block_of[nearest]
    blocks: dict[int, list[int]] = {}
    for number in order:
        blocks.setdefault(block_of[number], []).append(number)
    return list(blocks.values())


def _by_rows(lines: Sequence[Box]) -> list[list[int]]:
    """Line numbers by row: a line joins the row whose first line it overlaps by half."""
    middles = np.array([(line.y0 + line.y1) / 2 for line in lines])
    rows: list[list[int]] = []
    for number in (int(n) for n in np.argsort(middles, kind="stable")):
        line = lines[number]
        row = next((row for row in rows[-3:] if _level_with(lines[row[0]], line)), None)
        if row is None:
            rows.append([number])
        else:
            row.append(number)
    return [sorted(row, key=lambda n: lines[n].x0) for row in rows]


def _level_with(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= 0.5 * min(one.height, other.height)


def _continues(above: Box, line: Box) -> bool:
    """Whether `line` is the next line of the paragraph that `above` belongs to."""
    small, large = sorted((above.height, line.height))
    gap = line.y0 - above.y1
    columns = min(above.x1, line.x1) - max(above.x0, line.x0)
    return columns > 0 and -0.5 * small < gap < LEADING * small and large <= SIZES * small
