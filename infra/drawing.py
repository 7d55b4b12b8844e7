"""What a model needs from the cage: pages drawn for it, and those it fails at read otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.extractors.ocr.vlm.drawing import EngineWords, picture_of
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.read import read_page
from docmill.infra.opening import FileOrder, opened
from docmill.infra.wiring import page_reader
from docmill.schemas.page import PageText

WORDS_BY = "auto"
"""Whose words give a model's text its boxes: the text layer's, else those of embedded OCR."""


@dataclass(frozen=True)
class PageOrder:
    """One page of a file, from 1, and how it is drawn."""

    file: FileOrder
    page: int
    spec: PictureSpec


def draw_page(order: PageOrder) -> PagePicture:
    """The page as a model is given it, with the words found on it without one.

    Raises:
        InputError: the file cannot be opened, or the page not be drawn.
        SourceGone: the file vanished, or its bytes changed, since it was listed.
    """
    with opened(order.file) as document:
        words = EngineWords(page_reader(WORDS_BY))
        return picture_of(document.page(order.page), order.spec, words)


def read_without_model(order: PageOrder, ocr: str) -> PageText:
    """The page as the embedded engine of this name reads it; it is not put into the lake.

    Raises:
        InputError: as of `draw_page`.
        EngineError: the engine failed.
    """
    with opened(order.file) as document:
        return read_page(document.page(order.page), page_reader(ocr))
