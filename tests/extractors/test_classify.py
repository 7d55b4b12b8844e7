"""Which document type a page is, how sure that is, and when it is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from docmill.extractors.classify import classify
from docmill.extractors.layout import layout_of
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.page import PageText

Typed = Callable[..., PageText]
SCHEMAS = tuple(builtin_schemas().values())

INVOICE = ["Acme Ltd", "INVOICE", "Invoice no.   4711", "Invoice date   3 May 2024",
           "Due date   2 June 2024", "Bill to   Miller GmbH", "Description   Quantity   Amount",
           "Widgets   2   20.00", "Subtotal   20.00", "VAT   4.00",
           "Total   EUR 24.00"]  # fmt: skip
CONTRACT = [
    "SERVICE AGREEMENT",
    "This Agreement is entered into as of January 3, 2024 by and between Acme",
    "Ltd, an English company, and Miller GmbH, a German company (the parties).",
    "This Agreement shall remain in effect for a period of two (2) years. It shall",
    "be governed by and construed in accordance with the laws of the State of New",
    "York without regard to its conflict of laws rules.",
]
FORM = ["MEMBERSHIP APPLICATION FORM", "Name: Ada Example   City: Testville", "Phone: none yet",
        "Occupation: Engineer   Employer: Acme", "Hobby: chess   Referred by: Bob"]  # fmt: skip
LETTER = [
    "Dear Bob,",
    "thank you for your letter. The weather was fine and we walked along the",
    "river until evening. Everybody sends their regards, and the dog as well.",
    "Yours, Ann",
]


@pytest.mark.parametrize(
    ("lines", "name"), [(INVOICE, "invoice"), (CONTRACT, "contract"), (FORM, "form")]
)
def test_known_types(typed: Typed, lines: list[str], name: str) -> None:
    found = classify(layout_of([typed(lines)]), SCHEMAS)
    assert found.schema is not None
    assert found.schema.name == name
    assert found.confidence > 0.6
    assert set(found.scores) == {schema.name for schema in SCHEMAS}


def test_a_stranger_is_unknown_and_that_is_sure(typed: Typed) -> None:
    found = classify(layout_of([typed(LETTER)]), SCHEMAS)
    assert found.schema is None
    assert found.confidence > 0.8


def test_a_title_alone_makes_no_contract(typed: Typed) -> None:
    lines = ["CONTRACT", "Station   Spots   Rate", "KXYZ   12   300.00", "KABC   3   120.00"]
    assert classify(layout_of([typed(lines)]), SCHEMAS).schema is None


def test_a_page_without_a_word_is_unknown(typed: Typed) -> None:
    assert classify(layout_of([typed([])]), SCHEMAS).schema is None


def test_half_the_signs_are_less_sure(typed: Typed) -> None:
    whole = classify(layout_of([typed(INVOICE)]), SCHEMAS)
    half = classify(layout_of([typed([line for line in INVOICE if line != "INVOICE"])]), SCHEMAS)
    assert half.scores["invoice"] < whole.scores["invoice"]
    assert half.confidence < whole.confidence
