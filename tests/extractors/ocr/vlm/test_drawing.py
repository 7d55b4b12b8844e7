# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.scripted import ScriptedOcr
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.ocr.vlm.alignment import align
from docmill.extractors.ocr.vlm.drawing import EngineWords, drawn, picture_of, size_for
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.regions import Region
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.read import PageReader
from docmill.extractors.render import open_document
from docmill.schemas.errors import EngineError
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource

SPEC = PictureSpec(
    dpi=192, max_pixels=6_291_456, min_side_px=1024, scan_min_side_px=1536, multiple_of=28
)
EMBEDDED = EngineWords(PageReader((TextLayer(), RapidOcr())))
TEXT_LAYER = EngineWords(PageReader((TextLayer(),)))


def first(
    content: bytes, spec: PictureSpec = SPEC, finder: EngineWords | None = None
) -> PagePicture:
    with open_document(content) as document:
        return picture_of(document.page(1), spec, finder)


def scan(draw: Callable[[ImageDraw.ImageDraw], object] | None = None) -> bytes:
    image = Image.new("L", (1000, 1400), 255)
    if draw:
        draw(ImageDraw.Draw(image))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def dusty(image: ImageDraw.ImageDraw) -> None:
    chance = random.Random(1)
    for _ in range(150):
        x, y = chance.randrange(990), chance.randrange(1390)
        image.rectangle((x, y, x + 2, y + 2), fill=90)


def decoded(picture: PagePicture) -> Image.Image:
    return Image.open(io.BytesIO(picture.image))


def test_a_pdf_page_is_drawn_in_the_models_size(one_page: Callable[..., bytes]) -> None:
    letter = one_page(lambda page: page.insert_text((50, 90), "Hello"), width=612, height=792)
    picture = first(letter)
    assert (picture.image_width, picture.image_height) == (1624, 2100)
    assert (picture.width_px, picture.height_px) == (1700, 2200)
    image = decoded(picture)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (1624, 2100))
    assert picture.image_hash == picture_hash(image)


@given(st.floats(50, 1500), st.floats(50, 1500), st.sampled_from((0, 90, 180, 270)))
@settings(max_examples=25, deadline=None)
def test_whatever_its_size_a_page_is_drawn_in_the_models(
    width: float, height: float, rotation: int
) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        page.draw_rect((width / 8, height / 8, width / 3, height / 2), fill=(0, 0, 0.5))
        page.set_rotation(rotation)
        content = document.tobytes()
    with open_document(content) as opened:
        page = opened.page(1)
        pixels = drawn(page, SPEC)
        plain = page.image(max(SPEC.dpi, SPEC.min_side_px * 72 / min(width, height)))
    size = size_for(plain.width, plain.height, 1, SPEC)
    assert pixels.shape == (size[1], size[0], 3)
    assert np.abs(thumbnail(Image.fromarray(pixels)) - thumbnail(plain)).max() < 24


def thumbnail(image: Image.Image) -> NDArray[np.int16]:
    return np.asarray(image.resize((40, 40), Image.Resampling.BOX), np.int16)


def test_a_small_page_is_drawn_finer(one_page: Callable[..., bytes]) -> None:
    label = one_page(lambda page: page.insert_text((9, 30), "Hello"), width=144, height=288)
    picture = first(label)
    assert abs(picture.image_width - 1024) <= 28
    assert abs(picture.image_height - 2048) <= 28


def test_a_small_scan_is_blown_up() -> None:
    picture = first(scan(lambda image: image.rectangle((100, 100, 400, 130), fill=0)))
    assert abs(picture.image_width - 1536) <= 28
    assert (picture.width_px, picture.height_px) == (1000, 1400)


def test_a_turned_page_is_drawn_as_it_is_displayed() -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.insert_text((50, 90), "Hello")
    page.set_rotation(90)
    picture = first(document.tobytes(), finder=TEXT_LAYER)
    assert picture.rotation == 90
    assert picture.image_width > picture.image_height
    down, across = np.nonzero(np.asarray(decoded(picture).convert("L")) < 128)
    (word,) = picture.words
    assert word.box.x0 <= across.min() / picture.image_width
    assert word.box.x1 >= across.max() / picture.image_width
    assert word.box.y0 <= down.min() / picture.image_height
    assert word.box.y1 >= down.max() / picture.image_height


def test_words_of_the_text_layer(one_page: Callable[..., bytes]) -> None:
    content = one_page(lambda page: page.insert_text((50, 90), "Invoice 4711"))
    picture = first(content, finder=EMBEDDED)
    assert [word.text for word in picture.words] == ["Invoice", "4711"]
    assert {word.box_source for word in picture.words} == {BoxSource.TEXT_LAYER}
    assert not picture.blank


def test_words_of_a_scan_come_from_the_detector(one_page: Callable[..., bytes]) -> None:
    content = one_page(lambda page: page.insert_text((50, 90), "Invoice 4711", fontsize=20))
    with open_document(content) as document:
        image = document.page(1).image()
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    picture = first(buffer.getvalue(), finder=EMBEDDED)
    assert [word.text for word in picture.words] == ["Invoice", "4711"]
    assert {word.box_source for word in picture.words} == {BoxSource.OCR}


def test_a_models_text_gets_the_boxes_of_a_scan(one_page: Callable[..., bytes]) -> None:
    lines = ("Invoice 4711 of 3 May 2026", "Widget, blue 2 12.50 25.00", "Total due EUR 25.00")

    def draw(page: pymupdf.Page) -> None:
        for row, line in enumerate(lines):
            page.insert_text((50, 90 + 30 * row), line, fontsize=16)

    content = one_page(draw)
    true = first(content, finder=TEXT_LAYER).words
    with open_document(content) as document:
        image = document.page(1).image()
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    found = first(buffer.getvalue(), finder=EMBEDDED).words
    text = "Invoice 4711 of 3 May 2026 Wjdget, blue 2 12.50 25.00 Total bue EUR 25.00"
    frame = Box.around(word.box for word in true)
    aligned = align([Region("text", "Text", frame, text, text, (0, len(text)))], found)
    assert [word.text for word in aligned.words] == text.split()
    assert [word.line for word in aligned.words] == [0] * 6 + [1] * 5 + [2] * 4
    for word, printed in zip(aligned.words, true, strict=True):
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        assert printed.box.x0 < x < printed.box.x1
        assert printed.box.y0 < y < printed.box.y1
    misread = {word.text for word in aligned.words if word.box_source is BoxSource.ALIGNED}
    assert {"Wjdget,", "bue"} <= misread


@pytest.mark.parametrize("finder", [None, TEXT_LAYER, EMBEDDED])
def test_a_blank_page_is_blank_by_its_pixels(
    finder: EngineWords | None, one_page: Callable[..., bytes]
) -> None:
    assert first(one_page(), finder=finder).blank
    assert first(scan(), finder=finder).blank


def test_dust_alone_is_blank_where_nobody_finds_words_in_it() -> None:
    assert first(scan(dusty), finder=EMBEDDED).blank
    assert not first(scan(dusty)).blank


def test_a_page_with_a_line_on_it_is_not_blank() -> None:
    picture = first(scan(lambda image: image.line((50, 900, 950, 905), fill=0, width=9)))
    assert not picture.blank


def test_a_finder_that_fails_costs_boxes_not_the_page(one_page: Callable[..., bytes]) -> None:
    broken = EngineWords(PageReader((ScriptedOcr(error=EngineError("out of order")),)))
    picture = first(one_page(lambda page: page.insert_text((50, 90), "Hello")), finder=broken)
    assert picture.words == ()
    assert picture.findings == ("word boxes could not be looked for: out of order",)
    assert not picture.blank


def test_words_that_cannot_be_believed_are_left_out() -> None:
    picture = first(scan(lambda image: image.line((50, 900, 950, 905), width=9)), finder=TEXT_LAYER)
    assert picture.words == ()
    assert picture.findings == ("text_layer: no word boxes, the page is no_text",)


SIDES = st.integers(1, 20_000)


@given(
    SIDES,
    SIDES,
    st.integers(1, 2000),
    st.integers(1, 64),
    st.integers(100_000, 8_000_000),
    st.integers(500, 8000),
)
def test_sizes_keep_within_the_limits(
    width: int, height: int, least: int, step: int, pixels: int, side: int
) -> None:
    spec = PictureSpec(dpi=200, max_pixels=pixels, max_side_px=side, multiple_of=step)
    across, down = size_for(width, height, least, spec)
    assert across % step == down % step == 0
    assert 0 < across <= side and 0 < down <= side
    assert across * down <= pixels


@given(st.integers(200, 4000), st.integers(200, 4000))
def test_proportions_are_kept(width: int, height: int) -> None:
    across, down = size_for(width, height, 1, SPEC)
    assert across / down == pytest.approx(width / height, rel=2 * 28 / min(across, down))


def test_nothing_is_changed_without_need() -> None:
    assert size_for(812, 1204, 1, PictureSpec(dpi=200, max_pixels=10**7)) == (812, 1204)
