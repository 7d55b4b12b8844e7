"""Ruling lines in the pixels of a page: the one place that talks to OpenCV."""

# OpenCV's own type stubs are loose; everything that leaves this module has types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from docmill.extractors.tables.rulings import Segment
from docmill.schemas.errors import InternalError
from docmill.schemas.geometry import Box

Picture = NDArray[np.uint8]

# A line is at least so many line heights long: no letter is.
MIN_LENGTH = 2.0
# A line is so thick at most (line heights), and may lean by this share of its length.
MAX_THICK, MAX_LEAN = 0.35, 0.035
# Breaks of a line up to this many line heights are closed.
BREAK = 0.2
# Ink is darker than its surroundings by this many levels of 255.
CONTRAST = 12
# A line that words hide is followed behind them so far, line heights.
HIDDEN = 12.0
# Share of a word's height, on each side, that may hold a line close to the word.
EDGE = 0.15


def segments_in(picture: Picture, words: Sequence[Box]) -> tuple[Segment, ...]:
    """Straight lines across and down a page, broken or slightly leaning ones included.

    Words are blotted out first. Long runs of ink are kept by a morphological opening in each
    direction, after small breaks are closed and strokes widened so that a leaning line stays
    connected.

    Args:
        picture: gray page, shape (height, width).
        words: boxes of the page's words, at least one, fractions of the page.

    Raises:
        InternalError: OpenCV refuses the picture.

    Returns:
        Ends of every line, x0 y0 x1 y1 in fractions of the page, left to right or top to bottom.
    """
    try:
        return tuple(_segments(picture, words))
    except cv2.error as error:
        raise InternalError(f"OpenCV finds no lines on the page: {error}") from error


def _segments(picture: Picture, words: Sequence[Box]) -> Iterator[Segment]:
    height, width = picture.shape
    line_px = median(word.height for word in words) * height
    window = 2 * round(line_px) + 1
    if line_px < 3 or min(height, width) <= window:
        return
    mean, inverse = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
    thresholded = cv2.adaptiveThreshold(picture, 255, mean, inverse, window, CONTRAST)
    ink = np.asarray(thresholded, np.uint8)
    hidden = _covered(words, picture.shape)
    ink[hidden > 0] = 0
    for x0, y0, x1, y1 in _long_runs(ink, hidden, line_px):
        yield (x0 / width, y0 / height, x1 / width, y1 / height)
    turned, hidden = np.ascontiguousarray(ink.T), np.ascontiguousarray(hidden.T)
    for y0, x0, y1, x1 in _long_runs(turned, hidden, line_px):
        yield (x0 / width, y0 / height, x1 / width, y1 / height)


def _covered(words: Sequence[Box], shape: tuple[int, ...]) -> Picture:
    """Where words are, but for their edges: 255, elsewhere 0."""
    height, width = shape
    mask = np.zeros((height, width), np.uint8)
    for word in words:
        edge = EDGE * word.height * height
        top, bottom = word.y0 * height + edge, word.y1 * height - edge
        left, right = word.x0 * width + edge, word.x1 * width - edge
        mask[round(top) : round(bottom) + 1, round(left) : round(right) + 1] = 255
    return mask


def _long_runs(ink: Picture, hidden: Picture, line_px: float) -> Iterator[Segment]:
    """Ends of the horizontal lines of an inked picture, pixels."""
    thickest = max(3.0, MAX_THICK * line_px)
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, _bar(BREAK * line_px))
    thick = cv2.dilate(closed, _bar(3).T) if line_px > 15 else closed
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, _bar(MIN_LENGTH * line_px))
    # A line that a word's box reaches over goes on beyond it.
    bridged = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _bar(HIDDEN * line_px))
    runs = cv2.bitwise_or(opened, cv2.bitwise_and(bridged, hidden))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    for number in range(1, count):
        x, y, wide, high, area = (int(value) for value in stats[number])
        if high <= thickest + MAX_LEAN * wide and area <= thickest * wide:
            part = labels[y : y + high, x : x + wide] == number
            end = max(wide // 8, 1)
            yield (
                float(x),
                y + _middle(part[:, :end]),
                float(x + wide),
                y + _middle(part[:, -end:]),
            )


def _bar(length: float) -> Picture:
    """A horizontal bar of odd length, so that it has a middle."""
    return np.ones((1, 2 * int(length / 2) + 1), np.uint8)


def _middle(part: NDArray[np.bool_]) -> float:
    """Mean row of the marked pixels."""
    return float(np.nonzero(part)[0].mean()) + 0.5
