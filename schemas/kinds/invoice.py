"""An invoice or credit note: who bills whom, for what, and how much of it is tax."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from docmill.schemas.document_schema import (
    DateOrderRule,
    Fallback,
    FieldKind,
    ProductRule,
    Role,
    Rules,
    SumRule,
)
from docmill.schemas.hints import document_hints, printed
from docmill.schemas.kinds import amount_labels as amounts
from docmill.schemas.kinds import invoice_labels as labels

RULES: Final = Rules(
    sums=(
        SumRule(total="subtotal", parts=("line_items[].line_total",)),
        SumRule(total="tax", parts=("taxes[].amount",)),
        SumRule(total="total", parts=("subtotal", "tax")),
    ),
    products=(
        ProductRule(
            product="line_items[].line_total",
            factors=("line_items[].quantity", "line_items[].unit_price"),
        ),
    ),
    date_order=(DateOrderRule(earlier="invoice_date", later="due_date"),),
    # Many invoices print the one sum only under "Amount due".
    fallbacks=(Fallback(field="total", source="amount_due"),),
)


class TaxLine(BaseModel):
    """The tax at one rate."""

    rate: Decimal | None = Field(
        default=None,
        description="Tax rate in percent, such as 19 or 5.5.",
        json_schema_extra=printed(amounts.RATE, kind=FieldKind.PERCENT),
    )
    base: Decimal | None = Field(
        default=None,
        description="Net amount that is taxed at this rate.",
        json_schema_extra=printed(amounts.TAX_BASE, kind=FieldKind.AMOUNT),
    )
    amount: Decimal | None = Field(
        default=None,
        description="Tax at this rate.",
        json_schema_extra=printed(amounts.TAX_AMOUNT, kind=FieldKind.AMOUNT),
    )


class LineItem(BaseModel):
    """One billed good or service."""

    description: str | None = Field(
        default=None,
        description="What was sold, as printed; without the article number where that stands in "
        "a column of its own.",
        json_schema_extra=printed(amounts.LINE_DESCRIPTION, kind=FieldKind.TEXT),
    )
    quantity: Decimal | None = Field(
        default=None,
        description="How many units were sold.",
        json_schema_extra=printed(amounts.QUANTITY, kind=FieldKind.NUMBER),
    )
    unit: str | None = Field(
        default=None,
        description="What the quantity counts, as printed: pcs, h, kg, Stk.",
        json_schema_extra=printed(amounts.UNIT, kind=FieldKind.TEXT),
    )
    unit_price: Decimal | None = Field(
        default=None,
        description="Price of one unit, as printed.",
        json_schema_extra=printed(amounts.UNIT_PRICE, kind=FieldKind.AMOUNT),
    )
    tax_rate: Decimal | None = Field(
        default=None,
        description="Tax rate of this line in percent.",
        json_schema_extra=printed(amounts.LINE_TAX_RATE, kind=FieldKind.PERCENT),
    )
    line_total: Decimal | None = Field(
        default=None,
        description="What this line adds to the invoice, as printed; the net amount where both "
        "net and gross are printed.",
        json_schema_extra=printed(amounts.LINE_TOTAL, kind=FieldKind.AMOUNT),
    )


class Invoice(BaseModel):
    """An invoice, bill or credit note that a seller sends to a buyer."""

    model_config = ConfigDict(json_schema_extra=document_hints(labels.TITLES, RULES))

    invoice_number: str | None = Field(
        default=None,
        description="The number the seller gave this invoice; not an order or customer number.",
        json_schema_extra=printed(labels.INVOICE_NUMBER, kind=FieldKind.IDENTIFIER, required=True),
    )
    invoice_date: date | None = Field(
        default=None,
        description="The day the invoice was issued; not the day of delivery or order.",
        json_schema_extra=printed(labels.INVOICE_DATE, required=True),
    )
    due_date: date | None = Field(
        default=None,
        description="The last day to pay without being late.",
        json_schema_extra=printed(labels.DUE_DATE),
    )
    seller_name: str | None = Field(
        default=None,
        description="The company or person that issued the invoice and is to be paid.",
        json_schema_extra=printed(
            labels.SELLER_NAME, kind=FieldKind.NAME, role=Role.ISSUER, required=True
        ),
    )
    seller_address: str | None = Field(
        default=None,
        description="The seller's postal address, without its name.",
        json_schema_extra=printed(labels.SELLER_ADDRESS, kind=FieldKind.ADDRESS, role=Role.ISSUER),
    )
    seller_vat_id: str | None = Field(
        default=None,
        description="The seller's VAT identification number (elsewhere its GST or tax id).",
        json_schema_extra=printed(labels.SELLER_VAT_ID, kind=FieldKind.VAT_ID, role=Role.ISSUER),
    )
    buyer_name: str | None = Field(
        default=None,
        description="The company or person that is billed; not who receives the goods.",
        json_schema_extra=printed(labels.BUYER_NAME, kind=FieldKind.NAME, role=Role.RECIPIENT),
    )
    buyer_address: str | None = Field(
        default=None,
        description="The buyer's billing address, without its name.",
        json_schema_extra=printed(
            labels.BUYER_ADDRESS, kind=FieldKind.ADDRESS, role=Role.RECIPIENT
        ),
    )
    buyer_vat_id: str | None = Field(
        default=None,
        description="The buyer's VAT identification number (elsewhere its GST or tax id).",
        json_schema_extra=printed(labels.BUYER_VAT_ID, kind=FieldKind.VAT_ID, role=Role.RECIPIENT),
    )
    currency: str | None = Field(
        default=None,
        description="Currency of all amounts, as its ISO 4217 code: EUR, USD, GBP.",
        json_schema_extra=printed(labels.CURRENCY, kind=FieldKind.CURRENCY),
    )
    subtotal: Decimal | None = Field(
        default=None,
        description="Sum of all lines before tax.",
        json_schema_extra=printed(amounts.SUBTOTAL, kind=FieldKind.AMOUNT),
    )
    tax: Decimal | None = Field(
        default=None,
        description="Sum of the tax at all rates.",
        json_schema_extra=printed(amounts.TAX, kind=FieldKind.AMOUNT),
    )
    taxes: list[TaxLine] = Field(
        default=[],
        description="The tax at each rate, one row per rate.",
        json_schema_extra=printed(amounts.TAXES),
    )
    total: Decimal | None = Field(
        default=None,
        description="What the whole invoice comes to, tax included, before any earlier payment "
        "is taken off.",
        json_schema_extra=printed(amounts.TOTAL, kind=FieldKind.AMOUNT, required=True),
    )
    amount_due: Decimal | None = Field(
        default=None,
        description="What is still to be paid after earlier payments and deposits.",
        json_schema_extra=printed(amounts.AMOUNT_DUE, kind=FieldKind.AMOUNT),
    )
    iban: str | None = Field(
        default=None,
        description="IBAN of the account to pay into.",
        json_schema_extra=printed(labels.IBAN, kind=FieldKind.IBAN),
    )
    line_items: list[LineItem] = Field(
        default=[],
        description="The billed goods and services, one row each, in the order printed.",
        json_schema_extra=printed(amounts.LINE_ITEMS),
    )
