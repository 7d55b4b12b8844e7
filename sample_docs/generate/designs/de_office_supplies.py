"""A German business letter after DIN 5008, form B: address window, information block, footer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

DE: Final = Writing(".", ",", "dd.MM.yyyy", "de")
RATE: Final = Decimal(19)
GREEN: Final = "#1f6b4f"
BODY: Final = Face("Helvetica", 9.5)
BOLD: Final = Face("Helvetica-Bold", 9.5)
SMALL: Final = Face("Helvetica", 7, "#444444")
LEFT, RIGHT = 25.0, 190.0


def _line(code: str, description: str, quantity: str, unit: str, price: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), RATE, unit, code=code)


INVOICE: Final = Invoice(
    invoice_number="RE-2025-10473",
    invoice_date=date(2025, 3, 3),
    due_date=date(2025, 3, 17),
    seller=Party(
        "Beispielmann Bürobedarf GmbH", ("Lindenallee 14", "04109 Leipzig"), "DE999900008"
    ),
    buyer=Party("Musterwerk Maschinenbau GmbH & Co. KG", ("Industriestraße 88", "09112 Chemnitz")),
    currency="EUR",
    iban=iban("DE", "999999990000471100"),
    lines=(
        _line("104-220", "Kopierpapier A4, 80 g/m², 500 Blatt", "40", "Pack", "4.29"),
        _line("310-015", "Ordner Recycling, 80 mm, grau", "25", "Stück", "1.85"),
        _line(
            "552-907", "Toner schwarz für Laserdrucker M404, 10.000 Seiten", "3", "Stück", "94.50"
        ),
        _line("207-331", "Gelschreiber 0,7 mm, blau, Schachtel zu 12", "6", "Sch.", "11.76"),
        _line(
            "880-102", "Bürodrehstuhl „Arbeitsplatz 2“, Netzrücken, schwarz", "2", "Stück", "239.00"
        ),
        _line("990-001", "Lieferung frei Verwendungsstelle", "1", "pausch.", "18.00"),
    ),
)
COLUMNS: Final = (
    Column("position", "Pos.", 25),
    Column("code", "Art.-Nr.", 34),
    Column("description", "Bezeichnung", 51, width=62),
    Column("quantity", "Menge", 128, "right"),
    Column("unit", "Einheit", 131),
    Column("unit_price", "Einzelpreis", 166, "right"),
    Column("line_total", "Gesamt", 190, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole letter."""
    _letterhead(sheet)
    _address_window(sheet)
    _information_block(sheet)
    y = _table(sheet, _opening(sheet))
    _closing(sheet, _totals(sheet, y))
    _footer(sheet)


def _letterhead(sheet: Sheet) -> None:
    for step, colour in enumerate(("#bcd9cc", "#6aa68b", GREEN)):
        x, y = 25.0 + step * 2.6, 14.0 + step * 1.6
        sheet.polygon(
            [(x, y), (x + 7, y), (x + 9.5, y + 2.5), (x + 9.5, y + 13), (x, y + 13)], colour
        )
    sheet.text(44, 23, "Beispielmann", Face("Helvetica-Bold", 21, GREEN))
    sheet.text(44.3, 28.6, "Bürobedarf · Einrichtung · Service", Face("Helvetica", 9.5, "#555555"))
    for y in (105.0, 210.0):
        sheet.rule(5, y, 9, y, 0.15, "#888888")
    sheet.rule(5, 148.5, 11, 148.5, 0.15, "#888888")


def _address_window(sheet: Sheet) -> None:
    seller, buyer = INVOICE.seller, INVOICE.buyer
    sender = " · ".join((seller.name, *seller.address))
    sheet.text(LEFT, 52.5, sender, SMALL.sized(6.5))
    sheet.rule(LEFT, 53.6, 105, 53.6, 0.1, "#888888")
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    lines: list[Content] = [(buyer.name, "buyer_name"), "Kreditorenbuchhaltung", *address]
    sheet.lines(LEFT, 62.5, lines, BODY.sized(10.5), 4.9)


def _information_block(sheet: Sheet) -> None:
    rows: tuple[tuple[str, Content], ...] = (
        ("Rechnungs-Nr.", (INVOICE.invoice_number, "invoice_number")),
        ("Rechnungsdatum", (DE.date(INVOICE.invoice_date), "invoice_date")),
        ("Kunden-Nr.", "30218"),
        ("Lieferdatum", "27.02.2025"),
        ("Ihre Bestellung", "4711/25 vom 24.02.2025"),
        ("Bearbeitet von", "Kerstin Vogel"),
        ("Telefon", "0341 555-0147"),
        ("E-Mail", "info@beispielmann.example.com"),
    )
    for step, (label, value) in enumerate(rows):
        y = 53 + step * 4.5
        sheet.text(122, y, label, SMALL.sized(8))
        sheet.text(147.5, y, value, (BOLD if step == 0 else BODY).sized(8.5))


def _opening(sheet: Sheet) -> float:
    sheet.text(LEFT, 103, "Rechnung", BOLD.sized(14))
    sheet.lines(
        LEFT,
        112,
        (
            "Sehr geehrte Damen und Herren,",
            "vielen Dank für Ihren Auftrag. Für die Lieferung an Ihr Werk Chemnitz berechnen wir:",
        ),
        BODY,
        6.5,
    )
    return 129


def _table(sheet: Sheet, y: float) -> float:
    draw_titles(sheet, y, COLUMNS, BOLD.sized(8.5))
    sheet.rule(LEFT, y + 1.8, RIGHT, y + 1.8, 0.35, GREEN)
    y += 7
    for index, line in enumerate(INVOICE.lines):
        height = draw_row(sheet, y, COLUMNS, cells_of(line, index, DE), index, BODY.sized(9))
        y += height * 3.9 + 2.6
    sheet.rule(LEFT, y - 3.6, RIGHT, y - 3.6, 0.35, GREEN)
    return y + 1.5


def _totals(sheet: Sheet, y: float) -> float:
    tax = INVOICE.taxes[0]
    rows: tuple[tuple[Content, Content], ...] = (
        ("Summe netto", (DE.amount(INVOICE.subtotal), "subtotal")),
        (
            ["zzgl. ", (DE.number(tax.rate), "taxes[0].rate"), " % Umsatzsteuer"],
            (DE.amount(INVOICE.tax), "tax taxes[0].amount"),
        ),
    )
    for label, value in rows:
        sheet.text(130, y, label, BODY)
        sheet.text(RIGHT, y, value, BODY, "right")
        y += 5.2
    sheet.rule(130, y - 3.4, RIGHT, y - 3.4)
    sheet.text(130, y + 1, ["Rechnungsbetrag ", (INVOICE.currency, "currency")], BOLD)
    sheet.text(RIGHT, y + 1, (DE.amount(INVOICE.total), "total"), BOLD, "right")
    for gap in (2.4, 3.0):
        sheet.rule(130, y + gap, RIGHT, y + gap)
    return y + 14


def _closing(sheet: Sheet, y: float) -> None:
    assert INVOICE.due_date is not None
    due = (DE.date(INVOICE.due_date), "due_date")
    sheet.text(
        LEFT, y, ["Bitte überweisen Sie den Betrag ohne Abzug bis zum ", due, " unter Angabe"], BODY
    )
    sheet.text(
        LEFT,
        y + 4.6,
        "der Rechnungsnummer. Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.",
        BODY,
    )
    sheet.lines(
        LEFT, y + 14, ("Mit freundlichen Grüßen", "Beispielmann Bürobedarf GmbH"), BODY, 5.2
    )


def _footer(sheet: Sheet) -> None:
    seller = INVOICE.seller
    assert seller.vat_id and INVOICE.iban
    sheet.rule(LEFT, 271, RIGHT, 271, 0.25, GREEN)
    street, town = seller.address
    columns: tuple[tuple[float, tuple[Content, ...]], ...] = (
        (25, ((seller.name, "seller_name"), (street, "seller_address"), (town, "seller_address"))),
        (66, ("Telefon 0341 555-0140", "Telefax 0341 555-0149", "www.beispielmann.example.com")),
        (
            106,
            ("Sparbank Musterstadt", ["IBAN ", (as_iban(INVOICE.iban), "iban")], "BIC MUSTDE99XXX"),
        ),
        (
            153,
            (
                "Amtsgericht Leipzig HRB 99041",
                "Geschäftsführer: Jens Probst",
                ["USt-IdNr. ", (seller.vat_id, "seller_vat_id")],
            ),
        ),
    )
    for x, lines in columns:
        sheet.lines(x, 275.5, lines, SMALL.sized(6.8), 3.3)


SAMPLE: Final = Sample(
    path="invoices/de-office-supplies.pdf",
    language="de",
    proves=(
        "A plain German letter: values left of an information block, due date inside a "
        "sentence, IBAN and VAT id in the footer."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate", "taxes[].base"]),
)
