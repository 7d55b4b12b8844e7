"""Both models: what they ask, and that the shipped answers are read as they are meant."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest
from chandra.prompts import PROMPT_MAPPING  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image

from docmill.extractors.ocr.chandra.model import Chandra
from docmill.extractors.ocr.chandra.prompt import layout_prompt
from docmill.extractors.ocr.glm_ocr.layout import FoundRegion
from docmill.extractors.ocr.glm_ocr.model import GlmOcr, GlmOcrRegions
from docmill.extractors.ocr.vlm import scripted_pages
from docmill.extractors.ocr.vlm.crop import cropped
from docmill.extractors.ocr.vlm.model import joined, placed
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import ParsedAnswer
from docmill.extractors.ocr.vlm.scripted import ScriptedChat
from docmill.schemas.errors import EngineUnavailable
from docmill.schemas.geometry import Box


def _picture() -> PagePicture:
    image = Image.new("RGB", (100, 200), "white")
    image.putpixel((50, 100), (255, 0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return PagePicture(
        document_id="d", page=1, width_px=100, height_px=200, rotation=0, image=buffer.getvalue(),
        image_width=100, image_height=200, image_hash="0" * 64, blank=False, words=(),
    )  # fmt: skip


def _text(answer: ParsedAnswer) -> list[str]:
    return " ".join(region.text for region in answer.regions).split()


def test_chandra_is_asked_with_the_prompt_of_its_makers() -> None:
    request = Chandra().request(_picture())
    assert request.prompt == PROMPT_MAPPING["ocr_layout"]
    assert (request.max_tokens, request.temperature, request.top_p) == (12_384, 0.0, 0.1)
    assert request.options["repetition_detection"]["min_count"] >= 50
    assert str(Chandra().tag).startswith("chandra@0.2")


def test_without_its_package_chandra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    layout_prompt.cache_clear()
    monkeypatch.setitem(sys.modules, "chandra.prompts", None)
    with pytest.raises(EngineUnavailable, match="chandra-ocr") as caught:
        Chandra().request(_picture())
    assert caught.value.hint.startswith("pip install 'chandra-ocr")
    layout_prompt.cache_clear()


def test_glm_ocr_is_asked_as_its_makers_do() -> None:
    request = GlmOcr().request(_picture())
    assert (request.prompt, request.max_tokens) == ("Text Recognition:", 8192)
    assert (request.temperature, request.top_p, request.top_logprobs) == (0.0, 0.00001, 2)
    assert request.options["top_k"] == 1 and request.options["repetition_penalty"] == 1.1


def test_a_part_of_the_page_is_cut_out_in_its_own_pixels() -> None:
    part = cropped(_picture(), Box(x0=0.5, y0=0.5, x1=0.753, y1=0.75))
    with Image.open(io.BytesIO(part)) as image:
        assert image.size == (26, 50)
        assert image.getpixel((0, 0)) == (255, 0, 0)
    assert cropped(_picture(), None) == _picture().image


def test_both_models_read_the_same_from_their_answers() -> None:
    chandra = Chandra().parsed(scripted_pages.CHANDRA, _picture())
    glm = GlmOcr().parsed(scripted_pages.GLM_OCR, _picture())
    assert chandra.complete and glm.complete
    assert chandra.findings == glm.findings == ()
    assert [word for word in _text(glm) if word != "-"] == _text(chandra)
    cells = [
        [region.cells for region in answer.regions if region.label == "table"]
        for answer in (chandra, glm)
    ]
    shapes = [
        [(c.row, c.column, c.row_span, c.column_span, c.text) for c in table]
        for tables in cells for table in tables
    ]  # fmt: skip
    assert shapes[0] == shapes[1]
    ticked = [[tick for r in answer.regions for tick in r.ticked] for answer in (chandra, glm)]
    assert ticked[0] == ticked[1] == [("Paid", True), ("Open", False)]


class Layout:
    def regions(self, image: bytes) -> tuple[FoundRegion, ...]:
        return (
            FoundRegion("table", Box(x0=0.1, y0=0.3, x1=0.9, y1=0.5), 0.8),
            FoundRegion("text", Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2), 0.9),
            FoundRegion("equation", Box(x0=0.1, y0=0.6, x1=0.9, y1=0.7), 0.7),
        )


def test_a_page_read_region_by_region() -> None:
    chat = ScriptedChat(scripted_pages.glm_ocr_regions)

    async def read() -> ParsedAnswer:
        page = _picture()
        answers = [
            (raw := (await chat.ask(part.request(page))).text, part.parsed(raw, page))
            for part in GlmOcrRegions(layout=Layout()).parts(page)
        ]
        raw, answer = joined(answers)
        assert all(raw[slice(*region.span)] == region.source for region in answer.regions)
        return answer

    answer = asyncio.run(read())
    assert [(region.label, region.detector_score) for region in answer.regions] == [
        ("text", 0.9),
        ("table", 0.8),
        ("formula", 0.7),
    ]
    assert all(region.box for region in answer.regions)
    assert [request.prompt.split()[0] for request in chat.asked] == ["Text", "Table", "Formula"]


def test_the_boxes_of_a_tile_are_put_on_the_page() -> None:
    tile = Box(x0=0.0, y0=0.5, x1=1.0, y1=1.0)
    header = placed(Chandra().parsed(scripted_pages.CHANDRA, _picture()), tile).regions[0]
    assert header.box is not None
    assert header.box.as_tuple() == pytest.approx((0.08, 0.515, 0.92, 0.525))
