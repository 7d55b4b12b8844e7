from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListShape, Role
from docmill.schemas.kinds.invoice import Invoice
from docmill.schemas.kinds.receipt import Receipt
from docmill.schemas.loading import builtin_schemas, load_schema

LANGUAGES = ["da", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv"]
INVOICE = [
    "invoice_number",
    "invoice_date",
    "due_date",
    "seller_name",
    "seller_address",
    "seller_vat_id",
    "buyer_name",
    "buyer_address",
    "buyer_vat_id",
    "currency",
    "subtotal",
    "tax",
    "total",
    "amount_due",
    "iban",
    "taxes[].rate",
    "taxes[].base",
    "taxes[].amount",
    "line_items[].description",
    "line_items[].quantity",
    "line_items[].unit",
    "line_items[].unit_price",
    "line_items[].tax_rate",
    "line_items[].line_total",
]
RECEIPT = [
    "company",
    "date",
    "address",
    "total",
    "tax",
    "currency",
    "payment_method",
    "line_items[].description",
    "line_items[].quantity",
    "line_items[].line_total",
]
FORM = ["pairs[].key", "pairs[].value", "checkboxes[].label", "checkboxes[].checked"]
CONTRACT = ["effective_date", "term", "jurisdiction", "parties[]"]
# What such rows hold is not known beforehand, so nothing is printed beside it.
SHAPED = {"FormPair", "FormCheckbox"}


def scopes(schema: DocumentSchema) -> Iterator[tuple[FieldSpec, ...]]:
    yield schema.fields
    for rows in schema.lists:
        yield rows.fields


def nodes(schema: DocumentSchema) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The document and its rows, by title."""
    definitions: Mapping[str, Any] = schema.json_schema.get("$defs", {})
    yield from (("", schema.json_schema), *definitions.items())


def folded(text: str) -> str:
    """As printed labels are compared: letters, digits, # and % alone."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in bare if char.isalnum() or char in "#%")


@pytest.mark.parametrize(
    ("name", "paths"),
    [("invoice", INVOICE), ("receipt", RECEIPT), ("form", FORM), ("contract", CONTRACT)],
)
def test_field_names_are_the_published_ones(name: str, paths: list[str]) -> None:
    assert [path for path, _ in load_schema(name).paths()] == paths


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("invoice", "invoice_number invoice_date seller_name total"),
        ("receipt", "company date total"),
        ("contract", "effective_date"),
    ],
)
def test_what_goes_to_review_when_missing(name: str, required: str) -> None:
    found = [path for path, spec in load_schema(name).paths() if spec.required]
    assert found == required.split()


def test_kinds_and_roles() -> None:
    fields = dict(load_schema("invoice").paths())
    assert fields["total"].kind is FieldKind.AMOUNT
    assert fields["invoice_date"].kind is FieldKind.DATE
    assert fields["taxes[].rate"].kind is FieldKind.PERCENT
    assert fields["line_items[].quantity"].kind is FieldKind.NUMBER
    for party, role in (("seller", Role.ISSUER), ("buyer", Role.RECIPIENT)):
        kinds = [fields[f"{party}_{part}"].kind for part in ("name", "address", "vat_id")]
        assert kinds == [FieldKind.NAME, FieldKind.ADDRESS, FieldKind.VAT_ID]
        assert all(fields[f"{party}_{part}"].role is role for part in ("name", "address"))
    assert [path for path, spec in fields.items() if spec.kind is FieldKind.TEXT] == [
        "line_items[].description",
        "line_items[].unit",
    ]


@pytest.mark.parametrize("model", [Invoice, Receipt])
def test_a_partial_extraction_fits_the_model(model: type[Invoice] | type[Receipt]) -> None:
    assert model().model_dump(exclude_defaults=True) == {}
    assert model.model_validate({"total": "12.50"}).total is not None


def test_every_field_is_described_and_labelled_in_every_language() -> None:
    for schema in builtin_schemas().values():
        assert sorted(schema.json_schema["x-titles"]) == LANGUAGES
        for title, node in nodes(schema):
            for name, field in node["properties"].items():
                labels = [] if title in SHAPED else LANGUAGES
                assert sorted(field.get("x-labels", ())) == labels, name
                assert field["description"].endswith("."), name


def test_no_label_stands_under_two_fields() -> None:
    for schema in builtin_schemas().values():
        for fields in scopes(schema):
            owners: dict[str, str] = {}
            for field in fields:
                for label in field.labels:
                    owner = owners.setdefault(folded(label), field.name)
                    assert owner == field.name, f"{label}: {owner} or {field.name}"


def test_no_label_is_listed_twice_in_a_language() -> None:
    for schema in builtin_schemas().values():
        for _, node in nodes(schema):
            for field in node["properties"].values():
                for key in ("x-labels", "x-cues"):
                    for words in field.get(key, {}).values():
                        assert len({word.casefold() for word in words}) == len(words), words
                        assert all(words)


def test_cues_stand_in_the_languages_that_contracts_are_written_in() -> None:
    for name, field in load_schema("contract").json_schema["properties"].items():
        assert set(field["x-cues"]) >= {"en", "de", "fr", "es", "it"}, name


def test_the_lists_of_forms_have_their_shapes() -> None:
    shapes = {rows.name: rows.shape for rows in load_schema("form").lists}
    assert shapes == {"pairs": ListShape.PAIRS, "checkboxes": ListShape.CHECKBOXES}
    assert not any(spec.labels for _, spec in load_schema("form").paths())


NET = [
    "excl",
    "ohne",
    "exkl",
    "ekskl",
    "sans",
    "hors",
    "sin",
    "senza",
    "senzaiva",
    "ex",
    "before",
    "netto",
    "net",
    "nett",
]


def test_no_label_of_the_total_means_a_net_sum() -> None:
    for label in dict(load_schema("invoice").paths())["total"].labels:
        assert not {word.strip(".()").casefold() for word in label.split()} & set(NET), label


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("Rechnungs-Nr.", "invoice_number"),
        ("N° de facture", "invoice_number"),
        ("Factuurnr.", "invoice_number"),
        ("Date d'échéance", "due_date"),
        ("Rechnungsempfänger", "buyer_name"),
        ("Partita IVA", "seller_vat_id"),
        ("Total HT", "subtotal"),
        ("Totaal excl. btw", "subtotal"),
        ("Base imponible", "subtotal"),
        ("MwSt.", "tax"),
        ("Total TTC", "total"),
        ("Total due", "total"),
        ("Gesamtbetrag", "total"),
        ("Balance due", "amount_due"),
        ("Net à payer", "amount_due"),
        ("Einzelpreis", "line_items[].unit_price"),
        ("Prix unitaire HT", "line_items[].unit_price"),
        ("Omschrijving", "line_items[].description"),
        ("Cantidad", "line_items[].quantity"),
        ("Importo", "line_items[].line_total"),
    ],
)
def test_usual_labels_of_invoices(label: str, path: str) -> None:
    assert label in dict(load_schema("invoice").paths())[path].labels
