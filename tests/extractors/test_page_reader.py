"""Page by page: text layer, OCR, or both."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pymupdf
import pytest
from PIL import Image

from docmill.extractors.engines import OcrEngine
from docmill.extractors.ocr.scripted import ScriptedOcr
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.read import PageReader, read_failure_of, read_page
from docmill.extractors.render import OpenedPage, open_document
from docmill.infra.wiring import page_reader
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import BadOutput, EngineUnavailable, UsageError
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText, Word

Draw = Callable[[pymupdf.Page], object]


def pdf(draw: Draw) -> bytes:
    document = pymupdf.open()
    draw(document.new_page(width=400, height=300))
    return document.tobytes()


def print_line(page: pymupdf.Page, text: str, y: float, mode: int = 0) -> None:
    page.insert_text((40, y), text, fontsize=16, render_mode=mode)


def picture_of(*lines: str) -> bytes:
    """A PNG of a page with these lines, 60 points apart."""

    def draw(page: pymupdf.Page) -> None:
        for number, line in enumerate(lines):
            print_line(page, line, 80 + 60 * number)

    with open_document(pdf(draw)) as document:
        buffer = io.BytesIO()
        document.page(1).image().save(buffer, "PNG")
    return buffer.getvalue()


def read(content: bytes, reader: PageReader | None = None) -> PageText:
    with open_document(content) as document:
        return read_page(document.page(1), reader or page_reader("auto"))


def picture_hash_of(content: bytes) -> str:
    """Of the page as it is drawn for reading."""
    with open_document(content) as document:
        return picture_hash(document.page(1).image())


def text_of(page: PageText) -> str:
    return " ".join(word.text for word in page.words if word.visible)


def test_a_text_layer_is_taken_as_it_is() -> None:
    def draw(page: pymupdf.Page) -> None:
        print_line(page, "Invoice 4711", 80)

    page = read(pdf(draw))
    assert (page.engine.name, text_of(page), page.findings) == ("text_layer", "Invoice 4711", ())


def test_a_scan_is_read_from_its_picture_and_says_why() -> None:
    png = picture_of("Invoice 4711", "Total 119.00")

    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=png)

    page = read(pdf(draw))
    assert (page.engine.name, page.status) == ("rapidocr", PageStatus.OK)
    assert text_of(page) == "Invoice 4711 Total 119.00"
    assert page.image_hash == picture_hash_of(pdf(draw))


def scan_with_layer(printed: Sequence[str], hidden: Sequence[str]) -> bytes:
    png = picture_of(*printed)

    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=png)
        for number, line in enumerate(hidden):
            print_line(page, line, 80 + 60 * number, mode=3)

    return pdf(draw)


POOR = ("lnvO|ce nvrnber A7l1", "Tcta1 arnaunt ll9.O", "Pbyab1e")
PRINTED = ("Invoice number 4711", "Total amount 119.00", "Payable on receipt")


def test_a_true_invisible_layer_is_believed() -> None:
    page = read(scan_with_layer(PRINTED, PRINTED))
    assert (page.engine.name, page.hidden_text, page.image_hash) == ("text_layer", True, None)
    assert text_of(page) == " ".join(PRINTED)


def test_a_poor_invisible_layer_gives_way_to_what_is_printed() -> None:
    page = read(scan_with_layer(PRINTED, POOR))
    assert (page.engine.name, page.hidden_text) == ("rapidocr", False)
    assert text_of(page) == " ".join(PRINTED)
    assert "invisible text agrees with the picture" in page.findings[-1]


def test_without_an_engine_for_pictures_an_invisible_layer_is_believed() -> None:
    page = read(scan_with_layer(PRINTED, ("other words altogether",)), page_reader("text_layer"))
    assert (page.status, text_of(page)) == (PageStatus.OK, "other words altogether")


def test_print_in_pictures_is_added_to_a_text_layer() -> None:
    png = picture_of("Northwind Trading")

    def draw(page: pymupdf.Page) -> None:
        page.insert_image(pymupdf.Rect(0, 0, 400, 120), stream=png, keep_proportion=False)
        print_line(page, "Invoice 4711", 200)
        print_line(page, "Total 119.00", 240)

    page = read(pdf(draw))
    assert text_of(page) == "Invoice 4711 Total 119.00 Northwind Trading"
    assert page.image_hash == picture_hash_of(pdf(draw))
    assert page.findings == ("2 words read in pictures on the page",)
    added = page.words[-1]
    assert added.box_source is BoxSource.OCR and added.box.y1 < 0.4
    assert page.blocks[added.block].text == "Northwind Trading"


class Stating:
    """Answers every page with one status."""

    def __init__(self, name: str, status: PageStatus) -> None:
        self.tag = EngineTag(name=name, version="1")
        self.status = status

    def read(self, page: OpenedPage) -> PageText:
        word = Word(text=self.tag.name, box=Box(x0=0, y0=0, x1=0.1, y1=0.1), block=0, line=0)
        return PageText(
            document_id=page.document_id,
            page=page.number,
            width_px=page.width_px,
            height_px=page.height_px,
            engine=self.tag,
            status=self.status,
            words=(word,),
            findings=(f"seen by {self.tag.name}",),
        )


def leave_blank(_: pymupdf.Page) -> None:
    pass


BLANK_PAGE = pdf(leave_blank)


def test_the_first_complete_reading_counts() -> None:
    engines = (
        Stating("first", PageStatus.NO_TEXT),
        Stating("second", PageStatus.OK),
        Stating("third", PageStatus.OK),
    )
    page = read(BLANK_PAGE, PageReader(engines))
    assert (page.engine.name, page.status) == ("second", PageStatus.OK)
    assert page.findings == ("first: seen by first", "seen by second")


def test_a_page_that_a_fallback_engine_read_is_complete() -> None:
    content = pdf(lambda page: print_line(page, "Total 14.50", 100))
    with open_document(content) as document:
        page = document.page(1)
        plain = TextLayer().read(page)
        fallback = plain.model_copy(update={"status": PageStatus.FALLBACK})
        engines = (ScriptedOcr([fallback]), TextLayer())
        text = read_page(page, PageReader(engines=engines))
        empty = ScriptedOcr([fallback.model_copy(update={"words": (), "blocks": ()})])
        with pytest.raises(BadOutput):
            read_page(page, PageReader(engines=(empty,)))
    assert text.status is PageStatus.FALLBACK
    assert text.status.complete
    assert text.engine.name == "scripted"
    assert read_failure_of(text) is None


def test_where_no_reading_is_complete_the_last_one_counts() -> None:
    engines = (Stating("a", PageStatus.NO_TEXT), Stating("b", PageStatus.UNSUPPORTED_SCRIPT))
    page = read(BLANK_PAGE, PageReader(engines))
    assert (page.engine.name, page.status) == ("b", PageStatus.UNSUPPORTED_SCRIPT)


def test_an_engine_that_fails_is_not_passed_over() -> None:
    engines: tuple[OcrEngine, ...] = (
        Stating("first", PageStatus.NO_TEXT),
        ScriptedOcr(error=EngineUnavailable("no server")),
    )
    with pytest.raises(EngineUnavailable, match="no server"):
        read(BLANK_PAGE, PageReader(engines))


def test_the_tag_names_every_engine() -> None:
    assert PageReader((TextLayer(),)).tag == TextLayer().tag
    assert str(TextLayer().tag) in str(page_reader("auto").tag)
    assert "rapidocr@" in str(page_reader("auto").tag)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        page_reader("nonsense")


def test_pictures_are_read_alike_as_file_and_as_page() -> None:
    png = picture_of("Invoice 4711")
    assert text_of(read(png)) == "Invoice 4711"
    picture = Image.open(io.BytesIO(png)).rotate(180)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    assert text_of(read(buffer.getvalue())) == "Invoice 4711"
