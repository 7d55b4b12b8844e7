"""The truth of a document, normalised, and the check that all of it was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sample_docs.generate.document import (
    Contract,
    Document,
    Form,
    Invoice,
    Item,
    Line,
    Receipt,
    Tax,
)

Row = dict[str, str]
Rows = tuple[Mapping[str, str | bool] | str, ...]


@dataclass(frozen=True)
class Truth:
    """Values by the field names of the built-in schemas, without what is not printed.

    `lists` holds the rows of each list; a plain list (`parties`) has texts for rows.
    """

    doc_type: str
    fields: Row
    lists: Mapping[str, Rows]
    adjustments: tuple[Row, ...] = ()

    def paths(self) -> Iterator[str]:
        """The path of every value that must be found on a page."""
        yield from self.fields
        for name, rows in self.lists.items():
            for index, row in enumerate(rows):
                path = f"{name}[{index}]"
                yield from [path] if isinstance(row, str) else (f"{path}.{key}" for key in row)

    @property
    def entry(self) -> dict[str, object]:
        """Its share of the manifest's line; lists without rows are left out."""
        rows = {name: rows for name, rows in self.lists.items() if rows}
        adjustments = {"adjustments": self.adjustments} if self.adjustments else {}
        return {"doc_type": self.doc_type, "fields": self.fields, **rows, **adjustments}


def truth_of(document: Document, unprinted: frozenset[str]) -> Truth:
    """The truth of `document`; `unprinted` names what it does not show (`taxes[].base`)."""
    match document:
        case Invoice():
            return _invoice_truth(document, unprinted)
        case Receipt():
            return _receipt_truth(document, unprinted)
        case Form():
            return _form_truth(document)
        case Contract():
            return _contract_truth(document)


def _invoice_truth(invoice: Invoice, unprinted: frozenset[str]) -> Truth:
    lines = tuple(_kept(_line(line), "line_items[].", unprinted) for line in invoice.lines)
    taxes = tuple(_kept(_tax(tax), "taxes[].", unprinted) for tax in invoice.taxes)
    return Truth(
        doc_type="invoice",
        fields=_kept(_invoice_fields(invoice), "", unprinted),
        lists={"line_items": lines, "taxes": taxes},
        adjustments=tuple(
            {"label": entry.label, "amount": str(entry.amount)} for entry in invoice.adjustments
        ),
    )


def _receipt_truth(receipt: Receipt, unprinted: frozenset[str]) -> Truth:
    items = tuple(_kept(_item(item), "line_items[].", unprinted) for item in receipt.items)
    fields = _kept(_receipt_fields(receipt), "", unprinted)
    return Truth("receipt", fields, {"line_items": items})


def _form_truth(form: Form) -> Truth:
    pairs = tuple({"key": key, "value": value} for key, value in form.pairs)
    boxes = tuple({"label": label, "checked": checked} for label, checked in form.checkboxes)
    return Truth("form", {}, {"pairs": pairs, "checkboxes": boxes})


def _contract_truth(contract: Contract) -> Truth:
    fields = {
        "effective_date": contract.effective_date.isoformat(),
        "term": contract.term,
        "jurisdiction": contract.jurisdiction,
    }
    return Truth("contract", fields, {"parties": contract.parties})


def _invoice_fields(invoice: Invoice) -> Mapping[str, object]:
    return {
        "invoice_number": invoice.invoice_number,
        "invoice_date": invoice.invoice_date.isoformat(),
        "due_date": invoice.due_date and invoice.due_date.isoformat(),
        "seller_name": invoice.seller.name,
        "seller_address": ", ".join(invoice.seller.address),
        "seller_vat_id": invoice.seller.vat_id,
        "buyer_name": invoice.buyer.name,
        "buyer_address": ", ".join(invoice.buyer.address),
        "buyer_vat_id": invoice.buyer.vat_id,
        "currency": invoice.currency,
        "subtotal": invoice.subtotal,
        "tax": invoice.tax,
        "total": invoice.total,
        "amount_due": invoice.amount_due,
        "iban": invoice.iban,
    }


def _receipt_fields(receipt: Receipt) -> Mapping[str, object]:
    return {
        "company": receipt.company,
        "address": ", ".join(receipt.address),
        "date": receipt.date.isoformat(),
        "total": receipt.total,
        "tax": receipt.tax,
        "currency": receipt.currency,
        "payment_method": receipt.payment_method,
    }


def _line(line: Line) -> Mapping[str, object]:
    return {
        "description": line.description,
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "unit_price": line.unit_price,
        "tax_rate": _plain(line.tax_rate),
        "line_total": line.line_total,
    }


def _item(item: Item) -> Mapping[str, object]:
    return {
        "description": item.description,
        "quantity": item.quantity and _plain(item.quantity),
        "line_total": item.line_total,
    }


def _tax(tax: Tax) -> Mapping[str, object]:
    return {"rate": _plain(tax.rate), "base": tax.base, "amount": tax.amount}


def _kept(values: Mapping[str, object], prefix: str, unprinted: frozenset[str]) -> Row:
    """The values that the document has and shows, as strings."""
    return {
        key: str(value)
        for key, value in values.items()
        if value is not None and f"{prefix}{key}" not in unprinted
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
