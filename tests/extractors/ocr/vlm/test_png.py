from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from docmill.extractors.ocr.vlm.png import png_of

PICTURES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40).flatmap(
    lambda shape: arrays(np.uint8, (*shape, 3))
)


@given(PICTURES)
def test_every_pixel_comes_back(pixels: NDArray[np.uint8]) -> None:
    with Image.open(io.BytesIO(png_of(pixels))) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(image), pixels)


def test_a_part_of_a_picture_and_one_that_cannot_be_written_to() -> None:
    whole = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    part = whole[1:5, 2:7]
    part.flags.writeable = False
    with Image.open(io.BytesIO(png_of(part))) as image:
        assert np.array_equal(np.asarray(image), part)
