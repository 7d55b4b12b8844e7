"""Validators: what must hold between the values of a correct document.

Each check names the values it speaks about, so that a passed one raises and a failed one lowers
exactly those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from docmill.extractors.values.codes import valid_iban, valid_vat_id
from docmill.schemas.document_schema import (
    DateOrderRule,
    DocumentSchema,
    FieldKind,
    ProductRule,
    SumRule,
    pattern_of,
)
from docmill.schemas.extraction import Check, FieldValue, ValueStatus

# A printed sum may be off by rounding: this much per added value.
ROUNDING = Decimal("0.011")
EARLIEST = date(1970, 1, 1)
LATEST = date(2079, 12, 31)


def validate(values: Sequence[FieldValue], schema: DocumentSchema) -> tuple[Check, ...]:
    """The result of every check whose values are all there."""
    present = {
        value.path: value
        for value in values
        if value.status is ValueStatus.PRESENT and value.value is not None
    }
    return (
        *_codes(present, schema),
        *_dates(present, schema),
        *(check for rule in schema.rules.date_order for check in _order(present, rule)),
        *(check for rule in schema.rules.sums for check in _sum(present, rule)),
        *(check for rule in schema.rules.products for check in _products(present, rule)),
    )


Values = Mapping[str, FieldValue]


def _codes(present: Values, schema: DocumentSchema) -> Iterator[Check]:
    checks = {FieldKind.IBAN: ("IBAN", valid_iban), FieldKind.VAT_ID: ("VAT number", valid_vat_id)}
    for path, value in present.items():
        spec = schema.spec_of(path)
        if spec is not None and spec.kind in checks and value.value is not None:
            name, test = checks[spec.kind]
            passed = test(value.value)
            verdict = "is right" if passed else "does not come out: a digit may be misread"
            yield Check(
                name="checksum",
                passed=passed,
                paths=(path,),
                detail=f"the check digits of the {name} {value.value}: {verdict}",
            )


def _dates(present: Values, schema: DocumentSchema) -> Iterator[Check]:
    for path, value in present.items():
        spec = schema.spec_of(path)
        if spec is None or spec.kind is not FieldKind.DATE:
            continue
        day = _date(value)
        if day is None or not EARLIEST <= day <= LATEST:
            detail = f"{value.value} is no plausible date"
            yield Check(name="date", passed=False, paths=(path,), detail=detail)


def _order(present: Values, rule: DateOrderRule) -> Iterator[Check]:
    if rule.earlier not in present or rule.later not in present:
        return
    earlier, later = _date(present[rule.earlier]), _date(present[rule.later])
    if earlier is None or later is None:
        return
    passed = earlier <= later
    relation = "is not after" if passed else "is after"
    yield Check(
        name="date_order",
        passed=passed,
        paths=(rule.earlier, rule.later),
        detail=f"{rule.earlier} {earlier} {relation} {rule.later} {later}",
    )


def _date(value: FieldValue) -> date | None:
    try:
        return date.fromisoformat(value.value or "")
    except ValueError:
        return None


def _number(value: FieldValue) -> Decimal | None:
    try:
        return Decimal(value.value or "")
    except InvalidOperation:
        return None


def _sum(present: Values, rule: SumRule) -> Iterator[Check]:
    paths = [path for part in rule.parts for path in _matching(present, part)]
    covered = {pattern_of(path) for path in paths}
    if rule.total not in present or not paths or not covered >= set(rule.parts):
        return
    total = _number(present[rule.total])
    parts = [_number(present[path]) for path in paths]
    if total is None or any(part is None for part in parts):
        return
    added = sum((part for part in parts if part is not None), Decimal(0))
    passed = abs(added - total) <= ROUNDING * len(parts)
    names = " + ".join(rule.parts)
    verdict = f"which is {rule.total}" if passed else f"but {rule.total} says {total}"
    yield Check(
        name="sum",
        passed=passed,
        paths=(rule.total, *paths),
        detail=f"{names} add up to {added}, {verdict}",
    )


def _matching(present: Values, pattern: str) -> list[str]:
    return [path for path in present if pattern_of(path) == pattern]


def _products(present: Values, rule: ProductRule) -> Iterator[Check]:
    for path in _matching(present, rule.product):
        row = path[: path.index("]") + 1]
        factors = [f"{row}.{factor.partition('[].')[2]}" for factor in rule.factors]
        if not all(factor in present for factor in factors):
            continue
        product = Decimal(1)
        numbers = [_number(present[name]) for name in (path, *factors)]
        if any(number is None for number in numbers):
            continue
        wanted, *values = [number for number in numbers if number is not None]
        for number in values:
            product *= number
        passed = abs(product - wanted) <= max(Decimal("0.011"), abs(wanted) * Decimal("0.001"))
        shown = " x ".join(str(number) for number in values)
        verdict = f"= {wanted}" if passed else f"is {product.normalize():f}, the row says {wanted}"
        yield Check(
            name="product", passed=passed, paths=(path, *factors), detail=f"{shown} {verdict}"
        )
