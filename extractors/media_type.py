"""What kind of file some bytes are. Names and suffixes are never asked."""

from __future__ import annotations

import re

from docmill.schemas.errors import EmptyFile, UnsupportedType
from docmill.schemas.source import MediaType

PDF_HEADER_WINDOW = 1024
"""Mail gateways and printers put junk before `%PDF-`; readers look this many bytes far for it."""

_SIGNATURES: tuple[tuple[re.Pattern[bytes], MediaType], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), MediaType.PNG),
    (re.compile(rb"\xff\xd8\xff"), MediaType.JPEG),
    (re.compile(rb"II\x2a\x00|MM\x00\x2a|II\x2b\x00|MM\x00\x2b"), MediaType.TIFF),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), MediaType.WEBP),
    (re.compile(rb"BM.{4}\x00{4}", re.DOTALL), MediaType.BMP),
    (re.compile(rb"GIF8[79]a"), MediaType.GIF),
)

_FILE_TYPE_BOX = re.compile(rb"(?P<size>.{4})ftyp(?P<major>.{4})", re.DOTALL)
_MAX_BRANDS = 64

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
"""HEVC-coded pictures, and the structural brands that say only that there are pictures."""

_KNOWN_STRANGERS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"PK\x03\x04"), "a ZIP archive or an Office document"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document or an Outlook message"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a video, a sound recording or a raw photograph"),
    (re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"), "a JPEG 2000 picture"),
    (re.compile(rb"\x00\x00\x00\x0cJXL |\xff\x0a"), "a JPEG XL picture"),
    (re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE), "a web page"),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml"), "an XML file"),
    (re.compile(rb"\{\\rtf"), "an RTF document"),
    (re.compile(rb"%!PS"), "a PostScript file"),
)


def media_type_of(content: bytes) -> MediaType:
    """The kind of file that `content` is, from its first bytes.

    Raises:
        EmptyFile: there are no bytes.
        UnsupportedType: the bytes are of no kind that docmill opens.
    """
    if not content:
        raise EmptyFile("The file is empty.")
    for pattern, media_type in _SIGNATURES:
        if pattern.match(content):
            return media_type
    if picture := _container_type(content):
        return picture
    if b"%PDF-" in content[: PDF_HEADER_WINDOW + len(b"%PDF-")]:
        return MediaType.PDF
    raise UnsupportedType(f"The file is neither a PDF nor a picture; it is {_guess(content)}.")


def _container_type(content: bytes) -> MediaType | None:
    """The type of a picture in an ISO media container, by its brands (ISO/IEC 23008-12).

    The major brand may be a structural one, so the compatible brands are asked too. None for
    containers of other things, such as videos.
    """
    box = _FILE_TYPE_BOX.match(content)
    if box is None:
        return None
    end = min(int.from_bytes(box["size"]), 16 + 4 * _MAX_BRANDS, len(content))
    compatible = {content[at : at + 4] for at in range(16, end - 3, 4)}
    brands = compatible | {box["major"]}
    if brands & _AVIF_BRANDS:
        return MediaType.AVIF
    return MediaType.HEIC if brands & _HEIF_BRANDS else None


def _guess(content: bytes) -> str:
    for pattern, name in _KNOWN_STRANGERS:
        if pattern.match(content):
            return name
    head = content[:512]
    if all(byte >= 0x20 or byte in b"\t\r\n\f" for byte in head):
        return "plain text"
    return f"of an unknown kind (first bytes {content[:8].hex(' ')})"
