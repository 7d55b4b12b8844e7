from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.alignment import Aligned, align
from docmill.extractors.ocr.vlm.regions import Region, RegionCell
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, UprightView, Word

CHARACTER, LINE = 0.01, 0.02


def box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box.clipped(x0, y0, x1, y1)


def typed(
    *lines: str, x: float = 0.1, y: float = 0.1, source: BoxSource = BoxSource.TEXT_LAYER
) -> list[Word]:
    """Words of a typewriter: every character is 0.01 wide, lines are 0.02 apart, 0.012 high."""
    words: list[Word] = []
    for row, line in enumerate(lines):
        at = 0
        for text in line.split(" "):
            if text:
                left, top = x + CHARACTER * at, y + LINE * row
                place = box(left, top, left + CHARACTER * len(text), top + 0.012)
                words.append(Word(text=text, box=place, block=0, line=row, box_source=source))
            at += len(text) + 1
    return words


def region(text: str, frame: Box | None, label: str = "text", **more: object) -> Region:
    return Region(
        label=label,
        native_label=label,
        box=frame,
        text=text,
        source=text,
        span=(0, len(text)),
        **more,  # type: ignore[arg-type]
    )


def table(rows: Sequence[Sequence[str]], frame: Box | None) -> Region:
    cells = tuple(
        RegionCell(r, c, 1, 1, text, r == 0, (0, 0))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
        if text
    )
    text = "\n".join("\t".join(row) for row in rows)
    return region(text, frame, "table", cells=cells)


def around(words: Iterable[Word]) -> Box:
    return Box.around(word.box for word in words)


def boxes(aligned: Aligned) -> dict[str, Box]:
    return {word.text: word.box for word in aligned.words}


def test_equal_words_take_the_boxes_found() -> None:
    found = typed("Invoice 4711 of 3 May", "Total 12.50 EUR")
    aligned = align([region("Invoice 4711 of 3 May\nTotal 12.50 EUR", around(found))], found)
    assert [word.text for word in aligned.words] == [word.text for word in found]
    assert [word.box for word in aligned.words] == [word.box for word in found]
    assert {word.box_source for word in aligned.words} == {BoxSource.TEXT_LAYER}
    assert [word.line for word in aligned.words] == [0] * 5 + [1] * 3
    assert aligned.findings == ()


def test_lines_are_the_printed_ones_where_the_model_runs_them_together() -> None:
    found = typed("one two three", "four five six")
    aligned = align([region("one two three four five six", around(found))], found)
    assert [word.line for word in aligned.words] == [0, 0, 0, 1, 1, 1]


def test_misread_words_take_the_box_and_say_so() -> None:
    found = typed("lnvoice 47ll of 3 May", source=BoxSource.OCR)
    aligned = align([region("Invoice 4711 of 3 May", around(found))], found)
    assert [word.box for word in aligned.words] == [word.box for word in found]
    assert [str(word.box_source) for word in aligned.words] == ["aligned", "aligned"] + ["ocr"] * 3


def test_a_wholly_unlike_word_between_two_that_agree_is_the_same_print() -> None:
    found = typed("Name: Xlt2r Smith")
    aligned = align([region("Name: Peter Smith", around(found))], found)
    assert aligned.words[1].box == found[1].box
    assert aligned.words[1].box_source is BoxSource.ALIGNED


def test_a_joined_word_is_shared_out_by_characters() -> None:
    found = typed("RM12.50 paid")
    aligned = align([region("RM 12.50 paid", around(found))], found)
    first, second = aligned.words[0].box, aligned.words[1].box
    assert first.as_tuple() == pytest.approx((0.1, 0.1, 0.12, 0.112))
    assert second.as_tuple() == pytest.approx((0.12, 0.1, 0.17, 0.112))
    assert aligned.words[0].box_source is BoxSource.ALIGNED


def test_a_split_word_takes_the_boxes_of_its_parts() -> None:
    found = typed("KEM BANGAN road")
    aligned = align([region("KEMBANGAN road", around(found))], found)
    assert aligned.words[0].box == around(found[:2])
    assert aligned.words[1].box == found[2].box


def test_a_word_parted_at_the_end_of_a_line_keeps_to_one_line() -> None:
    found = typed("the evalu-", "ation of it")
    aligned = align([region("the evaluation of it", around(found))], found)
    assert aligned.words[1].box == found[1].box
    assert aligned.unclaimed == ()


def test_regions_in_another_order_than_the_words() -> None:
    left, right = typed("alpha beta", "gamma delta"), typed("one two", "three four", x=0.6)
    found = [left[0], left[1], right[0], right[1], left[2], left[3], right[2], right[3]]
    aligned = align(
        [
            region("one two three four", around(right)),
            region("alpha beta gamma delta", around(left)),
        ],
        found,
    )
    assert [word.box for word in aligned.words] == [word.box for word in [*right, *left]]


def test_two_columns_in_one_region_read_downwards() -> None:
    left, right = typed("alpha beta", "gamma delta"), typed("one two", "three four", x=0.6)
    found = [left[0], left[1], right[0], right[1], left[2], left[3], right[2], right[3]]
    text = "alpha beta\ngamma delta\none two\nthree four"
    aligned = align([region(text, around(found))], found)
    assert [word.box for word in aligned.words] == [word.box for word in [*left, *right]]


def test_repeated_words_keep_to_their_neighbours() -> None:
    found = typed("tea 1 2.00", "bun 1 2.00", "pie 1 2.00", "jam 1 2.00")
    aligned = align(
        [region("tea 1 2.00\nbun 1 2.00\npie 1 2.00\njam 1 2.00", around(found))], found
    )
    assert [word.box for word in aligned.words] == [word.box for word in found]


def test_text_that_the_page_lacks_gets_what_its_neighbours_leave() -> None:
    found = typed("Total amount due 45.00")
    aligned = align([region("Total amount due 45.00", around(found))], [found[0], *found[2:]])
    amount = aligned.words[1]
    assert amount.box_source is BoxSource.REGION
    assert amount.box.iou(found[1].box) > 0.5
    assert aligned.findings == ("1 word told, but not found on the page: ‘amount’",)


def test_without_any_word_found_a_line_gets_its_share_of_the_region() -> None:
    aligned = align([region("first\nsecond", box(0.1, 0.2, 0.5, 0.4))], [])
    assert {word.box_source for word in aligned.words} == {BoxSource.REGION}
    assert boxes(aligned)["first"].as_tuple() == pytest.approx((0.1, 0.2, 0.5, 0.3))
    assert boxes(aligned)["second"].as_tuple() == pytest.approx((0.1, 0.3, 0.5, 0.4))


def test_no_box_is_invented_where_the_region_has_none() -> None:
    found = typed("seen here")
    aligned = align([region("seen here", None), region("unheard of", None, "stray")], found)
    assert [word.text for word in aligned.words] == ["seen", "here"]
    assert [word.text for word in aligned.unplaced] == ["unheard", "of"]
    assert aligned.findings == (
        "2 words told without a place, and found nowhere: ‘unheard of’",
        "1 region has no place on the page: ‘unheard of’",
    )


def test_found_words_that_no_region_tells_are_reported() -> None:
    found = typed("Invoice 4711", "Page 1 of 2")
    aligned = align([region("Invoice 4711", around(found[:2]))], found)
    assert aligned.unclaimed == tuple(found[2:])
    assert aligned.findings == ("4 words found on the page, but told by no region: ‘Page 1 of 2’",)


def test_invisible_words_are_neither_used_nor_missed() -> None:
    ghost = typed("Invoice")[0].model_copy(update={"visible": False})
    aligned = align([region("Invoice", box(0.1, 0.1, 0.3, 0.2))], [ghost])
    assert aligned.words[0].box_source is BoxSource.REGION
    assert aligned.unclaimed == ()


def test_a_wrong_region_box_is_overruled_by_the_words() -> None:
    found = typed("The quick brown fox jumps", y=0.8)
    aligned = align([region("The quick brown fox jumps", box(0, 0, 0.3, 0.1))], found)
    assert [word.box for word in aligned.words] == [word.box for word in found]
    assert aligned.blocks[0].box == around(found)
    assert aligned.findings == ("1 region stands elsewhere than the model says",)


def test_a_slightly_wrong_region_box_does_no_harm() -> None:
    found = typed("one two three", "four five six", "seven eight nine")
    half = LINE / 2
    frame = around(found)
    off = box(frame.x0, frame.y0 + half, frame.x1 - 0.05, frame.y1 + half)
    aligned = align([region("one two three four five six seven eight nine", off)], found)
    assert [word.box for word in aligned.words] == [word.box for word in found]


def test_one_region_without_box_is_the_whole_page() -> None:
    left, right = typed("alpha beta", "gamma delta"), typed("one two", "three four", x=0.6)
    aligned = align([region("alpha beta gamma delta\n\none two three four", None)], [*right, *left])
    assert [word.box for word in aligned.words] == [word.box for word in [*left, *right]]


def test_a_loop_does_not_take_the_words_of_others() -> None:
    found = typed("paid in cash", "many thanks")
    frame = around(found[:3])
    aligned = align(
        [region("paid in cash " * 5, frame), region("many thanks", around(found[3:]))], found
    )
    placed = [word for word in aligned.words if word.box_source is not BoxSource.REGION]
    assert [word.text for word in placed] == ["paid", "in", "cash", "many", "thanks"]


def test_cells_of_a_table() -> None:
    found = typed("item   qty price", "tea      1  2.00", "coffee   2  2.00", "        3  4.00")
    rows = [
        ["item", "qty", "price"],
        ["tea", "1", "2.00"],
        ["coffee", "2", "2.00"],
        ["", "3", "4.00"],
    ]
    aligned = align([table(rows, around(found))], found)
    (read,) = aligned.tables
    assert (read.rows, read.columns) == (4, 3)
    assert [(cell.row, cell.column, cell.text) for cell in read.cells] == [
        (r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text
    ]
    assert [aligned.words[cell.words[0]].text for cell in read.cells] == [
        c.text for c in read.cells
    ]
    assert [cell.box for cell in read.cells] == [word.box for word in found]
    assert [cell.header for cell in read.cells][:4] == [True, True, True, False]


def test_cells_of_two_lines() -> None:
    found = typed(
        "Black tea     1   2.00",
        "from Ceylon",
        "White bread   1   2.00",
        "from Rye",
    )
    rows = [["Black tea from Ceylon", "1", "2.00"], ["White bread from Rye", "1", "2.00"]]
    aligned = align([table(rows, around(found))], found)
    told = [[aligned.words[n].box for n in cell.words] for cell in aligned.tables[0].cells]
    assert told[0] == [word.box for word in (*found[0:2], *found[4:6])]
    assert told[1:3] == [[found[2].box], [found[3].box]]
    assert told[3] == [word.box for word in (*found[6:8], *found[10:12])]
    assert told[4:] == [[found[8].box], [found[9].box]]


def test_a_missing_number_among_equal_ones_stays_the_missing_one() -> None:
    found = typed("tea   0.00   0.00   0.00", "milk  0.00   0.00   0.00")
    rows = [["tea", "0.00", "0.00", "0.00"], ["milk", "0.00", "0.00", "0.00"]]
    lost = found.pop(2)
    aligned = align([table(rows, around(found))], found)
    sources = [word.box_source for word in aligned.words]
    assert sources.count(BoxSource.REGION) == 1
    assert aligned.words[2].box_source is BoxSource.REGION
    assert aligned.words[2].box.iou(lost.box) > 0.5


def test_a_word_missing_from_a_cell_stands_beside_the_others_of_it() -> None:
    found = typed("a very long item name  $ 10.00", "tea                    $ 2.00")
    rows = [["a very long item name", "$ 10.00"], ["tea", "$ 2.00"]]
    aligned = align([table(rows, around(found))], [*found[:-2], found[-1]])
    lost = aligned.words[-2]
    assert (lost.text, lost.box_source) == ("$", BoxSource.REGION)
    assert lost.box.iou(found[-2].box) > 0.5


def test_a_row_that_was_not_found_stands_between_its_neighbours() -> None:
    found = typed("tea 1.00", "bun 2.00", "pie 3.00")
    rows = [["tea", "1.00"], ["bun", "2.00"], ["pie", "3.00"]]
    aligned = align([table(rows, around(found))], [*found[:2], *found[4:]])
    lost = [word for word in aligned.words if word.box_source is BoxSource.REGION]
    assert [word.text for word in lost] == ["bun", "2.00"]
    for estimated, true in zip(lost, found[2:4], strict=True):
        assert true.box.y0 < (estimated.box.y0 + estimated.box.y1) / 2 < true.box.y1
        assert true.box.x0 < (estimated.box.x0 + estimated.box.x1) / 2 < true.box.x1


def test_chinese_is_parted_as_it_was_found() -> None:
    found = typed("全玻幕墙胶缝承载力应符合", "下列要求：")
    aligned = align([region("全玻幕墙股缝承载力应符合下列要求：", around(found))], found)
    assert [word.text for word in aligned.words] == ["全玻幕墙股缝承载力应符合", "下列要求："]
    assert [word.box for word in aligned.words] == [word.box for word in found]
    assert [str(word.box_source) for word in aligned.words] == ["aligned", "text_layer"]
    assert aligned.origins[1].start == 12


def test_a_chinese_line_that_was_not_found_stays_apart() -> None:
    found = typed("全玻幕墙胶缝", "承载力应符合", "下列要求")
    text = "全玻幕墙胶缝承载力应符合下列要求"
    aligned = align([region(text, around(found))], [found[0], found[2]])
    assert [word.text for word in aligned.words] == ["全玻幕墙胶缝", "承载力应符合", "下列要求"]
    assert [word.box for word in aligned.words][::2] == [found[0].box, found[2].box]
    assert aligned.words[1].box_source is BoxSource.REGION


def test_a_formula_is_one_word_around_what_was_found() -> None:
    found = typed("a+b", "c")
    formula = region("$$\\frac{a+b}{c}$$", around(found), "formula")
    aligned = align([formula], found)
    assert [word.text for word in aligned.words] == ["$$\\frac{a+b}{c}$$"]
    assert aligned.words[0].box == around(found)
    assert aligned.unclaimed == ()


def test_what_is_said_about_a_picture_is_no_print() -> None:
    logo = typed("ACME")
    said = region("Logo of ACME with an anvil", box(0, 0, 0.5, 0.2), "picture")
    aligned = align([said], logo)
    assert [word.text for word in aligned.words] == ["ACME"]
    assert aligned.blocks[0].text == "Logo of ACME with an anvil"


def test_upright_boxes_follow() -> None:
    view = UprightView(width_px=10, height_px=10, matrix=(0, -1, 1, 1, 0, 0, 0, 0, 1))
    found = [
        word.model_copy(update={"upright": view.box(word.box)}) for word in typed("one two three")
    ]
    aligned = align([region("one missing two three", around(found))], found, view)
    assert [word.upright for word in aligned.words if word.text != "missing"] == [
        word.upright for word in found
    ]
    missing = aligned.words[1]
    assert missing.upright == view.box(missing.box)


def test_origins_lead_back_to_the_model() -> None:
    found = typed("tea 2.00", "bun  3.00")
    regions = [region("Till  1", None), table([["tea", "2.00"], ["bun", "3.00"]], around(found))]
    aligned = align(regions, [*typed("Till 1", y=0.5), *found])
    for word, origin in zip(aligned.words, aligned.origins, strict=True):
        owner = regions[origin.region]
        text = owner.text if origin.cell is None else owner.cells[origin.cell].text
        assert text[origin.start : origin.end] == word.text


def test_thousands_of_words_take_seconds_at_most() -> None:
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(6000)]
    lines = [" ".join(words[n : n + 12]) for n in range(0, 6000, 12)]
    found = _dense(lines)
    chance.shuffle(lines)
    started = time.process_time()
    aligned = align([region("\n".join(lines), None)], found)
    assert time.process_time() - started < 20
    assert len(aligned.words) > 5000


def _dense(lines: Sequence[str]) -> list[Word]:
    height = 1 / len(lines)
    return [
        Word(
            text=text,
            box=box(n / 12, row * height, (n + 0.9) / 12, (row + 0.7) * height),
            block=0,
            line=row,
        )
        for row, line in enumerate(lines)
        for n, text in enumerate(line.split())
    ]


WORDS = st.lists(st.text("abc1,$\\{ß…", min_size=1, max_size=4), max_size=12)
FRAMES = st.one_of(
    st.none(),
    st.tuples(*[st.floats(0, 1)] * 4).map(lambda c: Box.clipped(c[0], c[1], c[2], c[3])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, FRAMES), max_size=4), WORDS)
def test_every_word_is_told_once_and_none_is_lost(
    told: list[tuple[list[str], Box | None]], seen: list[str]
) -> None:
    regions = [region(" ".join(words), frame) for words, frame in told]
    found = typed(" ".join(seen))
    aligned = align(regions, found)
    at = [(origin.region, origin.start) for origin in aligned.origins]
    missed = [(word.origin.region, word.origin.start) for word in aligned.unplaced]
    assert len(set(at + missed)) == len(at) + len(missed)
    written = " ".join(word.text for word in aligned.words) + " ".join(
        word.text for word in aligned.unplaced
    )
    assert sorted(written.replace(" ", "")) == sorted(
        "".join(text for words, _ in told for text in words)
    )
    assert all(word.block < len(aligned.blocks) for word in aligned.words)
    lines = [word.line for word in aligned.words]
    assert lines == sorted(lines)
    for word, origin in zip(aligned.words, aligned.origins, strict=True):
        frame = regions[origin.region].box
        assert word.box_source is not BoxSource.REGION or frame is not None
