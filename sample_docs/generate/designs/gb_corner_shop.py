"""An English corner shop's till receipt: one VAT rate contained, cash given and change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Item, Receipt
from sample_docs.generate.sample import Drawing
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import Writing

GB: Final = Writing(",", ".", "dd/MM/yyyy", "en_GB")
SIZE: Final = (74.0, 128.0)
STANDARD, ZERO = Decimal(20), Decimal(0)
GIVEN: Final = Decimal(40)
BODY: Final = Face("Courier", 8.2)
BOLD: Final = Face("Courier-Bold", 8.2)
LEFT, MIDDLE, RIGHT = 6.0, 37.0, 68.0
LEADING: Final = 3.9


def _item(description: str, price: str, rate: Decimal, quantity: str = "1") -> Item:
    return Item(description, Decimal(price), rate, Decimal(quantity))


RECEIPT: Final = Receipt(
    company="PENNYFARE STORES LTD",
    address=("27 Makebelieve Street", "Otley LS21 9ZZ"),
    date=date(2025, 5, 9),
    time="17:52",
    currency="GBP",
    payment_method="CASH",
    items=(
        _item("SEMI SKIMMED 2L", "1.75", ZERO, "2"),
        _item("SLICED WHITE 800G", "1.45", ZERO),
        _item("AA BATTERIES 8PK", "6.99", STANDARD),
        _item("WASHING UP LIQUID", "1.89", STANDARD),
        _item("DARK CHOC BAR 100G", "1.35", STANDARD, "3"),
        _item("BIRTHDAY CARD", "2.80", STANDARD),
        _item("FIRELIGHTERS", "3.25", STANDARD, "2"),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole receipt."""
    sheet.text(MIDDLE, 12, (RECEIPT.company, "company"), BOLD.sized(11), "center")
    address: list[Content] = [(line, "address") for line in RECEIPT.address]
    head: list[Content] = [*address, "TEL 01943 555 0162", "VAT NO GB 999 0042 44"]
    y = sheet.lines(MIDDLE, 17, head, BODY, LEADING, "center")
    day = (GB.date(RECEIPT.date), "date")
    sheet.text(LEFT, y + 2, ["DATE ", day], BODY)
    sheet.text(RIGHT, y + 2, RECEIPT.time, BODY, "right")
    sheet.text(LEFT, y + 2 + LEADING, "TILL 02  OP 7  NO 018834", BODY)
    _totals(sheet, _items(sheet, y + 13))


def _items(sheet: Sheet, y: float) -> float:
    sheet.text(LEFT, y - 1.8, "-" * 35, BODY)
    y += 2
    for index, item in enumerate(RECEIPT.items):
        path = f"line_items[{index}]"
        assert item.quantity is not None
        sheet.text(LEFT, y, (GB.number(item.quantity), f"{path}.quantity"), BODY)
        sheet.text(LEFT + 5, y, (item.description, f"{path}.description"), BODY)
        total = (GB.amount(item.line_total), f"{path}.line_total")
        sheet.text(RIGHT - 4, y, total, BODY, "right")
        sheet.text(RIGHT, y, "A" if item.tax_rate else "Z", BODY, "right")
        y += LEADING
    sheet.text(LEFT, y, "-" * 35, BODY)
    return y + LEADING + 1.5


def _totals(sheet: Sheet, y: float) -> None:
    (tax,) = RECEIPT.taxes
    total: Content = [("£", "currency"), (GB.amount(RECEIPT.total), "total")]
    sheet.text(LEFT, y, "TOTAL", BOLD.sized(12))
    sheet.text(RIGHT - 4, y, total, BOLD.sized(12), "right")
    rows: tuple[tuple[Content, Content], ...] = (
        ((RECEIPT.payment_method, "payment_method"), GB.amount(GIVEN)),
        ("CHANGE", GB.amount(GIVEN - RECEIPT.total)),
        (f"NET A {GB.number(tax.rate)}%", GB.amount(tax.base)),
        ("VAT", (GB.amount(RECEIPT.tax), "tax")),
    )
    for label, value in rows:
        y += LEADING + 0.6
        sheet.text(LEFT, y, label, BODY)
        sheet.text(RIGHT - 4, y, value, BODY, "right")
    count = sum(item.quantity or 1 for item in RECEIPT.items)
    lines = (f"{count} ITEMS", "THANK YOU FOR SHOPPING LOCAL", "PLEASE KEEP YOUR RECEIPT")
    sheet.lines(MIDDLE, y + 9, lines, BODY, LEADING, "center")


DRAWING: Final = Drawing(language="en", document=RECEIPT, draw=draw, size=SIZE)
