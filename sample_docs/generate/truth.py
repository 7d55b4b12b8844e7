"""The truth of a document, normalised, and the check that all of it was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sample_docs.generate.document import Invoice, Item, Line, Receipt, Tax

Row = dict[str, str]


@dataclass(frozen=True)
class Truth:
    """Values by the field names of the built-in schemas, without what is not printed."""

    doc_type: str
    fields: Row
    line_items: tuple[Row, ...]
    taxes: tuple[Row, ...] = ()
    adjustments: tuple[Row, ...] = ()

    def paths(self) -> Iterator[str]:
        """The path of every value that must be found on a page."""
        yield from self.fields
        for name, rows in (("line_items", self.line_items), ("taxes", self.taxes)):
            for index, row in enumerate(rows):
                yield from (f"{name}[{index}].{key}" for key in row)


def truth_of(document: Invoice | Receipt, unprinted: frozenset[str]) -> Truth:
    """The truth of `document`; `unprinted` names what it does not show (`taxes[].base`)."""
    if isinstance(document, Invoice):
        return _invoice_truth(document, unprinted)
    return _receipt_truth(document, unprinted)


def _invoice_truth(invoice: Invoice, unprinted: frozenset[str]) -> Truth:
    adjustments = tuple(
        {"label": entry.label, "amount": str(entry.amount)} for entry in invoice.adjustments
    )
    return Truth(
        doc_type="invoice",
        fields=_kept(_invoice_fields(invoice), "", unprinted),
        line_items=tuple(_kept(_line(line), "line_items[].", unprinted) for line in invoice.lines),
        taxes=tuple(_kept(_tax(tax), "taxes[].", unprinted) for tax in invoice.taxes),
        adjustments=adjustments,
    )


def _receipt_truth(receipt: Receipt, unprinted: frozenset[str]) -> Truth:
    return Truth(
        doc_type="receipt",
        fields=_kept(_receipt_fields(receipt), "", unprinted),
        line_items=tuple(_kept(_item(item), "line_items[].", unprinted) for item in receipt.items),
    )


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
