"""Normal forms: one way to write each value, so that values can be compared and counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from docmill.extractors.fold import folded
from docmill.extractors.layout import Segment, Token
from docmill.extractors.values.codes import find_ibans, find_vat_ids, identifier_value
from docmill.extractors.values.dates import date_readings, find_dates
from docmill.extractors.values.durations import duration_value, find_durations
from docmill.extractors.values.numbers import (
    currency_beside_digits,
    find_numbers,
    number_readings,
    plain,
)
from docmill.schemas.document_schema import FieldKind
from docmill.schemas.naming import vocabulary

_NUMBERS = frozenset({FieldKind.AMOUNT, FieldKind.NUMBER, FieldKind.PERCENT, FieldKind.INTEGER})


@dataclass(frozen=True, eq=False)
class Reading:
    """A typed value found in a segment, with every normal form it can have."""

    kind: FieldKind
    tokens: tuple[Token, ...]
    values: frozenset[str]


def readings_of(segment: Segment) -> Iterator[Reading]:
    """All typed values in a segment."""
    for date in find_dates(segment):
        days = {day.isoformat() for day in (date.day_first, date.month_first) if day}
        yield Reading(FieldKind.DATE, date.tokens, frozenset(days))
    for number in find_numbers(segment):
        values = frozenset(
            plain(value) for value in (number.dot, number.comma) if value is not None
        )
        for kind in _NUMBERS:
            yield Reading(kind, number.tokens, values)
    for span in find_durations(segment):
        yield Reading(FieldKind.DURATION, span.tokens, frozenset({span.value}))
    for iban in find_ibans(segment):
        yield Reading(FieldKind.IBAN, iban.tokens, frozenset({iban.value}))
    for vat_id in find_vat_ids(segment):
        yield Reading(FieldKind.VAT_ID, vat_id.tokens, frozenset({vat_id.value}))
    for token in segment.tokens:
        code = currency_beside_digits(token.text)
        if code:
            yield Reading(FieldKind.CURRENCY, (token,), frozenset({code}))


def normal_forms(kind: FieldKind, text: str) -> frozenset[str]:
    """Every normal form that `text` can stand for: several where a date or number is ambiguous.

    Empty where the text is no value of this kind.
    """
    text = " ".join(text.split())
    if kind is FieldKind.DATE:
        return frozenset(day.isoformat() for day in date_readings(text))
    if kind in _NUMBERS:
        return frozenset(_canonical(value) for value in number_readings(text))
    if kind in (FieldKind.IBAN, FieldKind.VAT_ID):
        return _one(re.sub(r"[^0-9A-Z]", "", text.upper()))
    if kind is FieldKind.CURRENCY:
        return _one(currency_beside_digits(text))
    if kind is FieldKind.BOOLEAN:
        return _one(_truth(text))
    if kind is FieldKind.DURATION:
        return _one(duration_value(text))
    if kind is FieldKind.IDENTIFIER:
        return _one(identifier_value(text) or text)
    return _one(folded(text))


_TRUE = vocabulary("true yes ja oui si sim tak x ☑ ☒ ✓ ✔ ✗ ✘ ⊠ ■ ◉")
_FALSE = vocabulary("false no nein non nee nao nie nej ☐ □ ▢ ◻ ❏ ❑ ○ ◯")


def _truth(text: str) -> str | None:
    """What a word or the sign of a tick box says: true or false."""
    bare = text.strip("[]()_ .:")
    word = folded(bare) or bare
    if not word:  # brackets or a line with nothing in them
        return "false" if text else None
    return "true" if word in _TRUE else "false" if word in _FALSE else None


def _one(value: str | None) -> frozenset[str]:
    return frozenset({value}) if value else frozenset()


def _canonical(value: Decimal) -> str:
    """The same text for 12, 12.0 and 12.00."""
    return f"{value.normalize():f}"


def same_value(kind: FieldKind, first: str, second: str) -> bool:
    """Whether two texts can stand for the same value of this kind."""
    return bool(normal_forms(kind, first) & normal_forms(kind, second))
