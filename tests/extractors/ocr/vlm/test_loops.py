"""What is a loop and what is print that repeats itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.loops import fills_space, loop_at_end, loop_in

PROSE = (
    '<div data-bbox="80 90 900 130" data-label="Text"><p>The concept of the word processor '
    "predates modern computers and has evolved through several milestones. Patented in 1868 by "
    "Christopher Latham Sholes, the typewriter revolutionized written communication.</p></div>"
)
SENTENCE = "The amount is due within thirty days of the date of this invoice. "
ROW = "<tr><td>Cable</td><td>2</td><td>14.50</td></tr>"


def table(rows: str) -> str:
    return f'<div data-bbox="80 200 900 800" data-label="Table"><table>{rows}</table></div>'


NO_LOOPS = {
    "prose": PROSE,
    "empty cells at the end of a row": table("<tr><td>Total</td>" + "<td></td>" * 40 + "</tr>"),
    "wholly empty rows": PROSE + table(ROW + ("<tr>" + "<td></td>" * 6 + "</tr>\n") * 60),
    "empty cells with non-breaking spaces": table(("<tr>" + "<td>&nbsp;</td>" * 6 + "</tr>") * 60),
    "cells with dashes": table(("<tr>" + "<td>-</td>" * 8 + "</tr>") * 40),
    "a dotted leader": f"<p>Introduction {'.' * 400} 7</p>",
    "a spaced leader": f"<p>Introduction {'. ' * 200}7</p>",
    "a table of contents": "".join(f"<p>Chapter {n} {'.' * 60} {9 * n}</p>" for n in range(1, 40)),
    "a signature line": PROSE + f"<p>{'_' * 300}</p><p>Signature</p>",
    "signature lines": "".join("<p>Name: ______________ Date: ________</p>" for _ in range(11)),
    "a rule of equals signs": PROSE + "=" * 500,
    "a Markdown table with empty cells": "| a | b | c |\n|---|---|---|\n" + "|  |  |  |\n" * 60,
    "zeros on a statement": table(("<tr>" + "<td>0.00</td>" * 6 + "</tr>") * 40),
    "zeros in a Markdown table": "| a | b |\n|---|---|\n" + "| 0.00 | 0.00 |\n" * 60,
    "the same item five times": table(ROW * 5),
    "a card number": "<p>XXXX XXXX XXXX XXXX 4711, IBAN DE00 0000 0000 0000 0000 00</p>",
    "nothing": "",
}


@pytest.mark.parametrize("name", NO_LOOPS)
def test_print_that_repeats_itself_is_no_loop(name: str) -> None:
    assert loop_in(NO_LOOPS[name]) is None


@pytest.mark.parametrize(
    ("raw", "unit", "count"),
    [
        pytest.param(PROSE + SENTENCE * 20, SENTENCE.replace(" ", ""), 20, id="sentence"),
        pytest.param(PROSE + "<p>" + "1." * 300, "1.", 300, id="numbering"),
        pytest.param(PROSE + "的" * 400, "的", 400, id="one character"),
        pytest.param(PROSE + table(ROW * 60), "Cable214.50", 60, id="rows"),
        pytest.param(PROSE + r"$$" + r"\quad " * 200, "\\quad", 200, id="formula"),
        pytest.param(
            "".join(f'<div data-bbox="1 {y} 9 {y + 3}">{SENTENCE}</div>' for y in range(30)),
            SENTENCE.replace(" ", ""),
            30,
            id="blocks that move down",
        ),
    ],
)
def test_a_loop_at_the_end(raw: str, unit: str, count: int) -> None:
    known = "processor predates modern computers evolved milestones Christopher typewriter"
    loop = loop_in(raw, printed=[*known.split(), *known.split()])
    assert loop is not None
    assert sorted(loop.unit) == sorted(unit)
    assert count - 1 <= loop.count <= count


def test_a_loop_in_the_middle_is_found_where_it_stands() -> None:
    raw = PROSE + SENTENCE * 25 + "Total: 14.50 EUR. " + PROSE.replace("concept", "idea")
    loop = loop_in(raw)
    assert loop is not None
    start, end = loop.span
    assert len(PROSE) - len(".</p></div>") <= start < len(PROSE) + len(SENTENCE)
    assert abs(end - len(PROSE) - 25 * len(SENTENCE)) < 5
    assert "25 times" in str(loop) or "24 times" in str(loop)


def test_what_the_page_itself_repeats_is_no_loop() -> None:
    labels = "<p>ACME Ltd, 12 High Street, Springfield</p>" * 24
    assert loop_in(labels) is not None
    printed = ["ACME", "Ltd,", "12", "High", "Street,", "Springfield"] * 24
    assert loop_in(labels, printed) is None
    misread = printed[: len(printed) * 2 // 3]
    assert loop_in(labels, misread) is None
    assert loop_in(labels, printed[:14]) is not None


def test_with_the_pages_words_short_loops_are_found() -> None:
    raw = PROSE + SENTENCE * 6
    known = ["concept", "predates", "modern", "computers", "milestones", "Patented"] * 3
    assert loop_in(raw) is None
    assert loop_in(raw, known) is not None
    assert loop_in(table(ROW * 12), ("Cable", "2", "14.50")) is not None


def test_a_page_of_which_little_is_known_is_not_known() -> None:
    zeros = PROSE * 2 + table("<tr><td>0.00</td><td>0.00</td></tr>" * 25)
    handwriting = ("The", "word")
    assert loop_in(zeros, handwriting) is None
    words = ["processor", "computers", "typewriter", "communication", "technological"] * 6
    assert loop_in(zeros, words) is not None
    assert loop_in(zeros, [*words, *["0.00"] * 40]) is None


def test_rows_beyond_what_a_page_holds_are_a_loop_whatever_is_known() -> None:
    assert loop_in(table(ROW * 30)) is None
    assert loop_in(table(ROW * 200)) is not None


@pytest.mark.parametrize("tail", ["<td></td>", ". ", "_", "\n \n", "foo bar ", "&nbsp;"])
def test_an_answer_cut_off_for_its_length_looped_whatever_marks_it_repeats(tail: str) -> None:
    assert loop_at_end(PROSE + tail * 900) is not None
    assert loop_at_end(PROSE + (tail * 900)[:-1]) is not None


def test_an_answer_cut_off_in_running_text_did_not_loop() -> None:
    words = " ".join(f"word{number}" for number in range(2000))
    assert loop_at_end(words) is None
    assert loop_at_end(PROSE + "<td></td>" * 5) is None
    assert loop_at_end(PROSE * 2 + "." * 40) is None
    assert loop_at_end("") is None


@pytest.mark.parametrize(
    ("tail", "fills"),
    [
        ("<td></td>", True),
        ("<tr><td> </td><td>&nbsp;</td></tr>\n", True),
        ("....", True),
        ("| - ", True),
        ("<td>0</td>", False),
        ("foo ", False),
    ],
)
def test_marks_that_fill_space(tail: str, fills: bool) -> None:
    raw = PROSE + tail * 100
    loop = loop_at_end(raw, share=0.0)
    assert loop is not None
    assert fills_space(loop, raw) is fills


def test_recorded_answers_hold_no_loops(repository: Path) -> None:
    folder = repository.parent / "shared" / "ocr-outputs"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/ocr-outputs beside the repository")
    files = [*folder.glob("chandra/*.html"), *folder.glob("glm-ocr/*.json")]
    assert len(files) >= 4
    for file in files:
        raw = file.read_text("utf-8")
        assert loop_in(raw) is None, file.name
        assert loop_in(raw, ("another", "page")) is None, file.name
        assert loop_at_end(raw) is None, file.name


@given(
    before=st.text("abcdefgh <>", max_size=200),
    unit=st.text("abcdefghijklmnop", min_size=12, max_size=80),
    count=st.integers(25, 40),
    after=st.text("qrstuvwxyz ", max_size=200),
)
def test_every_long_loop_is_found(before: str, unit: str, count: int, after: str) -> None:
    loop = loop_in(before.replace("<", "").replace(">", "") + unit * count + after)
    assert loop is not None
    start, end = loop.span
    found = end - start
    assert found >= (count - 2) * len(unit) * 0.9


@given(st.text(max_size=400))
def test_any_text_can_be_searched(text: str) -> None:
    loop = loop_in(text)
    assert loop is None or 0 <= loop.span[0] < loop.span[1] <= len(text)
    loop_at_end(text)
