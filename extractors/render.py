"""Open a document from its bytes and render its pages.

Sizes: a PDF page is displayed at `READING_DPI`, or at the largest resolution that keeps within
`OpenLimits.max_pixels`. A picture has its own pixels; it counts as scanned at `READING_DPI`
(what files say about their resolution is too often invented), and is never blown up.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from PIL import Image

from docmill.extractors.media_type import media_type_of
from docmill.extractors.pdf import POINTS_PER_INCH, PdfFile, PdfPage
from docmill.extractors.raster import RasterFile, too_many_pages
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import TooLarge, UnreadableFile, UsageError
from docmill.schemas.keys import document_id_of
from docmill.schemas.page import PageStatus, PageText
from docmill.schemas.source import MediaType, PageInfo, SourceDocument

READING_DPI = 200
"""OCR engines gain nothing above it on ordinary print, and cost grows with its square."""

JPEG_MAX_SIDE_PX = 65_500
"""JPEG cannot hold a longer side."""

_SLACK = 0.001  # MuPDF forgives so much before it begins another pixel

UNLOADABLE_PAGE = PageInfo(width_pt=612, height_pt=792)
"""Stands for the size of a page that cannot be loaded; PDF readers assume the same."""


@dataclass(frozen=True)
class OpenLimits:
    """What is refused: files over `max_bytes` or `max_pages`, pages over `max_pixels`."""

    max_bytes: int = 200 * 2**20
    max_pages: int = 1000
    max_pixels: int = 100_000_000


@dataclass(frozen=True)
class OpenedPage:
    """One page of an open document: what an OCR engine is given.

    `number` counts from 1. `width_px` and `height_px` are the displayed page (after rotation)
    at `dpi`. `pdf` is None for pictures. `findings` says what was wrong with the file itself.
    """

    document_id: str
    number: int
    info: PageInfo
    width_px: int
    height_px: int
    dpi: float
    max_pixels: int
    pdf: PdfPage | None
    raster: RasterFile | None
    findings: tuple[str, ...] = ()

    @property
    def complaints(self) -> tuple[str, ...]:
        """What could not be drawn or read on the page so far, in the PDF library's words."""
        return () if self.pdf is None else self.pdf.complaints

    def reading(self, engine: EngineTag, status: PageStatus) -> PageText:
        """An engine's answer for this page, still without words."""
        return PageText(
            document_id=self.document_id,
            page=self.number,
            width_px=self.width_px,
            height_px=self.height_px,
            rotation=self.info.rotation,
            engine=engine,
            status=status,
        )

    def size_at(self, dpi: float) -> tuple[int, int]:
        """Width and height of `image` at this resolution, of a PDF page."""
        return _pixels(self.info, fitting_dpi(self.info, dpi, self.max_pixels))

    def image(self, dpi: float | None = None, *, gray: bool = False) -> Image.Image:
        """The displayed page as an 8-bit picture, mode `RGB`, or `L` where `gray`.

        Args:
            dpi: resolution; None for the reading resolution. A resolution that would exceed
                `max_pixels`, or a picture's own, is lowered to the largest possible.
            gray: without colours.

        Raises:
            UnreadableFile: the page is too damaged to be drawn.
        """
        if self.pdf is not None:
            wanted = fitting_dpi(self.info, READING_DPI if dpi is None else dpi, self.max_pixels)
            return self.pdf.render(wanted, gray=gray)
        assert self.raster is not None
        picture = self.raster.load(self.number).convert("L" if gray else "RGB")
        if dpi is None or dpi >= self.dpi:
            return picture
        return picture.resize(_pixels(self.info, dpi), reducing_gap=2.0)

    def jpeg(self, quality: int = 90) -> bytes:
        """The displayed page at the reading resolution as a colour JPEG.

        Args:
            quality: 1..95; below 90 small print begins to smear.

        Raises:
            UnreadableFile: the page is too damaged to be drawn.
        """
        picture = self.image()
        if max(picture.size) > JPEG_MAX_SIDE_PX:
            picture.thumbnail((JPEG_MAX_SIDE_PX, JPEG_MAX_SIDE_PX))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        return buffer.getvalue()


class OpenedDocument:
    """An open file; close it, or use it in a `with` statement. Made by `open_document`."""

    def __init__(
        self, content: bytes, media_type: MediaType, file: PdfFile | RasterFile, limits: OpenLimits
    ) -> None:
        self.document_id = document_id_of(content)
        self.media_type = media_type
        self._bytes = len(content)
        self._file = file
        self._limits = limits

    @property
    def page_count(self) -> int:
        """How many pages the file has; cheaper than `source`."""
        if isinstance(self._file, PdfFile):
            return self._file.page_count
        return len(self._file.frames)

    @cached_property
    def source(self) -> SourceDocument:
        """What the file turned out to be. Looks at every page once, without drawing any."""
        return SourceDocument(
            document_id=self.document_id,
            media_type=self.media_type,
            bytes=self._bytes,
            pages=tuple(self._info(number) for number in range(1, self.page_count + 1)),
        )

    def page(self, number: int) -> OpenedPage:
        """Page `number`, from 1.

        Raises:
            UsageError: the file has no such page.
            UnreadableFile: the page is damaged.
            TooLarge: a picture with more pixels than allowed.
        """
        if not 1 <= number <= self.page_count:
            raise UsageError(f"There is no page {number}; the file has {self.page_count}.")
        if isinstance(self._file, PdfFile):
            return self._pdf_page(self._file, number)
        return self._raster_page(self._file, number)

    def _pdf_page(self, file: PdfFile, number: int) -> OpenedPage:
        pdf = file.load(number)
        info = _pdf_info(pdf)
        dpi = fitting_dpi(info, READING_DPI, self._limits.max_pixels)
        width, height = _pixels(info, dpi)
        return OpenedPage(
            document_id=self.document_id,
            number=number,
            info=info,
            width_px=width,
            height_px=height,
            dpi=dpi,
            max_pixels=self._limits.max_pixels,
            pdf=pdf,
            raster=None,
            findings=("the file was damaged and has been repaired",) if file.repaired else (),
        )

    def _raster_page(self, file: RasterFile, number: int) -> OpenedPage:
        frame = file.frames[number - 1]
        file.check(number)
        return OpenedPage(
            document_id=self.document_id,
            number=number,
            info=self._info(number),
            width_px=frame.width_px,
            height_px=frame.height_px,
            dpi=READING_DPI,
            max_pixels=self._limits.max_pixels,
            pdf=None,
            raster=file,
            findings=file.findings,
        )

    def _info(self, number: int) -> PageInfo:
        if isinstance(self._file, RasterFile):
            frame = self._file.frames[number - 1]
            points = POINTS_PER_INCH / READING_DPI
            return PageInfo(
                width_pt=frame.width_px * points,
                height_pt=frame.height_px * points,
                rotation=frame.rotation,
            )
        try:
            return _pdf_info(self._file.load(number))
        except UnreadableFile:  # said again, with the page's number, by whoever wants the page
            return UNLOADABLE_PAGE

    def close(self) -> None:
        """Give the file's memory back; its pages are useless afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_size(size: int, limits: OpenLimits) -> None:
    """Raises TooLarge where a file of this many bytes is not to be opened."""
    if size > limits.max_bytes:
        raise TooLarge(
            f"The file has {size:,} bytes; the limit is {limits.max_bytes:,}.",
            "Split the file, or raise `limits.max_megabytes` in docmill.toml.",
        )


def open_document(content: bytes, limits: OpenLimits | None = None) -> OpenedDocument:
    """Open a PDF or a picture from its bytes; its type is decided from them alone.

    Args:
        content: the file's bytes.
        limits: what to refuse; the defaults of `OpenLimits` where None.

    Raises:
        EmptyFile: there are no bytes.
        UnsupportedType: neither a PDF nor a picture of a known kind.
        UnreadableFile: damaged beyond repair, or a PDF without pages.
        EncryptedFile: a PDF that wants a password.
        TooLarge: over a limit; pages and pixels are counted before anything is decoded.
    """
    limits = limits or OpenLimits()
    check_size(len(content), limits)
    media_type = media_type_of(content)
    file = _open(content, media_type, limits)
    return OpenedDocument(content, media_type, file, limits)


def _open(content: bytes, media_type: MediaType, limits: OpenLimits) -> PdfFile | RasterFile:
    if media_type is not MediaType.PDF:
        return RasterFile(
            content, media_type, max_pages=limits.max_pages, max_pixels=limits.max_pixels
        )
    pdf = PdfFile(content)
    if pdf.page_count > limits.max_pages:
        pdf.close()
        raise too_many_pages(f"{pdf.page_count:,}", limits.max_pages)
    return pdf


def fitting_dpi(info: PageInfo, dpi: float, max_pixels: int) -> float:
    """The largest resolution up to `dpi` at which a page has at most `max_pixels` pixels."""
    width, height = info.width_pt / POINTS_PER_INCH, info.height_pt / POINTS_PER_INCH
    # (width * d + 1) * (height * d + 1) = max_pixels, solved for d: rendering rounds outwards.
    area, edges = width * height, width + height
    root = math.sqrt(edges**2 + 4 * area * max(max_pixels - 1, 1))
    largest = (root - edges) / (2 * area)
    return min(dpi, largest)


def _pixels(info: PageInfo, dpi: float) -> tuple[int, int]:
    scale = dpi / POINTS_PER_INCH
    width, height = info.width_pt * scale, info.height_pt * scale
    return max(1, math.ceil(width - _SLACK)), max(1, math.ceil(height - _SLACK))


def _pdf_info(page: PdfPage) -> PageInfo:
    return PageInfo(width_pt=page.width_pt, height_pt=page.height_pt, rotation=page.rotation)
