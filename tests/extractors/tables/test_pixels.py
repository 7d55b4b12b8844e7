"""Ruling lines from pixels, also on pages that lean."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from docmill.extractors.render import open_document
from docmill.extractors.tables.find import find_tables
from docmill.extractors.tables.pixels import segments_in
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageText, Table, Word

ROWS = [
    ["Article", "Count", "Price", "Amount"],
    ["Bolt M8 steel", "12", "0.40", "4.80"],
    ["Nut", "100", "0.05", "5.00"],
    ["Washer, large", "7", "1.10", "7.70"],
]
WORD = (Box(x0=0.1, y0=0.1, x1=0.2, y1=0.12),)


def ruled(sheet: Any) -> None:
    sheet.rows((50, 170, 240, 310), 114, ROWS, 20)
    for number in range(5):
        sheet.line(45, 100 + 20 * number, 360, 100 + 20 * number)
    for x in (45, 160, 230, 300, 360):
        sheet.line(x, 100, x, 180)


def turned(box: Box, degrees: float, width: int, height: int) -> Box:
    """The box around a box after the page is turned about its middle."""
    angle = math.radians(degrees)
    corners = [
        ((x - 0.5) * width, (y - 0.5) * height) for x in (box.x0, box.x1) for y in (box.y0, box.y1)
    ]
    moved = [
        (x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle))
        for x, y in corners
    ]
    xs = [x / width + 0.5 for x, _ in moved]
    ys = [y / height + 0.5 for _, y in moved]
    return Box.clipped(min(xs), min(ys), max(xs), max(ys))


def scanned(word: Word, degrees: float, page: PageText) -> Word:
    box = turned(word.box, degrees, page.width_px, page.height_px)
    return word.model_copy(update={"box": box, "box_source": BoxSource.OCR})


@pytest.mark.parametrize("degrees", [0.0, 0.8, -1.2])
def test_a_leaning_scan(
    drawn: Callable[..., bytes],
    read_all: Callable[[bytes], list[PageText]],
    texts: Callable[[Table], list[list[str]]],
    degrees: float,
) -> None:
    content = drawn(ruled)
    (page,) = read_all(content)
    with open_document(content) as document:
        picture = document.page(1).image(150, gray=True)
    leaning = picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    words = tuple(scanned(word, degrees, page) for word in page.words)
    segments = segments_in(np.asarray(leaning), [word.box for word in words])
    (table,) = find_tables(page.model_copy(update={"words": words, "tables": ()}), segments)
    assert texts(table) == ROWS
    across = [s for s in segments if s[2] - s[0] > 0.7]
    down = [s for s in segments if s[3] - s[1] > 0.1 and s not in across]
    assert (len(across), len(down)) == (5, 5)


def test_broken_and_hidden_lines() -> None:
    picture = Image.new("L", (1000, 800), 255)
    pen = ImageDraw.Draw(picture)
    for x in range(100, 900, 50):
        pen.line((x, 300, x + 47, 300), fill=40, width=2)
    pen.line((100, 500, 900, 500), fill=40, width=2)
    words = (*WORD, Box(x0=0.4, y0=0.61, x1=0.5, y1=0.635))
    across = segments_in(np.asarray(picture), words)
    assert [800 * y0 for _, y0, _, _ in across] == pytest.approx([300, 500], abs=2)
    for x0, _, x1, _ in across:
        assert (x0, x1) == (pytest.approx(0.1, abs=0.01), pytest.approx(0.9, abs=0.01))


def test_words_and_blots_are_no_lines() -> None:
    picture = Image.new("L", (1000, 800), 255)
    pen = ImageDraw.Draw(picture)
    for y in range(80, 720, 24):
        pen.text((100, y), "Immediately illuminated timetable mm", fill=0, font_size=18)
    pen.rectangle((700, 300, 800, 400), fill=0)  # a blot
    words = [Box(x0=0.1, y0=y / 800, x1=0.45, y1=(y + 20) / 800) for y in range(80, 720, 24)]
    assert segments_in(np.asarray(picture), words) == ()


def test_a_tiny_picture_has_no_lines() -> None:
    assert segments_in(np.zeros((5, 5), np.uint8), WORD) == ()
