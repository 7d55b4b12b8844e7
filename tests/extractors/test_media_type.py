from __future__ import annotations

import pytest

from docmill.extractors.media_type import PDF_HEADER_WINDOW, media_type_of
from docmill.schemas.errors import EmptyFile, UnsupportedType
from docmill.schemas.source import MediaType


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7\n", MediaType.PDF),
        (b"junk from a mail gateway\r\n%PDF-1.4", MediaType.PDF),
        (b"x" * PDF_HEADER_WINDOW + b"%PDF-1.4", MediaType.PDF),
        (b"\x89PNG\r\n\x1a\n....%PDF-1.4", MediaType.PNG),
        (b"\xff\xd8\xff\xe0", MediaType.JPEG),
        (b"II*\x00", MediaType.TIFF),
        (b"MM\x00*", MediaType.TIFF),
        (b"RIFF\x0a\x0a\x00\x00WEBPVP8 ", MediaType.WEBP),
        (b"BM\x0a\x00\x00\x00\x00\x00\x00\x00", MediaType.BMP),
        (b"GIF89a", MediaType.GIF),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", MediaType.HEIC),
        (b"\x00\x00\x00\x18ftypheix\x00\x00\x00\x00mif1heix", MediaType.HEIC),
        (b"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00heic", MediaType.HEIC),
        (b"\x00\x00\x00\x14ftypmsf1\x00\x00\x00\x00hevc", MediaType.HEIC),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1miaf", MediaType.AVIF),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", MediaType.AVIF),
    ],
)
def test_the_type_is_decided_from_the_first_bytes(head: bytes, expected: MediaType) -> None:
    assert media_type_of(head) is expected


@pytest.mark.parametrize(
    ("content", "guess"),
    [
        (b"PK\x03\x04....", "Office document"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"Dear Sirs, please find", "plain text"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1", "video"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  heicmif1", "video"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\x00\x01\x02\x03", "first bytes 00 01 02 03"),
        (b"y" * (PDF_HEADER_WINDOW + 1) + b"%PDF-1.4", "plain text"),
    ],
)
def test_other_bytes_are_refused_and_named(content: bytes, guess: str) -> None:
    with pytest.raises(UnsupportedType, match=guess):
        media_type_of(content)


def test_no_bytes_are_an_empty_file() -> None:
    with pytest.raises(EmptyFile):
        media_type_of(b"")
