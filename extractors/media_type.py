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
)

_KNOWN_STRANGERS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"PK\x03\x04"), "a ZIP archive or an Office document"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document or an Outlook message"),
    (re.compile(rb"GIF8[79]a"), "a GIF picture"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a HEIC or AVIF picture, or a video"),
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
    if b"%PDF-" in content[: PDF_HEADER_WINDOW + len(b"%PDF-")]:
        return MediaType.PDF
    raise UnsupportedType(f"The file is neither a PDF nor a picture; it is {_guess(content)}.")


def _guess(content: bytes) -> str:
    for pattern, name in _KNOWN_STRANGERS:
        if pattern.match(content):
            return name
    head = content[:512]
    if all(byte >= 0x20 or byte in b"\t\r\n\f" for byte in head):
        return "plain text"
    return f"of an unknown kind (first bytes {content[:8].hex(' ')})"
