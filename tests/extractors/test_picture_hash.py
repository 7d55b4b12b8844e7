from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from docmill.extractors.picture_hash import picture_hash

RED = Image.new("RGB", (2, 1), (255, 0, 0))


def test_it_is_what_it_says() -> None:
    expected = hashlib.sha256(b"RGB 2 1\n" + b"\xff\x00\x00" * 2).hexdigest()
    assert picture_hash(RED) == expected


@given(st.sampled_from(["L", "RGB"]), st.integers(1, 9), st.integers(1, 9), st.randoms())
def test_image_and_array_agree(mode: str, width: int, height: int, chance: object) -> None:
    size = (width, height)
    noise = np.random.default_rng(hash(chance) % 2**32).integers(0, 256, (height, width, 3))
    picture = Image.fromarray(noise.astype(np.uint8)).convert(mode)
    assert picture.size == size
    assert picture_hash(picture) == picture_hash(np.asarray(picture))


@pytest.mark.parametrize(
    "other",
    [
        Image.new("RGB", (1, 2), (255, 0, 0)),
        Image.new("RGB", (2, 1), (255, 0, 1)),
        Image.new("L", (6, 1)),
    ],
)
def test_other_pixels_have_another_hash(other: Image.Image) -> None:
    assert picture_hash(other) != picture_hash(RED)


def test_an_array_need_not_lie_in_one_piece() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert picture_hash(pixels[:, ::2]) == picture_hash(np.ascontiguousarray(pixels[:, ::2]))
