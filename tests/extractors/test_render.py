# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import io
import time
import tracemalloc
import zlib

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from docmill.extractors.render import (
    READING_DPI,
    UNLOADABLE_PAGE,
    OpenLimits,
    fitting_dpi,
    open_document,
)
from docmill.schemas.errors import (
    EncryptedFile,
    TooLarge,
    UnreadableFile,
    UnsupportedType,
    UsageError,
)
from docmill.schemas.keys import document_id_of
from docmill.schemas.source import MediaType, PageInfo


def pdf(*sizes: tuple[float, float], rotation: int = 0, **save: object) -> bytes:
    document = pymupdf.open()
    for width, height in sizes:
        page = document.new_page(width=width, height=height)
        page.insert_text((20, 40), "Invoice 4711")
        page.set_rotation(rotation)
    return document.tobytes(**save)


def picture(
    size: tuple[int, int] = (80, 40), kind: str = "PNG", mode: str = "RGB", **save: object
) -> bytes:
    image = Image.new(mode, size)
    buffer = io.BytesIO()
    image.save(buffer, kind, **save)
    return buffer.getvalue()


def raw_pdf(pages: int, kids: bytes) -> bytes:
    """A PDF written by hand: a page tree with the given count and kids."""
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/MediaBox[0 0 99 99]/Count %d/Kids[%b]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%%%EOF\n"
    ) % (pages, kids)


def test_a_pdf_says_what_it_is() -> None:
    content = pdf((595, 842), (300, 200), rotation=90)
    with open_document(content) as document:
        source = document.source
        page = document.page(2)
        assert (page.width_px, page.height_px) == (556, 834)
        assert page.image().size == (556, 834)
        assert page.image(dpi=101, gray=True).size == (281, 421)
    assert source.document_id == document_id_of(content)
    assert source.media_type is MediaType.PDF
    assert source.bytes == len(content)
    assert source.pages == (
        PageInfo(width_pt=842, height_pt=595, rotation=90),
        PageInfo(width_pt=200, height_pt=300, rotation=90),
    )


@pytest.mark.parametrize("junk", [b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n" * 40])
def test_junk_before_the_header_does_no_harm(junk: bytes) -> None:
    with open_document(junk + pdf((300, 200))) as document:
        assert document.source.page_count == 1


@pytest.mark.parametrize("number", [0, -1, 2])
def test_pages_count_from_one(number: int) -> None:
    with open_document(pdf((300, 200))) as document, pytest.raises(UsageError):
        document.page(number)


def test_a_password_is_wanted_only_where_the_user_has_one() -> None:
    locked = pdf((300, 200), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="u", owner_pw="o")
    with pytest.raises(EncryptedFile, match="password") as caught:
        open_document(locked)
    assert "qpdf --decrypt" in caught.value.hint
    owned = pdf((300, 200), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="", owner_pw="o")
    with open_document(owned) as document:
        assert document.page_count == 1


def test_text_that_claims_to_be_a_pdf_is_unreadable(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableFile):
        open_document(b"%PDF-1.4 is how a PDF begins, said the letter.")
    assert capfd.readouterr() == ("", "")


def test_a_truncated_pdf_is_repaired_and_says_so_or_is_refused() -> None:
    content = pdf((300, 200), (300, 200))
    with open_document(content[:-120]) as document:
        assert document.page(1).findings == ("the file was damaged and has been repaired",)
    with pytest.raises(UnreadableFile):
        open_document(content[:60])


def test_a_pdf_without_pages_is_unreadable() -> None:
    with pytest.raises(UnreadableFile, match="no pages"):
        open_document(raw_pdf(0, b""))


def test_a_broken_page_costs_that_page_only() -> None:
    with open_document(raw_pdf(2, b"3 0 R 9 0 R")) as document:
        assert document.page(1).info.width_pt == 99
        assert document.source.pages[1] == UNLOADABLE_PAGE
        with pytest.raises(UnreadableFile, match="Page 2"):
            document.page(2)


def test_a_page_that_is_something_else_is_no_blank_page() -> None:
    content = raw_pdf(1, b"4 0 R").replace(b"trailer", b"4 0 obj<</Type/Font>>endobj\ntrailer")
    with open_document(content) as document, pytest.raises(UnreadableFile, match="Page 1"):
        document.page(1)


def test_too_many_bytes() -> None:
    with pytest.raises(TooLarge) as caught:
        open_document(b"x" * 11, OpenLimits(max_bytes=10))
    assert "limits.max_megabytes" in caught.value.hint


def test_five_thousand_pages_are_refused_at_once() -> None:
    document = pymupdf.open()
    for _ in range(5000):
        document.new_page(width=100, height=100)
    content = document.tobytes()
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(TooLarge, match="5,000 pages") as caught:
        open_document(content)
    assert time.process_time() - begun < 1
    assert tracemalloc.get_traced_memory()[1] < 5 * len(content)
    tracemalloc.stop()
    assert "limits.max_pages" in caught.value.hint


def test_a_gigantic_page_is_drawn_as_large_as_allowed() -> None:
    limits = OpenLimits(max_pixels=1_000_000)
    with open_document(pdf((20_000, 20_000)), limits) as document:
        page = document.page(1)
        image = page.image(gray=True)
    assert page.dpi == pytest.approx(3.6, abs=0.1)
    assert 900_000 < image.width * image.height <= 1_000_000
    assert abs(image.width - page.width_px) <= 1


@given(width=st.floats(1, 50_000), height=st.floats(1, 50_000), max_pixels=st.integers(100, 10**9))
def test_fitting_resolution_keeps_the_limit(width: float, height: float, max_pixels: int) -> None:
    dpi = fitting_dpi(PageInfo(width_pt=width, height_pt=height), READING_DPI, max_pixels)
    assert 0 < dpi <= READING_DPI
    assert (width * dpi / 72 + 1) * (height * dpi / 72 + 1) <= max_pixels * (1 + 1e-6)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("PNG", MediaType.PNG),
        ("JPEG", MediaType.JPEG),
        ("TIFF", MediaType.TIFF),
        ("WEBP", MediaType.WEBP),
        ("BMP", MediaType.BMP),
    ],
)
def test_every_kind_of_picture_opens(kind: str, media_type: MediaType) -> None:
    with open_document(picture(kind=kind)) as document:
        page = document.page(1)
        assert document.source.media_type is media_type
        assert (page.width_px, page.height_px) == page.image().size == (80, 40)
        assert page.image(dpi=100).size == (40, 20)
        assert page.image(dpi=400, gray=True).size == (80, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_depth_becomes_eight_bit(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    with open_document(picture(mode=mode, kind=kind)) as document:
        assert document.page(1).image().mode == "RGB"
        assert document.page(1).image(gray=True).mode == "L"


def test_transparency_is_paper_and_sixteen_bits_keep_their_gray() -> None:
    with open_document(picture(mode="RGBA")) as document:
        assert document.page(1).image().getpixel((0, 0)) == (255, 255, 255)
    buffer = io.BytesIO()
    Image.new("I;16", (4, 4), 0x8000).save(buffer, "PNG")
    with open_document(buffer.getvalue()) as document:
        assert document.page(1).image(gray=True).getpixel((0, 0)) == 128


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(("orientation", "rotation"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_pictures_come_out_upright(kind: str, orientation: int, rotation: int) -> None:
    upright = Image.new("L", (96, 48), 255)
    ImageDraw.Draw(upright).rectangle((0, 0, 32, 16), fill=0)
    stored = upright.rotate(rotation, expand=True)  # counter-clockwise: the camera was turned
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, kind, exif=exif)
    with open_document(buffer.getvalue()) as document:
        page = document.page(1)
        image = page.image(gray=True)
        assert (page.width_px, page.height_px) == image.size == (96, 48)
    levels = [image.getpixel(at) for at in [(8, 8), (88, 8), (88, 40), (8, 40)]]
    assert levels == pytest.approx([0, 255, 255, 255], abs=8)


def test_a_tiff_has_as_many_pages_as_pictures() -> None:
    sizes = [(80, 40), (30, 60), (10, 10)]
    first, *rest = [Image.new("L", size, 10 * index) for index, size in enumerate(sizes)]
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=rest)
    with open_document(buffer.getvalue()) as document:
        assert document.source.page_count == 3
        for number in (3, 1, 2):
            image = document.page(number).image(gray=True)
            assert image.size == sizes[number - 1]
            assert image.getpixel((0, 0)) == 10 * (number - 1)
    with pytest.raises(TooLarge, match="more than 2 pages"):
        open_document(buffer.getvalue(), OpenLimits(max_pages=2))


def test_too_many_pixels_are_refused_from_the_header() -> None:
    content = bytearray(picture((20, 20)))
    content[16:24] = (20_000).to_bytes(4) * 2  # IHDR; the pixels are not there at all
    ihdr = bytes(content[12:29])
    content[29:33] = zlib.crc32(ihdr).to_bytes(4)
    with pytest.raises(TooLarge, match="20000 x 20000") as caught:
        open_document(bytes(content))
    assert "limits.max_pixels" in caught.value.hint


def test_a_truncated_picture_is_unreadable() -> None:
    noise = Image.effect_noise((200, 200), 90)
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG")
    with (
        open_document(buffer.getvalue()[:2000]) as document,
        pytest.raises(UnreadableFile, match="page 1"),
    ):
        document.page(1).image()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_headers_alone_never_raise_anything_untyped(kind: str) -> None:
    content = picture(kind=kind)
    for end in range(1, len(content), max(1, len(content) // 60)):
        try:
            with open_document(content[:end]) as document:
                document.page(1).image()
        except (UnreadableFile, UnsupportedType, TooLarge):
            continue


def test_a_page_as_jpeg() -> None:
    with open_document(pdf((300, 200))) as document:
        jpeg = Image.open(io.BytesIO(document.page(1).jpeg()))
    assert (jpeg.format, jpeg.size, jpeg.mode) == ("JPEG", (834, 556), "RGB")
    with open_document(picture((70_000, 8))) as document:
        assert Image.open(io.BytesIO(document.page(1).jpeg())).width == 65_500
