"""A receipt: what a shop or restaurant hands out on payment."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from docmill.schemas.document_schema import FieldKind, Role
from docmill.schemas.hints import document_hints, printed
from docmill.schemas.kinds import amount_labels as amounts
from docmill.schemas.kinds import receipt_labels as labels


class ReceiptLine(BaseModel):
    """One bought item."""

    description: str | None = Field(
        default=None,
        description="What was bought, as printed.",
        json_schema_extra=printed(amounts.LINE_DESCRIPTION, kind=FieldKind.TEXT),
    )
    quantity: Decimal | None = Field(
        default=None,
        description="How many were bought.",
        json_schema_extra=printed(amounts.QUANTITY, kind=FieldKind.NUMBER),
    )
    line_total: Decimal | None = Field(
        default=None,
        description="Price of the whole line, as printed.",
        json_schema_extra=printed(labels.LINE_TOTAL, kind=FieldKind.AMOUNT),
    )


class Receipt(BaseModel):
    """A receipt of a shop, restaurant or service that was paid on the spot."""

    model_config = ConfigDict(json_schema_extra=document_hints(labels.TITLES))

    company: str | None = Field(
        default=None,
        description="The shop, restaurant or company that was paid, as printed at the top.",
        json_schema_extra=printed(
            labels.COMPANY, kind=FieldKind.NAME, role=Role.ISSUER, required=True
        ),
    )
    date: Date | None = Field(
        default=None,
        description="The day of the purchase.",
        json_schema_extra=printed(labels.DATE, required=True),
    )
    address: str | None = Field(
        default=None,
        description="Address of the shop, without its name.",
        json_schema_extra=printed(labels.ADDRESS, kind=FieldKind.ADDRESS, role=Role.ISSUER),
    )
    total: Decimal | None = Field(
        default=None,
        description="What was to be paid, tax and rounding included; not the cash handed over.",
        json_schema_extra=printed(labels.TOTAL, kind=FieldKind.AMOUNT, required=True),
    )
    tax: Decimal | None = Field(
        default=None,
        description="Sum of the tax contained in the total.",
        json_schema_extra=printed(labels.TAX, kind=FieldKind.AMOUNT),
    )
    currency: str | None = Field(
        default=None,
        description="Currency of all amounts, as its ISO 4217 code: EUR, USD, MYR.",
        json_schema_extra=printed(labels.CURRENCY, kind=FieldKind.CURRENCY),
    )
    payment_method: str | None = Field(
        default=None,
        description="How it was paid, as printed: Cash, Visa, EC-Karte.",
        json_schema_extra=printed(labels.PAYMENT_METHOD, kind=FieldKind.TEXT),
    )
    line_items: list[ReceiptLine] = Field(
        default=[],
        description="The bought items, one row each, in the order printed.",
        json_schema_extra=printed(labels.LINE_ITEMS),
    )
