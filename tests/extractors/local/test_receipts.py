from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.extractors.local.receipts import receipt_of

from docmill.extractors.extract import extract
from docmill.extractors.local.extractor import LocalExtractor
from docmill.schemas.loading import load_schema

RECEIPT = load_schema("receipt")
HEAD = ("^NORTHWIND MART SDN BHD (412345-X)", "^NO. 12, JALAN CONTOH 3/4,", "^TAMAN SAMPLE,")
TOWN = ("^47170 PUCHONG, SELANGOR",)
BODY = ("Tel: 03-8000 0000", "Date: 12/03/2024", "Rice 5kg  25.40", "Tea  4.53")


def values_of(lines: Sequence[str]) -> dict[str, str | None]:
    extraction = extract([receipt_of(lines)], RECEIPT, LocalExtractor())
    return {value.path: value.value for value in extraction.fields}


@pytest.mark.parametrize("above", [(), ("31803042",), ("jane d", "", "", "")])
def test_the_head_of_a_roll_names_the_shop_and_its_address(above: tuple[str, ...]) -> None:
    values = values_of([*above, *HEAD, *TOWN, *BODY, "TOTAL  29.93"])
    assert values["company"] == "NORTHWIND MART SDN BHD"
    assert values["address"] == "NO. 12, JALAN CONTOH 3/4, TAMAN SAMPLE, 47170 PUCHONG, SELANGOR"


@pytest.mark.parametrize(
    "line", ["^(BRANCH HILL ROAD)", "^-TAX INVOICE-", "^GST Reg No: 000123456789", "Bill: 17698/10"]
)
def test_an_address_ends_where_something_else_begins(line: str) -> None:
    values = values_of([*HEAD, *TOWN, line, *BODY, "TOTAL  29.93"])
    assert values["address"] == "NO. 12, JALAN CONTOH 3/4, TAMAN SAMPLE, 47170 PUCHONG, SELANGOR"


def test_a_name_without_a_legal_form_is_the_first_line() -> None:
    values = values_of(["^KOPI KITA", "^LOT 5, JALAN CONTOH", *TOWN, *BODY, "TOTAL  29.93"])
    assert values["company"] == "KOPI KITA"


def test_what_was_paid_is_the_total_after_rounding() -> None:
    till = ("Total incl. GST  29.93", "Rounding Adj  0.02", "Total  29.95")
    assert values_of([*HEAD, *TOWN, *BODY, *till])["total"] == "29.95"


def test_cash_less_change_finds_a_total_that_is_badly_labelled() -> None:
    till = ("Tota1 Ba1ance  29.95", "CASH  50.00", "CHANGE  20.05")
    assert values_of([*HEAD, *TOWN, *BODY, *till])["total"] == "29.95"
