"""A Portuguese bakery's till receipt: a simplified invoice, tax contained at two rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Item, Receipt
from sample_docs.generate.sample import Drawing
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import Writing

PT: Final = Writing(".", ",", "dd-MM-yyyy", "pt")
SIZE: Final = (78.0, 132.0)
FOOD, DRINK = Decimal(13), Decimal(23)
GIVEN: Final = Decimal(20)
BODY: Final = Face("Helvetica", 8)
BOLD: Final = Face("Helvetica-Bold", 8)
LEFT, MIDDLE, RIGHT = 6.0, 39.0, 72.0
LEADING: Final = 3.9


def _item(quantity: str, description: str, price: str, rate: Decimal) -> Item:
    return Item(description, Decimal(price), rate, Decimal(quantity))


RECEIPT: Final = Receipt(
    company="Padaria Fantasia, Lda",
    address=("Rua da Imaginação, 41", "3000-999 Coimbra"),
    date=date(2025, 6, 14),
    time="09:26",
    currency="EUR",
    payment_method="Numerário",
    items=(
        _item("4", "Pastel de nata", "1.30", FOOD),
        _item("2", "Meia de leite", "1.45", FOOD),
        _item("1", "Tosta mista", "3.60", FOOD),
        _item("1", "Sumo de laranja", "2.90", DRINK),
        _item("3", "Água sem gás 33 cl", "1.05", DRINK),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole receipt."""
    sheet.text(MIDDLE, 13, (RECEIPT.company, "company"), Face("Times-BoldItalic", 15), "center")
    address: list[Content] = [(line, "address") for line in RECEIPT.address]
    head: list[Content] = [*address, "NIF 599 900 075 · Tel. 239 555 017"]
    y = sheet.lines(MIDDLE, 19, head, BODY, LEADING, "center")
    sheet.text(MIDDLE, y + 3, "FATURA SIMPLIFICADA FS 2025/8841", BOLD, "center")
    day = (PT.date(RECEIPT.date), "date")
    sheet.text(LEFT, y + 8, ["Data: ", day], BODY)
    sheet.text(RIGHT, y + 8, f"Hora: {RECEIPT.time}", BODY, "right")
    sheet.text(LEFT, y + 12, "Mesa 6 · Consumidor final", BODY)
    _taxes(sheet, _totals(sheet, _items(sheet, y + 19)))


def _items(sheet: Sheet, y: float) -> float:
    sheet.text(LEFT, y, "Qtd", BOLD)
    sheet.text(LEFT + 8, y, "Artigo", BOLD)
    sheet.text(RIGHT - 8, y, "Valor", BOLD, "right")
    sheet.text(RIGHT, y, "IVA", BOLD, "right")
    sheet.rule(LEFT, y + 1.2, RIGHT, y + 1.2)
    for index, item in enumerate(RECEIPT.items):
        y += LEADING + 0.8
        path = f"line_items[{index}]"
        assert item.quantity is not None
        sheet.text(LEFT, y, (PT.number(item.quantity), f"{path}.quantity"), BODY)
        sheet.text(LEFT + 8, y, (item.description, f"{path}.description"), BODY)
        total = (PT.amount(item.line_total), f"{path}.line_total")
        sheet.text(RIGHT - 8, y, total, BODY, "right")
        sheet.text(RIGHT, y, f"{PT.number(item.tax_rate)}%", BODY, "right")
    sheet.rule(LEFT, y + 1.6, RIGHT, y + 1.6)
    return y + 8


def _totals(sheet: Sheet, y: float) -> float:
    total: Content = [(PT.amount(RECEIPT.total), "total"), " ", ("€", "currency")]
    sheet.text(LEFT, y, "TOTAL A PAGAR", BOLD.sized(11))
    sheet.text(RIGHT, y, total, BOLD.sized(11), "right")
    rows: tuple[tuple[Content, str], ...] = (
        ((RECEIPT.payment_method, "payment_method"), PT.amount(GIVEN)),
        ("Troco", PT.amount(GIVEN - RECEIPT.total)),
    )
    for label, value in rows:
        y += LEADING + 1
        sheet.text(LEFT, y, label, BODY)
        sheet.text(RIGHT, y, value, BODY, "right")
    return y + 8


def _taxes(sheet: Sheet, y: float) -> None:
    stops = (22.0, 46.0, RIGHT)
    rows = [(f"{PT.number(t.rate)}%", t.base, t.amount, "") for t in RECEIPT.taxes]
    rows.append(("Total", RECEIPT.total - RECEIPT.tax, RECEIPT.tax, "tax"))
    for x, title in zip(stops, ("Taxa", "Base", "IVA"), strict=True):
        sheet.text(x, y, title, BOLD, "right")
    for label, base, amount, path in rows:
        y += LEADING
        sheet.text(stops[0], y, label, BODY, "right")
        sheet.text(stops[1], y, PT.amount(base), BODY, "right")
        sheet.text(stops[2], y, (PT.amount(amount), path), BODY, "right")
    lines = ("Obrigado pela sua visita", "padaria-fantasia.example.com")
    sheet.lines(MIDDLE, y + 9, lines, BODY, LEADING, "center")


DRAWING: Final = Drawing(language="pt", document=RECEIPT, draw=draw, size=SIZE)
