"""Where documents come from, and what a file turned out to be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from docmill.schemas.frozen import Frozen


class MediaType(StrEnum):
    """The kinds of file docmill opens; decided from the bytes, never from the name."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    WEBP = "image/webp"
    BMP = "image/bmp"
    GIF = "image/gif"
    HEIC = "image/heic"
    AVIF = "image/avif"


class SourceObject(Frozen):
    """An object that may hold a document, as a listing shows it; nothing of it was read yet.

    `uri` is `file://` plus the absolute path as it is on disk, or `s3://bucket/key`; neither is
    percent-encoded. `etag` changes whenever the content does. `document_id` is set where it is
    known beforehand which document is meant: if the lake holds its reading, it does not matter
    whether the object is still there.
    """

    uri: str
    size: int = Field(ge=0)
    etag: str
    modified_at: datetime
    document_id: str | None = None


class Sighting(Frozen):
    """One place where a document's bytes were seen.

    `uri` is `file://` plus the absolute path as it is on disk, or `s3://bucket/key`; neither is
    percent-encoded. `etag` is the store's, or None where it gives none.
    """

    uri: str
    document_id: str
    size: int = Field(ge=0)
    etag: str | None = None
    seen_at: datetime


class Departure(Frozen):
    """A place holds nothing any more; `document_id` is what it was last known to hold."""

    uri: str
    document_id: str
    gone_at: datetime


class PageInfo(Frozen):
    """A page's displayed size (after rotation) and the rotation the file asks for, in degrees."""

    width_pt: float = Field(gt=0)
    height_pt: float = Field(gt=0)
    rotation: int = 0


class SourceDocument(Frozen):
    """A document as opened: SHA-256 of its bytes, type, size and pages."""

    document_id: str
    media_type: MediaType
    bytes: int = Field(ge=0)
    pages: tuple[PageInfo, ...]

    @property
    def page_count(self) -> int:
        """How many pages the file has."""
        return len(self.pages)
