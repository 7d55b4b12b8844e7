"""GLM-OCR's Markdown into regions."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.glm_ocr.parse import parse
from docmill.extractors.ocr.vlm.regions import LABELS

PAGE = """# ACME Ltd.

## Invoice 4711
Bolts & nuts, 5 < 6
**Total**: 119,00 EUR

- one
- two

$$
\\frac{a}{b} < c
$$

<table border="1"><tr><th>Item</th><th>Price</th></tr><tr><td>Bolt &amp; nut</td><td>1,00</td></tr></table>
Paid $\\square$ Open
```
x  = 1

  y
```
"""  # noqa: E501


def test_a_page() -> None:
    answer = parse(PAGE)
    assert (answer.complete, answer.findings) == (True, ())
    assert [(region.label, region.text) for region in answer.regions] == [
        ("title", "ACME Ltd."),
        ("section_header", "Invoice 4711"),
        ("text", "Bolts & nuts, 5 < 6\nTotal: 119,00 EUR"),
        ("list", "- one\n- two"),
        ("formula", "\\frac{a}{b} < c"),
        ("table", "Item\tPrice\nBolt & nut\t1,00"),
        ("text", "Paid \u2610 Open"),
        ("code", "x  = 1\n\n  y"),
    ]
    assert all(region.box is None for region in answer.regions)
    for region in answer.regions:
        assert PAGE[slice(*region.span)] == region.source
    table = answer.regions[5]
    assert [(c.row, c.column, c.header) for c in table.cells] == [
        (0, 0, True), (0, 1, True), (1, 0, False), (1, 1, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        ("<table><tr><td>a</td><td>b", "a table is not closed"),
        ("<table><tr><td>a</td></tr><tr><td", "a table is not closed"),
        ("text\n\n$$\n\\frac{a}{b", "a formula block is not closed"),
        ("```python\nx = 1", "a code block is not closed"),
        ("```markdown\nx = 1", "the answer stands in a code fence that is not closed"),
        ("text <td", "ends within a tag: '<td'"),
        ("", "the answer is empty"),
    ],
)
def test_an_answer_that_breaks_off_is_not_complete(raw: str, finding: str) -> None:
    answer = parse(raw)
    assert not answer.complete
    assert finding in answer.findings


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Card **** **** 1234", "Card **** **** 1234"),
        ("****1234", "****1234"),
        ("5 * 3 ** 2", "5 * 3 ** 2"),
        ("#4711", "#4711"),
        ("Total $$ 5", "Total $$ 5"),
        ("Name ________ Date ........", "Name ________ Date ........"),
        ("Heading\n-------", "Heading\n-------"),
        ("    indented", "indented"),
        ("a_b_c 2\\_3", "a_b_c 2\\_3"),
        ("[x] yes", "\u2612 yes"),
        ("- [ ] no", "- \u2610 no"),
        ("see [1] and [x]", "see [1] and [x]"),
        ("$5 and $6", "$5 and $6"),
    ],
)
def test_print_that_looks_like_markup_stays(raw: str, text: str) -> None:
    assert "\n".join(region.text for region in parse(raw).regions) == text


def test_tick_boxes() -> None:
    (region,) = parse("\u2611 Yes \u25a1 No").regions
    assert region.ticked == (("Yes", True), ("No", False))


def test_formulas_in_brackets_and_in_a_line() -> None:
    assert [(r.label, r.text) for r in parse("a \\[x^2\\] b $y$").regions] == [
        ("text", "a"), ("formula", "x^2"), ("text", "b $y$"),
    ]  # fmt: skip


def test_a_table_in_a_cell_does_not_end_its_table() -> None:
    inner = "<table><tr><td>i</td></tr></table>"
    answer = parse(f"<table><tr><td>a{inner}</td></tr><tr><td>b</td></tr></table>after")
    assert [(r.label, r.text) for r in answer.regions] == [("table", "a i\nb"), ("text", "after")]


def test_a_fence_around_the_answer_is_no_code() -> None:
    answer = parse("```markdown\n# Title\ntext\n```")
    assert [(r.label, r.text) for r in answer.regions] == [("title", "Title"), ("text", "text")]
    assert answer.findings == ("the answer stands in a code fence",)


LINES = st.sampled_from(
    ["abc", "a < b", "x &amp y", "<table><tr><td>cell</td></tr></table>", "<table><tr><td>cut",
     "$$x+y$$", "$$", "z$$", "- item", "12. item", "", " ", "a | b", "\\[q\\]", "\\[",
     "_____", ".....", "price <10", "<foo>", "100%"]
)  # fmt: skip


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_letters_and_figures_are_never_lost(raw: str) -> None:
    answer = parse(raw)
    read = Counter(sign for r in answer.regions for sign in r.text if sign.isalnum())
    shown = raw
    for tag in ("<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>"):
        shown = shown.replace(tag, " ")
    assert read == Counter(sign for sign in shown if sign.isalnum())
    place = 0
    for region in answer.regions:
        start, end = region.span
        assert place <= start <= end <= len(raw) and raw[start:end] == region.source
        assert region.label in LABELS
        place = end


@given(st.text(alphabet="<>/td ab$#*-`\n\\[]|&;1.", max_size=80))
def test_nothing_that_a_model_writes_is_an_error(raw: str) -> None:
    for region in parse(raw).regions:
        assert raw[slice(*region.span)] == region.source


def test_recorded_answers_are_read_whole(repository: Path) -> None:
    folder = repository.parent / "shared" / "ocr-outputs" / "glm-ocr"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/ocr-outputs beside the repository")
    for file in sorted(folder.glob("*.json")):
        for page in json.loads(file.read_text()):
            for part in page:
                answer = parse(part["content"])
                assert (answer.complete, answer.findings) == (True, ())
