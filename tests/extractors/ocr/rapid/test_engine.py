# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import io
from collections.abc import Sequence

import pymupdf
import pytest
from PIL import Image

from docmill.extractors.layout import layout_of
from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText

LINES = (
    "Northwind Trading Ltd",
    "Invoice number 2024-0815",
    "Delivery of forty garden chairs",
    "Subtotal 1,180.00",
    "Total amount due 1,416.00",
)
WIDTH, HEIGHT = 420, 300


@pytest.fixture(scope="module")
def engine() -> RapidOcr:
    return RapidOcr()


def page_of(lines: Sequence[str] = LINES) -> bytes:
    document = pymupdf.open()
    page = document.new_page(width=WIDTH, height=HEIGHT)
    for index, line in enumerate(lines):
        page.insert_text((40, 60 + 45 * index), line, fontsize=15)
    return document.tobytes()


@pytest.fixture(scope="module")
def scan() -> Image.Image:
    with open_document(page_of()) as document:
        return document.page(1).image()


@pytest.fixture(scope="module")
def printed() -> PageText:
    """What the page says of itself, with true boxes."""
    with open_document(page_of()) as document:
        return TextLayer().read(document.page(1))


def read(engine: RapidOcr, picture: Image.Image) -> PageText:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    with open_document(buffer.getvalue()) as document:
        return read_page(document.page(1), PageReader((engine,)))


def text_of(page: PageText) -> list[str]:
    return [row.text for row in layout_of([page]).pages[0].rows]


def test_words_stand_where_they_are_printed(
    engine: RapidOcr, scan: Image.Image, printed: PageText
) -> None:
    page = read(engine, scan)
    assert (page.status, page.upright) == (PageStatus.OK, None)
    assert [word.text for word in page.words] == [word.text for word in printed.words]
    for word, true in zip(page.words, printed.words, strict=True):
        assert word.box_source is BoxSource.OCR and (word.confidence or 0) > 0.8
        # A text layer's boxes have the font's full height, read ones the height of the ink.
        middle = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        assert true.box.x0 < middle[0] < true.box.x1 and true.box.y0 < middle[1] < true.box.y1
        assert abs(word.box.width - true.box.width) < 0.25 * true.box.width + 0.01


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_upright(engine: RapidOcr, scan: Image.Image, degrees: int) -> None:
    page = read(engine, scan.rotate(-degrees, expand=True))
    assert text_of(page) == list(LINES)
    back = (360 - degrees) % 360
    assert page.findings == (f"read turned clockwise by {back} degrees",)
    assert page.upright is not None
    assert abs(page.upright.width_px - scan.width) < 10
    assert abs(page.upright.height_px - scan.height) < 10
    # The first word is the top left one of the upright page; its box is of the page as it lies.
    box = page.words[0].box
    corner = {90: box.x0 > 0.6 and box.y0 < 0.4, 180: box.x0 > 0.6 and box.y0 > 0.6}
    assert corner.get(degrees, box.x0 < 0.4 and box.y0 > 0.6)


@pytest.mark.parametrize("degrees", [-4.0, 2.5])
def test_a_skewed_page_has_level_rows(engine: RapidOcr, scan: Image.Image, degrees: float) -> None:
    picture = scan.rotate(
        degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
    )
    page = read(engine, picture)
    assert text_of(page) == list(LINES)
    rows = layout_of([page]).pages[0].rows
    for row in rows:
        assert max(t.middle for t in row.tokens) - min(t.middle for t in row.tokens) < 8


def test_the_upright_view_takes_boxes_to_upright_ones(engine: RapidOcr, scan: Image.Image) -> None:
    page = read(engine, scan.rotate(90, expand=True))
    assert page.upright is not None
    for word in page.words:
        assert word.upright is not None
        assert page.upright.box(word.box).iou(word.upright) > 0.95


def test_a_region_is_read_alone_with_boxes_on_the_whole_page(engine: RapidOcr) -> None:
    with open_document(page_of()) as document:
        page = document.page(1)
        lower = Box(x0=0, y0=0.55, x1=1, y1=1)
        (words,) = engine.read_regions(page, [lower]).parts
    assert " ".join(word.text for word in words) == f"{LINES[3]} {LINES[4]}"
    assert all(word.box.y0 > 0.55 for word in words)


def test_agreement_tells_true_words_from_others(engine: RapidOcr, printed: PageText) -> None:
    with open_document(page_of()) as document:
        page = document.page(1)
        true = engine.agreement(page, printed.words)
        assert true is not None and true > 0.9
        wrong = [word.model_copy(update={"text": "xq" * 3}) for word in printed.words]
        false = engine.agreement(page, wrong)
        assert false is not None and false < 0.4


def test_a_scan_without_a_word_is_blank_or_unread(engine: RapidOcr) -> None:
    assert read(engine, Image.new("RGB", (600, 800), "white")).status is PageStatus.BLANK
    blot = Image.new("RGB", (600, 800), "white")
    blot.paste((0, 0, 0), (100, 100, 500, 700))
    assert read(engine, blot).status is PageStatus.NO_TEXT


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (4000, 20), (33, 31)])
def test_odd_sizes_are_no_trouble(engine: RapidOcr, size: tuple[int, int]) -> None:
    assert read(engine, Image.new("RGB", size, "white")).status is PageStatus.BLANK


def test_a_long_roll_is_read_in_full(engine: RapidOcr) -> None:
    document = pymupdf.open()
    page = document.new_page(width=150, height=1500)
    expected = [f"Article {number} at {number}.50" for number in range(10, 80)]
    for index, line in enumerate(expected):
        page.insert_text((15, 30 + 20 * index), line, fontsize=9)
    with open_document(document.tobytes()) as opened:
        text = read_page(opened.page(1), PageReader((engine,)))
    assert text_of(text) == expected
