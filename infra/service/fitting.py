"""Does a value that a person typed fit the type of its field? Normal forms as in `FieldKind`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from docmill.schemas.document_schema import FieldKind, FieldSpec

_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_CODE = re.compile(r"[A-Z0-9]+")


def misfit(spec: FieldSpec, value: str) -> str | None:
    """Why `value` is none of the field's, in words; None where it fits.

    >>> misfit(FieldSpec(name="total", kind=FieldKind.AMOUNT), "1.234,50")
    'is no plain decimal such as -1234.50'
    """
    if not value.strip() or value != value.strip():
        return "is empty, or has white space around it"
    if spec.kind is FieldKind.CHOICE:
        return None if value in spec.choices else f"is none of {', '.join(spec.choices)}"
    form = _FORMS.get(spec.kind)
    if form is None or form[0](value):
        return None
    return f"is no {form[1]}"


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_PLAIN_DECIMAL = (_matches(_DECIMAL), "plain decimal such as -1234.50")
_FORMS: Mapping[FieldKind, tuple[Callable[[str], bool], str]] = {
    FieldKind.DATE: (_is_date, "ISO date such as 2026-11-02"),
    FieldKind.AMOUNT: _PLAIN_DECIMAL,
    FieldKind.NUMBER: _PLAIN_DECIMAL,
    FieldKind.PERCENT: _PLAIN_DECIMAL,
    FieldKind.INTEGER: (_matches(_INTEGER), "integer such as 12"),
    FieldKind.BOOLEAN: (lambda value: value in ("true", "false"), "true or false"),
    FieldKind.CURRENCY: (_matches(_CURRENCY), "ISO 4217 code such as EUR"),
    FieldKind.IBAN: (_matches(_CODE), "IBAN without spaces"),
    FieldKind.VAT_ID: (_matches(_CODE), "VAT number without spaces"),
}
