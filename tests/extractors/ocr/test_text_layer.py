# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from docmill.extractors.ocr.text_layer import TextLayer, clean
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText

OnePage = Callable[..., bytes]
Read = Callable[[bytes], PageText]

LETTER = (
    "Dear Sir or Madam, we thank you for your order of the fourteenth and confirm that the",
    "goods were handed over to the carrier this morning. Payment is due within thirty days.",
    "Should anything be missing please let us know before the end of the following month.",
    "Our terms of trade apply, and the place of jurisdiction is that of the seller's office.",
)


def letter(page: pymupdf.Page) -> None:
    for index, line in enumerate(LETTER):
        page.insert_text((20, 60 + 20 * index), line, fontsize=9)


def scan(lines: int = 25) -> bytes:
    """A picture of a page full of print."""
    image = Image.new("L", (400, 600), 250)
    draw = ImageDraw.Draw(image)
    for index in range(lines):
        draw.text((30, 30 + 20 * index), LETTER[index % 4][:55], fill=20)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def ink_box(content: bytes, dpi: int = 144) -> Box:
    """Where the first page is not white."""
    with open_document(content) as document:
        levels = np.asarray(document.page(1).image(dpi, gray=True))
    rows, columns = np.nonzero((levels < 200).any(1))[0], np.nonzero((levels < 200).any(0))[0]
    height, width = levels.shape
    return Box(
        x0=columns[0] / width,
        y0=rows[0] / height,
        x1=(columns[-1] + 1) / width,
        y1=(rows[-1] + 1) / height,
    )


@given(
    x=st.floats(70, 250),
    y=st.floats(90, 500),
    size=st.floats(6, 20),
    turn=st.sampled_from([0, 90, 180, 270]),
    rotation=st.sampled_from([0, 90, 180, 270]),
    crop=st.booleans(),
    unit=st.sampled_from([1, 2]),
)
def test_a_word_is_found_where_its_ink_is(
    one_page: OnePage,
    read_first: Read,
    x: float,
    y: float,
    size: float,
    turn: int,
    rotation: int,
    crop: bool,
    unit: int,
) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((x, y), "XHX", fontsize=size, rotate=turn)
        if crop:
            page.set_cropbox(pymupdf.Rect(5, 15, 380, 590))
        page.set_rotation(rotation)
        page.parent.xref_set_key(page.xref, "UserUnit", str(unit))

    content = one_page(draw)
    text = read_first(content)
    ink = ink_box(content)
    (word,) = text.words
    assert (word.text, word.visible, text.status) == ("XHX", True, PageStatus.OK)
    assert text.rotation == rotation
    slack = 0.006  # a pixel or two
    assert word.box.x0 - slack <= ink.x0 and ink.x1 <= word.box.x1 + slack
    assert word.box.y0 - slack <= ink.y0 and ink.y1 <= word.box.y1 + slack
    assert word.box.area <= 3 * ink.area + 4 * slack * (ink.width + ink.height)


def test_words_come_in_lines_and_blocks(one_page: OnePage, read_first: Read) -> None:
    text = read_first(one_page(letter))
    assert text.status is PageStatus.OK
    assert [word.text for word in text.words] == " ".join(LETTER).split()
    assert {word.line for word in text.words} == {0, 1, 2, 3}
    assert text.blocks[0].text.splitlines()[0] == LETTER[0]
    assert text.blocks[0].label == "text"
    assert text.findings == ()


def test_words_beyond_the_edge_are_dropped_and_counted(one_page: OnePage, read_first: Read) -> None:
    def crop(page: pymupdf.Page) -> None:
        page.insert_text((20, 300), "outside inside")
        page.set_cropbox(pymupdf.Rect(65, 0, 400, 600))

    text = read_first(one_page(crop))
    assert [word.text for word in text.words] == ["inside"]
    assert text.findings == ("1 word beyond the page's edge",)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", "plain"),
        ("Rech\u00adnung", "Rechnung"),
        ("Rech\u00ad", "Rech-"),
        ("2024\u00ad11\u00ad05", "2024-11-05"),
        ("e\u0301te\u0301", "été"),
        ("\u200bA\ufeffB\u200e", "AB"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("\u200b", ""),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(st.text())
def test_clean_is_idempotent(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_ligatures_are_expanded(read_first: Read) -> None:
    text = read_first(misread(("j", "\ufb03")))
    assert "\ufb03" not in text.blocks[0].text
    assert "ffiurisdiction" in [word.text for word in text.words]


def white(page: pymupdf.Page) -> None:
    page.insert_text((20, 300), "WHITE", color=(1, 1, 1))


def mode_three(page: pymupdf.Page) -> None:
    page.insert_text((20, 300), "MODE", render_mode=3)


def behind_a_shape(page: pymupdf.Page) -> None:
    page.insert_text((30, 300), "BEHIND")
    page.draw_rect(pymupdf.Rect(10, 270, 120, 320), color=(0, 0, 0), fill=(0, 0, 0))


def behind_a_picture(page: pymupdf.Page) -> None:
    page.insert_text((30, 300), "BEHIND")
    cover = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 8, 8), False)
    cover.set_rect(cover.irect, (180, 200, 220))
    page.insert_image(pymupdf.Rect(10, 270, 120, 320), pixmap=cover)


def tiny(page: pymupdf.Page) -> None:
    page.insert_text((20, 300), "TINY", fontsize=0.2)


@pytest.mark.parametrize("hide", [white, mode_three, behind_a_shape, behind_a_picture, tiny])
def test_hidden_text_stays_but_is_not_visible(
    one_page: OnePage, read_first: Read, hide: Callable[[pymupdf.Page], None]
) -> None:
    text = read_first(one_page(letter, hide))
    assert text.status is PageStatus.OK
    assert [word.visible for word in text.words] == [True] * (len(text.words) - 1) + [False]
    assert text.findings == ("1 word without ink on the page",)


@pytest.mark.parametrize("colour", [(0.85, 0.85, 0.85), (1, 1, 0), (0.6, 0.8, 1)])
def test_light_print_is_visible(
    one_page: OnePage, read_first: Read, colour: tuple[float, ...]
) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_text((20, 300), "light print of 7 points", fontsize=7, color=colour)

    assert all(word.visible for word in read_first(one_page(letter, draw)).words)


def test_white_print_on_black_is_visible(one_page: OnePage, read_first: Read) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_rect(pymupdf.Rect(10, 270, 120, 320), fill=(0, 0, 0))
        page.insert_text((30, 300), "TOTAL", color=(1, 1, 1))

    (word,) = read_first(one_page(draw)).words
    assert word.visible


def test_a_page_with_nothing_but_hidden_text_is_blank(one_page: OnePage, read_first: Read) -> None:
    text = read_first(one_page(white))
    assert text.status is PageStatus.BLANK
    assert text.findings == ("1 word without ink on the page",)


def test_an_ocr_layer_over_a_scan_is_visible(one_page: OnePage, read_first: Read) -> None:
    with open_document(one_page(letter)) as document:
        scanned = document.page(1).jpeg()

    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=scanned)
        for index, line in enumerate(LETTER):
            page.insert_text((20, 60 + 20 * index), line, fontsize=9, render_mode=3)

    text = read_first(one_page(draw))
    assert text.status is PageStatus.OK
    assert all(word.visible for word in text.words)


def test_a_scan_is_a_picture_without_text(one_page: OnePage, read_first: Read) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=scan())

    assert read_first(one_page(draw)).status is PageStatus.NO_TEXT
    assert read_first(scan()).status is PageStatus.NO_TEXT


def test_a_scan_with_a_stamp_has_not_been_read(one_page: OnePage, read_first: Read) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=scan())
        page.insert_text((30, 590), "Signed electronically, envelope 0815")

    text = read_first(one_page(draw))
    assert text.status is PageStatus.NO_TEXT
    assert text.findings == ("a picture fills the page; only 4 words are text",)
    assert text.words


def test_a_letterhead_picture_behind_a_letter_is_no_scan(
    one_page: OnePage, read_first: Read
) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=scan(lines=2))

    assert read_first(one_page(draw, letter)).status is PageStatus.OK


@pytest.mark.parametrize("level", [255, 0, 200])
def test_a_blank_page(one_page: OnePage, read_first: Read, level: int) -> None:
    assert read_first(one_page()).status is PageStatus.BLANK
    buffer = io.BytesIO()
    Image.new("L", (600, 800), level).save(buffer, "PNG")
    assert read_first(buffer.getvalue()).status is PageStatus.BLANK


def test_one_short_word_is_not_blank(one_page: OnePage, read_first: Read) -> None:
    image = Image.new("L", (1654, 2339), 255)
    ImageDraw.Draw(image).text((800, 1100), "ok", font_size=28)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    assert read_first(buffer.getvalue()).status is PageStatus.NO_TEXT


def test_print_set_twice_is_taken_once(one_page: OnePage, read_first: Read) -> None:
    def shadow(page: pymupdf.Page) -> None:
        page.insert_text((20, 300), "TOTAL 119,00")

    def again(page: pymupdf.Page) -> None:
        page.insert_text((20.6, 300.4), "TOTAL 119,00", fontname="helv")

    text = read_first(one_page(letter, shadow, again))
    assert [word.text for word in text.words][-2:] == ["TOTAL", "119,00"]
    assert text.findings == ("2 words repeated on the same place, taken once",)


def test_words_on_top_of_other_words_are_not_believed(one_page: OnePage, read_first: Read) -> None:
    def figures(page: pymupdf.Page) -> None:
        for row in range(10):
            page.insert_text((20, 60 + 20 * row), f"{1000 + row}")
            page.insert_text((20, 60 + 20 * row), f"{2000 + row}")

    text = read_first(one_page(figures))
    assert text.status is PageStatus.UNTRUSTED_TEXT
    assert text.findings == ("10 of 20 words stand on top of different words",)


def misread(*replaced: tuple[str, str]) -> bytes:
    """A letter whose font says that its characters are others than those drawn."""
    document = pymupdf.open()
    page = document.new_page(width=500, height=600)
    letter(page)
    table = {ord(drawn): ord(said) for drawn, said in replaced}
    lines = "".join(f"<{code:02x}> <{table.get(code, code):04x}>\n" for code in range(32, 127))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"95 beginbfchar\n{lines}endbfchar\nendcmap end end"
    )
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, cmap.encode())
    font = page.get_fonts()[0][0]
    document.xref_set_key(font, "ToUnicode", f"{stream} 0 R")
    return document.tobytes()


@pytest.mark.parametrize(("said", "reason"), [("\ufffd", "unknown"), ("\ue00a", "private-use")])
def test_impossible_characters_are_not_believed(read_first: Read, said: str, reason: str) -> None:
    text = read_first(misread(("e", said)))
    assert text.status is PageStatus.UNTRUSTED_TEXT
    assert reason in text.findings[-1]
    assert read_first(misread(("j", said))).status is PageStatus.OK


def test_shifted_letters_are_not_believed(read_first: Read) -> None:
    shifted = [(chr(code), chr(code + 3)) for code in range(65, 123) if chr(code).isalpha()]
    text = read_first(misread(*shifted))
    assert text.status is PageStatus.UNTRUSTED_TEXT
    assert "3 places off" in text.findings[-1]
    assert read_first(misread()).status is PageStatus.OK


def test_a_picture_that_cannot_be_decoded_is_no_blank_page() -> None:
    document = pymupdf.open()
    page = document.new_page(width=100, height=100)
    xref = page.insert_image(page.rect, stream=scan())
    document.update_stream(xref, b"this is no picture", compress=False)
    document.xref_set_key(xref, "Filter", "/JPXDecode")
    with open_document(document.tobytes()) as opened:
        text = read_page(opened.page(1), PageReader((TextLayer(),)))
    assert text.status is PageStatus.FAILED
    assert text.findings[0].startswith("parts of the page are damaged (")


def test_the_outcome_survives_json(one_page: OnePage, read_first: Read) -> None:
    text = read_first(one_page(letter, white))
    assert PageText.model_validate_json(text.model_dump_json()) == text
