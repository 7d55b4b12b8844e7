"""A Dutch provider's invoice: a coloured side column, zebra rows, credit carried in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import NO_BREAK, Writing

NL: Final = Writing(".", ",", "d MMMM yyyy", "nl")
HIGH, LOW = Decimal(21), Decimal(9)
PLUM: Final = "#40235c"
LILAC: Final = "#f1ecf7"
BODY: Final = Face("Helvetica", 9.2, "#1d1d1d")
BOLD: Final = Face("Helvetica-Bold", 9.2, "#1d1d1d")
SIDE: Final = Face("Helvetica", 7.8, "#ffffff")
SIDE_BOLD: Final = Face("Helvetica-Bold", 7.8, "#d9b8ff")
LEFT, RIGHT = 70.0, 198.0


def _line(description: str, quantity: str, price: str, rate: Decimal) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), rate)


INVOICE: Final = Invoice(
    invoice_number="20250300471",
    invoice_date=date(2025, 3, 1),
    due_date=date(2025, 3, 22),
    seller=Party("Voorbeeldnet B.V.", ("Glasvezelkade 40", "3542 AD Utrecht"), "NL000099990B32"),
    buyer=Party("Drukkerij De Proefpers V.O.F.", ("Ambachtsweg 17-B", "5232 BX 's-Hertogenbosch")),
    currency="EUR",
    iban=iban("NL", "EXMP0000471100"),
    prepaid=Decimal("25.00"),
    lines=(
        _line("Zakelijk glasvezel 1 Gbit/s, maart 2025", "1", "64.50", HIGH),
        _line("Vast IP-adres, blok van 4", "1", "7.50", HIGH),
        _line("Bellen Zakelijk, abonnement per lijn", "3", "8.95", HIGH),
        _line("Gesprekskosten februari 2025", "1", "21.37", HIGH),
        _line("Vakblad Netwerk & Praktijk, editie maart", "2", "6.42", LOW),
        _line("Monteursbezoek 11 februari 2025", "1", "75.00", HIGH),
    ),
)
COLUMNS: Final = (
    Column("description", "Omschrijving", 72, width=62),
    Column("quantity", "Aantal", 146, "right"),
    Column("unit_price", "Prijs", 163, "right"),
    Column("tax_rate", "Btw", 176, "right"),
    Column("line_total", "Bedrag", 196, "right"),
)


def _euros(value: Decimal, path: str = "") -> Content:
    sign = "-" if value < 0 else ""
    return [f"€{NO_BREAK}", (sign + NL.amount(abs(value)), path)]


def draw(sheet: Sheet) -> None:
    """The whole page."""
    _side(sheet)
    _head(sheet)
    y = _totals(sheet, _table(sheet))
    _payment(sheet, y)


def _side(sheet: Sheet) -> None:
    assert INVOICE.due_date and INVOICE.iban and INVOICE.seller.vat_id
    sheet.rect(0, 0, 58, 297, fill=PLUM)
    for radius in (4.0, 8.0, 12.0):
        sheet.circle(21, 24, radius, stroke="#d9b8ff", line=0.9)
    sheet.rect(5, 24.5, 34, 13, fill=PLUM)
    sheet.circle(21, 24, 1.6, fill="#ffffff")
    sheet.text(12, 37, "voorbeeldnet", Face("Helvetica-Bold", 15, "#ffffff"))
    address: list[Content] = [(line, "seller_address") for line in INVOICE.seller.address]
    blocks: tuple[tuple[float, str, list[Content]], ...] = (
        (78, "Factuurnummer", [(INVOICE.invoice_number, "invoice_number")]),
        (90, "Factuurdatum", [(NL.date(INVOICE.invoice_date), "invoice_date")]),
        (102, "Klantnummer", ["8810-4471"]),
        (114, "Uiterste betaaldatum", [(NL.date(INVOICE.due_date), "due_date")]),
        (150, "Vragen?", ["088 555 0147, ma-vr 8-18 uur", "hulp@voorbeeldnet.example.com"]),
        (216, "Voorbeeldnet", [(INVOICE.seller.name, "seller_name"), *address]),
        (234, "IBAN", [(as_iban(INVOICE.iban), "iban"), "BIC EXMPNL99"]),
        (249, "Btw-nummer", [(INVOICE.seller.vat_id, "seller_vat_id")]),
        (260, "KvK Midden-Nederland", ["99000471"]),
    )
    for y, title, lines in blocks:
        sheet.text(12, y, title, SIDE_BOLD)
        sheet.lines(12, y + 4, lines, SIDE, 3.7)


def _head(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(LEFT, 50, [name, "T.a.v. de administratie", *address], BODY.sized(10.5), 5)
    sheet.text(LEFT, 90, "Factuur", Face("Helvetica-Bold", 20, PLUM))
    sheet.text(RIGHT, 90, "Periode: 1 t/m 31 maart 2025", BODY, "right")


def _table(sheet: Sheet) -> float:
    y = 102.0
    draw_titles(sheet, y, COLUMNS, BOLD.sized(8.5).coloured(PLUM))
    y += 3
    for index, line in enumerate(INVOICE.lines):
        if index % 2 == 0:
            sheet.rect(LEFT, y, RIGHT - LEFT, 8, fill=LILAC)
        draw_row(sheet, y + 5.3, COLUMNS, cells_of(line, index, NL), index, BODY.sized(8.8))
        y += 8
    sheet.rule(LEFT, y, RIGHT, y, 0.4, PLUM)
    return y + 7


def _totals(sheet: Sheet, y: float) -> float:
    assert INVOICE.prepaid is not None and INVOICE.amount_due is not None
    rows: list[tuple[Content, Content, Face]] = [
        ("Subtotaal excl. btw", _euros(INVOICE.subtotal, "subtotal"), BODY)
    ]
    for index, tax in enumerate(INVOICE.taxes):
        path = f"taxes[{index}]"
        base = (NL.amount(tax.base), f"{path}.base")
        label: Content = [(NL.number(tax.rate), f"{path}.rate"), f"% btw over €{NO_BREAK}", base]
        rows.append((label, _euros(tax.amount, f"{path}.amount"), BODY))
    rows += [
        ("Totaal btw", _euros(INVOICE.tax, "tax"), BODY),
        ("Totaal incl. btw", _euros(INVOICE.total, "total"), BOLD),
        ("Tegoed wegens storing 14 februari", _euros(-INVOICE.prepaid), BODY),
    ]
    for label, value, face in rows:
        sheet.text(120, y, label, face)
        sheet.text(196, y, value, face, "right")
        y += 5.8
    sheet.rect(118, y - 2.8, 80, 10, fill=PLUM)
    white = BOLD.sized(11).coloured("#ffffff")
    sheet.text(120, y + 3.8, "Te betalen", white)
    due: Content = [("€", "currency"), NO_BREAK, (NL.amount(INVOICE.amount_due), "amount_due")]
    sheet.text(196, y + 3.8, due, white, "right")
    return y + 24


def _payment(sheet: Sheet, y: float) -> None:
    assert INVOICE.due_date is not None
    day, number = NL.date(INVOICE.due_date), INVOICE.invoice_number
    text = (
        f"Wij verzoeken u het bedrag vóór {day} over te maken onder vermelding",
        f"van factuurnummer {number}. Betaalt u via automatische incasso? Dan",
        "schrijven wij het bedrag rond de 22e van uw rekening af en hoeft u niets te doen.",
    )
    sheet.lines(LEFT, y, text, BODY, 4.6)
    small = (
        "Op al onze diensten zijn de Algemene Voorwaarden Zakelijk 2024 van toepassing.",
        "Pagina 1 van 1",
    )
    sheet.lines(LEFT, 281, small, BODY.sized(7), 3.6)


SAMPLE: Final = Sample(
    path="invoices/nl-broadband.pdf",
    language="nl",
    proves=(
        "Seller and document data in a dark side column, zebra rows, two VAT rates in running"
        " lines, and a credit taken off before the amount due."
    ),
    document=INVOICE,
    draw=draw,
)
