"""Chandra's layout HTML into regions."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

import pytest
from chandra.prompts import PROMPT_MAPPING  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.chandra.boxes import box_of
from docmill.extractors.ocr.chandra.parse import LABELS_OF_CHANDRA, parse
from docmill.extractors.ocr.vlm.regions import LABELS

PAGE = (
    '<div data-bbox="80 40 920 60" data-label="Page-Header">ACME Ltd.</div>\n'
    '<div data-bbox="80 100 500 130" data-label="Section-Header"><h1>Invoice</h1></div>\n'
    '<div data-bbox="80 150 920 400" data-label="Table"><table border="1">'
    "<tr><th>Item</th><th>Price</th></tr>"
    '<tr><td rowspan="2">Bolt &amp; nut</td><td>1,00</td></tr><tr><td>2,00</td></tr>'
    "</table></div>\n"
    '<div data-bbox="80 420 500 460" data-label="Equation-Block">'
    '<math display="block">a < \\frac{b}{c}</math></div>\n'
    '<div data-bbox="80 480 500 520" data-label="Form">'
    '<input type="checkbox" checked> Paid <input type="checkbox"> Open</div>\n'
    '<div data-bbox="80 600 400 800" data-label="Image"><img alt="a red stamp">PAID</div>\n'
    '<div data-bbox="80 960 920 980" data-label="Page-Footer">Page 1</div>'
)


def test_a_page() -> None:
    answer = parse(PAGE)
    assert (answer.complete, answer.findings) == (True, ())
    assert [(region.label, region.text) for region in answer.regions] == [
        ("page_header", "ACME Ltd."),
        ("section_header", "Invoice"),
        ("table", "Item\tPrice\nBolt & nut\t1,00\n2,00"),
        ("formula", "a < \\frac{b}{c}"),
        ("form", "\u2612 Paid \u2610 Open"),
        ("picture", "PAID"),
        ("page_footer", "Page 1"),
    ]
    header, _, table, _, form, *_ = answer.regions
    assert header.box is not None and header.box.as_tuple() == (0.08, 0.04, 0.92, 0.06)
    assert (header.native_label, header.source) == ("Page-Header", "ACME Ltd.")
    assert [(c.row, c.column, c.row_span) for c in table.cells] == [
        (0, 0, 1), (0, 1, 1), (1, 0, 2), (1, 1, 1), (2, 1, 1),
    ]  # fmt: skip
    assert form.ticked == (("Paid", True), ("Open", False))
    for region in answer.regions:
        assert PAGE[slice(*region.span)] == region.source
        for cell in region.cells:
            assert PAGE[slice(*cell.span)] in (cell.text, "Bolt &amp; nut")


def test_every_label_of_its_prompt_is_known() -> None:
    assert set(LABELS_OF_CHANDRA.values()) <= LABELS
    prompt = PROMPT_MAPPING["ocr_layout"]
    named = [line[2:] for line in prompt.split("following labels:")[1].split("\n\n")[0].split("\n")]
    assert [label for label in named if label.strip()] == list(LABELS_OF_CHANDRA)


@pytest.mark.parametrize(
    ("written", "box", "fault"),
    [
        ("10 20 500 1000", (0.01, 0.02, 0.5, 1.0), None),
        ("10.5, 20, 500.25,1000.0", (0.0105, 0.02, 0.50025, 1.0), None),
        ("[10, 20, 500, 1000]", (0.01, 0.02, 0.5, 1.0), None),
        ("500 20 10 1000", (0.01, 0.02, 0.5, 1.0), "inverted"),
        ("-5 20 500 1200", (0.0, 0.02, 0.5, 1.0), "over the page's edge"),
        ("500 900 10 1200", (0.01, 0.9, 0.5, 1.0), "inverted and over the page's edge"),
        (None, None, "has no box"),
        ("  ", None, "has no box"),
        ("10 20 500", None, "cannot be read"),
        ("10 20 500 1000 7", None, "cannot be read"),
        ("a b c d", None, "cannot be read"),
        ("10 20 nan 1000", None, "cannot be read"),
        ("10 20 10 1000", None, "without an area"),
        ("1100 20 1200 1000", None, "outside of the page"),
        ("0.1 0.1 0.9 0.9", None, "another scale"),
    ],
)
def test_boxes_as_models_write_them(
    written: str | None, box: tuple[float, ...] | None, fault: str | None
) -> None:
    found, said = box_of(written)
    assert (found.as_tuple() if found else None) == (pytest.approx(box) if box else None)
    assert fault in said if fault and said else said is fault


def test_a_block_without_a_box_keeps_its_text() -> None:
    answer = parse('<div data-label="Text">a</div><div data-bbox="1,2,3" data-label="Text">b</div>')
    assert [(region.text, region.box) for region in answer.regions] == [("a", None), ("b", None)]
    assert answer.findings == (
        "block 'Text' has no box",
        "block 'Text' has a box that cannot be read: '1,2,3'",
    )
    assert answer.complete


def test_text_outside_of_blocks_is_kept_where_it_stood() -> None:
    block = '<div data-bbox="0 0 9 9" data-label="Text">b</div>'
    raw = f"before {block}<p>between</p>\n<div>still</div>{block} after"
    answer = parse(raw)
    assert [(region.label, region.text) for region in answer.regions] == [
        ("stray", "before"), ("text", "b"), ("stray", "between\nstill"), ("text", "b"),
        ("stray", "after"),
    ]  # fmt: skip
    assert answer.findings == ("text stands outside of all blocks",) * 3
    for region in answer.regions:
        assert raw[slice(*region.span)] == region.source


def test_an_answer_without_any_block_is_stray() -> None:
    (region,) = parse("<p>Invoice</p><table><tr><td>1</td></tr></table>").regions
    assert (region.label, region.text, len(region.cells)) == ("stray", "Invoice\n1", 1)


def test_blocks_in_a_page_element_are_blocks() -> None:
    raw = '<html><body><div><div data-bbox="0 0 9 9" data-label="Text">a</div></div></body></html>'
    answer = parse(raw)
    assert [(region.label, region.text) for region in answer.regions] == [("text", "a")]
    assert answer.complete and not answer.findings


def test_a_block_in_a_block_is_a_region_of_its_own() -> None:
    inner = '<div data-bbox="1 1 9 9" data-label="Caption">in</div>'
    answer = parse(f'<div data-bbox="0 0 99 99" data-label="Complex-Block">a{inner}b</div>')
    assert [(region.label, region.text) for region in answer.regions] == [
        ("text", "a\nb"),
        ("caption", "in"),
    ]
    assert answer.complete and not answer.findings


def test_plain_divs_in_a_block_do_not_end_it() -> None:
    answer = parse('<div data-bbox="0 0 9 9" data-label="Text">a<div>b</div>c</div>')
    assert [region.text for region in answer.regions] == ["a\nb\nc"]


def test_a_forgotten_closing_tag_is_told() -> None:
    block = '<div data-bbox="0 0 9 9" data-label="Text">{}'
    answer = parse(block.format("a") + block.format("b</div>"))
    assert [region.text for region in answer.regions] == ["a", "b"]
    assert answer.findings == ("a block is not closed",)
    assert answer.complete


def test_wherever_an_answer_breaks_off_within_a_block_it_is_not_complete() -> None:
    for end in range(1, len(PAGE)):
        cut = PAGE[:end]
        assert parse(cut).complete == cut.rstrip().endswith("</div>"), cut


def test_an_unknown_label_is_text_and_told() -> None:
    answer = parse('<div data-bbox="0 0 9 9" data-label="Margin-Note">a</div>')
    assert [(r.label, r.native_label) for r in answer.regions] == [("text", "Margin-Note")]
    assert answer.findings == ("block 'Margin-Note' has a label that is not known",)


@pytest.mark.parametrize("label", ["section-header", "Section Header", " SECTION_HEADER "])
def test_labels_are_known_however_they_are_written(label: str) -> None:
    (region,) = parse(f'<div data-bbox="0 0 9 9" data-label="{label}">a</div>').regions
    assert region.label == "section_header"


def test_a_code_fence_around_the_answer_is_no_text() -> None:
    answer = parse(f"```html\n{PAGE}\n```\n")
    assert [r.text for r in answer.regions] == [r.text for r in parse(PAGE).regions]
    assert answer.findings == ("the answer stands in a code fence",)


def test_a_blank_page() -> None:
    (region,) = parse('<div data-bbox="0 0 1000 1000" data-label="Blank-Page"></div>').regions
    assert (region.label, region.text) == ("blank", "")


def test_text_on_a_blank_page_is_kept() -> None:
    answer = parse('<div data-label="Blank-Page">VOID</div>')
    assert [(region.label, region.text) for region in answer.regions] == [("stray", "VOID")]
    assert answer.findings == ("text stands on a page that is said to be blank",)


@pytest.mark.parametrize("raw", ["", " \n", "<html></html>", "```html\n```"])
def test_an_empty_answer_is_not_complete(raw: str) -> None:
    answer = parse(raw)
    assert (answer.regions, answer.complete) == ((), False)
    assert answer.findings[-1] == "the answer is empty"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
LABELS_WRITTEN = st.sampled_from([*LABELS_OF_CHANDRA, "", "Odd"])
BOXES_WRITTEN = st.sampled_from(["1 2 30 40", "1,2,30,40", "", "x", "900 900 1 1", "1 2 3"])


def _shapes(words: list[str]) -> st.SearchStrategy[str]:
    cells = "".join(f"<td colspan=2>{escape(word)}</td>" for word in words)
    text = " ".join(escape(word) for word in words)
    return st.sampled_from(
        [text, f"<p>{text}</p>", f"<ul><li>{text}</ul>", f"<table><tr>{cells}</table>",
         f"<table>{cells}", f"<b>{text}<i>", f"<math>{text}</math>", f"<pre>{text}</pre>"]
    )  # fmt: skip


SHAPES = st.lists(WORDS, min_size=1, max_size=4).flatmap(_shapes)
BLOCKS = st.builds(
    '<div data-bbox="{}" data-label="{}">{}{}{}'.format,
    BOXES_WRITTEN, LABELS_WRITTEN, SHAPES, SHAPES, st.sampled_from(["</div>", "</div>\n", ""]),
)  # fmt: skip


@given(st.lists(st.one_of(BLOCKS, SHAPES), max_size=6).map("".join))
def test_no_visible_character_is_lost(raw: str) -> None:
    """Whatever is printed between the tags of an answer stands in one region, once."""
    answer = parse(raw)
    read = Counter("".join("".join(region.text.split()) for region in answer.regions))
    assert read == Counter(_visible(raw))
    for region in answer.regions:
        start, end = region.span
        assert 0 <= start <= end <= len(raw) and raw[start:end] == region.source
        assert region.label in LABELS
        for cell in region.cells:
            assert start <= cell.span[0] <= cell.span[1] <= end


def _visible(raw: str) -> str:
    """Characters outside of tags, by another way than the parser's: answers hold no bare signs."""
    text = "".join(
        piece.partition(">")[2] if n else piece for n, piece in enumerate(raw.split("<"))
    )
    for name, sign in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("#x27", "'"), ("amp", "&")):
        text = text.replace(f"&{name};", sign)
    return "".join(text.split())


@given(st.text(alphabet='<>/div ab"=&;-`\n0123456789', max_size=80))
def test_nothing_that_a_model_writes_is_an_error(raw: str) -> None:
    for region in parse(raw).regions:
        assert raw[slice(*region.span)] == region.source


def test_recorded_answers_are_read_whole(repository: Path) -> None:
    folder = repository.parent / "shared" / "ocr-outputs" / "chandra"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/ocr-outputs beside the repository")
    for file in sorted(folder.glob("*.html")):
        answer = parse(file.read_text())
        assert (answer.complete, answer.findings) == (True, ())
        assert all(region.box and region.text for region in answer.regions)
