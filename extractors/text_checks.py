"""Is a text layer to be believed? What it says against what the page shows.

All functions are pure. Pictures are 8-bit gray arrays of the displayed page, shape (height,
width); boxes are fractions of it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docmill.schemas.geometry import Box

Picture = NDArray[np.uint8]

INK_DPI = 72
"""Resolution of the look at the page: 8-point letters are still several pixels high."""

INK_MAX_PIXELS = 4_000_000
"""An A0 plan at half of `INK_DPI`; more would cost more than reading the page."""

INK_LEVELS = 24
"""Levels (of 255) off the paper that count as ink: JPEG noise and paper grain stay below."""

BLANK_SHARE = 2e-5
"""Largest share of inked pixels on a blank page: 10 pixels on A4, less than one short word."""

VISIBLE_CONTRAST = 2.0
"""Standard deviation in levels inside a word's box: light grey print has 10, bare paper 0."""

TRIM_TOP, TRIM_BOTTOM = 0.12, 0.08
"""Shares of a word's box cut off before looking: lines set tightly reach into each other there."""

BAD_SHARE = 0.05
"""Share of impossible characters from which a page is not believed: a slip in a font spoils a
word or two, a wrong encoding spoils most."""


def has_ink(picture: Picture) -> bool:
    """Whether anything at all stands on the page."""
    paper = np.median(picture)
    inked = np.abs(picture.astype(np.int16) - paper) > INK_LEVELS
    return float(inked.mean()) > BLANK_SHARE


def inked(boxes: Sequence[Box], picture: Picture) -> list[bool]:
    """For every box, whether something in it differs from its surroundings."""
    if not boxes:
        return []
    height, width = picture.shape
    corners = np.array([box.as_tuple() for box in boxes])
    tall = corners[:, 3] - corners[:, 1]
    x0, x1 = _span(corners[:, 0], corners[:, 2], width)
    y0, y1 = _span(corners[:, 1] + TRIM_TOP * tall, corners[:, 3] - TRIM_BOTTOM * tall, height)
    values = picture.astype(np.float64)
    count = (x1 - x0) * (y1 - y0)
    mean = _sums(values, x0, y0, x1, y1) / count
    variance = _sums(values**2, x0, y0, x1, y1) / count - mean**2
    return [bool(seen) for seen in variance > VISIBLE_CONTRAST**2]


def _span(
    start: NDArray[np.float64], end: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels from `start` to `end` (fractions), at least two wherever there are two."""
    first = np.floor(start * size + 0.25).astype(np.intp)
    last = np.ceil(end * size - 0.25).astype(np.intp)
    first = np.clip(first, 0, max(size - 2, 0))
    return first, np.clip(last, np.minimum(first + 2, size), size)


def _sums(
    values: NDArray[np.float64],
    x0: NDArray[np.intp],
    y0: NDArray[np.intp],
    x1: NDArray[np.intp],
    y1: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Sum of `values` inside each rectangle, by way of a summed-area table."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = values.cumsum(0).cumsum(1)
    return table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]


def distrust(characters: str) -> str | None:
    """Why the characters of a page cannot be what is printed; None where nothing speaks so."""
    marks = [mark for mark in characters if not mark.isspace()]
    bad = Counter(kind for mark in marks if (kind := _fault(mark)))
    if bad.total() <= BAD_SHARE * len(marks):
        return None
    faults = ", ".join(f"{number} {kind}" for kind, number in bad.most_common())
    return f"of {len(marks)} characters in the text layer {faults}"


def _fault(mark: str) -> str | None:
    if mark == "\ufffd":
        return "unknown"
    return {"Cc": "control codes", "Co": "private-use", "Cn": "unassigned", "Cs": "unknown"}.get(
        unicodedata.category(mark)
    )
