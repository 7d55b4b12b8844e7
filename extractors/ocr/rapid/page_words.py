"""From the lines read on a view of a page to its words, in order and with their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from docmill.extractors.ocr.rapid.lines import Quads, slope_of
from docmill.extractors.ocr.rapid.order import blocks_in_order
from docmill.extractors.ocr.rapid.recognise import ReadLine, along_the_text
from docmill.extractors.ocr.rapid.script import believable
from docmill.extractors.ocr.rapid.view import View
from docmill.extractors.ocr.rapid.words import LineWord, words_of_line
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, UprightView, Word

MIN_CONFIDENCE = 0.5
"""Lines read with a lower mean confidence are counted, not told: they are mostly no text."""


@dataclass(frozen=True)
class Reading:
    """The lines found on a view of a page, each with its quadrilateral in pixels of the view."""

    view: View
    quads: Quads
    lines: Sequence[ReadLine]
    findings: tuple[str, ...]

    @property
    def told(self) -> list[int]:
        """Numbers of the lines that were read surely enough to be told."""
        return [n for n, line in enumerate(self.lines) if line.confidence >= MIN_CONFIDENCE]


def words_on_page(reading: Reading) -> tuple[tuple[Word, ...], UprightView | None]:
    """Words in reading order, and the upright page they stand on where it is another."""
    told = reading.told
    quads = along_the_text(reading.quads)[told]
    lines = [reading.lines[number] for number in told]
    level = reading.view.level(slope_of(quads))
    parts = [_believed(line) for line in lines]
    if not any(parts):
        return (), None
    places = np.concatenate([_places(q, p) for q, p in zip(quads, parts, strict=True) if p])
    displayed = reading.view.displayed(places)
    upright = level.boxes(places) if level else displayed
    frame = level.frame if level else None
    numbers = iter(range(len(places)))
    by_line = [[next(numbers) for _ in part] for part in parts]
    words = [word for part in parts for word in part]
    order = _in_order(by_line, upright, frame, reading.view)
    return (
        tuple(
            Word(
                text=words[n].text,
                box=displayed[n],
                block=block,
                line=line,
                confidence=words[n].confidence,
                box_source=BoxSource.OCR,
                upright=upright[n] if level else None,
            )
            for n, block, line in order
        ),
        frame,
    )


def _believed(line: ReadLine) -> tuple[LineWord, ...]:
    """The line's words, less sure where much of its ink was not read."""
    share = believable(line)
    return tuple(
        word if share == 1 else replace(word, confidence=word.confidence * share)
        for word in words_of_line(line)
    )


def _places(quad: NDArray[np.float32], words: Sequence[LineWord]) -> NDArray[np.float64]:
    """Corners of a line's words in pixels, shape (words, 4, 2)."""
    top_left, top_right, bottom_right, bottom_left = quad.astype(np.float64)

    def at(u: float, v: float) -> NDArray[np.float64]:
        upper = top_left + u * (top_right - top_left)
        lower = bottom_left + u * (bottom_right - bottom_left)
        return upper + v * (lower - upper)

    return np.array(
        [
            [at(w.left, w.top), at(w.right, w.top), at(w.right, w.bottom), at(w.left, w.bottom)]
            for w in words
        ]
    )


def _in_order(
    by_line: Sequence[Sequence[int]],
    boxes: Sequence[Box],
    frame: UprightView | None,
    view: View,
) -> Iterator[tuple[int, int, int]]:
    """(word, block, line) in reading order."""
    filled = [numbers for numbers in by_line if numbers]
    height, width = view.picture.shape[:2]
    aspect = frame.width_px / frame.height_px if frame else width / height
    scale = min(1.0, 1 / aspect)  # both directions in one unit, within 0..1
    around = [Box.around(boxes[n] for n in numbers) for numbers in filled]
    square = [
        Box(
            x0=box.x0 * aspect * scale,
            y0=box.y0 * scale,
            x1=box.x1 * aspect * scale,
            y1=box.y1 * scale,
        )
        for box in around
    ]
    line_numbers = count()
    for block, lines in enumerate(blocks_in_order(square)):
        for line in lines:
            number = next(line_numbers)
            for word in filled[line]:
                yield word, block, number
