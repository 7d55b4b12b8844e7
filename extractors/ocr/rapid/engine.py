"""The engine `rapidocr`: reads pictures of pages on the CPU, without anything to install."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import count
from statistics import fmean

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rapidfuzz.distance import Levenshtein

from docmill.extractors.fold import folded
from docmill.extractors.ocr.blocks import blocks_of
from docmill.extractors.ocr.rapid.lines import Picture, Quads, find_lines, slope_of
from docmill.extractors.ocr.rapid.models import MODEL_NAME, Models, load_models
from docmill.extractors.ocr.rapid.order import blocks_in_order
from docmill.extractors.ocr.rapid.recognise import ReadLine, along_the_text, read_lines
from docmill.extractors.ocr.rapid.script import believable, doubt_of_script, legibility_of
from docmill.extractors.ocr.rapid.turn import longest, sideways, upside_down
from docmill.extractors.ocr.rapid.view import View
from docmill.extractors.ocr.rapid.words import LineWord, words_of_line
from docmill.extractors.photo.rectify import rectified
from docmill.extractors.render import OpenedPage
from docmill.extractors.text_checks import wordless
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import EngineError
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText, UprightView, Word

VERSION = "1"

MAX_SIDE_PX = 3000
"""Larger pictures are shrunk: nothing is gained above, and memory grows with the area."""

MIN_CONFIDENCE = 0.5
"""Lines read with a lower mean confidence are counted, not told: they are mostly no text."""


@dataclass(frozen=True)
class Reading:
    """The lines found on a view of a page; `boxes` are on the upright page or the displayed."""

    view: View
    quads: Quads
    lines: Sequence[ReadLine]
    findings: tuple[str, ...]


class RapidOcr:
    """PP-OCRv6 in the packing of rapidocr, on one thread.

    Lines and words come with boxes and the recogniser's own confidence. Pages that stand on
    their side or their head are turned, skewed ones straightened: boxes are those of the
    displayed page all the same. Not to be shared between threads.
    """

    @property
    def tag(self) -> EngineTag:
        """`rapidocr`, its version with docmill's own, and the model."""
        return EngineTag(
            name="rapidocr", version=f"{version('rapidocr')}+{VERSION}", model=MODEL_NAME
        )

    @cached_property
    def models(self) -> Models:
        """The networks, loaded when first needed.

        Raises:
            EngineUnavailable: the rapidocr package is not as it should be.
        """
        return load_models()

    def read(self, page: OpenedPage) -> PageText:
        """Words and blocks of a page, from its picture alone.

        Raises:
            UnreadableFile: the page is too damaged to be drawn.
            EngineUnavailable: the models are not installed.
            EngineError: the inference library failed.
        """
        picture = _picture_of(page)
        reading = self._read(picture, photograph=page.raster is not None)
        kept = [line.confidence >= MIN_CONFIDENCE for line in reading.lines]
        words, upright = _words(reading, np.array(kept, np.bool_))
        doubt = doubt_of_script(legibility_of(reading.lines))
        confidence = fmean(word.confidence or 0.0 for word in words) if words else None
        return PageText(
            document_id=page.document_id,
            page=page.number,
            width_px=page.width_px,
            height_px=page.height_px,
            rotation=page.info.rotation,
            upright=upright,
            engine=self.tag,
            status=_status(words, picture, doubt),
            words=words,
            blocks=blocks_of(words),
            mean_confidence=confidence,
            findings=(*reading.findings, *_findings(kept, doubt)),
        )

    def read_region(self, page: OpenedPage, region: Box) -> tuple[Word, ...]:
        """The words in a part of a page, boxes on the whole page; blocks and lines count from 0.

        Raises:
            EngineError: the inference library failed.
        """
        picture = page.image()
        width, height = picture.size
        x0, y0 = int(region.x0 * width), int(region.y0 * height)
        x1, y1 = int(np.ceil(region.x1 * width)), int(np.ceil(region.y1 * height))
        if x1 - x0 < 8 or y1 - y0 < 8:
            return ()
        reading = self._read(_pixels(picture.crop((x0, y0, x1, y1))))
        kept = [line.confidence >= MIN_CONFIDENCE for line in reading.lines]
        words, _ = _words(reading, np.array(kept, np.bool_))

        def moved(box: Box) -> Box:
            return Box.clipped(
                (x0 + box.x0 * (x1 - x0)) / width,
                (y0 + box.y0 * (y1 - y0)) / height,
                (x0 + box.x1 * (x1 - x0)) / width,
                (y0 + box.y1 * (y1 - y0)) / height,
            )

        return tuple(
            word.model_copy(update={"box": moved(word.box), "upright": None}) for word in words
        )

    def agreement(self, page: OpenedPage, words: Sequence[Word]) -> float | None:
        """How much of a sample of the page's lines, 0..1, is what `words` say at their place.

        None where no line is found.

        Raises:
            EngineError: the inference library failed.
        """
        picture = _picture_of(page)
        view = View.of(picture)
        quads = longest(find_lines(picture, self.models.detection))
        lines = read_lines(picture, quads, self.models)
        places = view.displayed(quads.astype(np.float64))
        pairs = [
            (folded(line.text), folded(_text_in(place, words)))
            for line, place in zip(lines, places, strict=True)
            if line.confidence >= MIN_CONFIDENCE
        ]
        length = sum(max(len(seen), len(told)) for seen, told in pairs)
        if not length:
            return None
        distance = sum(Levenshtein.distance(seen, told) for seen, told in pairs)
        return max(0.0, 1 - distance / length)

    def _read(self, picture: Picture, *, photograph: bool = False) -> Reading:
        """Reads a picture; one that may be a photograph is first made a scan."""
        view = View.of(picture)
        try:
            if not photograph:
                return self._upright(view)
            scan = rectified(picture)
            reading = self._upright(view.warped(scan.picture, scan.to_original.matrix))
            return replace(reading, findings=(*scan.findings, *reading.findings))
        except cv2.error as error:
            raise EngineError(f"preparing the picture failed: {error}") from error

    def _upright(self, view: View) -> Reading:
        """Finds and reads the lines, with the page turned as its lines demand."""
        models = self.models
        findings: list[str] = []
        quads = find_lines(view.picture, models.detection)
        turn = sideways(view.picture, quads, models)
        if turn:
            view = view.turned(turn)
            quads = find_lines(view.picture, models.detection)
        lines = read_lines(view.picture, quads, models)
        if upside_down(view.picture, quads, lines, models):
            view, turn = view.turned(180), (turn + 180) % 360
            quads = find_lines(view.picture, models.detection)
            lines = read_lines(view.picture, quads, models)
        if turn:
            findings.append(f"read turned clockwise by {turn} degrees")
        return Reading(view, quads, lines, tuple(findings))


def _picture_of(page: OpenedPage) -> Picture:
    """The page's picture, drawn no larger than it is read."""
    shrink = MAX_SIDE_PX / max(page.width_px, page.height_px)
    return _pixels(page.image(page.dpi * shrink if shrink < 1 and page.pdf else None))


def _pixels(picture: Image.Image) -> Picture:
    """8-bit RGB, shape (height, width, 3), at most `MAX_SIDE_PX` long."""
    if max(picture.size) > MAX_SIDE_PX:
        picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BOX)
    return np.ascontiguousarray(picture.convert("RGB"), np.uint8)


def _text_in(place: Box, words: Sequence[Word]) -> str:
    """The words whose middle lies in a line's box, left to right."""
    inside = [
        word
        for word in words
        if place.x0 <= (word.box.x0 + word.box.x1) / 2 <= place.x1
        and place.y0 <= (word.box.y0 + word.box.y1) / 2 <= place.y1
    ]
    return " ".join(word.text for word in sorted(inside, key=lambda word: word.box.x0))


def _words(
    reading: Reading, kept: NDArray[np.bool_]
) -> tuple[tuple[Word, ...], UprightView | None]:
    """Words in reading order, and the upright page they stand on where it is another."""
    quads = along_the_text(reading.quads)[kept]
    lines = [line for line, keep in zip(reading.lines, kept, strict=True) if keep]
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


def _status(words: Sequence[Word], picture: Picture, doubt: str | None) -> PageStatus:
    if doubt:
        return PageStatus.UNSUPPORTED_SCRIPT
    if any(char.isalnum() for word in words for char in word.text):
        return PageStatus.OK
    return wordless(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8))


def _findings(kept: Sequence[bool], doubt: str | None) -> Iterator[str]:
    left_out = len(kept) - sum(kept)
    if left_out:
        what = "line or mark" if left_out == 1 else "lines or marks"
        yield f"{left_out} {what} too unclear to be read"
    if doubt:
        yield doubt
