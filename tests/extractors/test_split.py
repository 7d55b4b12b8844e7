"""Where one document of a file ends and the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.layout import layout_of
from docmill.extractors.split import split
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.page import PageText

Typed = Callable[..., PageText]
SCHEMAS = tuple(builtin_schemas().values())


def invoice(number: str, firm: str, *more: str) -> list[str]:
    host = firm.split()[0].lower()
    return [f"{firm}   Main Street 1   www.{host}.example", "INVOICE", f"Invoice no.   {number}",
            "Date   3 May 2024", "Widgets   2   20.00", "Total   EUR 20.00", *more]  # fmt: skip


def starts(typed: Typed, *pages: Sequence[str]) -> list[int]:
    layout = layout_of([typed(lines, n) for n, lines in enumerate(pages, start=1)])
    parts = split(layout, SCHEMAS)
    assert [p.text.page for part in parts for p in part.pages] == list(range(1, len(pages) + 1))
    return [part.pages[0].text.page for part in parts]


def test_another_number_under_another_letterhead_is_another_document(typed: Typed) -> None:
    pages = invoice("A-1001", "Acme Ltd"), invoice("77-B-3", "Miller GmbH")
    assert starts(typed, *pages) == [1, 2]


def test_one_issuer_with_two_numbers_sent_two_documents(typed: Typed) -> None:
    assert starts(typed, invoice("A-1001", "Acme Ltd"), invoice("A-1002", "Acme Ltd")) == [1, 2]


def test_the_same_number_again_is_the_same_document(typed: Typed) -> None:
    assert starts(typed, *[invoice("A-1001", "Acme Ltd")] * 3) == [1]


def test_page_two_of_three_goes_on(typed: Typed) -> None:
    """Even where its title and letterhead are others."""
    filler = [f"Line {n}" for n in range(38)]
    first = [*invoice("A-1001", "Acme Ltd"), *filler, "Page 1 of 2"]
    second = [*invoice("B-7777", "Other plc"), *filler, "Page 2 of 2"]
    assert starts(typed, first, second) == [1]
    assert starts(typed, first, [*second[:-1], "Page 1 of 2"]) == [1, 2]


def test_blank_pages_belong_to_the_document_before(typed: Typed) -> None:
    blank: list[str] = []
    pages = invoice("A-1001", "Acme Ltd"), blank, invoice("77-B-3", "Miller GmbH"), blank
    assert starts(typed, *pages) == [1, 3]


def test_a_file_that_begins_with_a_blank_page_is_not_cut_after_it(typed: Typed) -> None:
    assert starts(typed, [], invoice("A-1001", "Acme Ltd")) == [1]


def test_a_till_roll_after_a_letter_is_another_document(typed: Typed) -> None:
    roll = typed(["Corner Shop", "Milk   1.20", "Total   1.20"], 2)
    pages = [typed(invoice("A-1001", "Acme Ltd")), roll.model_copy(update={"width_px": 800})]
    assert len(split(layout_of(pages), SCHEMAS)) == 2


def test_text_that_runs_on_is_not_cut(typed: Typed) -> None:
    pages = [[f"This is line {n} of a long report on page {p}." for n in range(30)]
             for p in range(5)]  # fmt: skip
    assert starts(typed, *pages) == [1]


@pytest.mark.parametrize("word", ["Übertrag", "Carried forward", "Continued from page 1"])
def test_a_page_that_says_it_goes_on_does(typed: Typed, word: str) -> None:
    second = [word, *invoice("77-B-3", "Miller GmbH")]
    assert starts(typed, invoice("A-1001", "Acme Ltd"), second) == [1]


LINES = st.lists(st.sampled_from([*invoice("A-1", "Acme Ltd"), "Page 1 of 2", "Page 2", ""]))


@given(pages=st.lists(LINES, min_size=1, max_size=6))
def test_every_page_belongs_to_one_part_and_none_begins_blank(
    typed: Typed, pages: list[list[str]]
) -> None:
    layout = layout_of([typed(lines, n) for n, lines in enumerate(pages, start=1)])
    parts = split(layout, SCHEMAS)
    assert [page for part in parts for page in part.pages] == list(layout.pages)
    assert all(part.pages[0].rows for part in parts[1:])
