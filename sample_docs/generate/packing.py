"""Pictures of pages as files: what scanners, phones and fax servers write."""

# PyMuPDF has no type annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pillow_heif
import pymupdf
from PIL import ExifTags, Image
from sample_docs.generate.look import Box

TURNED_LEFT: Final = 6
"""The EXIF orientation of a picture that must be turned clockwise to be upright."""


@dataclass(frozen=True)
class Leaf:
    """A page's picture; `layer` holds words that a PDF has under it, with their boxes."""

    picture: Image.Image
    dpi: int
    layer: tuple[tuple[str, Box], ...] = ()


def pdf(leaves: Sequence[Leaf], quality: int = 50) -> bytes:
    """A PDF of pictures alone, one a page: JPEG, and CCITT or Flate where black and white.

    Words of a `layer` are text that leaves no ink (rendering mode 3).
    """
    document: Any = pymupdf.open()
    for leaf in leaves:
        width, height = (side * 72 / leaf.dpi for side in leaf.picture.size)
        page = document.new_page(width=width, height=height)
        for text, (x0, _, x1, y1) in leaf.layer:
            natural = pymupdf.get_text_length(text, fontname="helv", fontsize=1)
            size = (x1 - x0) * width / natural
            page.insert_text((x0 * width, y1 * height), text, fontsize=size, render_mode=3)
        page.insert_image(page.rect, stream=_page_picture(leaf.picture, quality))
    return document.tobytes(deflate=True, no_new_id=True)


def jpeg(leaves: Sequence[Leaf], quality: int = 60) -> bytes:
    """A JPEG, upright."""
    return _written(_only(leaves), "JPEG", quality=quality)


def sideways_jpeg(leaves: Sequence[Leaf], quality: int = 60) -> bytes:
    """A JPEG as phones write it: the sensor's rows, and a note (EXIF) how to turn them."""
    stored = _only(leaves).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED_LEFT
    return _written(stored, "JPEG", quality=quality, exif=exif)


def png(leaves: Sequence[Leaf]) -> bytes:
    """A PNG of few grey levels, which keeps it small."""
    return _written(_only(leaves).convert("L").quantize(16), "PNG", optimize=True)


def webp(leaves: Sequence[Leaf], quality: int = 50) -> bytes:
    """A lossy WebP."""
    return _written(_only(leaves), "WEBP", quality=quality, method=4)


def heic(leaves: Sequence[Leaf], quality: int = 35) -> bytes:
    """A HEIC as newer phones write it."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(_only(leaves)).save(buffer, quality=quality)
    return buffer.getvalue()


def tiff(leaves: Sequence[Leaf]) -> bytes:
    """A TIFF of black and white pages as fax servers write it (CCITT group 4)."""
    first, *others = (leaf.picture for leaf in leaves)
    dpi = (leaves[0].dpi, leaves[0].dpi)
    return _written(
        first, "TIFF", save_all=True, append_images=others, compression="group4", dpi=dpi
    )


def _page_picture(picture: Image.Image, quality: int) -> bytes:
    if picture.mode == "1":
        return _written(picture, "PNG", optimize=True)
    return _written(picture, "JPEG", quality=quality)


def _only(leaves: Sequence[Leaf]) -> Image.Image:
    (leaf,) = leaves
    return leaf.picture


def _written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
