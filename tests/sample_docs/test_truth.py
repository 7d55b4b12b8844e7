"""The truths are right in themselves, and stand where the manifest says they stand."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from stdnum import get_cc_module, iban
from stdnum.ch import vat as swiss_vat
from stdnum.es import nif

from docmill.extractors.normalise import same_value
from docmill.schemas.document_schema import DocumentSchema, FieldKind, pattern_of
from docmill.schemas.loading import builtin_schemas

SCHEMAS = builtin_schemas()
PLAIN = re.compile(r"-?\d+(\.\d+)?")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def schema_of(entry: Any) -> DocumentSchema:
    """The built-in schema of an entry's type."""
    return SCHEMAS[entry.data["doc_type"]]


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def printed_discount(entry: Any, share: Decimal) -> bool:
    text = "".join(char.text for char in entry.chars)
    return f"{share:f}%" in text


def test_every_value_is_a_field_of_the_schema_in_its_normal_form(entry: Any) -> None:
    schema = schema_of(entry)
    for path, value in entry.values.items():
        spec = schema.spec_of(path)
        assert spec is not None, path
        if spec.kind in (FieldKind.AMOUNT, FieldKind.NUMBER, FieldKind.PERCENT):
            assert PLAIN.fullmatch(value), path
        if spec.kind is FieldKind.DATE:
            assert ISO_DATE.fullmatch(value), path


def test_every_value_is_printed_in_its_box(entry: Any) -> None:
    marks = {path for path in entry.values if path.endswith(".checked")}
    assert set(entry.data["boxes"]) == set(entry.values)
    assert set(entry.data["printed"]) == set(entry.values) - marks
    for path, printed in entry.data["printed"].items():
        # An address on one line has its separators between the pieces.
        ignored = r"[\W_]" if path.endswith("address") else r"\s"
        found = entry.text_in(entry.boxes[path])
        assert re.sub(ignored, "", found) == re.sub(ignored, "", printed), path


def test_every_printed_text_means_the_value(entry: Any) -> None:
    schema = schema_of(entry)
    for path, printed in entry.data["printed"].items():
        spec = schema.spec_of(path)
        assert spec is not None
        value = entry.values[path]
        if spec.kind in (FieldKind.TEXT, FieldKind.NAME, FieldKind.ADDRESS):
            printed, value = (re.sub(r"[\W_]+", " ", text).strip() for text in (printed, value))
        assert same_value(spec.kind, printed, value), f"{path}: {printed!r} is not {value!r}"


def test_the_rows_come_to_the_totals(entry: Any) -> None:
    if "total" not in entry.fields:
        return
    fields = {key: Decimal(v) for key, v in entry.fields.items() if PLAIN.fullmatch(v)}
    rows = sum(entry.column("line_items", "line_total"))
    if entry.data["doc_type"] == "receipt":
        assert fields["total"] in (rows, rows + fields["tax"])
        return
    assert fields["subtotal"] == rows
    assert fields["tax"] == sum(entry.column("taxes", "amount"))
    adjusted = sum(entry.column("adjustments", "amount"))
    assert fields["total"] == rows + adjusted + fields["tax"]
    assert abs(fields.get("amount_due", fields["total"])) <= abs(fields["total"])


def test_each_tax_is_its_rate_of_its_base(entry: Any) -> None:
    for tax in entry.data.get("taxes", ()):
        base = tax.get("base") or str(taxed_base(entry))
        assert cents(Decimal(base) * Decimal(tax["rate"]) / 100) == Decimal(tax["amount"])


def taxed_base(entry: Any) -> Decimal:
    """The base of a single tax whose base is not printed."""
    discounts = [amount for amount in entry.column("adjustments", "amount") if amount < 0]
    return sum(discounts, Decimal(entry.fields["subtotal"]))


def test_each_row_is_its_product_less_a_printed_discount(entry: Any) -> None:
    for row in entry.data.get("line_items", ()):
        if "unit_price" not in row:
            continue
        product = Decimal(row["quantity"]) * Decimal(row["unit_price"])
        total = Decimal(row["line_total"])
        if cents(product) != total:
            share = (100 - 100 * total / product).quantize(Decimal(1))
            assert cents(product * (100 - share) / 100) == total
            assert printed_discount(entry, share)


def test_the_rows_of_a_receipt_with_taxes_inside_are_plausibly_taxed(entry: Any) -> None:
    if entry.data["doc_type"] == "receipt":
        assert 0 < Decimal(entry.fields["tax"]) < Decimal(entry.fields["total"]) / 5


def test_nothing_is_due_before_it_is_billed(entry: Any) -> None:
    fields = entry.fields
    assert fields.get("due_date", "9999") > fields.get("invoice_date", fields.get("date", ""))


def valid_vat_id(value: str) -> bool:
    if value.startswith("CHE"):
        return bool(swiss_vat.is_valid(value))
    if value[:2].isdigit() or value[0] == "B":
        return bool(nif.is_valid(value))
    module: Any = get_cc_module(value[:2], "vat")
    return bool(module.is_valid(value))


def test_codes_pass_their_checksums(entry: Any) -> None:
    fields = entry.fields
    assert iban.is_valid(fields.get("iban", "DE89370400440532013000"))
    for key in ("seller_vat_id", "buyer_vat_id"):
        assert key not in fields or valid_vat_id(fields[key]), fields[key]


def test_the_checksum_tests_can_fail() -> None:
    assert not valid_vat_id("CHE999900007MWST")
    assert not valid_vat_id("DE999900009")
    assert not valid_vat_id("B99000102")
    assert not iban.is_valid("DE88370400440532013000")


def test_firms_are_found_at_reserved_names_only(entry: Any) -> None:
    text = "".join(char.text if char.text.isprintable() else " " for char in entry.chars)
    hosts = re.findall(r"[\w-]+\.(?:com|de|ch|fr|it|nl|es|ie|pt|ru|uk|org|net)\b", text)
    assert set(hosts) <= {"example.com"}


@pytest.mark.parametrize("kind", ["invoice", "receipt"])
def test_paths_are_told_apart_by_pattern(kind: str) -> None:
    assert SCHEMAS[kind].spec_of("line_items[3].line_total") is not None
    assert pattern_of("line_items[3].line_total") == "line_items[].line_total"
