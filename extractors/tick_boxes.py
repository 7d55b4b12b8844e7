"""Tick boxes that are drawn on a page: small squares, and whether something stands in them.

Long straight strokes are kept by morphological opening, across and down; what they enclose and
is square and as large as a tick box is one, whatever is drawn inside. Squares in a chain (one
box per letter) and squares inside a word (large print) are none.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from statistics import median
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from docmill.extractors.fold import folded
from docmill.extractors.render import READING_DPI, OpenedPage
from docmill.schemas.errors import UnreadableFile
from docmill.schemas.geometry import Box
from docmill.schemas.naming import vocabulary
from docmill.schemas.page import BoxSource, FormField, PageText

# Side of a tick box in heights of the page's words; fewer pixels cannot be told from a letter.
SMALLEST, LARGEST = 0.55, 2.4
MIN_PIXELS = 9
# Width over height.
SQUARE = (0.72, 1.4)
# Area inside the strokes over the area of its bounding box: lower for letters such as D or O.
FULL = 0.8
# Share of dark pixels in the middle of a box from which something stands in it.
TICKED = 0.07
# What is left out on each side of a box before its middle is looked at.
MARGIN = 0.22
# Squares nearer than this share of their side stand in a chain; so many make one.
CHAIN_GAP, CHAIN = 0.5, 3
SQUARE_PT, MIN_SIDES = (5.0, 22.0), 4
"""Sides of drawn tick boxes in points, and how many each way are worth a look at the page."""

LOOK_DPI = 150
# Words on a page with a text layer that let tick boxes be expected: one of these, or such a pair.
_TICKING = vocabulary(
    "check tick checkbox ankreuzen angekreuzt zutreffendes cocher cochez marque casilla barrare"
    " casella aankruisen assinale zaznacz kryssa afkryds"
)
_CHOICES = (("yes", "no"), ("ja", "nein"), ("oui", "non"), ("si", "no"), ("ja", "nee"),
            ("sim", "nao"), ("tak", "nie"), ("ja", "nej"))  # fmt: skip

Gray: TypeAlias = NDArray[np.uint8]
Rectangle: TypeAlias = tuple[int, int, int, int]


def with_tick_boxes(page: OpenedPage, text: PageText) -> PageText:
    """The reading with the tick boxes drawn on the page among its form fields.

    A page that has interactive tick boxes is left as it is, and so is one with a text layer that
    says nothing of ticking: drawing it anew would cost more than reading it.

    Raises:
        UnreadableFile: the page is too damaged to be drawn.
    """
    interactive = any(field.kind in ("checkbox", "radio") for field in text.form_fields)
    words = [word for word in text.words if word.visible]
    if interactive or not words:
        return text
    scanned = any(word.box_source is BoxSource.OCR for word in words)
    expected = _expects_ticks({folded(word.text) for word in words})
    if not scanned and not expected and not _draws_squares(page):
        return text
    image = page.image(min(LOOK_DPI, READING_DPI) if page.pdf else None, gray=True)
    boxes = find_tick_boxes(np.asarray(image), text)
    return text.model_copy(update={"form_fields": (*text.form_fields, *boxes)}) if boxes else text


def _draws_squares(page: OpenedPage) -> bool:
    """Whether a PDF page draws sides of squares as small as tick boxes, at least two boxes."""
    if page.pdf is None:
        return False
    try:
        lines = page.pdf.segments
    except UnreadableFile:  # a finding of the table stage says so already
        return False
    low, high = SQUARE_PT
    width, height = page.info.width_pt, page.info.height_pt
    sides = [(abs(x1 - x0) * width, abs(y1 - y0) * height) for x0, y0, x1, y1 in lines]
    across = sum(low <= wide <= high and tall < low / 3 for wide, tall in sides)
    down = sum(low <= tall <= high and wide < low / 3 for wide, tall in sides)
    return min(across, down) >= MIN_SIDES


def _expects_ticks(words: Set[str]) -> bool:
    return bool(words & _TICKING) or any(words >= set(pair) for pair in _CHOICES)


def find_tick_boxes(image: Gray, text: PageText) -> tuple[FormField, ...]:
    """The tick boxes in a picture of the page, from top to bottom.

    Args:
        image: the displayed page in gray, height x width, 0 is black.
        text: what was read on it: squares inside words are letters.
    """
    height, width = image.shape
    _, dark = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    ink = np.asarray(dark, dtype=np.uint8)
    found = _squares(ink, _word_height(text, height))
    squares = [square for square in found if not _is_chained(square, found)]
    fields: list[FormField] = []
    for x, y, w, h in sorted(squares, key=lambda square: (square[1], square[0])):
        box = Box.clipped(x / width, y / height, (x + w) / width, (y + h) / height)
        if not _inside_word(box, text):
            fields.append(
                FormField(
                    name=f"tick_box_{len(fields) + 1}",
                    kind="checkbox",
                    value=None,
                    checked=_darkness(ink, (x, y, w, h)) >= TICKED,
                    box=box,
                )
            )
    return tuple(fields)


def _word_height(text: PageText, height: int) -> float:
    """Median height of the words, in pixels of a page of this height."""
    return height * median(word.box.height for word in text.words if word.visible)


def _squares(ink: Gray, word_height: float) -> list[Rectangle]:
    """Bounding boxes (x, y, width, height in pixels) of square holes between straight strokes."""
    smallest = max(MIN_PIXELS, SMALLEST * word_height)
    stroke = max(5, round(0.7 * smallest))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, stroke), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((stroke, 1), np.uint8))
    lines = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    contours, hierarchy = cv2.findContours(lines, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Rectangle] = []
    for contour, place in zip(contours, hierarchy[0] if contours else (), strict=True):
        x, y, w, h = cv2.boundingRect(contour)
        is_hole = place[3] >= 0
        area = cv2.contourArea(contour)
        full = area >= FULL * (w - 1) * (h - 1)
        x, y, w, h = x - 1, y - 1, w + 2, h + 2  # what dilation took
        sized = smallest <= max(w, h) <= LARGEST * word_height
        square = SQUARE[0] <= w / h <= SQUARE[1]
        if is_hole and full and sized and square:
            found.append((x, y, w, h))
    return found


def _is_chained(square: Rectangle, others: Sequence[Rectangle]) -> bool:
    """Whether the square is one of several side by side: a place for single letters, or a grid."""
    touching = _touching(square, others)
    return any(1 + len(_touching(one, others)) >= CHAIN for one in (square, *touching))


def _touching(square: Rectangle, others: Sequence[Rectangle]) -> list[Rectangle]:
    return [other for other in others if other != square and _touches(square, other)]


def _touches(first: Rectangle, second: Rectangle) -> bool:
    x, y, w, h = first
    a, b, v, _ = second
    level = abs(b - y) < 0.4 * h
    between = max(a - (x + w), x - (a + v))
    stacked = abs(a - x) < 0.4 * w and abs(b - y) < (1 + CHAIN_GAP / 2) * h
    return (level and between < CHAIN_GAP * w) or stacked


def _darkness(ink: Gray, square: Rectangle) -> float:
    """Share of dark pixels in the middle of the square."""
    x, y, w, h = square
    dx, dy = round(MARGIN * w), round(MARGIN * h)
    middle = ink[y + dy : y + h - dy, x + dx : x + w - dx]
    return float(np.count_nonzero(middle)) / max(1, middle.size)


def _inside_word(box: Box, text: PageText) -> bool:
    """Whether a word of several signs covers most of the box: then it is one of them."""
    return any(
        word.box.intersection_area(box) > 0.6 * box.area and len(word.text) > 1
        for word in text.words
        if word.visible
    )
