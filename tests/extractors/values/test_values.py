from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.layout import Segment, Token
from docmill.extractors.normalise import same_value
from docmill.extractors.values.codes import find_ibans, find_vat_ids
from docmill.extractors.values.dates import date_readings, find_dates, reads_day_first
from docmill.extractors.values.numbers import decimal_sign, find_numbers, parse_number
from docmill.schemas.document_schema import FieldKind


def segment(text: str) -> Segment:
    """The words of `text` side by side, with ordinary word spaces."""
    tokens: list[Token] = []
    x = 0.0
    for index, word in enumerate(text.split(" ")):
        tokens.append(Token(word, 1, index, x, 0, x + 10 * len(word), 20, None))
        x += 10 * len(word) + 6
    return Segment(tuple(tokens), 1, 0)


@pytest.mark.parametrize(
    "text",
    ["31.12.2023", "2023-12-31", "31 December 2023", "Dec 31, 2023", "31. Dezember 2023",
     "31 décembre 2023", "31 de diciembre de 2023", "31 dicembre 2023", "31 dec. 2023",
     "31/12/23", "12/31/2023", "20231231", "31-Dec-2023"],
)  # fmt: skip
def test_a_date_in_many_ways(text: str) -> None:
    assert date_readings(text) == {date(2023, 12, 31)}
    found = find_dates(segment(f"Datum {text} bis"))
    assert [item.raw for item in found] == [text]


@pytest.mark.parametrize(
    "text", ["30.02.2023", "RE-20201121/508", "1.234,56", "192.168.10.12", "99/99/99"]
)
def test_what_only_looks_like_a_date(text: str) -> None:
    assert find_dates(segment(text)) == []


def test_an_open_date_follows_the_document() -> None:
    american = find_dates(segment("03/04/2024 12/31/2023"))
    european = find_dates(segment("03/04/2024 31/12/2023"))
    assert not reads_day_first(american, "")
    assert reads_day_first(european, "")
    assert american[0].value(day_first=False) == date(2024, 3, 4)
    assert european[0].value(day_first=True) == date(2024, 4, 3)


@given(st.dates(min_value=date(1951, 1, 1), max_value=date(2079, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    assert day in date_readings(day.strftime("%d.%m.%Y"))
    assert day in date_readings(day.isoformat())
    assert day in date_readings(day.strftime("%d %B %Y"))


@pytest.mark.parametrize(
    ("text", "sign", "value"),
    [("1.234,56", ",", "1234.56"), ("1,234.56", ".", "1234.56"), ("1'234.50", ".", "1234.50"),
     ("1 234,50", ",", "1234.50"), ("12,34", ",", "12.34"), ("1,23,456.00", ".", "123456.00"),
     ("7", ".", "7"), ("1.000,--", ",", "1000")],
)  # fmt: skip
def test_numbers_with_either_sign(text: str, sign: str, value: str) -> None:
    assert parse_number(text, sign) == Decimal(value)


@pytest.mark.parametrize(("text", "sign"), [("1.23,4", ","), ("12,34", "."), ("1,2,3", ".")])
def test_signs_that_do_not_fit_are_no_number(text: str, sign: str) -> None:
    assert parse_number(text, sign) is None


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_is_read_back(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert parse_number(english, ".") == amount
    assert parse_number(german, ",") == amount
    assert same_value(FieldKind.AMOUNT, str(amount), f"{german} EUR")


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [("€99.00", "99.00", "EUR"), ("1 234,50 €", "1234.50", "EUR"), ("USD 47.90", "47.90", "USD"),
     ("(213.75)", "-213.75", None), ("5,00-", "-5.00", None), ("-$12.50", "-12.50", "USD"),
     ("45.00RM", "45.00", "MYR")],
)  # fmt: skip
def test_amounts_with_sign_and_currency(text: str, value: str, currency: str | None) -> None:
    (found,) = find_numbers(segment(text))
    assert found.value(decimal_sign([found])) == Decimal(value)
    assert found.currency == currency


def test_digits_of_codes_are_no_numbers() -> None:
    assert find_numbers(segment("AB12 2013-471331 DE34 10:30")) == []


@pytest.mark.parametrize("text", ["EUR 12.50", "(EUR) 12.50", "12.50 EUR", "12,50 (EUR)"])
def test_a_currency_code_beside_an_amount_is_no_part_of_its_value(text: str) -> None:
    assert same_value(FieldKind.AMOUNT, text, "12.50")


def test_an_iban_does_not_swallow_a_bank_code_with_digits() -> None:
    line = segment("IBAN DE89 3704 0044 0532 0130 00 BIC EXMPDE99")
    (found,) = find_ibans(line)
    assert found.value == "DE89370400440532013000"


def test_an_iban_in_groups_is_one_code_and_no_vat_number() -> None:
    line = segment("IBAN: DE89 3704 0044 0532 0130 00 BIC: COBADEFFXXX")
    (found,) = find_ibans(line)
    assert (found.value, found.valid) == ("DE89370400440532013000", True)
    assert find_vat_ids(line) == []


def test_a_wrong_check_digit_is_found_and_said() -> None:
    (found,) = find_ibans(segment("DE88370400440532013000"))
    assert not found.valid
    (number,) = find_vat_ids(segment("USt-IdNr. DE136695977"))
    assert not number.valid


def test_a_postal_line_is_no_vat_number() -> None:
    assert find_vat_ids(segment("DE 75319 Nürnberg")) == []
