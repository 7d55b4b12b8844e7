"""The engine `rapidocr`: reads pictures of pages on the CPU, without anything to install."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from statistics import fmean

import cv2
import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from docmill.extractors.engines import PictureWords
from docmill.extractors.fold import folded
from docmill.extractors.ocr.blocks import blocks_of
from docmill.extractors.ocr.rapid.lines import Picture, find_lines
from docmill.extractors.ocr.rapid.models import MODEL_NAME, Models, load_models
from docmill.extractors.ocr.rapid.page_words import MIN_CONFIDENCE, Reading, words_on_page
from docmill.extractors.ocr.rapid.recognise import read_lines
from docmill.extractors.ocr.rapid.script import doubt_of_script, legibility_of
from docmill.extractors.ocr.rapid.turn import longest, sideways, upside_down
from docmill.extractors.ocr.rapid.view import View
from docmill.extractors.photo.rectify import rectified
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.render import OpenedPage
from docmill.extractors.text_checks import wordless
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import EngineError
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word

VERSION = "1"

MAX_SIDE_PX = 3000
"""Larger pictures are shrunk: nothing is gained above, and memory grows with the area."""


class RapidOcr:
    """PP-OCRv6 in the packing of rapidocr, on one thread.

    Lines and words come with boxes and the recogniser's own confidence. Pages that stand on
    their side or their head are turned, skewed ones straightened: boxes are those of the
    displayed page all the same. Not to be shared between threads.
    """

    def __init__(self) -> None:
        self._tag = EngineTag(
            name="rapidocr", version=f"{version('rapidocr')}+{VERSION}", model=MODEL_NAME
        )

    @property
    def tag(self) -> EngineTag:
        """`rapidocr`, its version with docmill's own, and the model."""
        return self._tag

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
        words, upright = words_on_page(reading)
        doubt = doubt_of_script(legibility_of(reading.lines))
        confidence = fmean(word.confidence or 0.0 for word in words) if words else None
        return page.reading(self.tag, _status(words, picture, doubt)).model_copy(
            update={
                "upright": upright,
                "image_hash": picture_hash(picture),
                "words": words,
                "blocks": blocks_of(words),
                "mean_confidence": confidence,
                "findings": (*reading.findings, *_findings(reading, doubt)),
            }
        )

    def read_regions(self, page: OpenedPage, regions: Sequence[Box]) -> PictureWords:
        """The words in each part of a page, boxes on the whole page; blocks and lines from 0.

        Raises:
            EngineError: the inference library failed.
        """
        picture = page.image()
        parts = tuple(self._region(picture, region) for region in regions)
        return PictureWords(parts, picture_hash(picture))

    def _region(self, picture: Image.Image, region: Box) -> tuple[Word, ...]:
        width, height = picture.size
        x0, y0 = int(region.x0 * width), int(region.y0 * height)
        x1, y1 = int(np.ceil(region.x1 * width)), int(np.ceil(region.y1 * height))
        if x1 - x0 < 8 or y1 - y0 < 8:
            return ()
        reading = self._read(_pixels(picture.crop((x0, y0, x1, y1))))
        words, _ = words_on_page(reading)

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


def _status(words: Sequence[Word], picture: Picture, doubt: str | None) -> PageStatus:
    if doubt:
        return PageStatus.UNSUPPORTED_SCRIPT
    if any(char.isalnum() for word in words for char in word.text):
        return PageStatus.OK
    return wordless(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8))


def _findings(reading: Reading, doubt: str | None) -> Iterator[str]:
    left_out = len(reading.lines) - len(reading.told)
    if left_out:
        what = "line or mark" if left_out == 1 else "lines or marks"
        yield f"{left_out} {what} too unclear to be read"
    if doubt:
        yield doubt
