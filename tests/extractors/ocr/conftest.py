# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable

import pymupdf
import pytest

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.schemas.page import PageText

Draw = Callable[[pymupdf.Page], object]


@pytest.fixture(scope="session")
def one_page() -> Callable[..., bytes]:
    """Makes a PDF of one page, drawn on by the functions given; its size in points."""

    def make(*draw: Draw, width: float = 400, height: float = 600) -> bytes:
        document = pymupdf.open()
        page = document.new_page(width=width, height=height)
        for step in draw:
            step(page)
        return document.tobytes()

    return make


@pytest.fixture(scope="session")
def read_first() -> Callable[[bytes], PageText]:
    """Reads the first page of some bytes by its text layer."""

    def read(content: bytes) -> PageText:
        with open_document(content) as document:
            return read_page(document.page(1), PageReader((TextLayer(),)))

    return read
