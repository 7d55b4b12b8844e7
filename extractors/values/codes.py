"""Codes with a structure of their own (IBAN, VAT numbers) and identifiers without one.

Structure and checksums are python-stdnum's. A number whose checksum fails is still found: it is
what the page says, and the failed check says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from stdnum import get_cc_module, iban

from docmill.extractors.layout import Segment, Token

VAT_COUNTRIES = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "EL",
    "ES",
    "FI",
    "FR",
    "GB",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
    "CH",
    "NO",
]
# EU numbers other than German ones mix letters in; the country's own checker decides.
_VAT_SHAPE = re.compile(
    rf"(?:{'|'.join(VAT_COUNTRIES)}|EU|XI)E?[0-9A-Z+*]{{8,12}}(?:MWST|TVA|IVA)?"
)
_IBAN_SHAPE = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")
_IDENTIFIER = re.compile(r"[#(]?[A-Za-z0-9](?:[A-Za-z0-9/._\-–#:+]*[A-Za-z0-9])?[),.;:]?")
_CLEAN = re.compile(r"[\s.\-]")
_PUNCTUATION = "()[]{}:;,'\"#"


@dataclass(frozen=True, eq=False)
class CodeFound:
    """A code in a segment; `valid` is the checksum's verdict (identifiers have none: True)."""

    tokens: tuple[Token, ...]
    segment: Segment
    raw: str
    value: str
    valid: bool


def valid_iban(value: str) -> bool:
    """Whether an IBAN without spaces has the right length and check digits."""
    return bool(iban.is_valid(value, check_country=False))


@lru_cache(maxsize=64)
def _vat_checker(country: str) -> Callable[[str], bool] | None:
    name = {"EL": "GR", "XI": "GB"}.get(country, country)
    module = cast(Any, get_cc_module(name, "uid" if name == "CH" else "vat"))
    return None if module is None else cast("Callable[[str], bool]", module.is_valid)


def valid_vat_id(value: str) -> bool:
    """Whether a VAT number with its country prefix passes the country's own check."""
    checker = _vat_checker(value[:2])
    return checker is not None and bool(checker(value) or checker(value[2:]))


def find_ibans(segment: Segment) -> list[CodeFound]:
    """IBANs, written in one piece or in groups."""
    return [
        CodeFound(tokens, segment, _join(tokens), value, valid_iban(value))
        for tokens, value in _runs(segment.tokens, _IBAN_SHAPE, 10, valid_iban)
        if len(value) <= 34 and (valid_iban(value) or _plausible_iban(value))
    ]


def _plausible_iban(value: str) -> bool:
    """An IBAN-shaped run that is mostly digits: a misread or invented one."""
    return len(value) >= 18 and sum(char.isdigit() for char in value) >= len(value) - 6


def find_vat_ids(segment: Segment) -> list[CodeFound]:
    """VAT numbers with a country prefix, written in one piece or in groups."""
    accounts = {token for found in find_ibans(segment) for token in found.tokens}
    return [
        CodeFound(tokens, segment, _join(tokens), value, valid_vat_id(value))
        for tokens, value in _runs(segment.tokens, _VAT_SHAPE, 5)
        if sum(char.isdigit() for char in value) >= 7 and not accounts.intersection(tokens)
    ]


def _join(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)


def _runs(
    tokens: Sequence[Token],
    shape: re.Pattern[str],
    most: int,
    valid: Callable[[str], bool] = lambda _: True,
) -> Iterator[tuple[tuple[Token, ...], str]]:
    """Runs of up to `most` words that make a code of this shape; each word is used once.

    The longest valid run counts, so that a code does not swallow the next one; else the longest.
    """
    start = 0
    while start < len(tokens):
        rest = tokens[start : start + most]
        runs = [tuple(rest[:n]) for n in range(len(rest), 0, -1) if _is_run(rest[:n], shape)]
        own = next((run for run in runs if valid(_code(run))), runs[0] if runs else ())
        if own:
            yield own, _code(own)
        start += len(own) or 1


def _code(tokens: Sequence[Token]) -> str:
    text = "".join(token.text for token in tokens)
    return _CLEAN.sub("", text.strip(_PUNCTUATION)).upper()


def _is_run(tokens: Sequence[Token], shape: re.Pattern[str]) -> bool:
    first, last = tokens[0].text.strip(_PUNCTUATION), tokens[-1].text.strip(_PUNCTUATION)
    if not first[:2].isalpha() or not first[:2].isupper() or not last:
        return False
    if any(token.text.endswith((":", ",", ";")) for token in tokens[:-1]):
        return False
    if any(token.text.isalpha() and token.text != token.text.upper() for token in tokens):
        return False
    code = _code(tokens)
    if not shape.fullmatch(code):
        return False
    # A following word of letters ("… 01 BIC") belongs to the code only inside it.
    return len(tokens) == 1 or any(char.isdigit() for char in last)


def find_identifiers(segment: Segment) -> list[CodeFound]:
    """Words that could be a number of something: at least one digit, no date or sum of money."""
    return [
        CodeFound((token,), segment, token.text, value, valid=True)
        for token in segment.tokens
        if _IDENTIFIER.fullmatch(token.text) and (value := identifier_value(token.text))
    ]


def identifier_value(text: str) -> str | None:
    """The identifier in a word without the punctuation round it; None without any digit."""
    value = text.strip(_PUNCTUATION).rstrip(".")
    return value if any(char.isdigit() for char in value) else None
