"""Is a text layer to be believed? Where its words stand against what the page shows.

All functions are pure. Pictures are 8-bit gray arrays of the displayed page, shape (height,
width); boxes are fractions of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, Word

Picture = NDArray[np.uint8]

INK_DPI = 72
"""Resolution of the look at the page: 8-point letters are still several pixels high."""

INK_MAX_PIXELS = 4_000_000
"""An A0 plan at half of `INK_DPI`; more would cost more than reading the page."""

DUST_SHARE = 0.001
"""Share of ink that dust and punched holes leave on a scan of an empty page; one line of print
or handwriting on A4 leaves more."""

INK_LEVELS = 24
"""Levels (of 255) off the paper that count as ink: JPEG noise and paper grain stay below."""

BLANK_SHARE = 2e-5
"""Largest share of inked pixels on a blank page: 10 pixels on A4, less than one short word."""

EDGE_LEVELS = 3
"""Levels between neighbouring pixels that show a stroke: small print in #ddd or yellow has 5 or
more, bare paper and filled areas 0. Noise counts as strokes, which errs towards believing."""

TRIM_TOP, TRIM_BOTTOM = 0.12, 0.08
"""Shares of a word's box cut off before looking: lines set tightly reach into each other there."""

STACKED_OVERLAP = 0.6
"""Intersection over union from which two words stand on each other: neighbouring lines of
fonts that claim too much height stay below."""

STACKED_SHARE, STACKED_MIN = 0.1, 5
"""Share and number of words on top of *different* words from which a page is not believed."""

STACKED_NEIGHBOURS = 400
"""How many words further down a page are compared: several lines' worth; bounds the work."""

PICTURE_AREA, PICTURE_WORDS, PICTURE_COVER = 0.5, 30, 0.3
"""A page is a scan with a stamp, not a text page, where pictures fill half of it, there are
fewer words than on any letter, and those words stand on less than this share of its ink."""


PICTURE_MIN, PICTURES_MAX, PICTURE_EDGES = 0.002, 6, 0.004
"""A picture that may hold print has this share of the page (a line of 3 x 8 mm on A4) and this
share of pixels at strokes; so many are looked at on one page."""


def has_ink(picture: Picture) -> bool:
    """Whether anything at all stands on the page."""
    return ink_share(picture) > BLANK_SHARE


def wordless(picture: Picture) -> PageStatus:
    """What a page is on which an engine found no words: `BLANK` but for dust, or `NO_TEXT`."""
    return PageStatus.BLANK if ink_share(picture) <= DUST_SHARE else PageStatus.NO_TEXT


def ink_share(picture: Picture) -> float:
    """Share of the page's pixels that are not paper."""
    return float(_ink(picture).mean())


def _ink(picture: Picture) -> NDArray[np.bool_]:
    return np.abs(picture.astype(np.int16) - np.median(picture)) > INK_LEVELS


def visible(boxes: Sequence[Box], picture: Picture) -> list[bool]:
    """For every box, whether strokes are to be seen in it.

    White print on white, print behind a shape, cut off, in rendering mode 3 or far too small
    leaves none; an invisible OCR layer over a scan has those of the scan.
    """
    if not boxes:
        return []
    height, width = picture.shape
    corners = np.array([box.as_tuple() for box in boxes])
    tall = corners[:, 3] - corners[:, 1]
    x0, x1 = _span(corners[:, 0], corners[:, 2], width)
    y0, y1 = _span(corners[:, 1] + TRIM_TOP * tall, corners[:, 3] - TRIM_BOTTOM * tall, height)
    table = np.zeros((height + 1, width + 1), np.int32)  # summed-area table
    np.cumsum(np.cumsum(_edges(picture), 0, np.int32), 1, out=table[1:, 1:])
    # A pixel at the far sides would be compared with one outside the box.
    x1, y1 = np.maximum(x1 - 1, x0 + 1), np.maximum(y1 - 1, y0 + 1)
    edges = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
    return [bool(number) for number in edges]


def _edges(picture: Picture) -> NDArray[np.bool_]:
    """Where a pixel differs from its right or lower neighbour."""
    levels = picture.astype(np.int16)
    edges = np.zeros(picture.shape, np.bool_)
    edges[:, :-1] = np.abs(np.diff(levels, axis=1)) > EDGE_LEVELS
    edges[:-1] |= np.abs(np.diff(levels, axis=0)) > EDGE_LEVELS
    return edges


def _span(
    start: NDArray[np.float64], end: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels from `start` to `end` (fractions of `size`), at least two wherever there are two."""
    first = np.floor(start * size + 0.25).astype(np.intp)
    last = np.ceil(end * size - 0.25).astype(np.intp)
    first = np.clip(first, 0, max(size - 2, 0))
    return first, np.clip(last, np.minimum(first + 2, size), size)


def is_mostly_picture(words: Sequence[Box], pictures: Sequence[Box], picture: Picture) -> bool:
    """Whether the page is a scan whose text layer holds next to nothing: a stamp, a footer."""
    if len(words) >= PICTURE_WORDS or not pictures:
        return False
    filled = _covered(pictures, picture.shape)
    if filled.mean() < PICTURE_AREA:
        return False
    ink = _ink(picture) & filled
    told = ink & _covered(words, picture.shape)
    return bool(told.sum() < PICTURE_COVER * ink.sum())


def unread_pictures(
    pictures: Sequence[Box], words: Sequence[Word], picture: Picture
) -> tuple[Box, ...]:
    """Pictures large enough for a line of print, inked, and without a word on them.

    The largest ones, from the top down; letterheads and stamps are often such pictures.
    """
    shown = [word.box for word in words if word.visible]
    height, width = picture.shape
    found: list[Box] = []
    for box in sorted(dict.fromkeys(pictures), key=lambda box: -box.area):
        x0, y0, x1, y1 = (
            round(c * s) for c, s in zip(box.as_tuple(), (width, height) * 2, strict=True)
        )
        part = picture[y0:y1, x0:x1]
        if len(found) == PICTURES_MAX or box.area < PICTURE_MIN or min(part.shape) < INK_DPI / 12:
            break
        worded = any(box.intersection_area(word) > 0.5 * word.area for word in shown)
        if not worded and _edges(part).mean() > PICTURE_EDGES:
            found.append(box)
    return tuple(sorted(found, key=lambda box: (box.y0, box.x0)))


def _covered(boxes: Sequence[Box], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape
    mask = np.zeros((height, width), np.bool_)
    for x0, y0, x1, y1 in (box.as_tuple() for box in boxes):
        mask[int(y0 * height) : round(y1 * height) + 1, int(x0 * width) : round(x1 * width) + 1] = 1
    return mask


def stacked(words: Sequence[Word]) -> tuple[set[int], set[int]]:
    """Words that stand on an earlier word.

    Returns:
        The indexes of repetitions (same text: shadows, print set twice, a second text layer),
        and of words in conflict (another text: only one of the two can be what is seen).
    """
    repeated: set[int] = set()
    conflicting: set[int] = set()
    for first, second in _overlapping([word.box for word in words]):
        same = words[first].text.casefold() == words[second].text.casefold()
        (repeated if same else conflicting).add(second)
    return repeated, conflicting - repeated


def _overlapping(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs of indexes, lower one first, of boxes that cover nearly the same place."""
    if len(boxes) < 2:
        return []
    corners = np.array([box.as_tuple() for box in boxes])
    order = np.argsort(corners[:, 1], kind="stable")
    corners = corners[order]
    pairs: list[tuple[int, int]] = []
    for step in range(1, min(len(boxes), STACKED_NEIGHBOURS)):
        upper, lower = corners[:-step], corners[step:]
        # Boxes that overlap enough start within this much of each other.
        near = lower[:, 1] - upper[:, 1] <= (1 - STACKED_OVERLAP) * (upper[:, 3] - upper[:, 1])
        if not near.any():
            break
        hits = np.nonzero(near & (_iou(upper, lower) > STACKED_OVERLAP))[0]
        pairs += [_ordered(int(order[hit]), int(order[hit + step])) for hit in hits]
    return pairs


def _iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    total = np.prod(one[:, 2:] - one[:, :2], axis=1) + np.prod(other[:, 2:] - other[:, :2], axis=1)
    return shared / np.maximum(total - shared, 1e-12)


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def doubt_of_stacks(conflicts: int, words: int) -> str | None:
    """Why words on top of others make a page unbelievable; None where they do not."""
    if conflicts < STACKED_MIN or conflicts < STACKED_SHARE * words:
        return None
    return f"{conflicts} of {words} words stand on top of different words"
