"""What every OCR engine promises, the shipped fake included."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pymupdf
import pytest

from docmill.extractors.engines import OcrEngine
from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.scripted import ScriptedOcr
from docmill.extractors.ocr.tesseract import Tesseract, is_installed
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_failure_of, read_page
from docmill.extractors.render import OpenedDocument, open_document
from docmill.schemas.page import BoxSource, PageStatus, PageText

LINES = ("Invoice 4711", "Total 119,00 EUR")
PRINTED, TURNED, EMPTY = 1, 2, 3


def _document() -> bytes:
    document = pymupdf.open()
    for rotation in (0, 90):
        page = document.new_page(width=400, height=600)
        for index, line in enumerate(LINES):
            page.insert_text((40, 100 + 60 * index), line, fontsize=16)
        page.set_rotation(rotation)
    document.new_page(width=400, height=600)
    return document.tobytes()


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenedDocument]:
    with open_document(_document()) as document:
        yield document


def _text_layer(_: OpenedDocument) -> OcrEngine:
    return TextLayer()


def _scripted(document: OpenedDocument) -> OcrEngine:
    return ScriptedOcr(TextLayer().read(document.page(number)) for number in (PRINTED, TURNED))


def _rapid(_: OpenedDocument) -> OcrEngine:
    return RapidOcr()


def _tesseract(_: OpenedDocument) -> OcrEngine:
    if not is_installed():
        pytest.skip("tesseract is not installed")
    return Tesseract("eng")


@pytest.fixture(scope="module", params=[_text_layer, _scripted, _rapid, _tesseract])
def engine(request: pytest.FixtureRequest, opened: OpenedDocument) -> OcrEngine:
    make: Callable[[OpenedDocument], OcrEngine] = request.param
    return make(opened)


@pytest.fixture(scope="module", params=[PRINTED, TURNED, EMPTY])
def text(request: pytest.FixtureRequest, opened: OpenedDocument, engine: OcrEngine) -> PageText:
    return read_page(opened.page(request.param), PageReader((engine,)))


def test_the_tag_is_stable(engine: OcrEngine) -> None:
    assert engine.tag == engine.tag
    assert engine.tag.name and engine.tag.version


def test_answers_carry_the_page_and_the_tag(
    opened: OpenedDocument, engine: OcrEngine, text: PageText
) -> None:
    page = opened.page(text.page)
    assert text.document_id == opened.document_id
    assert text.engine == engine.tag
    assert (text.width_px, text.height_px) == (page.width_px, page.height_px)
    assert text.rotation == page.info.rotation


def test_the_printed_words_are_read(opened: OpenedDocument, engine: OcrEngine) -> None:
    text = read_page(opened.page(PRINTED), PageReader((engine,)))
    assert text.status is PageStatus.OK
    assert [word.text for word in text.words] == " ".join(LINES).split()
    top, bottom = text.words[0].box, text.words[-1].box
    assert top.y1 < bottom.y0 and 0.1 <= top.x0 < 0.12 and 0.13 < top.y0 < 0.17


def test_pixels_that_were_read_are_named(text: PageText) -> None:
    from_pixels = any(word.box_source is BoxSource.OCR for word in text.words)
    assert not from_pixels or re.fullmatch("[0-9a-f]{64}", text.image_hash or "")
    if text.engine.name in ("text_layer", "scripted"):
        assert text.image_hash is None


def test_words_have_an_area(text: PageText) -> None:
    assert all(word.text.strip() and word.box.area > 0 for word in text.words)


def test_lines_and_blocks_count_up_in_reading_order(text: PageText) -> None:
    order = [(word.block, word.line) for word in text.words]
    assert order == sorted(order)
    assert all(word.block < len(text.blocks) for word in text.words)


def test_a_blank_page_is_blank(opened: OpenedDocument, engine: OcrEngine) -> None:
    text = read_page(opened.page(EMPTY), PageReader((engine,)))
    assert (text.status, text.words, read_failure_of(text)) == (PageStatus.BLANK, (), None)


def test_reading_twice_gives_the_same(
    opened: OpenedDocument, engine: OcrEngine, text: PageText
) -> None:
    assert read_page(opened.page(text.page), PageReader((engine,))) == text


def test_the_answer_survives_json(text: PageText) -> None:
    assert PageText.model_validate_json(text.model_dump_json()) == text
