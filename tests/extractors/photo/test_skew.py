from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from docmill.extractors.photo.skew import skew_of


@pytest.mark.parametrize("degrees", [-14.5, -7.3, -1.2, 0.0, 0.4, 3.8, 11.0])
def test_skew_is_measured_clockwise(page: Image.Image, degrees: float) -> None:
    turned = page.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert skew_of(np.asarray(turned)) == pytest.approx(degrees, abs=0.2)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page_has_no_skew(level: int) -> None:
    assert skew_of(np.full((1200, 900, 3), level, np.uint8)) == 0.0


def test_noise_has_no_skew() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 700, 3), np.uint8)
    assert skew_of(noise) == 0.0
