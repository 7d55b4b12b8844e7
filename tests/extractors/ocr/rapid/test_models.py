from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docmill.extractors.ocr.rapid.lines import find_lines
from docmill.extractors.ocr.rapid.models import Runtime, load_models
from docmill.extractors.ocr.rapid.recognise import read_lines

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
LINES = ["Invoice number 4711", "Total amount 119.00"]


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_both_runtimes_read_the_same(runtime: Runtime) -> None:
    pytest.importorskip(runtime, reason=f"{runtime} has no package for this machine")
    picture = Image.new("RGB", (500, 160), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(LINES):
        draw.text((20, 20 + 70 * number), line, "black", ImageFont.truetype(FONT, 30))
    pixels = np.asarray(picture)
    models = load_models(runtime)
    assert models.runtime == runtime
    lines = read_lines(pixels, find_lines(pixels, models.detection), models)
    assert [line.text for line in lines] == LINES
    assert all(line.confidence > 0.9 for line in lines)


def test_the_alphabet_has_a_blank_first_and_a_space_last() -> None:
    alphabet = load_models("onnxruntime").alphabet
    assert (alphabet[0], alphabet[-1]) == ("", " ")
    assert {"A", "z", "0", "ß", "€"} <= set(alphabet)
