"""An American hardware-store receipt: item numbers, sales tax on top, card slip, barcode."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Item, Receipt
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import Writing

US: Final = Writing(",", ".", "MM/dd/yy", "en_US")
SIZE: Final = (76.0, 160.0)
RATE: Final = Decimal("8.25")
BODY: Final = Face("Helvetica", 8)
BOLD: Final = Face("Helvetica-Bold", 8)
LEFT, MIDDLE, RIGHT = 5.0, 38.0, 71.0
LEADING: Final = 3.6


def _item(description: str, price: str, quantity: str = "1") -> Item:
    return Item(description, Decimal(price), RATE, Decimal(quantity))


RECEIPT: Final = Receipt(
    company="Pecan Street Hardware",
    address=("1907 Pecan St", "Round Rock, TX 78664"),
    date=date(2025, 2, 22),
    time="10:14 AM",
    currency="USD",
    payment_method="VISA",
    tax_included=False,
    items=(
        _item("DECK SCREW #9X3IN TAN 1LB", "11.49", "2"),
        _item("PAINTERS TAPE 1.88IN 60YD", "7.98"),
        _item("LED BULB A19 60W 4PK", "9.99", "3"),
        _item("CAULK GUN DRIPLESS 10OZ", "13.75"),
        _item("KEY CUT KW1", "2.49", "2"),
    ),
)
CODES: Final = ("038902", "112047", "556310", "220918", "700001")


def draw(sheet: Sheet) -> None:
    """The whole receipt."""
    _head(sheet)
    y = _totals(sheet, _items(sheet))
    _foot(sheet, _card(sheet, y))


def _head(sheet: Sheet) -> None:
    sheet.rect(8, 6, 60, 11, fill="#111111", radius=1.5)
    title = Face("Helvetica-BoldOblique", 13, "#ffffff")
    sheet.text(MIDDLE, 13.2, (RECEIPT.company, "company"), title, "center")
    address: list[Content] = [(line, "address") for line in RECEIPT.address]
    sheet.lines(MIDDLE, 22, [*address, "(512) 555-0139"], BODY, LEADING, "center")
    sheet.text(LEFT, 35.5, "SALE   Store 03   Reg 1   Clerk DENISE", BODY)
    day = (US.date(RECEIPT.date), "date")
    sheet.text(LEFT, 39.1, [day, f"  {RECEIPT.time}"], BODY)
    sheet.text(RIGHT, 39.1, "Trans# 0391184", BODY, "right")
    sheet.rule(LEFT, 41, RIGHT, 41)


def _items(sheet: Sheet) -> float:
    y = 45.5
    for index, (item, code) in enumerate(zip(RECEIPT.items, CODES, strict=True)):
        path = f"line_items[{index}]"
        assert item.quantity is not None
        sheet.text(LEFT, y, (item.description, f"{path}.description"), BODY)
        count = (US.number(item.quantity), f"{path}.quantity")
        detail: Content = [f"{code}    ", count, f" EA @ {US.amount(item.price)}"]
        sheet.text(LEFT + 3, y + LEADING, detail, BODY)
        total = (US.amount(item.line_total), f"{path}.line_total")
        sheet.text(RIGHT - 3, y + LEADING, total, BODY, "right")
        sheet.text(RIGHT, y + LEADING, "T", BODY, "right")
        y += 2 * LEADING + 1.2
    return y


def _totals(sheet: Sheet, y: float) -> float:
    sheet.rule(45, y - 2.4, RIGHT, y - 2.4)
    rows: tuple[tuple[str, Content], ...] = (
        ("SUBTOTAL", US.amount(RECEIPT.subtotal)),
        (f"TAX {RATE}%", (US.amount(RECEIPT.tax), "tax")),
    )
    for label, value in rows:
        y += LEADING - 1.6
        sheet.text(45, y, label, BODY, "right")
        sheet.text(RIGHT - 3, y, value, BODY, "right")
        y += 1.8
    total: Content = [("$", "currency"), (US.amount(RECEIPT.total), "total")]
    sheet.text(45, y + 3.5, "TOTAL", BOLD.sized(11), "right")
    sheet.text(RIGHT - 3, y + 3.5, total, BOLD.sized(11), "right")
    return y + 10


def _card(sheet: Sheet, y: float) -> float:
    sheet.text(LEFT, y, [(RECEIPT.payment_method, "payment_method"), "  ************4410"], BODY)
    sheet.text(RIGHT - 3, y, US.amount(RECEIPT.total), BODY, "right")
    lines = ("Auth 07731C   Chip read   AID A0000000031010", "CHANGE DUE   0.00")
    y = sheet.lines(LEFT, y + LEADING, lines, BODY.sized(7), LEADING)
    sheet.text(MIDDLE, y + 3, "Items sold: 9", BODY, "center")
    return y + 7


def _foot(sheet: Sheet, y: float) -> None:
    lines = (
        "RETURNS within 30 days with receipt.",
        "No returns on cut keys or mixed paint.",
        "YOU SAVED $4.00 TODAY WITH PECAN CLUB",
    )
    y = sheet.lines(MIDDLE, y, lines, BODY.sized(7.2), 3.3, "center")
    x = 20.0
    for step, digit in enumerate("03910318422502210143911843207"):
        wide = 0.3 + int(digit) % 3 * 0.3
        sheet.rect(x, y + 1, wide, 11, fill="#000000")
        x += wide + 0.45 + (step % 2) * 0.5
    sheet.text(MIDDLE, y + 15.5, "0391 1840 3022 2250", BODY.sized(7), "center")
    sheet.text(MIDDLE, y + 20.5, "*** CUSTOMER COPY ***", BODY, "center")


SAMPLE: Final = Sample(
    path="receipts/us-hardware-store.pdf",
    language="en",
    proves=(
        "A till roll with MM/DD/YY, sales tax on top of the prices, and rows of two lines: "
        "description above, count and amount below."
    ),
    document=RECEIPT,
    draw=draw,
    size=SIZE,
)
