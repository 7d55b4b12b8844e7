"""Parts of a page's picture."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.png import png_of
from docmill.schemas.geometry import Box


def cropped(picture: PagePicture, region: Box | None) -> bytes:
    """A part of the page as PNG, in the picture's own pixels; all of it where None.

    Args:
        picture: the page.
        region: in 0..1 of the page. Pixels that it touches are in, and at least one each way.
    """
    return picture.image if region is None else all_cropped(picture, [region])[0]


def all_cropped(picture: PagePicture, regions: Sequence[Box]) -> list[bytes]:
    """The same of several parts; the page's picture is decoded once."""
    if not regions:
        return []
    with Image.open(io.BytesIO(picture.image)) as image:
        pixels = np.asarray(image.convert("RGB"))
    return [png_of(_part(pixels, region)) for region in regions]


def _part(pixels: NDArray[np.uint8], region: Box) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    left = min(math.floor(region.x0 * width), width - 1)
    top = min(math.floor(region.y0 * height), height - 1)
    right = max(math.ceil(region.x1 * width), left + 1)
    bottom = max(math.ceil(region.y1 * height), top + 1)
    return pixels[top:bottom, left:right]
