"""A French restaurant bill: count first, prices with tax, table and covers, paid in cash."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Item, Receipt
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import NO_BREAK, Writing

FR: Final = Writing(NO_BREAK, ",", "dd/MM/yyyy", "fr")
SIZE: Final = (72.0, 142.0)
MEALS, WINE = Decimal(10), Decimal(20)
GIVEN: Final = Decimal(100)
BODY: Final = Face("Courier", 8)
BOLD: Final = Face("Courier-Bold", 8)
LEFT, MIDDLE, RIGHT = 5.0, 36.0, 67.0
LEADING: Final = 3.9


def _item(quantity: str, description: str, price: str, rate: Decimal) -> Item:
    return Item(description, Decimal(price), rate, Decimal(quantity))


RECEIPT: Final = Receipt(
    company="Le Bistrot Imaginaire",
    address=("3, place du Récit", "69002 Lyon"),
    date=date(2025, 3, 21),
    time="21:47",
    currency="EUR",
    payment_method="ESPÈCES",
    items=(
        _item("2", "MENU DU MARCHÉ", "26.50", MEALS),
        _item("1", "QUENELLE DE BROCHET", "17.00", MEALS),
        _item("1", "PICHET CÔTES DU RHÔNE 50", "12.50", WINE),
        _item("2", "CAFÉ", "2.20", MEALS),
        _item("1", "EAU GAZEUSE 1 L", "4.80", MEALS),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole bill."""
    _head(sheet)
    y = _total(sheet, _items(sheet))
    _taxes(sheet, y)


def _head(sheet: Sheet) -> None:
    sheet.text(MIDDLE, 15, (RECEIPT.company, "company"), Face("Times-BoldItalic", 17), "center")
    sheet.curve([(20, 18), (30, 16.5), (42, 19.5), (52, 18)], 0.4, "#000000")
    address: list[Content] = [(line, "address") for line in RECEIPT.address]
    sheet.lines(MIDDLE, 24, [*address, "SIRET 000 900 118 00019"], BODY, LEADING, "center")
    sheet.text(LEFT, 40, "TABLE 12   COUVERTS 3   SERVEUR LÉA", BODY)
    day = (FR.date(RECEIPT.date), "date")
    sheet.text(LEFT, 44, ["LE ", day, f" À {RECEIPT.time}   NOTE N° 1183"], BODY)
    with sheet.dashed(0.8, 0.8):
        sheet.rule(LEFT, 46.5, RIGHT, 46.5)


def _items(sheet: Sheet) -> float:
    y = 51.5
    for index, item in enumerate(RECEIPT.items):
        path = f"line_items[{index}]"
        assert item.quantity is not None
        count: Content = (FR.number(item.quantity), f"{path}.quantity")
        sheet.text(LEFT, y, count, BODY)
        sheet.text(LEFT + 5, y, (item.description, f"{path}.description"), BODY)
        sheet.text(RIGHT, y, (FR.amount(item.line_total), f"{path}.line_total"), BODY, "right")
        y += LEADING
        if item.quantity > 1:
            sheet.text(LEFT + 8, y, f"à {FR.amount(item.price)}", BODY.sized(7))
            y += LEADING
    return y


def _total(sheet: Sheet, y: float) -> float:
    with sheet.dashed(0.8, 0.8):
        sheet.rule(LEFT, y - 1.5, RIGHT, y - 1.5)
    sheet.text(LEFT, y + 5, "TOTAL TTC", BOLD.sized(12))
    total: Content = [(FR.amount(RECEIPT.total), "total"), NO_BREAK, ("€", "currency")]
    sheet.text(RIGHT, y + 5, total, BOLD.sized(12), "right")
    y += 11
    sheet.text(LEFT, y, [(RECEIPT.payment_method, "payment_method")], BODY)
    sheet.text(RIGHT, y, FR.amount(GIVEN), BODY, "right")
    sheet.text(LEFT, y + LEADING, "RENDU", BODY)
    sheet.text(RIGHT, y + LEADING, FR.amount(GIVEN - RECEIPT.total), BODY, "right")
    return y + 2 * LEADING + 3


def _taxes(sheet: Sheet, y: float) -> None:
    stops = (24.0, 44.0, RIGHT)
    rows = [(f"{FR.amount(t.rate)}%", t.base, t.amount, "") for t in RECEIPT.taxes]
    rows.append(("TOTAL", RECEIPT.total - RECEIPT.tax, RECEIPT.tax, "tax"))
    for x, title in zip(stops, ("TAUX", "HT", "TVA"), strict=True):
        sheet.text(x, y, title, BOLD, "right")
    for label, base, amount, path in rows:
        y += LEADING
        sheet.text(stops[0], y, label, BODY, "right")
        sheet.text(stops[1], y, FR.amount(base), BODY, "right")
        sheet.text(stops[2], y, (FR.amount(amount), path), BODY, "right")
    thanks = ("PRIX NETS, SERVICE COMPRIS", "MERCI DE VOTRE VISITE", "À BIENTÔT !")
    sheet.lines(MIDDLE, y + 9, thanks, BODY, LEADING, "center")
    sheet.text(MIDDLE, y + 24, "bistrot-imaginaire.example.com", BODY.sized(7), "center")


SAMPLE: Final = Sample(
    path="receipts/fr-bistro.pdf",
    language="fr",
    proves=(
        "Counts before the descriptions, unit prices on lines of their own, tax contained at "
        "two rates, cash given and change beside the total."
    ),
    document=RECEIPT,
    draw=draw,
    size=SIZE,
)
