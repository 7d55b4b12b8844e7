"""Boxes as Chandra writes them: four numbers of 0..1000, `x0 y0 x1 y1`, origin top left."""

from __future__ import annotations

import math
import re
from typing import Final

from docmill.schemas.geometry import Box

SCALE: Final = 1000


def box_of(written: str | None) -> tuple[Box | None, str | None]:
    """The box that was meant, in 0..1, and what is wrong with it as it was written.

    Corners that are swapped are put right, and what hangs over the page's edge is cut off. There
    is no box where four numbers cannot be made out, or where they enclose nothing on the page:
    none is made up.
    """
    if written is None or not written.strip():
        return None, "has no box"
    numbers = _numbers(written)
    if numbers is None:
        return None, f"has a box that cannot be read: {written[:60]!r}"
    x0, y0, x1, y1 = numbers
    box = Box.clipped(x0 / SCALE, y0 / SCALE, x1 / SCALE, y1 / SCALE)
    if box.area == 0:
        outside = "outside of the page" if not _within(numbers) else "without an area"
        return None, f"has a box {outside}: {written[:60]!r}"
    if max(numbers) <= 1:  # all of the page as fractions, or a speck as thousandths
        return None, f"has a box of another scale: {written[:60]!r}"
    faults = [
        *(["inverted"] if x1 < x0 or y1 < y0 else []),
        *(["over the page's edge"] if not _within(numbers) else []),
    ]
    return box, f"has a box {' and '.join(faults)}: {written[:60]!r}" if faults else None


def _numbers(written: str) -> list[float] | None:
    pieces = re.split(r"[\s,;]+", written.strip("[](){} \t\n\r,;"))
    try:
        numbers = [float(piece) for piece in pieces]
    except ValueError:
        return None
    return numbers if len(numbers) == 4 and all(map(math.isfinite, numbers)) else None


def _within(numbers: list[float]) -> bool:
    return all(0 <= number <= SCALE for number in numbers)
