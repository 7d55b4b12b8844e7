"""Pages as pictures, made where strangers' files are opened: in a worker process.

Used for two things: to read PDFs as if they had been scanned, and to show pages in a report.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from docmill.extractors.render import OpenedDocument, OpenLimits, open_document
from docmill.schemas.source import MediaType

PICTURE_SIDE_PX = 1200
_JPEG_QUALITY = 70


@dataclass(frozen=True)
class RasteriseOrder:
    """Make `target`, a TIFF of `source`'s pages at `dpi`, where it does not exist yet."""

    source: Path
    target: Path
    dpi: int
    limits: OpenLimits


def rasterise(order: RasteriseOrder) -> bool:
    """A PDF's pages as pictures without a text layer. False: it is no PDF, and nothing is made.

    Raises:
        InputError: the file cannot be opened or drawn.
        OSError: the target cannot be written.
    """
    if order.target.exists():
        return True
    with open_document(order.source.read_bytes(), order.limits) as document:
        if document.media_type is not MediaType.PDF:
            return False
        first, *others = _drawn(document, order.dpi)
    order.target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=order.target.parent) as folder:
        staged = Path(folder) / order.target.name
        first.save(
            staged,
            "TIFF",
            compression="tiff_adobe_deflate",
            dpi=(order.dpi, order.dpi),
            save_all=True,
            append_images=others,
        )
        staged.replace(order.target)
    return True


def _drawn(document: OpenedDocument, dpi: int) -> Iterator[Image.Image]:
    return (document.page(number).image(dpi) for number in range(1, document.page_count + 1))


@dataclass(frozen=True)
class PictureOrder:
    """Draw these pages, numbers from 1, small enough for a report."""

    source: Path
    pages: tuple[int, ...]
    limits: OpenLimits


def pictures(order: PictureOrder) -> tuple[bytes, ...]:
    """Each page as a JPEG with no side over `PICTURE_SIDE_PX`.

    Raises:
        InputError: the file cannot be opened or drawn.
        OSError: it cannot be read.
    """
    with open_document(order.source.read_bytes(), order.limits) as document:
        return tuple(_jpeg(document, number) for number in order.pages)


def _jpeg(document: OpenedDocument, number: int) -> bytes:
    picture = document.page(number).image()
    picture.thumbnail((PICTURE_SIDE_PX, PICTURE_SIDE_PX), reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
