# pillow-heif has annotations only in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps, TiffImagePlugin

from docmill.extractors.render import OpenLimits, open_document
from docmill.infra.sources import SUFFIXES
from docmill.schemas.errors import InputError, TooLarge, UnreadableFile
from docmill.schemas.source import MediaType

pillow_heif.register_heif_opener()  # so that tests can write such files

SIZE = (96, 48)
ORIENTATION = 0x0112

READ_BY = {
    "PNG": MediaType.PNG,
    "JPEG": MediaType.JPEG,
    "TIFF": MediaType.TIFF,
    "WEBP": MediaType.WEBP,
    "BMP": MediaType.BMP,
    "GIF": MediaType.GIF,
    "HEIF": MediaType.HEIC,
    "AVIF": MediaType.AVIF,
}
kinds = pytest.mark.parametrize("kind", READ_BY)


def drawn(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A white sheet with a black box in its upper left corner and a red line at the bottom."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0] // 3 - 1, size[1] // 3 - 1), fill="black")
    pen.rectangle((0, size[1] * 5 // 6, *size), fill=(255, 0, 0))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def read(content: bytes, page: int = 1) -> Image.Image:
    with open_document(content) as document:
        return document.page(page).image()


def looks_drawn(image: Image.Image, *, red: bool = True, tolerance: int = 40) -> bool:
    """Whether a picture is the one of `drawn`, in about its colours."""
    width, height = image.size
    spots = [
        ((width // 6, height // 6), (0, 0, 0)),
        ((width * 5 // 6, height // 6), (255, 255, 255)),
        ((width // 6, height // 2), (255, 255, 255)),
    ]
    if red:
        spots.append(((width // 2, height * 11 // 12), (255, 0, 0)))
    levels = [np.asarray(image.getpixel(at), int) for at, _ in spots]
    return all(
        np.abs(level - np.asarray(expected)).max() <= tolerance
        for level, (_, expected) in zip(levels, spots, strict=True)
    )


@kinds
def test_every_kind_of_picture_is_read_in_its_colours(kind: str) -> None:
    content = saved(drawn(), kind)
    with open_document(content) as document:
        assert document.source.media_type is READ_BY[kind]
        assert document.page_count == 1
        assert document.page(1).findings == ()
        image = document.page(1).image()
    assert image.size == SIZE
    assert looks_drawn(image)


@kinds
def test_pixels_are_counted_in_the_header(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("decoded")

    content = saved(drawn(size=(300, 200)), kind)
    monkeypatch.setattr(Image.Image, "load", refuse)
    with pytest.raises(TooLarge, match="300 x 200"):
        open_document(content, OpenLimits(max_pixels=59_999))


@kinds
@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_is_a_typed_failure_or_a_picture(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(drawn(), kind))
    for _ in range(data.draw(st.integers(1, 4), label="damages")):
        at = data.draw(st.integers(0, len(content) - 1), label="at")
        content[at] = data.draw(st.integers(0, 255), label="byte")
    end = data.draw(st.integers(1, len(content)), label="end")
    try:
        read(bytes(content[:end]))
    except InputError as error:
        assert "0x" not in error.message  # no addresses: the same file fails in the same words


@kinds
def test_a_folder_is_searched_for_every_kind(kind: str, tmp_path: Path) -> None:
    suffixes = {suffix for suffix, name in Image.registered_extensions().items() if name == kind}
    assert suffixes & SUFFIXES


# JPEG


def test_jpeg_inks_are_stored_inverted_by_adobe_and_come_out_right() -> None:
    assert looks_drawn(read(saved(drawn("CMYK"), "JPEG", quality=95)))


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 2}, {"restart": 1}])
def test_jpeg_varieties(options: dict[str, object]) -> None:
    assert looks_drawn(read(saved(drawn(), "JPEG", **options)))


def test_jpeg_of_twelve_bits_is_refused_by_name() -> None:
    content = bytearray(saved(drawn(), "JPEG"))
    start_of_frame = content.index(b"\xff\xc0")
    content[start_of_frame + 4] = 12
    with pytest.raises(UnreadableFile, match="12-bit"):
        open_document(bytes(content))


def test_damaged_exif_costs_the_turn_and_not_the_picture() -> None:
    content = saved(drawn(), "JPEG", exif=b"Exif\x00\x00broken, and no TIFF header at all")
    with open_document(content) as document:
        page = document.page(1)
        assert page.findings == ("the picture's EXIF is damaged; it may not be upright",)
        assert looks_drawn(page.image())


def test_a_second_picture_behind_the_first_is_no_page() -> None:
    content = saved(drawn(), "MPO", save_all=True, append_images=[drawn("L").convert("RGB")])
    with open_document(content) as document:
        assert (document.source.media_type, document.page_count) == (MediaType.JPEG, 1)
        assert looks_drawn(document.page(1).image())


# PNG


def interlaced(gray: Image.Image) -> bytes:
    """An 8-bit gray PNG in the seven passes of Adam7, which Pillow reads but does not write."""
    pixels = np.asarray(gray)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    rows = bytearray()
    for x, y, right, down in [*passes, (0, 1, 1, 2)]:
        for row in pixels[y::down, x::right]:
            rows += b"\x00" + row.tobytes()
    header = struct.pack(">IIBBBBB", *gray.size, 8, 0, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def test_interlaced_png() -> None:
    assert looks_drawn(read(interlaced(drawn("L"))), red=False)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_png_depths(mode: str) -> None:
    image = drawn("L").convert(mode) if mode != "I;16" else sixteen_bits(drawn("L"))
    assert looks_drawn(read(saved(image, "PNG")), red=False, tolerance=0)


@pytest.mark.parametrize(("mode", "colour"), [("L", 7), ("RGB", (7, 7, 7)), ("P", 0)])
def test_a_colour_declared_transparent_is_paper(mode: str, colour: object) -> None:
    image = Image.new("RGB", SIZE, (7, 7, 7))
    ImageDraw.Draw(image).rectangle((0, 0, 30, 30), fill=(90, 90, 90))
    content = saved(image.convert(mode), "PNG", transparency=colour)
    if mode == "P":
        palette = image.quantize(2)
        content = saved(palette, "PNG", transparency=palette.getpixel((95, 47)))
    shown = read(content)
    assert shown.getpixel((90, 40)) == (255, 255, 255)
    assert np.asarray(shown.getpixel((10, 10))) == pytest.approx(90, abs=3)


def sixteen_bits(gray: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)


# TIFF


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("1", {"compression": "group4"}),
        ("1", {"compression": "group3"}),
        ("1", {"compression": "tiff_ccitt"}),
        ("1", {"compression": "group4", "tiffinfo": {262: 0}}),
        ("L", {"compression": "tiff_lzw"}),
        ("L", {"compression": "packbits"}),
        ("L", {"tiffinfo": {262: 0}}),
        ("L", {"compression": "jpeg"}),
        ("P", {"compression": "tiff_adobe_deflate"}),
        ("RGB", {"compression": "tiff_lzw"}),
        ("RGB", {"compression": "jpeg", "quality": 95}),
        ("RGB", {"big_tiff": True}),
        ("YCbCr", {}),
        ("RGBA", {"compression": "tiff_lzw"}),
        ("CMYK", {"compression": "tiff_lzw"}),
    ],
)
def test_tiff_varieties(mode: str, options: dict[str, object]) -> None:
    shown = read(saved(drawn(mode), "TIFF", **options))
    assert looks_drawn(shown, red=mode not in ("1", "L"))


@pytest.mark.parametrize("byte_order", ["<u2", ">u2"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_tiff_of_sixteen_bits(byte_order: str, compression: str) -> None:
    levels = (np.asarray(drawn("L")).astype(np.uint16) * 257).astype(byte_order)
    content = saved(Image.fromarray(levels), "TIFF", compression=compression)
    assert looks_drawn(read(content), red=False, tolerance=0)


def bare_tiff(tags: dict[int, int], pixels: bytes, size: tuple[int, int] = SIZE) -> bytes:
    """A little-endian TIFF of one uncompressed gray strip, with whatever tags are asked for."""
    width, height = size
    given = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 277: 1, 278: height} | tags
    given |= {273: 8, 279: len(pixels)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, given[tag]) for tag in sorted(given))
    start = struct.pack("<2sHI", b"II", 42, 8 + len(pixels))
    return start + pixels + struct.pack("<H", len(given)) + entries + bytes(4)


def test_tiff_of_twelve_bits_is_as_bright_as_it_should_be() -> None:
    levels = np.asarray(drawn("L")).astype(int) * 4095 // 255
    first, second = levels[:, ::2], levels[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=2)
    content = bare_tiff({258: 12}, packed.astype(np.uint8).tobytes())
    assert looks_drawn(read(content), red=False, tolerance=1)


def test_tiff_of_sixteen_bits_with_white_as_zero() -> None:
    levels = 65535 - np.asarray(drawn("L")).astype("<u2") * 257
    content = bare_tiff({258: 16, 262: 0}, levels.tobytes())
    assert looks_drawn(read(content), red=False, tolerance=0)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_measurements_are_no_picture(mode: str) -> None:
    with pytest.raises(UnreadableFile, match="measurements"):
        read(saved(drawn("L").convert(mode), "TIFF"))


def tiff_of(pages: Iterable[tuple[Image.Image, dict[int, int]]], *, big: bool = False) -> bytes:
    """A TIFF whose pages each have tags of their own."""
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as writer:
        for image, tags in pages:
            image.save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    return buffer.getvalue()


def test_tiff_pages_of_mixed_sizes_and_depths_and_turns() -> None:
    sideways = drawn().transpose(Image.Transpose.ROTATE_90)
    content = tiff_of(
        [
            (drawn("1"), {}),
            (drawn("CMYK", (60, 120)), {}),
            (sideways, {ORIENTATION: 6}),
            (sixteen_bits(drawn("L")), {}),
        ]
    )
    with open_document(content) as document:
        assert document.page_count == 4
        for number in (3, 1, 4, 2):
            page = document.page(number)
            image = page.image()
            assert image.size == ((60, 120) if number == 2 else SIZE)
            assert (page.width_px, page.height_px) == image.size
            assert looks_drawn(image, red=number in (2, 3))


def test_many_pages_in_a_big_tiff() -> None:
    content = saved(drawn(), "TIFF", save_all=True, append_images=[drawn("L")], big_tiff=True)
    assert content[:4] == b"II\x2b\x00"
    with open_document(content) as document:
        assert document.page_count == 2
        assert looks_drawn(document.page(2).image(), red=False)


def test_thumbnails_and_masks_are_no_pages() -> None:
    thumbnail = drawn(size=(12, 6))
    content = tiff_of(
        [
            (drawn(), {254: 2}),
            (thumbnail, {254: 1}),
            (drawn("L"), {254: 2}),
            (drawn("1"), {254: 4}),
        ]
    )
    with open_document(content, OpenLimits(max_pages=2)) as document:
        assert document.page_count == 2
        assert looks_drawn(document.page(2).image(), red=False)
    with pytest.raises(TooLarge, match="more than 1 pages"):
        open_document(content, OpenLimits(max_pages=1))


def test_a_lone_thumbnail_is_a_page() -> None:
    with open_document(tiff_of([(drawn(), {254: 1})])) as document:
        assert document.page_count == 1


def test_one_broken_page_of_a_tiff_costs_that_page_only() -> None:
    content = bytearray(tiff_of([(drawn(), {}), (drawn(size=(60, 120)), {})]))
    with Image.open(io.BytesIO(content)) as image:
        image.seek(1)
        offset = image.tile[0].offset
    del content[offset + 100 :]  # Pillow writes a page's tags before its pixels
    with open_document(bytes(content)) as document:
        assert looks_drawn(document.page(1).image())
        with pytest.raises(UnreadableFile, match="page 2"):
            document.page(2).image()


# HEIC and AVIF


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_containers_are_turned_once(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = saved(stored_for(orientation), kind, exif=exif.tobytes())  # with irot and imir
    with open_document(content) as document:
        page = document.page(1)
        image = page.image()
        assert (page.width_px, page.height_px) == image.size == SIZE
    assert looks_drawn(image)


def stored_for(orientation: int) -> Image.Image:
    """What a camera stores whose picture shows `drawn` after the turn that EXIF names."""
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[ORIENTATION] = inverse
    image = drawn()
    image.info["exif"] = exif.tobytes()
    return ImageOps.exif_transpose(Image.open(io.BytesIO(saved(image, "PNG", exif=exif))))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "I;16"])
def test_heic_depths(mode: str) -> None:
    image = sixteen_bits(drawn("L")) if mode == "I;16" else drawn("L").convert(mode)
    assert looks_drawn(read(saved(image, "HEIF")), red=False)


def test_heic_in_tiles() -> None:
    assert looks_drawn(read(saved(drawn(size=(600, 400)), "HEIF", tile_size=128)))


def test_of_several_heic_pictures_the_primary_one_is_read() -> None:
    others = [drawn(), drawn(size=(200, 100))]
    content = saved(
        drawn(size=(64, 64)), "HEIF", save_all=True, append_images=others, primary_index=2
    )
    with open_document(content) as document:
        page = document.page(1)
        assert document.page_count == 1
        assert page.findings == ("the file holds several pictures; only the main one is read",)
        assert (page.width_px, page.height_px) == (200, 100)
        assert looks_drawn(page.image())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_picture_is_read(kind: str) -> None:
    content = saved(drawn(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, "blue")])
    with open_document(content) as document:
        page = document.page(1)
        assert document.page_count == 1
        assert page.findings == ("the file holds several pictures; only the main one is read",)
        assert looks_drawn(page.image())


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_header_without_its_pixels_is_unreadable(kind: str) -> None:
    content = saved(Image.effect_noise((200, 200), 90), kind)
    with pytest.raises(UnreadableFile):
        read(content[: len(content) // 2])


# BMP


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_bmp_depths(mode: str) -> None:
    assert looks_drawn(read(saved(drawn(mode), "BMP")), red=mode not in ("1", "L"))
