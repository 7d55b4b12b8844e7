from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.schemas.document_schema import FieldKind, Role
from docmill.schemas.naming import (
    distinct,
    identifier_of,
    infer_integer_kind,
    infer_number_kind,
    infer_role,
    infer_string_kind,
    labels_from,
    words_of,
)

TEXT_KINDS = {
    FieldKind.IDENTIFIER: "invoice_number contract_num order_no customerId zipCode reference "
    "po_number invoice_id account_code Kundennummer tax_number",
    FieldKind.DATE: "invoice_date due_date date_of_birth created_at paid_on valid_until "
    "Rechnungsdatum contract_start_date deadline",
    FieldKind.AMOUNT: "total gross_amount net tax price_per_unit total_incl_vat shipping_fee "
    "Rechnungsbetrag unitPrice amount_eur deposit",
    FieldKind.PERCENT: "tax_rate vat_rate percentage discount_percent",
    FieldKind.NUMBER: "quantity qty number_of_pages net_weight exchange_rate",
    FieldKind.NAME: "seller_name company customer vendor advertiser supplier party parties "
    "customer_name_1 landlord",
    FieldKind.ADDRESS: "billing_address address customerAddress",
    FieldKind.CURRENCY: "currency currency_code",
    FieldKind.IBAN: "iban iban_number",
    FieldKind.VAT_ID: "vat_id buyer_vat_number ustId",
    FieldKind.TEXT: "description payment_method product notes jurisdiction bill_to email title",
}
CASES = [(name, kind) for kind, names in TEXT_KINDS.items() for name in names.split()]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_kind_is_read_off_the_name(name: str, kind: FieldKind) -> None:
    assert infer_string_kind(words_of(name), "") is kind


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("Date on which the flight begins.", FieldKind.DATE),
        ("The company that pays, with its address.", FieldKind.NAME),
        ("Something special (see the date of issue).", FieldKind.TEXT),
        ("", FieldKind.TEXT),
    ],
)
def test_a_name_that_says_nothing_leaves_it_to_the_description(
    description: str, kind: FieldKind
) -> None:
    assert infer_string_kind(("flight",), description) is kind


@pytest.mark.parametrize(
    ("name", "number", "integer"),
    [
        ("total", FieldKind.AMOUNT, FieldKind.AMOUNT),
        ("total_pages", FieldKind.NUMBER, FieldKind.INTEGER),
        ("item_price", FieldKind.AMOUNT, FieldKind.AMOUNT),
        ("tax_rate", FieldKind.PERCENT, FieldKind.INTEGER),
        ("hourly_rate", FieldKind.AMOUNT, FieldKind.AMOUNT),
        ("invoice_number", FieldKind.NUMBER, FieldKind.INTEGER),
    ],
)
def test_numbers_stay_numbers(name: str, number: FieldKind, integer: FieldKind) -> None:
    assert infer_number_kind(words_of(name), "") is number
    assert infer_integer_kind(words_of(name)) is integer


@pytest.mark.parametrize(
    ("path", "kind", "role"),
    [
        ("seller.name", FieldKind.NAME, Role.ISSUER),
        ("buyer_address", FieldKind.ADDRESS, Role.RECIPIENT),
        ("customer_number", FieldKind.IDENTIFIER, None),
        ("name", FieldKind.NAME, None),
    ],
)
def test_roles(path: str, kind: FieldKind, role: Role | None) -> None:
    assert infer_role(path, kind) is role


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("invoice_number", "invoice number"),
        ("invoiceNumber", "invoice number"),
        ("InvoiceNo.", "invoice no"),
        ("VATId", "vat id"),
        ("totalHTAmount", "total ht amount"),
        ("line2Total", "line 2 total"),
        ("Größe_in-cm", "größe in cm"),
        ("__x__", "x"),
    ],
)
def test_names_are_split_into_words(name: str, words: str) -> None:
    assert words_of(name) == tuple(words.split())


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("AdBuyOrder", "ad_buy_order"), ("lease (v2)", "lease_v_2"), ("3D", "_3_d"), ("-", "")],
)
def test_schema_names(name: str, identifier: str) -> None:
    assert identifier_of(name) == identifier


@pytest.mark.parametrize(
    ("name", "kind", "labels"),
    [
        ("contract_num", FieldKind.IDENTIFIER, "contract number|contract no.|contract #|contract"),
        ("inv_no", FieldKind.IDENTIFIER, "invoice number|inv. no.|invoice"),
        ("qty", FieldKind.NUMBER, "quantity|qty"),
        ("advertiser_name", FieldKind.NAME, "advertiser name|advertiser"),
        ("gross_amount", FieldKind.AMOUNT, "gross amount|gross amt|gross total"),
        ("due", FieldKind.DATE, "due|due date"),
        ("flight_to", FieldKind.DATE, "flight to|flight end|flight to date"),
    ],
)
def test_labels_are_spelled_in_the_usual_ways(name: str, kind: FieldKind, labels: str) -> None:
    assert set(labels.split("|")) <= set(labels_from(name, "", kind))


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [
        ("amount", FieldKind.AMOUNT, "total"),
        ("number", FieldKind.IDENTIFIER, "#"),
        ("tax_number", FieldKind.IDENTIFIER, "tax"),
        ("bill_to", FieldKind.TEXT, "bill end"),
        ("order_date", FieldKind.DATE, "order date date"),
    ],
)
def test_labels_that_would_mislead_are_left_out(name: str, kind: FieldKind, label: str) -> None:
    assert label not in labels_from(name, "", kind)


def test_a_title_is_a_label() -> None:
    assert labels_from("x1", "Policy holder", None) == ("x 1", "Policy holder")


@given(st.text(max_size=30), st.text(max_size=10), st.sampled_from(FieldKind))
def test_any_name_gives_words_kinds_and_labels(name: str, title: str, kind: FieldKind) -> None:
    assert all(word and word == word.lower() for word in words_of(name))
    assert infer_string_kind(words_of(name), title) in FieldKind
    labels = labels_from(name, title, kind)
    assert labels == distinct(labels)
    assert len(labels) <= 18


@given(st.lists(st.sampled_from(["a b", " A  B", "c", "C", "", "\t"])))
def test_distinct_keeps_the_first_of_each(labels: list[str]) -> None:
    found = distinct(labels)
    assert len({label.casefold() for label in found}) == len(found)
    assert {label.casefold() for label in found} == {
        " ".join(label.split()).casefold() for label in labels if label.strip()
    }
