"""A German supermarket receipt: tax codes behind the prices, deposit, signature block."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Item, Receipt
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Face, Sheet
from sample_docs.generate.writing import Writing

DE: Final = Writing(".", ",", "dd.MM.yyyy", "de")
SIZE: Final = (80.0, 196.0)
FULL, REDUCED = Decimal(19), Decimal(7)
CODES: Final = {FULL: "A", REDUCED: "B"}
BODY: Final = Face("Courier", 8.4)
BOLD: Final = Face("Courier-Bold", 8.4)
LEFT, MIDDLE, RIGHT = 5.0, 40.0, 75.0
LEADING: Final = 3.7


def _item(
    description: str, price: str, rate: Decimal, quantity: str | None = None, unit: str = ""
) -> Item:
    return Item(description, Decimal(price), rate, Decimal(quantity) if quantity else None, unit)


RECEIPT: Final = Receipt(
    company="Frischemarkt Exempel e.K.",
    address=("Marktplatz 3", "34117 Kassel"),
    date=date(2025, 3, 8),
    time="17:42",
    currency="EUR",
    payment_method="girocard",
    items=(
        _item("VOLLMILCH 3,8% 1L", "1.19", REDUCED, "2"),
        _item("ROGGENMISCHBROT 750G", "2.79", REDUCED),
        _item("BANANEN LOSE", "1.79", REDUCED, "1.246", "kg"),
        _item("GOUDA JUNG STK.", "3.48", REDUCED),
        _item("BIO EIER 10ER", "3.29", REDUCED),
        _item("MINERALW. CLASSIC 1,0L", "0.69", FULL, "6"),
        _item("PFAND 0,25", "0.25", FULL, "6"),
        _item("LEERGUT EINWEG", "-0.25", FULL, "9"),
        _item("SPUELMITTEL ZITRONE", "1.45", FULL),
        _item("HAFERFLOCKEN ZART", "0.95", REDUCED),
        _item("KAFFEE GEMAHLEN 500G", "6.99", REDUCED),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole receipt."""
    _head(sheet)
    y = _total(sheet, _items(sheet))
    _signature(sheet, _tax_table(sheet, _card(sheet, y)))


def _head(sheet: Sheet) -> None:
    for x, colour in ((36.2, "#222222"), (40.0, "#555555"), (43.8, "#222222")):
        sheet.circle(x, 11.5, 3.1, fill=colour)
    sheet.rule(40, 8.4, 41.5, 5.5, 0.6)
    sheet.text(MIDDLE, 21, (RECEIPT.company, "company"), BOLD.sized(11), "center")
    for step, line in enumerate(RECEIPT.address):
        sheet.text(MIDDLE, 25.5 + step * LEADING, (line, "address"), BODY, "center")
    sheet.text(MIDDLE, 32.9, "Tel. 0561 555-0118", BODY, "center")
    sheet.text(MIDDLE, 36.6, "USt-IdNr. DE999900016", BODY, "center")
    sheet.text(RIGHT - 4, 43, ("EUR", "currency"), BODY, "right")


def _items(sheet: Sheet) -> float:
    y = 47.5
    for index, item in enumerate(RECEIPT.items):
        path = f"line_items[{index}]"
        sheet.text(LEFT, y, (item.description, f"{path}.description"), BODY)
        total = (DE.amount(item.line_total), f"{path}.line_total")
        sheet.text(RIGHT, y, [total, " " + CODES[item.tax_rate]], BODY, "right")
        y += LEADING
        if item.quantity:
            y = _quantity(sheet, y, item, path)
    return y


def _quantity(sheet: Sheet, y: float, item: Item, path: str) -> float:
    assert item.quantity is not None
    count = (DE.number(item.quantity), f"{path}.quantity")
    unit = f" {item.unit}" if item.unit else ""
    per = f"/{item.unit}" if item.unit else ""
    sheet.text(LEFT + 5, y, [count, f"{unit} x {DE.amount(item.price)}{per}"], BODY)
    return y + LEADING


def _total(sheet: Sheet, y: float) -> float:
    sheet.text(LEFT, y, "-" * 39, BODY)
    y += 5.2
    sheet.text(LEFT, y, "SUMME", BOLD.sized(13))
    sheet.text(
        RIGHT - 4, y, [("EUR "), (DE.amount(RECEIPT.total), "total")], BOLD.sized(13), "right"
    )
    y += 6
    sheet.text(LEFT, y, ["Geg. ", (RECEIPT.payment_method, "payment_method")], BODY)
    sheet.text(RIGHT - 4, y, DE.amount(RECEIPT.total), BODY, "right")
    return y + 6


def _card(sheet: Sheet, y: float) -> float:
    centred = ("* * Kundenbeleg * *", "Kartenzahlung kontaktlos")
    for line in centred:
        sheet.text(MIDDLE, y, line, BODY, "center")
        y += LEADING
    pairs = (
        ("Terminal-ID", "99004711"),
        ("TA-Nr. 081344", "BNr. 2217"),
        ("Karte", "###############3391 0"),
        ("VU-Nr.", "455600123"),
        ("Zahlung erfolgt", "Aut. 00"),
    )
    for left, right in pairs:
        sheet.text(LEFT, y, left, BODY)
        sheet.text(RIGHT - 4, y, right, BODY, "right")
        y += LEADING
    return y + 2.5


def _tax_table(sheet: Sheet, y: float) -> float:
    columns = (36.0, 53.0, 71.0)
    rows = [
        (f"{CODES[t.rate]}={DE.number(t.rate)}%", t.base, t.amount, t.base + t.amount, "")
        for t in RECEIPT.taxes
    ]
    net = RECEIPT.total - RECEIPT.tax
    rows.append(("Gesamt", net, RECEIPT.tax, RECEIPT.total, "tax"))
    for x, title in zip(columns, ("Netto", "MwSt", "Brutto"), strict=True):
        sheet.text(x, y, title, BODY, "right")
    for label, base, tax, gross, path in rows:
        y += LEADING
        sheet.text(LEFT, y, label, BODY)
        sheet.text(columns[0], y, DE.amount(base), BODY, "right")
        sheet.text(columns[1], y, (DE.amount(tax), path), BODY, "right")
        sheet.text(columns[2], y, DE.amount(gross), BODY, "right")
    return y + 6


def _signature(sheet: Sheet, y: float) -> None:
    day = (DE.date(RECEIPT.date), "date")
    sheet.text(LEFT, y, [day, f" {RECEIPT.time}  Bon 4187  Kasse 2"], BODY)
    block = (
        "TSE-Transaktion: 228914",
        "TSE-Start: 2025-03-08T16:39:51.000Z",
        "TSE-Stop:  2025-03-08T16:42:07.000Z",
        "Seriennr. Kasse: EXEMPEL-0002-K",
    )
    y = sheet.lines(LEFT, y + 4.5, block, BODY.sized(6.5), 2.7)
    sheet.text(MIDDLE, y + 3.5, "Vielen Dank für Ihren Einkauf!", BODY, "center")
    sheet.text(MIDDLE, y + 7.2, "Mo-Sa 7-21 Uhr", BODY, "center")


SAMPLE: Final = Sample(
    path="receipts/de-supermarket.pdf",
    language="de",
    proves=(
        "A till roll in a fixed-width font: two tax rates contained in the prices, weights, "
        "deposits and a negative row for returned bottles."
    ),
    document=RECEIPT,
    draw=draw,
    size=SIZE,
)
