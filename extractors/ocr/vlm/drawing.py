"""Drawing a page for a model: its picture as the model wants it, and the words found without it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.png import png_of
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.read import PageReader, read_words
from docmill.extractors.render import OpenedPage, fitting_dpi
from docmill.extractors.text_checks import INK_DPI, INK_MAX_PIXELS, has_ink
from docmill.extractors.tick_boxes import with_tick_boxes
from docmill.schemas.errors import EngineError
from docmill.schemas.page import PageStatus, PageText

Pixels = NDArray[np.uint8]


class WordFinder(Protocol):
    """Finds the words of a page, with boxes, without a model server."""

    def find(self, page: OpenedPage) -> PageText:
        """Words of the text layer, or of the picture; `status` tells how far to believe them.

        Raises:
            EngineError: the engine behind it failed.
        """
        ...


@dataclass(frozen=True)
class EngineWords:
    """A `WordFinder` over embedded engines: text layer first, pictures where there is none."""

    reader: PageReader

    def find(self, page: OpenedPage) -> PageText:
        """The words of the first engine that reads the page in full; see `read_words`."""
        return read_words(page, self.reader)


def picture_of(page: OpenedPage, spec: PictureSpec, finder: WordFinder | None) -> PagePicture:
    """The page as a model is to be given it.

    A page is blank when its pixels show no ink, or nothing but dust and the finder sees no word
    in it; never where something could not be drawn. Words of a reading that is not complete (a
    text layer that cannot be believed, an unknown script) are left out: boxes of wrong words
    would mislead.

    Args:
        page: the open page.
        spec: size and resolution of the picture.
        finder: where the words come from; None: no words.

    Raises:
        UnreadableFile: the page is too damaged to be drawn.
    """
    found, findings = _found(page, finder)
    pixels = drawn(page, spec)
    words = found.words if found and found.status is PageStatus.OK else ()
    return PagePicture(
        document_id=page.document_id,
        page=page.number,
        width_px=page.width_px,
        height_px=page.height_px,
        rotation=page.info.rotation,
        image=png_of(pixels),
        image_width=pixels.shape[1],
        image_height=pixels.shape[0],
        image_hash=picture_hash(pixels),
        blank=_is_blank(page, found),
        words=words,
        upright=found.upright if found and words else None,
        form_fields=with_tick_boxes(page, found).form_fields if found else (),
        findings=findings,
    )


def _found(page: OpenedPage, finder: WordFinder | None) -> tuple[PageText | None, tuple[str, ...]]:
    """What the finder says of the page. Its failure costs boxes, not the page."""
    if finder is None:
        return None, ()
    try:
        found = finder.find(page)
    except EngineError as error:
        return None, (f"word boxes could not be looked for: {error.message}",)
    told = tuple(f"{found.engine.name}: {finding}" for finding in found.findings)
    if found.status.complete:
        return found, told
    return found, (*told, f"{found.engine.name}: no word boxes, the page is {found.status}")


def _is_blank(page: OpenedPage, found: PageText | None) -> bool:
    status = found.status if found else None
    if page.complaints or status is PageStatus.OK:
        return False
    return status is PageStatus.BLANK or not _inked(page)


def _inked(page: OpenedPage) -> bool:
    dpi = fitting_dpi(page.info, INK_DPI, INK_MAX_PIXELS)
    return has_ink(np.asarray(page.image(dpi, gray=True)))


def drawn(page: OpenedPage, spec: PictureSpec) -> Pixels:
    """The displayed page, RGB, shape (height, width, 3), in the size that `size_for` gives.

    Raises:
        UnreadableFile: the page is too damaged to be drawn.
    """
    if page.pdf is None:
        image = page.image()
        size = size_for(image.width, image.height, spec.scan_min_side_px, spec)
        return _resized(image, size)
    short = min(page.info.width_pt, page.info.height_pt) / 72
    size = size_for(*page.size_at(max(spec.dpi, spec.min_side_px / short)), 1, spec)
    pixels = page.pdf.pixels(*size)  # as the model wants it: resizing takes ten times as long
    if pixels.shape[1::-1] == size:
        return pixels
    return _resized(Image.fromarray(pixels), size)


def size_for(width: int, height: int, min_side: int, spec: PictureSpec) -> tuple[int, int]:
    """Width and height in pixels: as they are, but within the limits of `spec`.

    Args:
        width: pixels.
        height: pixels.
        min_side: a shorter side below this is blown up to it, as far as the limits allow.
        spec: `max_pixels`, `max_side_px` and `multiple_of` always hold, proportions within what
            rounding to `multiple_of` costs.
    """
    scale = max(1.0, min_side / min(width, height))
    scale = min(scale, spec.max_side_px / max(width, height))
    scale = min(scale, math.sqrt(spec.max_pixels / (width * height)))
    step = spec.multiple_of
    most = spec.max_side_px // step
    across = min(max(1, round(width * scale / step)), most)
    down = min(max(1, round(height * scale / step)), most)
    while across * down * step * step > spec.max_pixels and max(across, down) > 1:
        if across >= down:
            across -= 1
        else:
            down -= 1
    return across * step, down * step


def _resized(image: Image.Image, size: tuple[int, int]) -> Pixels:
    fitting = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(fitting)
