"""Pages cut into bands, and what was read in them put together again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_pages import (
    LINES,
    STEP,
    BarModel,
    html_of,
    page_image,
    picture_of,
    seen,
    table_html_of,
    text_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from docmill.extractors.ocr.vlm.cuts import cut_near, smaller, tiles_of
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region, RegionCell
from docmill.extractors.ocr.vlm.tile_joining import TileAnswer, joined_tiles
from docmill.schemas.geometry import Box

MODEL = BarModel()


def pixels_of(image: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    import io

    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def read(
    image: Image.Image, count: int, *, table: bool = False, overlap: float = 0.1
) -> tuple[str, ParsedAnswer]:
    tiles = tiles_of(picture_of(image), count, overlap)
    assert len(tiles) == count
    answers: list[TileAnswer] = []
    for tile in tiles:
        lines = seen(pixels_of(tile.picture.image))
        raw = table_html_of(lines) if table else html_of(lines)
        answers.append(TileAnswer(tile.box, raw, MODEL.parsed(raw, tile.picture)))
    return joined_tiles(answers)


def test_a_clean_cut_runs_between_lines() -> None:
    tiles = tiles_of(picture_of(page_image()), 2, 0.1)
    upper, lower = tiles
    assert upper.box.y1 == lower.box.y0
    assert 0.4 < upper.box.y1 < 0.6
    texts = [text for tile in tiles for text, _ in seen(pixels_of(tile.picture.image))]
    assert texts == [text_of(line) for line in range(LINES)]


def test_rules_of_a_table_do_not_hide_the_gap_between_its_rows() -> None:
    image = page_image()
    for x in (10, 210):
        image.paste((0, 0, 0), (x, 0, x + 2, image.height))
    row, clean = cut_near(np.asarray(image.convert("L")), 0.5, 0.1)
    assert clean
    assert (row - 20) % STEP > 12


def test_without_a_gap_tiles_overlap() -> None:
    upper, lower = tiles_of(picture_of(page_image(smudged=True)), 2, 0.1)
    assert upper.box.y1 - lower.box.y0 == pytest.approx(0.1, abs=0.005)
    assert upper.picture.image_height == round(upper.box.height * 800)
    assert upper.picture.height_px == round(upper.box.height * 1600)


def test_a_tile_has_its_own_words_and_may_be_blank() -> None:
    upper, lower = tiles_of(picture_of(page_image(range(10))), 2, 0.1)
    assert not upper.picture.blank
    assert lower.picture.blank
    assert not lower.picture.words
    first = upper.picture.words[0]
    assert first.box.y0 == pytest.approx(20 / 800 / upper.box.height, abs=0.003)


def test_a_low_picture_is_not_cut() -> None:
    image = page_image().crop((0, 0, 300, 180))
    (only,) = tiles_of(picture_of(image), 2, 0.1)
    assert only.box == Box(x0=0, y0=0, x1=1, y1=1)


def test_a_smaller_picture_shows_the_same() -> None:
    picture = picture_of(page_image())
    half = smaller(picture, 0.5)
    assert (half.image_width, half.image_height) == (150, 400)
    assert (half.width_px, half.height_px) == (picture.width_px, picture.height_px)
    assert half.image_hash != picture.image_hash
    assert [text for text, _ in seen(pixels_of(half.image))] == [
        text_of(line) for line in range(LINES)
    ]


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("smudged", [False, True])
def test_lines_come_back_once_in_order_and_in_place(count: int, smudged: bool) -> None:
    image = page_image(smudged=smudged)
    raw, answer = read(image, count)
    assert [region.text for region in answer.regions] == [text_of(line) for line in range(LINES)]
    truth = [box for _, box in seen(np.asarray(image))]
    for region, box in zip(answer.regions, truth, strict=True):
        assert region.box is not None
        assert region.box.iou(box) > 0.6
        assert raw[slice(*region.span)] == region.source


@pytest.mark.parametrize("smudged", [False, True])
def test_a_table_that_was_cut_is_one_again(smudged: bool) -> None:
    raw, answer = read(page_image(smudged=smudged), 3, table=True)
    (table,) = answer.regions
    assert [cell.row for cell in table.cells[::2]] == list(range(LINES))
    assert [
        f"{a.text} {b.text}" for a, b in zip(table.cells[::2], table.cells[1::2], strict=True)
    ] == [text_of(line) for line in range(LINES)]
    for cell in table.cells:
        assert raw[slice(*cell.span)] == cell.text
    assert table.text.count("\n") == LINES - 1


def paragraph(text: str, box: Box | None, span: tuple[int, int] = (0, 0)) -> Region:
    return Region("text", "Text", box, text, text, span)


UPPER, LOWER = Box(x0=0, y0=0, x1=1, y1=0.55), Box(x0=0, y0=0.45, x1=1, y1=1)
WORDS = [f"w{number}" for number in range(60)]


def joined_texts(upper: list[Region], lower: list[Region]) -> list[str]:
    tiles = [
        TileAnswer(box, "", ParsedAnswer(tuple(regions), True))
        for box, regions in ((UPPER, upper), (LOWER, lower))
    ]
    return [region.text for region in joined_tiles(tiles)[1].regions]


@settings(max_examples=60)
@given(st.integers(20, 40), st.integers(3, 15), st.integers(0, 8), st.integers(0, 8))
def test_a_paragraph_over_a_cut_is_neither_doubled_nor_shortened(
    cut: int, common: int, torn_above: int, torn_below: int
) -> None:
    above = WORDS[: cut + common] + [f"x{n}" for n in range(torn_above)]
    below = [f"y{n}" for n in range(torn_below)] + WORDS[cut:]
    for box in (Box(x0=0.1, y0=0, x1=0.9, y1=1), None):
        texts = joined_texts([paragraph(" ".join(above), box)], [paragraph(" ".join(below), box)])
        assert " ".join(texts).split() == WORDS


def test_columns_are_joined_each_to_its_own() -> None:
    left, right = Box(x0=0, y0=0.1, x1=0.45, y1=1), Box(x0=0.55, y0=0.1, x1=1, y1=1)
    start = {"y0": 0.0}
    texts = joined_texts(
        [paragraph("a b c d e f", left), paragraph("r s t u v", right)],
        [
            paragraph("d e f g h", left.model_copy(update=start)),
            paragraph("t u v w", right.model_copy(update=start)),
        ],
    )
    assert texts == ["a b c d e f", "r s t u v", "g h", "w"]


def test_what_has_nothing_in_common_is_kept() -> None:
    box = Box(x0=0, y0=0, x1=1, y1=1)
    texts = ["one two three four", "five six seven"]
    assert joined_texts([paragraph(texts[0], box)], [paragraph(texts[1], box)]) == texts
    phrase = "the amount is due"
    long = f"{phrase} {' '.join(WORDS)}"
    assert joined_texts([paragraph(long, box)], [paragraph(f"{phrase} later", box)]) == [
        long,
        f"{phrase} later",
    ]


def test_a_region_wholly_in_both_tiles_stands_once() -> None:
    upper = paragraph("Total 14.50", Box(x0=0.1, y0=0.85, x1=0.9, y1=0.95))
    lower = paragraph("Total 14.50", Box(x0=0.1, y0=0.03, x1=0.9, y1=0.12))
    assert joined_texts([upper], [lower]) == ["Total 14.50"]


def test_what_fills_all_that_both_tiles_show_is_not_lost() -> None:
    upper = paragraph("Inv0ice", Box(x0=0.1, y0=0.45 / 0.55, x1=0.9, y1=1))
    lower = paragraph("Invoice", Box(x0=0.1, y0=0, x1=0.9, y1=0.1 / 0.55))
    assert joined_texts([upper], [lower]) == ["Invoice"]


def test_half_a_line_gives_way_to_the_whole_one() -> None:
    upper = [paragraph("Net 10.00", Box(x0=0.1, y0=0.86, x1=0.9, y1=0.9))]
    torn = [paragraph("T0ta1", Box(x0=0.1, y0=0.97, x1=0.9, y1=1))]
    lower = [paragraph("Total 14.50", Box(x0=0.1, y0=0.14, x1=0.9, y1=0.22))]
    assert joined_texts(upper + torn, lower) == ["Net 10.00", "Total 14.50"]


def test_equal_text_far_from_the_cut_stays_twice() -> None:
    box = Box(x0=0.1, y0=0.5, x1=0.9, y1=0.6)
    assert (
        joined_texts([paragraph("Name and date", box)], [paragraph("Name and date", box)])
        == ["Name and date"] * 2
    )


def test_tables_of_other_shapes_stay_apart() -> None:
    def table(columns: int, box: Box) -> Region:
        cells = [RegionCell(0, n, 1, 1, f"{columns}{n}", False, (0, 0)) for n in range(columns)]
        return replace(paragraph("x", box), label="table", cells=tuple(cells))

    upper, lower = Box(x0=0, y0=0.5, x1=1, y1=1), Box(x0=0, y0=0, x1=1, y1=0.3)
    touching = [
        TileAnswer(Box(x0=0, y0=0, x1=1, y1=0.5), "", ParsedAnswer((table(2, upper),), True)),
        TileAnswer(Box(x0=0, y0=0.5, x1=1, y1=1), "", ParsedAnswer((table(3, lower),), True)),
    ]
    assert len(joined_tiles(touching)[1].regions) == 2
    touching[1] = replace(touching[1], answer=ParsedAnswer((table(2, lower),), True))
    assert len(joined_tiles(touching)[1].regions) == 1
